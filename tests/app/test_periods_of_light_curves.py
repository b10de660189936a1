"""Periods beside a light curve: their names, units, daily aliases, the ephemeris and its errors."""

import numpy as np
import pandas as pd
import pytest

from app.atlas_store import AtlasStore
from app.ephemeris import at_extremum, find_ephemeris, refined_period
from app.named_periods import daily_aliases, known_periods
from app.period_units import in_unit, read_period
from app.photometry import Fold, Photometry, fold, photometry
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band

WITH_CURVE, WITHOUT_CURVE = 1, 10


def test_known_periods_are_named_and_given_once(store: AtlasStore) -> None:
    objects = store.objects.assign(period_catalog_days=store.objects["period_days"] * 2)
    periods = known_periods(objects, 3)
    assert list(periods) == ["found", "catalogue"]
    assert periods["catalogue"] == pytest.approx(2 * periods["found"])
    same = store.objects.assign(period_catalog_days=store.objects["period_days"])
    assert list(known_periods(same, 3)) == ["found"]


def test_other_catalogues_periods_are_offered_under_their_names(store: AtlasStore) -> None:
    external = pd.DataFrame({"catalog": ["VSX", "Gaia"], "period_days": [0.25, None]})
    periods = known_periods(store.objects, 3, external)
    assert list(periods) == ["found", "VSX"]


@pytest.mark.parametrize(
    ("text", "unit", "days"),
    [
        ("12.5", "d", 12.5),
        ("12", "h", 0.5),
        ("12 h", "d", 0.5),
        ("90min", "d", 0.0625),
        ("4", "c/d", 0.25),
        ("4 c/d", "h", 0.25),
        ("2 1/d", "d", 0.5),
        ("0,5", "d", 0.5),
        ("five", "d", np.nan),
        ("5 parsec", "d", np.nan),
    ],
)
def test_periods_are_read_in_days_hours_or_as_a_frequency(
    text: str, unit: str, days: float
) -> None:
    assert read_period(text, unit) == pytest.approx(days, nan_ok=True)


@pytest.mark.parametrize("unit", ["d", "h", "min", "c/d"])
def test_a_period_written_is_read_back(unit: str) -> None:
    assert read_period(in_unit(0.61803399, unit), unit) == pytest.approx(0.61803399, rel=1e-7)


def nightly(period_days: float, class_label: str = "RRAB") -> tuple[Photometry, Fold]:
    """A pulsator seen once a sidereal night for three years, and its fold."""
    rng = np.random.default_rng(8)
    time = 2_455_000 + np.sort(rng.choice(1000, 300, replace=False)) * 0.99726957
    time = time + rng.normal(0, 0.03, 300)
    phase = 2 * np.pi * time / period_days
    mag = 12 + 0.3 * np.cos(phase) + 0.1 * np.cos(2 * phase + 1) + rng.normal(0, 0.02, 300)
    bands = {"V": Band("mag", "mag", time_reference="HJD")}
    points = photometry(LightCurve.from_mag(time, mag, np.full(300, 0.02)), bands)
    assert points is not None
    return points, fold(points, period_days, class_label)


def test_aliases_follow_the_day_by_which_the_star_was_observed() -> None:
    points, _ = nightly(0.56)
    aliases = daily_aliases(points, 0.56)
    assert list(aliases) == ["f−1", "f+1", "f−2", "f+2"]
    assert 1 / aliases["f−1"] == pytest.approx(1 / 0.56 - 1 / 0.99726957, abs=1e-4)


def test_the_ephemeris_is_right_within_its_errors() -> None:
    points, by = nightly(0.56)
    near = refined_period(points, 0.56 * (1 + 2e-5))
    moved, epoch_err = at_extremum(points, by)
    found = find_ephemeris(points, moved, epoch_err)
    assert abs(near - 0.56) < 5 * found.period_err_days
    assert 1e-8 < found.period_err_days < 1e-5
    fine = np.linspace(0, 0.56, 20001)
    true = 12 + 0.3 * np.cos(2 * np.pi * fine / 0.56) + 0.1 * np.cos(4 * np.pi * fine / 0.56 + 1)
    wrong = (found.epoch - fine[true.argmin()] + 0.28) % 0.56 - 0.28
    assert 1e-4 < found.epoch_err < 5e-3
    assert abs(wrong) < 4 * found.epoch_err
    assert found.text().startswith("HJD 2455")
    assert found.text().endswith(" E")
