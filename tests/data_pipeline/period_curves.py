"""Synthetic light curves of known period for the period tests: magnitudes, faint is up."""

import numpy as np
from numpy.typing import NDArray


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
    flux = 1 - 0.2 * (1 + np.cos(4 * np.pi * phase)) / 2 - 0.08 * np.abs(np.cos(2 * np.pi * phase)) ** 8
    return -2.5 * np.log10(flux - difference * 0.5 * (1 + np.cos(2 * np.pi * phase)))


def eclipses(phase: NDArray, width: float, depth: float, second: float) -> NDArray[np.float64]:
    """Detached binary: two dips of full width `width`, flat between."""
    distance = np.abs(((phase[:, None] - np.array([0.0, 0.5])) + 0.5) % 1.0 - 0.5)
    dip = np.clip((0.5 * width - distance) / (0.15 * width), 0, 1)
    return dip @ np.array([depth, second])
