"""Features of the folded light curve: string length, minima and maxima of the mean fold.

The mean fold is a median in phase bins, fewer bins for fewer points, gaps bridged along the circle;
narrow eclipses survive it, which a short Fourier series would smear.
"""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.features.series import median_absolute_deviation, medians_between, ratio
from data_pipeline.light_curves import phase_fold

Array = NDArray[np.floating]

GRID_SIZE = 64
"""Points per cycle at which the mean fold is read."""
_POINTS_PER_BIN = 6
_FLAT = 0.15


def string_length(time: Array, value: Array, period_days: float) -> float:
    """Return the Lafler-Kinman string length as Clarke (2002, A&A 386, 763) normalises it.

    T = sum (m_{i+1} - m_i)^2 / sum (m_i - mean)^2 * (N - 1) / (2 N), in order of phase, closed:
    1 for noise, towards 0 for a clean periodic curve.
    """
    n = len(value)
    if n < 3:
        return np.nan
    ordered = value[np.argsort(phase_fold(time, period_days), kind="stable")]
    steps = np.diff(ordered, append=ordered[0])
    total = float(np.sum((ordered - ordered.mean()) ** 2))
    return ratio(float(np.sum(steps**2)) * (n - 1) / (2 * n), total)


def mean_fold(phase: Array, value: Array) -> Array:
    """Return the median folded curve at `GRID_SIZE` phases, smoothed over neighboring bins."""
    n_bins = int(np.clip(len(value) // _POINTS_PER_BIN, 8, GRID_SIZE))
    order = np.argsort(phase)
    edges = np.searchsorted(phase[order], np.linspace(0, 1, n_bins + 1))
    filled = np.diff(edges) > 0
    centers = (np.arange(n_bins) + 0.5) / n_bins
    medians = medians_between(value[order], edges)
    whole = np.interp(centers, centers[filled], medians, period=1.0)
    smooth = 0.25 * np.roll(whole, 1) + 0.5 * whole + 0.25 * np.roll(whole, -1)
    return np.interp((np.arange(GRID_SIZE) + 0.5) / GRID_SIZE, centers, smooth, period=1.0)


def fold_features(phase: Array, value: Array, tag: str) -> dict[str, float]:
    """Return the minima, widths and slopes of the mean fold; names end in `tag`."""
    fold = mean_fold(phase, value)
    curve = np.roll(fold, -int(np.argmax(fold)))  # the deepest minimum comes first
    bright = float(np.percentile(curve, 10))
    depth = curve[0] - bright
    features = {
        "depth": float(depth),
        **_minima(curve, bright, depth),
        "duty": float(np.mean(curve > bright + 0.5 * depth)),
        "width": _half_width(curve > bright + 0.5 * depth),
        "flat_fraction": float(np.mean(curve < bright + _FLAT * depth)),
        "rise_fraction": float(np.argmin(curve)) / GRID_SIZE,
        "steepness": _steepness(curve),
        "residual": _residual(phase, value, fold),
    }
    return {f"{name}_{tag}": number for name, number in features.items()}


def _minima(curve: Array, bright: float, depth: float) -> dict[str, float]:
    """Return how the second minimum compares, and the level at the quarters between the two."""
    away = np.arange(GRID_SIZE // 5, GRID_SIZE - GRID_SIZE // 5)
    second = int(away[np.argmax(curve[away])])
    between = np.sort(np.r_[curve[2 : second - 1], curve[second + 2 : GRID_SIZE - 1]])
    level = float(np.mean(between[len(between) // 4 : 3 * len(between) // 4]))
    return {
        "minima_ratio": ratio(curve[second] - bright, depth),
        "minima_offset": abs(second / GRID_SIZE - 0.5),
        "between_minima": ratio(level - bright, depth),
    }


def _half_width(below: NDArray[np.bool_]) -> float:
    """Return the length in cycles of the run of faint phases that contains the first one."""
    if below.all():
        return 1.0
    after, before = int(np.argmin(below)), int(np.argmin(below[::-1]))
    return (after + before) / GRID_SIZE


def _steepness(curve: Array) -> float:
    """Return log10 of the fastest brightening over the fastest fading."""
    change = np.roll(curve, -2) - np.roll(curve, 2)
    return float(np.log10(ratio(-change.min(), change.max()))) if np.ptp(curve) > 0 else np.nan


def _residual(phase: Array, value: Array, curve: Array) -> float:
    centers = (np.arange(GRID_SIZE) + 0.5) / GRID_SIZE
    left = value - np.interp(phase, centers, curve, period=1.0)
    return ratio(median_absolute_deviation(left), median_absolute_deviation(value))
