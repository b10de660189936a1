"""The arithmetic behind the card's plots."""

import numpy as np
import pytest

from app.curves import (
    block_average,
    mean_spectrum,
    median_folded,
    normalized,
    phase_medians,
    running_median,
    smooth,
    time_zero,
    visible_range,
)
from data_pipeline.spectra import Spectrum


def test_medians_of_bins_are_numpys() -> None:
    rng = np.random.default_rng(2)
    phase, value = rng.random(300), rng.normal(size=300)
    center, median = phase_medians(phase, value, 7)
    for i in range(7):
        inside = np.floor(phase * 7) == i
        assert median[i] == pytest.approx(np.median(value[inside]))
    np.testing.assert_allclose(center, (np.arange(7) + 0.5) / 7)


def test_empty_bins_are_nan() -> None:
    _, median = phase_medians([0.1, 0.15], [1.0, 3.0], 4)
    np.testing.assert_array_equal(median, [2.0, np.nan, np.nan, np.nan])


def test_the_running_median_follows_an_eclipse_and_ignores_bad_points() -> None:
    rng = np.random.default_rng(8)
    phase = rng.random(450)
    value = 12 + np.where(np.abs(phase - 0.5) < 0.03, 0.8, 0.0)
    value[rng.choice(450, 12, replace=False)] += 5
    x, median = running_median(phase, value)
    assert (np.diff(x) >= 0).all()
    assert len(x) <= 225
    assert median[np.abs(x - 0.5) < 0.005].max() == pytest.approx(12.8, abs=0.01)
    assert median[np.abs(x - 0.5) > 0.06].max() == pytest.approx(12, abs=0.01)
    assert len(running_median([0.5], [1.0])[0]) == 0


@pytest.mark.parametrize("lowest", [True, False])
def test_time_zero_is_at_the_extremum_in_the_middle_of_the_data(lowest: bool) -> None:
    time = np.random.default_rng(3).uniform(2000, 2400, 600)
    value = 12 + 0.3 * np.cos(2 * np.pi * (time - 2001.0) / 5.0)
    zero = time_zero(time, value, 5.0, lowest)
    expected = 0.5 if lowest else 0.0
    apart = ((zero - 2001.0) / 5.0 - expected) % 1
    assert min(apart, 1 - apart) < 0.03
    assert abs(zero - 2200) <= 5.0


def test_a_lone_bad_point_does_not_set_the_range_but_an_eclipse_does() -> None:
    rng = np.random.default_rng(4)
    value = rng.normal(12, 0.02, 500)
    value[:8] = 12 + np.linspace(0.05, 0.9, 8)  # a deep, narrow eclipse: 1.6 % of the points
    value[20] = 19.0
    low, high = visible_range(value)
    assert high == pytest.approx(12.9, abs=0.15)
    assert low < 11.98


def test_range_of_nothing_and_of_one_value() -> None:
    assert visible_range([]) == (0.0, 1.0)
    assert visible_range([np.nan]) == (0.0, 1.0)
    low, high = visible_range([5.0, 5.0])
    assert low < 5 < high


def test_median_of_shapes_ignores_phase_and_level() -> None:
    rng = np.random.default_rng(5)
    curves = []
    for _ in range(12):
        time = np.sort(rng.uniform(0, 300, 300))
        shift, level, period = rng.uniform(0, 9), rng.uniform(9, 14), rng.uniform(0.4, 3)
        curves.append((time, level + 0.5 * np.cos(2 * np.pi * (time - shift) / period), period))
    phase, (low, median, high), n_stars = median_folded(curves, lowest=True)
    assert n_stars == 12
    assert (low <= median).all()
    assert (median <= high).all()
    expected = -0.5 * np.cos(2 * np.pi * phase)
    assert np.abs(median - expected).max() < 0.12


def test_stars_without_period_or_points_have_no_shape() -> None:
    few = (np.arange(5.0), np.arange(5.0), 1.0)
    none = (np.arange(90.0), np.arange(90.0), np.nan)
    _, quantiles, n_stars = median_folded([few, none], lowest=True)
    assert n_stars == 0
    assert np.isnan(quantiles).all()


def spectrum(level: float, velocity: float = np.nan) -> Spectrum:
    wavelength = np.arange(4000.0, 5000.0, 2.0)
    flux = level * (1 + (wavelength - 4500) / 4000)
    return Spectrum(
        1, wavelength, flux, np.ones_like(flux), np.zeros(flux.size, bool),
        radial_velocity_km_s=velocity,
    )  # fmt: skip


def test_mean_spectrum_forgets_the_level() -> None:
    wavelength, flux = mean_spectrum([spectrum(3.0), spectrum(50.0), spectrum(700.0)], 50)
    assert len(wavelength) == 50
    np.testing.assert_allclose(flux, 1 + (wavelength - 4499) / 4000, atol=2e-3)


def test_mean_spectrum_of_nothing() -> None:
    wavelength, flux = mean_spectrum([])
    assert len(wavelength) == len(flux) == 0


def test_normalized_survives_flux_around_zero_and_nothing() -> None:
    assert np.isfinite(normalized([-1.0, -2.0, 0.5])).all()
    assert len(normalized([])) == 0
    np.testing.assert_array_equal(normalized([0.0, 0.0]), [0.0, 0.0])


def test_block_average_leaves_nan_out() -> None:
    np.testing.assert_array_equal(block_average([1, np.nan, 3, 5, np.nan], 2), [1, 4, np.nan])
    assert len(block_average([], 3)) == 0


def test_smoothing_keeps_the_level_and_the_gaps() -> None:
    values = np.full(50, 2.0)
    values[10] = np.nan
    smoothed = smooth(values, 2.0)
    assert np.isnan(smoothed[10])
    np.testing.assert_allclose(np.delete(smoothed, 10), 2.0)
