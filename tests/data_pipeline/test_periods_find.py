"""Known periods come back, and a star without one is said to have none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.periods import PeriodConfig, PeriodResult, find_period

SPAN = 900.0


def nightly_times(
    n: int, span: float, rng: np.random.Generator, spread: float = 0.12
) -> NDArray[np.float64]:
    """One-site cadence: about the same hour each night, five months off each year, n epochs."""
    nights = np.arange(int(span))
    nights = nights[(nights % 365) < 215]
    night = np.sort(rng.choice(nights, n, replace=n > len(nights)))
    return 2452000.5 + night + 0.9973 * 0.3 + rng.normal(0, spread, n)


def rr_lyrae(phase: NDArray) -> NDArray[np.float64]:
    """Sawtooth: a rise of 0.15 of the cycle, a slow decline, one magnitude."""
    phase = phase % 1.0
    return np.where(phase < 0.15, 1 - phase / 0.15, (phase - 0.15) / 0.85)


def contact(phase: NDArray, difference: float = 0.0) -> NDArray[np.float64]:
    """Contact binary: two minima a cycle, sharper than the maxima, equal where difference is 0."""
    figure = 0.1 * (1 + np.cos(4 * np.pi * phase))
    flux = 1 - figure - 0.08 * np.abs(np.cos(2 * np.pi * phase)) ** 8
    return -2.5 * np.log10(flux - difference * 0.5 * (1 + np.cos(2 * np.pi * phase)))


def eclipses(phase: NDArray, width: float, depth: float, second: float) -> NDArray[np.float64]:
    """Detached binary: two dips of full width `width`, flat between."""
    distance = np.abs(((phase[:, None] - np.array([0.0, 0.5])) + 0.5) % 1.0 - 0.5)
    dip = np.clip((0.5 * width - distance) / (0.15 * width), 0, 1)
    return dip @ np.array([depth, second])


def assert_period(result: PeriodResult, period: float, span: float = SPAN) -> None:
    """Right to a tenth of a cycle over the whole span, and sure of it."""
    assert result.is_periodic
    assert result.period_days == pytest.approx(period, rel=0.01)
    assert abs(result.period_days - period) * span / period**2 < 0.1
    assert result.period_err_days * span / period**2 < 0.1


def test_sine_of_a_delta_scuti_star() -> None:
    rng = np.random.default_rng(1)
    time = nightly_times(300, SPAN, rng)
    value = 12 + 0.1 * np.sin(2 * np.pi * time / 0.0437) + rng.normal(0, 0.03, len(time))
    assert_period(find_period(time, value, np.full(len(time), 0.03)), 0.0437)


def test_rr_lyrae_is_not_doubled() -> None:
    rng = np.random.default_rng(2)
    time = nightly_times(200, SPAN, rng)
    value = 13 + rr_lyrae(time / 0.5613) + rng.normal(0, 0.05, len(time))
    assert_period(find_period(time, value, np.full(len(time), 0.05)), 0.5613)


def test_contact_binary_with_equal_minima_gets_the_orbital_period_and_keeps_the_half() -> None:
    rng = np.random.default_rng(3)
    time = nightly_times(350, SPAN, rng)
    value = 11 + contact(time / 0.3517) + rng.normal(0, 0.02, len(time))
    result = find_period(time, value, np.full(len(time), 0.02))
    assert_period(result, 0.3517)
    assert result.method == "harmonics-doubled"
    other, odds = result.alternatives[0]
    assert other == pytest.approx(result.period_days / 2)
    assert 0.01 < odds <= 1  # no fold can tell: the half must stay in sight


def test_unequal_minima_settle_the_period() -> None:
    rng = np.random.default_rng(4)
    time = nightly_times(350, SPAN, rng)
    value = 11 + contact(time / 0.6217, difference=0.12) + rng.normal(0, 0.02, len(time))
    result = find_period(time, value, np.full(len(time), 0.02))
    assert_period(result, 0.6217)
    halves = [odds for p, odds in result.alternatives if abs(p / result.period_days - 0.5) < 0.01]
    assert max(halves, default=0.0) < 0.01


@pytest.mark.parametrize(("period", "width"), [(2.0037, 0.06), (7.713, 0.03)])
def test_narrow_eclipses(period: float, width: float) -> None:
    rng = np.random.default_rng(5)
    time = nightly_times(700, SPAN, rng, spread=0.15)
    value = 10 + eclipses(time / period, width, 0.6, 0.25) + rng.normal(0, 0.02, len(time))
    assert_period(find_period(time, value, np.full(len(time), 0.02)), period)


def test_daily_alias_is_not_taken_for_the_period() -> None:
    rng = np.random.default_rng(6)
    time = nightly_times(250, SPAN, rng, spread=0.05)
    for period in (0.7431, 1.4127, 3.9172):
        value = 12 + 0.2 * np.sin(2 * np.pi * time / period) + rng.normal(0, 0.05, len(time))
        assert_period(find_period(time, value, np.full(len(time), 0.05)), period)


@pytest.mark.parametrize("period", [217.0, 640.0])
def test_mira_with_a_trend_and_uneven_cycles(period: float) -> None:
    rng = np.random.default_rng(7)
    time = nightly_times(260, 2700, rng)
    cycle = np.floor(time / period)
    height = 2 + 0.3 * rng.normal(size=5000)[cycle.astype(int) % 5000]
    value = 10 + height * np.cos(2 * np.pi * time / period) + 3e-4 * (time - time[0])
    value += rng.normal(0, 0.05, len(time))
    result = find_period(time, value, np.full(len(time), 0.05))
    assert result.is_periodic
    assert result.period_days == pytest.approx(period, rel=0.03)


def test_rotation_shows_under_a_slow_drift() -> None:
    rng = np.random.default_rng(14)
    time = nightly_times(300, SPAN, rng)
    drift = np.interp(time, np.linspace(time[0], time[-1], 8), rng.normal(0, 0.04, 8))
    value = 12 + drift + 0.04 * np.sin(2 * np.pi * time / 7.31) + rng.normal(0, 0.02, len(time))
    assert_period(find_period(time, value, np.full(len(time), 0.02)), 7.31)


def test_two_bands_share_the_period_alone() -> None:
    rng = np.random.default_rng(8)
    time = nightly_times(160, SPAN, rng)
    band = rng.choice(["B", "R"], len(time))
    phase = time / 0.6127
    blue, red = 19 + rr_lyrae(phase), 14 + 0.3 * np.cos(2 * np.pi * (phase - 0.2))
    value = np.where(band == "B", blue, red) + rng.normal(0, 0.05, len(time))
    assert_period(find_period(time, value, np.full(len(time), 0.05), band), 0.6127)


def test_outliers_do_not_move_the_period() -> None:
    rng = np.random.default_rng(9)
    time = nightly_times(250, SPAN, rng)
    value = 12 + 0.3 * np.sin(2 * np.pi * time / 0.3211) + rng.normal(0, 0.03, len(time))
    bad = rng.choice(len(time), 8, replace=False)
    value[bad] += rng.choice([-5.0, 4.0], len(bad))
    assert_period(find_period(time, value, np.full(len(time), 0.03)), 0.3211)


def test_noise_has_no_period() -> None:
    rng = np.random.default_rng(10)
    claimed = []
    for n in (20, 60, 200, 500):
        time = nightly_times(n, SPAN, rng)
        result = find_period(time, 12 + rng.normal(0, 0.05, n), np.full(n, 0.05))
        claimed.append(result.is_periodic)
        assert np.isnan(result.period_days)
        assert result.method == "none"
    assert not any(claimed)


def test_a_drift_is_no_daily_period() -> None:
    rng = np.random.default_rng(11)
    time = nightly_times(300, SPAN, rng, spread=0.03)
    value = 12 + 1e-3 * (time - time[0]) + rng.normal(0, 0.02, len(time))
    assert not find_period(time, value, np.full(len(time), 0.02)).is_periodic


@pytest.mark.parametrize(
    ("time", "value"),
    [
        ([], []),
        ([1.0], [12.0]),
        ([1.0] * 20, [12.0, 12.5] * 10),
        (np.arange(50.0), np.full(50, 12.0)),
        (np.arange(50.0), np.full(50, np.nan)),
        (np.arange(9.0), [12, 13, 12, 14, 12, 11, 12, 13, 12]),
        (np.arange(2) * 1e-3, [12.0, 13.0]),
    ],
)
def test_hopeless_curves_get_an_honest_answer(time: list, value: list) -> None:
    result = find_period(time, value, np.full(len(time), 0.1))
    assert not result.is_periodic
    assert np.isnan(result.period_days)


def test_a_band_of_one_moment_does_not_cost_the_period() -> None:
    rng = np.random.default_rng(14)
    time = np.concatenate([nightly_times(150, SPAN, rng), np.full(6, 2452100.5)])
    value = 12 + 0.3 * np.sin(2 * np.pi * time / 0.8111) + rng.normal(0, 0.03, len(time))
    band = np.repeat(["V", "g"], [150, 6])
    assert_period(find_period(time, value, np.full(len(time), 0.03), band), 0.8111)


def test_missing_errors_and_zero_errors_are_taken() -> None:
    rng = np.random.default_rng(12)
    time = nightly_times(150, SPAN, rng)
    value = 12 + 0.3 * np.sin(2 * np.pi * time / 0.8111) + rng.normal(0, 0.03, len(time))
    err = np.full(len(time), 0.03)
    err[:5], err[5:9] = 0.0, np.nan
    assert_period(find_period(time, value, err), 0.8111)
    assert_period(find_period(time, value), 0.8111)


def test_range_of_the_search_is_kept() -> None:
    rng = np.random.default_rng(13)
    time = nightly_times(200, SPAN, rng)
    value = 12 + 0.3 * np.sin(2 * np.pi * time / 0.11) + rng.normal(0, 0.03, len(time))
    result = find_period(time, value, config=PeriodConfig(min_period_days=0.2))
    assert not result.is_periodic or result.period_days >= 0.2


def test_lengths_that_disagree_are_refused() -> None:
    with pytest.raises(InputError, match="one length"):
        find_period([1.0, 2.0], [1.0])
