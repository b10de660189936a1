"""Photometric features against independent formulas, and on curves with hardly any points."""

import numpy as np
import pandas as pd
import pytest

from data_pipeline.features import FEATURE_COLUMNS, compute_features, photometric_features
from data_pipeline.features.folded import string_length
from data_pipeline.features.fourier import fit_harmonics
from data_pipeline.features.series import stetson_k, von_neumann
from data_pipeline.light_curves import LightCurve, phase_fold

PERIOD = 0.6173


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def observed(curve, rng, n=400, noise=0.01, span=900.0, period=PERIOD):
    """Return times, magnitudes and errors of a folded shape observed at random times."""
    time = np.sort(rng.uniform(0, span, n))
    value = 12 + curve(phase_fold(time, period)) + rng.normal(0, noise, n)
    return time, value, np.full(n, noise)


def sawtooth(phase):
    return 0.4 * np.cos(2 * np.pi * phase + 0.3) + 0.2 * np.cos(4 * np.pi * phase + 4.0)


def eclipses(second_depth, width=0.05, first_depth=0.8):
    def curve(phase):
        away = np.abs((phase + 0.25) % 0.5 - 0.25)
        near_first = (phase < 0.25) | (phase > 0.75)
        return np.where(near_first, first_depth, second_depth) * np.exp(-0.5 * (away / width) ** 2)

    return curve


def test_string_length_is_one_for_noise_and_small_for_a_clean_curve(rng):
    time, value, _ = observed(sawtooth, rng)
    order = np.argsort((time / PERIOD) % 1)
    m = value[order]
    by_hand = sum((m[(i + 1) % len(m)] - m[i]) ** 2 for i in range(len(m)))
    by_hand *= (len(m) - 1) / (2 * len(m) * np.sum((m - m.mean()) ** 2))
    assert string_length(time, value, PERIOD) == pytest.approx(by_hand)
    assert string_length(time, value, PERIOD) < 0.02
    assert string_length(time, rng.permutation(value), PERIOD) == pytest.approx(1, abs=0.15)


def test_harmonics_are_recovered_in_the_cosine_convention(rng):
    time, value, err = observed(sawtooth, rng)
    fit = fit_harmonics(phase_fold(time, PERIOD), value, err, 4)
    np.testing.assert_allclose(fit.amplitude[:2], [0.4, 0.2], atol=0.005)
    np.testing.assert_allclose(np.cos(fit.phase[:2] - [0.3, 4.0]), 1, atol=0.005)
    phase = np.linspace(0, 1, 30)
    np.testing.assert_allclose(fit.shifted(0.2)(phase), fit(phase + 0.2), atol=1e-12)


def test_fourier_features_do_not_depend_on_the_zero_of_time(rng):
    time, value, err = observed(sawtooth, rng)
    features = photometric_features(LightCurve.from_mag(time, value, err), PERIOD)
    later = photometric_features(LightCurve.from_mag(time + 0.21, value, err), PERIOD)
    assert features["lc_r21"] == pytest.approx(1 / 3, abs=0.01)  # 0.5 / (1 + 0.5)
    assert features["lc_cos_phi21"] == pytest.approx(np.cos(4.0 - 2 * 0.3), abs=0.03)
    assert features["lc_sin_phi21"] == pytest.approx(np.sin(4.0 - 2 * 0.3), abs=0.03)
    for name in ("lc_r21", "lc_cos_phi31", "lc_i2_p", "lc_a4_2p"):
        assert later[name] == pytest.approx(features[name], abs=0.02), name


def test_eclipse_features_measure_depths_and_widths(rng):
    time, value, err = observed(eclipses(0.4), rng, n=1500)
    features = photometric_features(LightCurve.from_mag(time, value, err), PERIOD)
    assert features["lc_depth_p"] == pytest.approx(0.8, abs=0.08)
    assert features["lc_minima_ratio_p"] == pytest.approx(0.5, abs=0.06)
    assert features["lc_minima_offset_p"] == pytest.approx(0, abs=0.02)
    assert features["lc_width_p"] == pytest.approx(2.355 * 0.05, abs=0.04)
    assert features["lc_between_minima_p"] < 0.05
    assert features["lc_rise_fraction_p"] < 1


def test_equal_minima_show_no_odd_harmonics_and_unequal_ones_do(rng):
    half = PERIOD / 2
    equal = photometric_features(LightCurve.from_mag(*observed(eclipses(0.8), rng)), half)
    unequal = photometric_features(LightCurve.from_mag(*observed(eclipses(0.3), rng)), half)
    assert equal["lc_odd_even_2p"] < 0.1 < 0.2 < unequal["lc_odd_even_2p"]
    assert equal["lc_odd_gain_2p"] < 0.02 < 0.1 < unequal["lc_odd_gain_2p"]


def test_intensity_terms_follow_their_definition(rng):
    def dip(phase):
        return -2.5 * np.log10(1 - 0.2 * (1 + np.cos(4 * np.pi * phase)) - 0.02)

    features = photometric_features(LightCurve.from_mag(*observed(dip, rng, noise=0.003)), PERIOD)
    assert features["lc_i2_p"] == pytest.approx(0.2 / 0.98, abs=0.01)
    assert features["lc_i4_p"] == pytest.approx(0, abs=0.01)


def test_time_order_statistics_follow_their_definitions(rng):
    value = rng.normal(size=5000)
    assert von_neumann(value) == pytest.approx(2, abs=0.1)
    assert stetson_k(value, np.ones(5000)) == pytest.approx(np.sqrt(2 / np.pi), abs=0.02)
    time = np.sort(rng.uniform(0, 2000, 500))
    trend = photometric_features(LightCurve.from_mag(time, 12 + 0.1 * time / 365.25, 0.01), np.nan)
    assert trend["lc_slope"] == pytest.approx(0.1, rel=1e-3)
    assert trend["lc_trend_fraction"] > 0.9


def test_two_bands_give_color_ratio_and_lag(rng):
    time, blue, err = observed(lambda p: 0.4 * np.cos(2 * np.pi * p), rng)
    red = 11.5 + 0.2 * np.cos(2 * np.pi * (time / PERIOD) + 0.5)
    curve = LightCurve.from_mag(
        np.r_[time, time], np.r_[blue, red], np.r_[err, err], np.repeat(["b", "r"], len(time))
    )
    features = photometric_features(curve, PERIOD, bands=("b", "r"))
    assert features["lc_color"] == pytest.approx(0.5, abs=0.05)
    assert features["lc_amplitude_ratio"] == pytest.approx(1 / 3, abs=0.02)
    assert features["lc_cos_band_lag"] == pytest.approx(np.cos(0.5), abs=0.03)
    assert features["lc_sin_band_lag"] == pytest.approx(np.sin(0.5), abs=0.03)
    assert features["lc_band_correlation"] > 0.8
    swapped = photometric_features(curve, PERIOD, bands=("r", "b"))
    assert swapped["lc_color"] == pytest.approx(-features["lc_color"])


def test_flux_and_magnitudes_describe_the_same_star(rng):
    time, value, err = observed(lambda p: 0.05 * np.cos(2 * np.pi * p), rng, noise=0.002)
    flux = 10 ** (-0.4 * (value - 20))
    from_flux = photometric_features(LightCurve.from_flux(time, flux, flux * err), PERIOD)
    from_mag = photometric_features(LightCurve.from_mag(time, value, err), PERIOD)
    for name in ("lc_amplitude", "lc_fourier_amplitude", "lc_string_length_p"):
        assert from_flux[name] == pytest.approx(from_mag[name], rel=0.05), name


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
@pytest.mark.parametrize("period", [np.nan, 1.0])
def test_few_points_give_nan_without_warnings(n, period, rng):
    time = np.sort(rng.uniform(0, 100, n))
    features = photometric_features(LightCurve.from_mag(time, np.full(n, 12.0), 0.01), period)
    assert list(features) == list(FEATURE_COLUMNS)
    assert np.isnan(features["lc_string_length_p"])


@pytest.mark.parametrize("n", [10, 12, 40])
def test_a_constant_star_warns_of_nothing(n, rng):
    time = np.sort(rng.uniform(0, 100, n))
    features = photometric_features(LightCurve.from_mag(time, np.full(n, 12.0), 0.01), 1.0)
    assert features["lc_amplitude"] == 0


def test_fluxes_alone_tell_neither_magnitude_nor_color(rng):
    time = np.sort(rng.uniform(0, 300, 200))
    band = np.where(np.arange(200) % 2, "g", "r")
    curve = LightCurve.from_flux(time, rng.normal(1e5, 1e4, 200), 1e3, band)
    features = photometric_features(curve, 1.0)
    assert np.isnan(
        [features[f"lc_{name}"] for name in ("mean_mag", "mean_mag_red", "color")]
    ).all()
    assert np.isfinite([features["lc_amplitude"], features["lc_scatter_ratio"]]).all()


def test_negative_difference_flux_warns_of_nothing(rng):
    time = np.sort(rng.uniform(0, 100, 50))
    features = photometric_features(LightCurve.from_flux(time, rng.normal(-5, 1, 50), 1.0), 1.0)
    assert np.isnan(features["lc_amplitude"])


def test_many_stars_in_processes_equal_one_by_one(rng):
    curves = [(i, LightCurve.from_mag(*observed(sawtooth, rng, n=60))) for i in (5, 3, 9)]
    periods = pd.DataFrame(
        {
            "source_id": [3, 5],
            "period_days": [PERIOD, np.nan],
            "period_power": [0.9, 0.1],
            "period_alt_days": [[2 * PERIOD], [1.5, 3.0]],
            "period_alt_odds": [[0.4], [0.3, 0.2]],
        }
    )
    table = compute_features(curves, periods)
    assert table["source_id"].tolist() == [5, 3, 9]
    assert "lc_color" not in table  # one band only
    assert table["lc_period_power"].tolist()[:2] == pytest.approx([0.1, 0.9])
    assert table["lc_log_period"][0] == pytest.approx(np.log10(1.5))  # no period: the best guess
    assert table["lc_log_period_ratio"][0] == pytest.approx(np.log10(2))
    assert table["lc_log_period_ratio"][1] == pytest.approx(np.log10(2))
    assert np.isnan(table["lc_log_period"][2])
    parallel = compute_features(curves, periods, workers=2)
    pd.testing.assert_frame_equal(parallel, table)


def test_each_band_alone_has_its_own_strongest_period(rng):
    time, blue, err = observed(sawtooth, rng)
    _, red, _ = observed(sawtooth, rng, period=1.731)
    curve = LightCurve.from_mag(
        np.concatenate([time, time]),
        np.concatenate([blue, 12 + red[rng.permutation(len(red))] * 0.01]),
        np.concatenate([err, err]),
        np.repeat(["B", "R"], len(time)),
    )
    features = photometric_features(curve, PERIOD, bands=["B", "R"])
    assert 10 ** features["lc_log_period_blue"] == pytest.approx(PERIOD, rel=1e-3)
    assert features["lc_period_power_blue"] > 0.7
    assert features["lc_period_power_red"] < 0.2  # shuffled: no period is strong
    alone = photometric_features(LightCurve.from_mag(time, blue, err, np.full(len(time), "B")), 0.6)
    assert np.isnan(alone["lc_log_period_red"])
