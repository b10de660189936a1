"""Periodograms: right periods, windows, steps that can be watched and ended, peaks that fold."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.background import Stepwise
from app.periodogram import BOX, Periodogram, envelope, search
from app.periodogram_figure import _aligned, _names
from app.photometry import Photometry, photometry
from app.state import AppState
from app.views.periodogram import PeriodogramView
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band

PERIOD = 0.7431
WITH_CURVE, WITHOUT_CURVE = 1, 10


def observed(shape: str) -> Photometry:
    """A star seen on 300 of 700 nights: a sine, two unlike waves a cycle, or narrow eclipses."""
    rng = np.random.default_rng(3)
    time = 5000 + np.sort(rng.choice(700, 300, replace=False)) + rng.normal(0, 0.05, 300)
    phase = time / PERIOD % 1
    mag = {
        "sine": np.sin(2 * np.pi * phase),
        "waves": np.sin(4 * np.pi * phase) + 0.35 * np.sin(2 * np.pi * phase),
        "eclipses": 2.0 * (np.abs(phase - 0.5) < 0.02),
    }[shape]
    curve = LightCurve.from_mag(time, 12 + 0.2 * mag + rng.normal(0, 0.02, 300), 0.02)
    points = photometry(curve, {"V": Band("mag", "mag", time_reference="HJD − 2450000")})
    assert points is not None
    return points


def result_of(points: Photometry, n_harmonics: int) -> Periodogram:
    *_, (share, result) = search(points, n_harmonics)
    assert share == 1.0
    assert result is not None
    return result


@pytest.mark.parametrize(("shape", "n_harmonics"), [("sine", 1), ("waves", 2), ("eclipses", BOX)])
def test_the_true_period_is_the_highest_peak(shape: str, n_harmonics: int) -> None:
    result = result_of(observed(shape), n_harmonics)
    best = result.frequency[result.peaks()[0]]
    assert best == pytest.approx(1 / PERIOD, abs=0.3 / 700)
    assert result.peak_near(best * 0.99, best * 1.01) == pytest.approx(1 / PERIOD, abs=0.1 / 700)


def test_one_harmonic_finds_the_half_of_two_waves_and_two_do_not() -> None:
    one, two = (result_of(observed("waves"), n) for n in (1, 2))
    assert one.frequency[one.peaks()[0]] == pytest.approx(2 / PERIOD, abs=1 / 700)
    at = np.searchsorted(two.frequency, [1 / PERIOD, 2 / PERIOD])
    assert two.power[at[0] - 2 : at[0] + 2].max() > two.power[at[1] - 2 : at[1] + 2].max()


def test_the_window_repeats_by_the_day_and_noise_has_a_level() -> None:
    result = result_of(observed("sine"), 1)
    near_day = np.abs(result.frequency - 1) < 2 / 700
    assert result.window[near_day].max() > 0.5
    assert np.median(result.window) < 0.05
    assert 0.02 < result.false_alarm_power < 0.3 < result.power.max() <= 1.0


def test_an_envelope_keeps_every_peak() -> None:
    result = result_of(observed("sine"), 1)
    drawn = envelope(result, result.frequency[0], result.frequency[-1])
    assert len(drawn["x"]) <= 1800 < len(result.frequency)
    assert drawn["power"].max() == result.power.max()
    near = envelope(result, 1.3, 1.35)
    assert np.isin(near["x"], result.frequency).all()


def test_names_of_peaks_do_not_touch() -> None:
    names = _names(np.array([1.0, 1.05, 30.0]), 1e4)
    assert names == ["1 d", "", "0.033333 d"]
    sides = _aligned(np.array([1.1e-3, 0.2, 29.0]), 1e-3, 30.0)
    assert sides == ["left", "center", "right"], "the frame cuts none"


def test_a_star_with_too_few_points_has_no_periodogram(store: AtlasStore) -> None:
    few = LightCurve.from_mag([1.0, 2.0, 3.0], [12.0, 12.1, 12.0], 0.1)
    points = photometry(few, {"V": Band("mag")})
    assert points is not None
    assert list(search(points, 1)) == []


def test_nothing_is_computed_until_it_is_looked_at(store: AtlasStore) -> None:
    state = AppState(store.n, focus=WITH_CURVE)
    view = PeriodogramView(state, store)
    assert view.result is None
    view.is_open = True
    first = view.result
    assert first is not None
    view.is_open = False
    state.focus = 2
    assert view.result is first
    view.is_open = True
    assert view.result is not first


def test_a_click_near_a_peak_folds_at_the_peak(store: AtlasStore) -> None:
    state = AppState(store.n, focus=WITH_CURVE)
    view = PeriodogramView(state, store)
    view.is_open = True
    assert view.result is not None
    best = float(view.result.frequency[view.result.peaks()[0]])
    view.use_peak(best * 1.02, pixels_per_log=100.0)
    assert state.fold_period_days is not None
    assert 1 / state.fold_period_days == pytest.approx(best, rel=1e-4)
    assert view.drawing._now.location == pytest.approx(best, rel=1e-4)


def test_a_star_without_light_curve_says_so(store: AtlasStore) -> None:
    view = PeriodogramView(AppState(store.n, focus=WITHOUT_CURVE), store)
    view.is_open = True
    assert view.message.visible
    assert not view.plot.visible


class Document:
    """What `Stepwise` needs of a Bokeh document: calls come back at once."""

    session_context = object()

    @staticmethod
    def add_next_tick_callback(callback) -> None:
        callback()


def test_steps_are_told_overtaken_ones_dropped_and_all_can_be_ended() -> None:
    told: list[float] = []
    applied: list[str | None] = []
    stepwise: Stepwise[str] = Stepwise(applied.append, told.append)

    def steps(name: str, after_first=lambda: None) -> Iterator[tuple[float, str | None]]:
        yield 0.5, None
        after_first()
        yield 1.0, name

    def run(name: str, **options) -> None:
        stepwise._generation += 1
        asyncio.run(stepwise._run(Document(), steps(name, **options), stepwise._generation))  # type: ignore[arg-type]

    run("whole")
    assert (told, applied) == ([0.5], ["whole"])
    run("ended", after_first=stepwise.cancel)
    assert applied == ["whole"]
    assert told == [0.5, 0.5]
