"""Synthetic LAMOST-like spectra: photospheres, companions, emission, and the instrument's noise.

`synthesize` works on many components at once. A star's spectrum is a sum of components (a binary
has two) weighted by their V light; each is a Planck continuum through the templates of
`spectral_basis`, broadened by rotation and shifted by its velocity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo import spectral_basis as sb
from data_pipeline.demo.relations import extinction_law
from data_pipeline.demo.spectral_strengths import equivalent_temperature, strengths
from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S

Array = NDArray[np.float64]

EmissionLine = tuple[float, float, float]
"""Vacuum Angstrom, peak over the local continuum, Gaussian sigma in Angstrom."""

HALPHA, HBETA, HGAMMA, HDELTA = 6564.61, 4862.69, 4341.69, 4102.90
CALCIUM_K, CALCIUM_H = 3934.77, 3969.59


@dataclass(frozen=True)
class Component:
    """One light source in a spectrum.

    Parameters
    ----------
    weight : share of the V light
    emission : one `EmissionLine` per line
    veiling : featureless light added, relative to the continuum
    power_law : replaces the photosphere by flux ~ wavelength**power_law where not NaN
    """

    spectrum: int
    weight: float
    temperature_k: float
    feh: float
    is_giant: bool = False
    carbon: float = 0.0
    vsini_km_s: float = 10.0
    velocity_km_s: float = 0.0
    emission: tuple[EmissionLine, ...] = field(default=())
    veiling: float = 0.0
    molecules: float = 1.0
    """Factor on the TiO and VO bands, which vary from star to star."""
    power_law: float = float("nan")


def _column(components: Sequence[Component], name: str) -> Array:
    return np.array([getattr(component, name) for component in components], dtype=np.float64)


def synthesize(components: Sequence[Component], n_spectra: int) -> Array:
    """Noise-free flux (n_spectra, N_PIXELS) before extinction, near one at 5500 Angstrom."""
    giant = _column(components, "is_giant") > 0
    temperature = equivalent_temperature(_column(components, "temperature_k"), giant)
    table = strengths(temperature, _column(components, "feh"), giant,
                      _column(components, "carbon"))  # fmt: skip
    for name in table:
        if name.startswith(("tio", "vo")):
            table[name] = table[name] * _column(components, "molecules")
    names = list(table)
    depth = np.einsum("ks,kp->sp", np.array([table[name] for name in names]),
                      np.array([sb.basis()[name] for name in names]))  # fmt: skip
    flux = sb.planck(temperature) * np.exp(-depth)
    flux /= _v_light(flux)
    _replace_power_laws(flux, components)
    flux += _column(components, "veiling")[:, None]
    _add_emission(flux, components)
    flux = _broaden(flux, _column(components, "vsini_km_s"), _column(components, "velocity_km_s"))
    flux *= _column(components, "weight")[:, None]
    total = np.zeros((n_spectra, sb.N_PIXELS))
    np.add.at(total, [component.spectrum for component in components], flux)
    return total


def _v_light(flux: Array) -> Array:
    """Mean flux (n, 1) in the V passband."""
    v_band = (sb.WAVELENGTH > 5100) & (sb.WAVELENGTH < 5900)
    return np.asarray(flux[:, v_band].mean(axis=1, keepdims=True))


def _replace_power_laws(flux: Array, components: Sequence[Component]) -> None:
    for row, component in enumerate(components):
        if np.isfinite(component.power_law):
            flux[row] = (sb.WAVELENGTH / 5500.0) ** component.power_law


def _add_emission(flux: Array, components: Sequence[Component]) -> None:
    for row, component in enumerate(components):
        for center, peak, sigma in component.emission:
            # an edge of the line profile beyond six sigma is below the noise
            lo, hi = np.searchsorted(sb.WAVELENGTH, [center - 6 * sigma, center + 6 * sigma])
            if hi <= lo:
                continue
            around = flux[row, max(0, lo - 25) : hi + 25]
            profile = np.exp(-0.5 * ((sb.WAVELENGTH[lo:hi] - center) / sigma) ** 2)
            flux[row, lo:hi] += peak * float(np.median(around)) * profile


def _broaden(flux: Array, vsini: Array, velocity: Array) -> Array:
    """Rotational broadening (as a Gaussian of the same width) and Doppler shift, by FFT."""
    pad = 320
    padded = np.pad(flux, ((0, 0), (pad, pad)), mode="edge")
    taper = np.linspace(0.0, 1.0, 2 * pad)  # joins the two ends, which the FFT takes as neighbors
    ends = np.roll(padded, pad, axis=1)
    ends[:, : 2 * pad] = flux[:, -1:] * (1 - taper) + flux[:, :1] * taper
    k = np.fft.rfftfreq(ends.shape[1])
    sigma = 0.55 * vsini / sb.KM_S_PER_PIXEL
    shift = np.log1p(velocity / SPEED_OF_LIGHT_KM_S) * sb.PIXELS_PER_LN
    kernel = np.exp(-2 * (np.pi * k * sigma[:, None]) ** 2 - 2j * np.pi * k * shift[:, None])
    smooth = np.fft.irfft(np.fft.rfft(ends, axis=1) * kernel, n=ends.shape[1], axis=1)
    return np.asarray(np.clip(smooth[:, 2 * pad :], 1e-6, None))


@dataclass(frozen=True)
class Exposure:
    """How a spectrum is observed."""

    v_mag: float
    a_v: float
    airmass: float
    mjd: float


def observe_spectrum(
    flux: Array, exposure: Exposure, rng: np.random.Generator
) -> tuple[Array, Array, NDArray[np.bool_], float]:
    """Flux, error, mask (each N_PIXELS) and signal to noise of one noisy spectrum."""
    wave = sb.WAVELENGTH
    flux = flux * 10.0 ** (-0.4 * exposure.a_v * extinction_law(wave / 1e4))
    flux = flux * np.exp(-exposure.airmass * rng.uniform(0.5, 1.0) * sb.telluric())
    flux = flux * _calibration_error(rng)
    flux = flux / np.median(flux) * 10.0 ** (-0.4 * (exposure.v_mag - 15.0)) * 1000.0
    flux = flux * np.exp(rng.normal(0.0, 0.3))
    error = _noise(flux, exposure.v_mag, rng)
    noisy = flux + error * rng.standard_normal(wave.size) + _sky_residuals(error, rng)
    mask = rng.uniform(size=wave.size) < 0.002
    noisy = noisy + np.where(mask, 12.0 * error * rng.standard_normal(wave.size), 0.0)
    reported = error * np.exp(rng.normal(0.0, 0.05))
    return noisy, reported, mask, float(np.median(flux / error))


def _calibration_error(rng: np.random.Generator) -> Array:
    """Smooth relative error of the flux calibration, ten per cent peak to peak or so."""
    x = np.linspace(-1.0, 1.0, sb.N_PIXELS)
    tilt, bend, join = rng.normal(0.0, [0.06, 0.05, 0.02])
    step = join / (1.0 + np.exp(-(sb.WAVELENGTH - 5800.0) / 30.0))
    return np.asarray(np.exp(tilt * x + bend * (1.5 * x**2 - 0.5) + step))


def _noise(flux: Array, v_mag: float, rng: np.random.Generator) -> Array:
    """Standard deviation per pixel: photons and sky through the instrument's efficiency."""
    wave = sb.WAVELENGTH
    efficiency = np.exp(-0.5 * ((wave - 6700.0) / 1900.0) ** 2) + 0.06
    efficiency *= 1.0 - 0.75 * np.exp(-0.5 * ((wave - 5800.0) / 90.0) ** 2)
    efficiency *= np.clip((wave - 3600.0) / 400.0, 0.12, 1.0)
    peak_snr = np.clip(170.0 * 10 ** (-0.2 * (v_mag - 11.0)), 4.0, 220.0)
    peak_snr *= np.exp(rng.normal(0.0, 0.35))
    sky = 0.15 * 10 ** (0.4 * (v_mag - 15.0))
    level = np.median(flux)
    relative = np.clip(flux / level, 1e-3, None)
    variance = (relative / efficiency + sky * (1 + (wave > 7200)) / efficiency) / peak_snr**2
    return np.asarray(level * np.sqrt(variance + 1e-6))


def _sky_residuals(error: Array, rng: np.random.Generator) -> Array:
    """Badly subtracted sky lines: [O I], sodium and the OH forest of the red."""
    wave, residual = sb.WAVELENGTH, np.zeros(sb.N_PIXELS)
    for center in (5578.9, 5891.6, 6302.0, 7278.0, 7342.0, 7752.0, 7796.0, 7915.0, 8346.0, 8401.0,
                   8432.0, 8829.0, 8888.0, 8922.0, 8960.0):  # fmt: skip
        size = rng.normal(0.0, 3.0 if center < 6000 else 1.8)
        residual += size * np.exp(-0.5 * ((wave - center) / 2.0) ** 2)
    return np.asarray(residual * error)
