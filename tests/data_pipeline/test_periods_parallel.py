"""Many stars: the table, the cache that survives a kill, and worker processes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data_pipeline.journal import Journal
from data_pipeline.light_curves import LightCurve
from data_pipeline.periods import PeriodConfig, find_periods
from data_pipeline.periods.parallel import light_curve_points
from data_pipeline.survey import Survey

CONFIG = PeriodConfig(min_period_days=0.3)
PERIODS = 0.5 + 0.0731 * np.arange(10)
COLUMNS = [
    "source_id",
    "period_days",
    "period_err_days",
    "period_power",
    "period_method",
    "period_alt_days",
    "period_alt_odds",
    "is_periodic",
]


def star(period: float, n: int = 80) -> LightCurve:
    rng = np.random.default_rng(int(1000 * period))
    time = np.sort(rng.uniform(0, 200, n))
    mag = 12 + 0.3 * np.sin(2 * np.pi * time / period) + rng.normal(0, 0.02, n)
    return LightCurve.from_mag(time, mag, 0.02)


def stars() -> list[tuple[int, LightCurve]]:
    return [(100 - i, star(period)) for i, period in enumerate(PERIODS)]


def cached_stars(cache: Path) -> int:
    journal = Journal(cache)
    return sum(pa.ipc.open_stream(journal.get(key)).read_all().num_rows for key in journal)


def test_table_follows_the_input() -> None:
    empty = LightCurve.from_mag([], [], [])
    table = find_periods([*stars()[:3], (5, empty)], CONFIG, workers=1)
    assert table.columns.tolist() == COLUMNS
    assert table["source_id"].tolist() == [100, 99, 98, 5]
    assert table["period_days"].iloc[:3].to_numpy() == pytest.approx(PERIODS[:3], rel=1e-3)
    assert table["is_periodic"].tolist() == [True] * 3 + [False]
    assert np.isnan(table["period_days"].iloc[3])


def test_no_stars_give_an_empty_table() -> None:
    table = find_periods([], CONFIG, workers=1)
    assert table.columns.tolist() == COLUMNS
    assert len(table) == 0


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def killed() -> Iterator[tuple[int, LightCurve]]:
        yield from stars()[:9]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_periods(killed(), CONFIG, workers=1, cache=tmp_path / "found")
    kept = cached_stars(tmp_path / "found")
    with (tmp_path / "found").open("ab") as file:
        file.write(b"a block cut off while writing")
    with (tmp_path / "found.list").open("ab") as file:
        file.write(b"cut off wh")
    table = find_periods(stars(), CONFIG, workers=1, cache=tmp_path / "found")
    assert cached_stars(tmp_path / "found") == len(PERIODS)  # each star was searched once
    assert kept > 0
    pd.testing.assert_frame_equal(table, find_periods(stars(), CONFIG, workers=1))


def test_a_star_that_changed_is_searched_again(tmp_path: Path) -> None:
    find_periods([(1, star(0.7))], CONFIG, workers=1, cache=tmp_path / "found")
    same = find_periods([(2, star(0.7))], CONFIG, workers=1, cache=tmp_path / "found")
    assert cached_stars(tmp_path / "found") == 1
    assert same["source_id"].tolist() == [2]
    find_periods([(1, star(0.9))], CONFIG, workers=1, cache=tmp_path / "found")
    find_periods([(1, star(0.7))], PeriodConfig(), workers=1, cache=tmp_path / "found")
    assert cached_stars(tmp_path / "found") == 3


def test_worker_processes_agree_with_this_one(tmp_path: Path) -> None:
    there = find_periods(stars(), CONFIG, workers=2, cache=tmp_path / "found")
    pd.testing.assert_frame_equal(there, find_periods(stars(), CONFIG, workers=1))


def test_survey_is_searched_in_its_order(tiny_survey: Path) -> None:
    survey = Survey.open(tiny_survey)
    table = find_periods(survey, PeriodConfig(min_period_days=10.0), workers=1)
    assert table["source_id"].tolist() == survey.source_id[survey.has_photometry].tolist()


def test_flux_bands_become_magnitudes_and_bad_points_go() -> None:
    curve = LightCurve.from_values(
        np.arange(4.0),
        mag=[12.0, 12.5, np.nan, np.nan],
        mag_err=[0.1, 0.1, np.nan, np.nan],
        flux=[np.nan, np.nan, 2.0, 1.0],
        flux_err=[np.nan, np.nan, 0.1, 0.1],
        band=["V", "V", "g", "g"],
        quality=[0, 1, 0, 0],
    )
    time, value, err, band = light_curve_points(curve)
    assert time.tolist() == [0, 2, 3]
    assert band.tolist() == ["V", "g", "g"]
    assert value[2] > value[1]  # less flux is fainter, and faint is up
    assert err[1] == pytest.approx(0.1 * 1.0857 / 1.5, rel=1e-3)


MANY_STARS = """
import resource
import numpy as np
from data_pipeline.light_curves import LightCurve
from data_pipeline.periods import find_periods

rng = np.random.default_rng(1)

def stars(n):
    for i in range(n):
        time = np.sort(rng.uniform(0, rng.uniform(1800, 2700), 100 + i))
        yield i, LightCurve.from_mag(time, 12 + 0.3 * np.sin(time), 0.02)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

find_periods(stars(40), workers=1)
before = peak()
find_periods(stars(120), workers=1)
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_number_of_stars() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_STARS], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 40  # MiB; 60 to 90 without `settle_malloc`
