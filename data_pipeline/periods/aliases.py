"""Frequencies that the sampling confuses with the true one.

A star seen once a night at frequency f also fits f ± 1 cycle per (solar or sidereal) day; seasons
and the Moon do the same on a smaller scale. Which of these matter is read off the window function;
the exact fits then choose among them.
"""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.periods.scoring import SIDEREAL_DAY
from data_pipeline.periods.types import Prepared

YEAR, MOON = 365.25, 29.53
_SPACINGS = np.array([1.0, 1 / SIDEREAL_DAY, 2.0, 2 / SIDEREAL_DAY, 1 / YEAR, 1 / MOON])
_WINDOW_LIMIT = 0.05


def window_power(prepared: Prepared, frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power (0 to 1) of the window function at each frequency (c/d), shape (c,)."""
    power = np.zeros(len(frequency))
    for band in prepared.bands:
        phase = 2j * np.pi * frequency[:, None] * band.time
        power += len(band.time) / prepared.n * np.abs(np.exp(phase) @ band.weight) ** 2
    return power


def alias_frequencies(prepared: Prepared, frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the aliases (c/d) of some frequencies, shape (c,), that the window makes plausible."""
    spacing = _SPACINGS[window_power(prepared, _SPACINGS) > _WINDOW_LIMIT]
    spacing = np.concatenate([spacing, -spacing])
    return np.abs(frequency[:, None] + spacing).ravel()
