"""Optical-depth templates that a stellar spectrum is made of, on the LAMOST wavelength grid.

A spectrum is a Planck continuum times exp(-sum of strength x template). Each template (Balmer
lines, neutral metals, a TiO system, ...) is a fixed shape at the survey's resolution; the strengths
follow temperature, gravity, metallicity and chemistry (see `spectral_strengths`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo import spectral_lines as lines
from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S, air_to_vacuum

Array = NDArray[np.float64]

LOG_STEP = 1e-4  # dex per pixel, as LAMOST coadds
N_PIXELS = int(np.log10(9100.0 / 3690.0) / LOG_STEP) + 1
# (3920,) Angstrom, vacuum
WAVELENGTH: Array = np.asarray(3690.0 * 10.0 ** (LOG_STEP * np.arange(N_PIXELS)), np.float64)
RESOLUTION = 1800.0
# pixels per e-fold of wavelength, and the instrument's Gaussian sigma in pixels
PIXELS_PER_LN = 1.0 / (LOG_STEP * np.log(10.0))
INSTRUMENT_SIGMA = PIXELS_PER_LN / (RESOLUTION * 2.3548)
KM_S_PER_PIXEL = SPEED_OF_LIGHT_KM_S / PIXELS_PER_LN


def gaussian_lines(centers: Iterable[float], depths: Iterable[float], sigma: float = 0.0) -> Array:
    """Sum of Gaussian lines (N_PIXELS,); vacuum centres, intrinsic `sigma` in Angstrom."""
    tau = np.zeros(N_PIXELS)
    for center, depth in zip(centers, depths, strict=True):
        width = np.hypot(center / PIXELS_PER_LN * INSTRUMENT_SIGMA, sigma)
        near = slice(*np.searchsorted(WAVELENGTH, [center - 6 * width, center + 6 * width]))
        tau[near] += depth * np.exp(-0.5 * ((WAVELENGTH[near] - center) / width) ** 2)
    return tau


def lorentzian_lines(centers: Iterable[float], depths: Iterable[float], half_width: float) -> Array:
    """Sum of Lorentzian lines (N_PIXELS,), half width at half maximum in Angstrom."""
    tau = np.zeros(N_PIXELS)
    for center, depth in zip(centers, depths, strict=True):
        tau += depth / (1.0 + ((WAVELENGTH - center) / half_width) ** 2)
    return tau


def band(bands: Iterable[tuple[float, float, float]], degrades_to: str, seed: int = 1) -> Array:
    """Sawtooth bands (N_PIXELS,): a sharp head, fading to the 'red' or the 'blue'.

    The rotational structure is a fixed ripple on top of the smooth fading.
    """
    sign = 1.0 if degrades_to == "red" else -1.0
    tau = np.zeros(N_PIXELS)
    for head, depth, length in bands:
        distance = sign * (WAVELENGTH - float(air_to_vacuum(head)))
        edge = 1.0 / (1.0 + np.exp(-np.clip(distance / 4.0, -60, 60)))
        tau += depth * edge * np.clip(1.0 - np.clip(distance, 0, None) / length, 0, None) ** 1.2
    rng = np.random.default_rng(seed)
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.4) ** 2)
    ripple = np.convolve(rng.normal(size=N_PIXELS), kernel / np.sqrt((kernel**2).sum()), "same")
    return np.asarray(tau * np.clip(1.0 + 0.10 * ripple, 0.4, 1.6))


def troughs(bands: Iterable[tuple[float, float, float]]) -> Array:
    """Headless absorption features (N_PIXELS,) given as (air centre, depth, half width)."""
    tau = np.zeros(N_PIXELS)
    for center, depth, half_width in bands:
        tau += depth * np.exp(
            -0.5 * ((WAVELENGTH - float(air_to_vacuum(center))) / half_width) ** 2
        )
    return tau


def _metal_lines(centers: tuple[float, ...], depth: float = 1.0, sigma: float = 0.6) -> Array:
    return gaussian_lines(air_to_vacuum(np.array(centers)), [depth] * len(centers), sigma)


def _weighted(pairs: tuple[tuple[float, float], ...], sigma: float = 1.0) -> Array:
    centers, depths = zip(*pairs, strict=True)
    return gaussian_lines(air_to_vacuum(np.array(centers)), depths, sigma)


def _balmer(broad: bool) -> Array:
    balmer, paschen = lines.hydrogen_lines(2, range(3, 26)), lines.hydrogen_lines(3, range(9, 26))
    n = np.arange(3, 26)
    depth = np.where(n == 3, 0.75, np.where(n < 10, 1.0, (10.0 / n) ** 1.5))
    infrared = 0.22 * np.exp(-(((np.arange(9, 26) - 11) / 6.0) ** 2))
    if not broad:
        return gaussian_lines(balmer, depth, 2.2) + gaussian_lines(paschen, 0.6 * infrared, 4.0)
    return lorentzian_lines(balmer, depth, 9.0) + lorentzian_lines(paschen, infrared, 9.0)


def _continuum(power: int) -> Array:
    return np.asarray((5500.0 / WAVELENGTH - 1.0) ** power)


def _ramp(edge: float, width: float) -> Array:
    """1 in the blue of `edge`, 0 in the red: line blanketing that no single line explains."""
    return np.asarray(1.0 / (1.0 + np.exp(np.clip((WAVELENGTH - edge) / width, -60, 60))))


@lru_cache(maxsize=1)
def basis() -> dict[str, Array]:
    """All optical-depth templates by name, each (N_PIXELS,)."""
    templates = {
        "hydrogen_narrow": _balmer(broad=False),
        "hydrogen_broad": _balmer(broad=True),
        "helium": _metal_lines(lines.HE_I, sigma=2.0),
        "helium_ii": _metal_lines(lines.HE_II, sigma=2.0),
        "calcium_hk": lorentzian_lines(air_to_vacuum(np.array([3933.66, 3968.47])), [1.0, 0.9], 5.0)
        + _weighted(lines.CALCIUM_HK, 2.5),
        "calcium_triplet": _weighted(lines.CALCIUM_TRIPLET, 1.6),
        "metals_ionized": _metal_lines(lines.IONIZED_METALS),
        "iron_strong": _metal_lines(lines.IRON_STRONG, sigma=1.2),
        "iron": _metal_lines(tuple(x for x in lines.IRON if x < 5500.0)),
        "iron_red": _metal_lines(tuple(x for x in lines.IRON if x > 5500.0)),
        "calcium": _metal_lines(lines.CALCIUM_I, sigma=1.0),
        "magnesium": _weighted(lines.MAGNESIUM, 1.8),
        "sodium": _weighted(lines.SODIUM_D, 1.5) + 0.5 * _weighted(lines.SODIUM_D, 12.0),
        "alkali": _weighted(lines.ALKALI_RED, 2.0) + 0.3 * _weighted(lines.ALKALI_RED, 9.0),
        "barium": _weighted(lines.BARIUM_STRONTIUM),
        "ch": band(lines.CH, "blue", 2),
        "cn_violet": band(lines.CN_VIOLET, "blue", 3),
        "mgh": band(lines.MGH, "blue", 4),
        "vo_7334": band(lines.VO_7334, "red", 5),
        "vo_7851": band(lines.VO_7851, "red", 9),
        "vo_8521": band(lines.VO_8521, "red", 10),
        "cah_6385": band(lines.CAH_6385, "red", 6),
        "cah_6750": band(lines.CAH_6750, "red", 14),
        "c2": band(lines.C2_SWAN, "blue", 7),
        "cn_red": band(lines.CN_RED, "red", 8),
        "zro": troughs(lines.ZRO),
        "blanket_4000": _ramp(3975.0, 20.0),
        "blanket_4300": _ramp(4310.0, 60.0),
        "blanket_5200": _ramp(5200.0, 90.0),
        "slope": _continuum(1),
        "curve": _continuum(2),
        "cubic": _continuum(3),
        "quartic": _continuum(4),
    }
    for seed, (name, heads) in enumerate(lines.TIO.items(), start=20):
        templates[name] = band(heads, "red", seed)
    return templates


@lru_cache(maxsize=1)
def telluric() -> Array:
    """Optical depth (N_PIXELS,) of the Earth's O2 and water bands at unit airmass."""
    return band(lines.OXYGEN_TELLURIC, "red", 40) + troughs(lines.WATER_TELLURIC)


def planck(temperature: Array) -> Array:
    """Planck flux per wavelength (n, N_PIXELS), one at 5500 Angstrom; temperatures (n,) in K."""
    x = 1.438777e8 / (WAVELENGTH * np.asarray(temperature)[:, None])
    x0 = 1.438777e8 / (5500.0 * np.asarray(temperature)[:, None])
    return np.asarray((5500.0 / WAVELENGTH) ** 5 * np.expm1(x0) / np.expm1(x))
