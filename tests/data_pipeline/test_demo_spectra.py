"""Simulated spectra: lines and bands where and how strong they should be."""

import numpy as np
import pytest

from data_pipeline.demo import spectral_basis as sb
from data_pipeline.demo.spectra import HALPHA, Component, Exposure, observe_spectrum, synthesize

WAVE = sb.WAVELENGTH


def light(temperature: float, **changes: object) -> np.ndarray:
    values = {"spectrum": 0, "weight": 1.0, "temperature_k": temperature, "feh": 0.0, **changes}
    return synthesize([Component(**values)], 1)[0]


def mean(flux: np.ndarray, low: float, high: float) -> float:
    start, stop = np.searchsorted(WAVE, [low, high])
    return float(flux[start:stop].mean())


def depth(flux: np.ndarray, center: float, half_width: float) -> float:
    """Depth of a line under the continuum on both of its sides."""
    sides = [mean(flux, center + s * 4 * half_width - half_width,
                  center + s * 4 * half_width + half_width) for s in (-1, 1)]  # fmt: skip
    return 1.0 - mean(flux, center - half_width, center + half_width) / np.mean(sides)


def test_the_grid_is_log_linear_at_the_resolution_of_lamost():
    assert WAVE[0] == 3690.0
    assert WAVE[-1] <= 9100.0
    assert np.allclose(np.diff(np.log10(WAVE)), sb.LOG_STEP)


def test_balmer_lines_are_strongest_in_a_stars():
    depths = [depth(light(t), 4862.7, 8.0) for t in (5000.0, 6500.0, 9200.0, 20000.0)]
    assert depths[2] == max(depths)
    assert depths[2] > 0.3


def test_titanium_oxide_grows_towards_late_types_with_its_sharp_edge_in_the_blue():
    index = [mean(light(t), 7128, 7137) / mean(light(t), 7044, 7048) for t in (4500, 3600, 3200)]
    assert index[0] > 0.93 > index[1] > index[2]
    flux = light(3200.0)
    assert mean(flux, 7044, 7050) > 1.4 * mean(flux, 7128, 7137)


def test_carbon_bands_have_their_sharp_edge_in_the_red_and_no_titanium_oxide():
    flux = light(2800.0, is_giant=True, carbon=1.0)
    assert mean(flux, 5172, 5180) > 1.4 * mean(flux, 5150, 5162)
    assert mean(flux, 4745, 4755) > 1.3 * mean(flux, 4725, 4735)
    oxygen = light(2800.0, is_giant=True)
    assert mean(oxygen, 6150, 6157) > 1.3 * mean(oxygen, 6175, 6190)
    assert mean(flux, 6150, 6157) < 1.1 * mean(flux, 6175, 6190)


def test_metal_lines_weaken_with_metallicity():
    strong, weak = depth(light(5500.0), 5175.0, 12.0), depth(light(5500.0, feh=-2.0), 5175.0, 12.0)
    assert strong > 1.5 * weak > 0


def test_gravity_shows_in_hydrides():
    dwarf, giant = light(3500.0), light(3650.0, is_giant=True)
    cah = [mean(f, 6960, 6990) / mean(f, 7042, 7046) for f in (dwarf, giant)]
    assert cah[0] < cah[1]


def test_a_velocity_moves_all_lines_together():
    rest, moved = light(9000.0), light(9000.0, velocity_km_s=200.0)
    near = slice(*np.searchsorted(WAVE, [6500, 6640]))
    shift = WAVE[near][moved[near].argmin()] - WAVE[near][rest[near].argmin()]
    assert shift == pytest.approx(200.0 / 299792.458 * HALPHA, abs=1.6)


def test_rotation_broadens_lines_and_keeps_their_light():
    slow, fast = light(6000.0), light(6000.0, vsini_km_s=220.0)
    assert depth(fast, HALPHA, 2.0) < depth(slow, HALPHA, 2.0)
    assert fast.sum() == pytest.approx(slow.sum(), rel=2e-3)


def test_emission_rises_above_the_continuum():
    flux = light(3300.0, emission=((HALPHA, 3.0, 2.0),))
    assert depth(flux, HALPHA, 1.0) < -1.0


def test_two_components_add_up_by_their_light():
    both = synthesize([Component(0, 0.7, 9000.0, 0.0), Component(0, 0.3, 4500.0, 0.0)], 1)[0]
    assert np.allclose(both, 0.7 * light(9000.0) + 0.3 * light(4500.0))


def test_noise_follows_the_brightness():
    snr = []
    for v_mag in (12.0, 14.5, 17.0):
        rng = np.random.default_rng(1)
        noisy, error, mask, ratio = observe_spectrum(
            light(6000.0), Exposure(v_mag, 0.1, 1.2, 57000.0), rng
        )
        assert noisy.shape == error.shape == mask.shape == WAVE.shape
        snr.append(ratio)
    assert snr == sorted(snr, reverse=True)
    assert snr[0] > 50
    assert snr[2] < 25


def test_extinction_reddens():
    flux = light(8000.0)
    ratios = []
    for a_v in (0.0, 3.0):
        noisy, *_ = observe_spectrum(flux, Exposure(11.0, a_v, 1.2, 57000.0),
                                     np.random.default_rng(2))  # fmt: skip
        ratios.append(mean(noisy, 4200, 4300) / mean(noisy, 8200, 8300))
    assert ratios[1] < 0.4 * ratios[0]
