"""Light-curve shapes of regular pulsators: Fourier series with the spread seen inside a class.

Phases are those of a sine series of the magnitude, phi_k1 = phi_k - k phi_1, shifted so that phase
zero is maximum light.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo.physics import Star

Array = NDArray[np.float64]

_GRID = np.linspace(0.0, 1.0, 256, endpoint=False)


@dataclass(frozen=True)
class FourierShape:
    """Relative amplitudes (k,) and phases (k,) of a light curve scaled to one peak to peak."""

    ratios: Array
    phases: Array
    scale: float
    phase_max: float

    def __call__(self, phase: Array) -> Array:
        """Magnitude relative to the mean at phases (n,), peak to peak one, maximum at zero."""
        return self.scale * _series(self.ratios, self.phases, phase + self.phase_max)


def _series(ratios: Array, phases: Array, phase: Array) -> Array:
    k = np.arange(1, len(ratios) + 1)
    return np.asarray(np.sin(2 * np.pi * np.outer(phase, k) + phases) @ ratios)


def fourier_shape(ratios: list[float], phi_k1: list[float]) -> FourierShape:
    """Make a shape from R_k1 and phi_k1 (k = 2, 3, ...), sine convention, phi_1 = 0."""
    r, phases = np.array([1.0, *ratios]), np.array([0.0, *phi_k1])
    grid = _series(r, phases, _GRID)
    return FourierShape(r, phases, 1.0 / float(np.ptp(grid)), float(_GRID[np.argmin(grid)]))


def _rrab(star: Star, rng: np.random.Generator) -> FourierShape:
    log_p = np.log10(star.period_days)
    steep = np.clip(star.amplitude / 0.95, 0.45, 1.05)  # small amplitudes are rounder
    r21 = np.clip(rng.normal(0.46, 0.04), 0.3, 0.55)
    # the phases of all harmonics shift together with period and metallicity
    shift = np.clip(3.0 * (log_p + 0.25) + 0.08 * (star.feh + 1.4) + rng.normal(0, 0.05), -0.5, 0.5)
    k = np.arange(1, 6)
    phases = np.array([2.35, 5.05, 1.52, 4.35, 0.95]) + shift * k + rng.normal(0, 0.04, 5) * k
    ratios = r21 * np.array([1.0, 0.72 * steep, 0.47 * steep**2, 0.28 * steep**3, 0.17 * steep**3])
    return fourier_shape(ratios.tolist(), phases.tolist())


def _rrc(star: Star, rng: np.random.Generator) -> FourierShape:
    return fourier_shape(
        [abs(rng.normal(0.15, 0.06)), abs(rng.normal(0.07, 0.03)), 0.03],
        [rng.normal(3.1, 0.5), rng.normal(3.4, 0.6), rng.normal(2.0, 0.8)],
    )


def _hads(star: Star, rng: np.random.Generator) -> FourierShape:
    strength = np.clip(star.amplitude / 0.45, 0.45, 1.05)
    return fourier_shape(
        [rng.normal(0.34, 0.06) * strength, 0.14 * strength**2, 0.06 * strength**3],
        [rng.normal(2.4, 0.2), rng.normal(5.0, 0.3), rng.normal(1.5, 0.4)],
    )


def _cepheid(star: Star, rng: np.random.Generator) -> FourierShape:
    """The bump moves through the light curve with the period (Hertzsprung progression)."""
    log_p = np.log10(star.period_days) + (0.55 if star.kind.label == "CWB" else 0.0)
    r21 = np.interp(log_p, [0.4, 0.75, 0.97, 1.05, 1.3, 1.7], [0.42, 0.45, 0.20, 0.16, 0.34, 0.42])
    phi21 = np.interp(log_p, [0.4, 0.8, 0.95, 1.05, 1.2, 1.7], [2.4, 2.9, 3.7, 3.9, 2.9, 3.2])
    phi31 = np.interp(log_p, [0.4, 0.8, 0.95, 1.05, 1.2, 1.7], [5.0, 5.9, 7.5, 6.6, 6.0, 6.6])
    if star.kind.label == "CWA":  # broad, humped maxima
        r21, phi21 = 0.16, 4.2
    return fourier_shape(
        [r21 * np.exp(rng.normal(0, 0.15)), 0.45 * r21, 0.22 * r21],
        [phi21 + rng.normal(0, 0.2), phi31 + rng.normal(0, 0.35), rng.normal(1.8, 0.6)],
    )


def _overtone(star: Star, rng: np.random.Generator) -> FourierShape:
    return fourier_shape(
        [abs(rng.normal(0.17, 0.05)), 0.05], [rng.normal(2.9, 0.3), rng.normal(5.5, 0.6)]
    )


_SHAPES: dict[str, Callable[[Star, np.random.Generator], FourierShape]] = {
    "rrab": _rrab, "rrc": _rrc, "rrd": _rrc, "hads": _hads, "cepheid": _cepheid,
    "overtone": _overtone,
}  # fmt: skip


_BLAZHKO_SHARE = {"rrab": 0.3, "rrc": 0.08}


def regular_pulsation(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Magnitude relative to the mean at times (n,) in days, for the radial pulsators."""
    shape = _SHAPES[star.kind.shape](star, rng)
    phase = (time - star.t0) / star.period_days
    amplitude = star.amplitude * np.ones_like(time)
    if star.kind.shape in _BLAZHKO_SHARE and rng.uniform() < _BLAZHKO_SHARE[star.kind.shape]:
        phase, amplitude = _blazhko(phase, amplitude, time, rng)
    magnitude = amplitude * shape(phase)
    if star.kind.shape == "rrd":  # fundamental mode on top: P1/P0 = 0.745
        ratio, share = rng.normal(0.745, 0.0015), rng.uniform(0.3, 0.65)
        second = fourier_shape([0.25], [2.4])
        magnitude = magnitude + share * star.amplitude * second(phase * ratio + rng.uniform())
    return magnitude


def _blazhko(
    phase: Array, amplitude: Array, time: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Modulate amplitude and phase with the Blazhko cycle of tens of days."""
    cycle = 2 * np.pi * time / 10 ** rng.uniform(1.1, 2.3) + rng.uniform(0, 2 * np.pi)
    depth, shift = rng.uniform(0.08, 0.3), rng.uniform(0.0, 0.03)
    return phase + shift * np.sin(cycle + rng.uniform(0, 6)), amplitude * (
        1 + depth * np.sin(cycle)
    )


def delta_scuti(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Magnitude relative to the mean at times (n,): one dominant and several lesser modes."""
    n_modes = int(rng.integers(2, 6))
    ratios = np.r_[1.0, rng.uniform(0.62, 1.25, n_modes)]
    shares = np.r_[1.0, rng.uniform(0.1, 0.55, n_modes)]
    phases = rng.uniform(0, 2 * np.pi, n_modes + 1)
    angle = 2 * np.pi * (time - star.t0) / star.period_days
    total = np.sin(np.outer(angle, 1.0 / ratios) + phases) @ shares
    harmonic = rng.uniform(0.0, 0.2) * np.sin(2 * angle + phases[0] * 2 + 2.4)
    return np.asarray(star.amplitude / 2 * (total + harmonic) / np.sqrt((shares**2).sum()))
