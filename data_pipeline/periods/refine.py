"""The last digits of a period, and their error.

The frequency moves to the bottom of the misfit by repeated parabolas; the error is the change that
raises the misfit by one, in which the scatter about the fold sets the scale.
"""

import numpy as np

from data_pipeline.periods.harmonics import misfit
from data_pipeline.periods.types import Prepared


def refine(prepared: Prepared, frequency: float, n_harmonics: int) -> tuple[float, float]:
    """Return the frequency of the least misfit near one, and its standard error, c/d."""
    order = np.arange(1, n_harmonics + 1)
    step = 0.02 / prepared.span
    for _ in range(4):
        grid = frequency + step * np.arange(-3, 4)
        value = misfit(prepared, grid, order)[:, -1]
        lowest = int(np.clip(value.argmin(), 1, len(grid) - 2))
        left, middle, right = value[lowest - 1 : lowest + 2]
        bend = left - 2 * middle + right
        if bend <= 0:
            return float(grid[value.argmin()]), 0.3 / prepared.span
        shift = float(np.clip(0.5 * (left - right) / bend, -1, 1))
        frequency = float(grid[lowest] + shift * step)
        error = step * np.sqrt(2 / bend)
        step = float(np.clip(error / 2, 1e-4 / prepared.span, step))
    return frequency, float(min(error, 0.3 / prepared.span))
