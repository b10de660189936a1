"""Features of a light curve in time order: spread, shape of the distribution, slow change.

All functions take the time in days and the brightness in magnitudes (fainter is larger), cleaned of
missing values and sorted in time. Too few points give NaN, never a warning.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

MIN_POINTS = 5
"""Below this many points no statistic of the distribution is worth its noise."""
DAYS_PER_YEAR = 365.25
_MAX_GAP_DAYS = 30.0


def median_absolute_deviation(value: Array) -> float:
    """Return 1.4826 times the median absolute deviation: sigma of a Gaussian."""
    return float(1.4826 * np.median(np.abs(value - np.median(value))))


def ratio(above: float, below: float) -> float:
    """Return above / below, NaN where the divisor is not positive."""
    return float(above / below) if below > 0 else np.nan


def bounded(value: float) -> float:
    """Map a non-negative ratio r to r / (1 + r), so that a vanishing divisor gives 1."""
    return float(value / (1.0 + value)) if np.isfinite(value) else np.nan


def von_neumann(value: Array) -> float:
    """Return von Neumann's (1941) ratio: mean squared successive difference over the variance.

    2 for white noise, towards 0 for changes slower than the sampling.
    """
    if len(value) < MIN_POINTS:
        return np.nan
    return ratio(float(np.mean(np.diff(value) ** 2)), float(np.var(value)))


def stetson_k(value: Array, err: Array) -> float:
    """Return Stetson's (1996) K, the kurtosis measure: 0.798 for a Gaussian, 0.9 for a sine."""
    if len(value) < MIN_POINTS:
        return np.nan
    delta = np.abs((value - np.average(value, weights=err**-2.0)) / err)
    return ratio(float(np.mean(delta)), float(np.sqrt(np.mean(delta**2))))


def skewness(value: Array) -> float:
    """Return the third standardised moment, clipped at ±10 (single bad points)."""
    if len(value) < MIN_POINTS:
        return np.nan
    deviation = value - np.mean(value)
    return float(np.clip(ratio(float(np.mean(deviation**3)), float(np.std(value) ** 3)), -10, 10))


def group_medians(time: Array, value: Array, width_days: float) -> tuple[Array, NDArray[np.int64]]:
    """Return the medians of consecutive windows that hold points, and their counts."""
    window = np.floor((time - time[0]) / width_days)
    edges = np.append(np.flatnonzero(np.diff(window, prepend=-1.0)), len(value))
    return medians_between(value, edges), np.diff(edges)


def medians_between(value: Array, edges: NDArray[np.integer]) -> Array:
    """Return the median of each `value[edges[i]:edges[i + 1]]` that holds points."""
    count = np.diff(edges)
    group = np.repeat(np.arange(len(count)), count)
    ordered = value[edges[0] : edges[-1]][np.lexsort((value[edges[0] : edges[-1]], group))]
    start, count = (edges[:-1] - edges[0])[count > 0], count[count > 0]
    return (ordered[start + (count - 1) // 2] + ordered[start + count // 2]) / 2


def slow_change(time: Array, value: Array) -> dict[str, float]:
    """Return the linear slope per year and how much of the scatter is slow.

    The season's medians are weighed against the scatter; the variance of 30-day medians (those of
    at least three points) against the variance of all points.
    """
    names = ("slope", "season_amplitude", "trend_fraction")
    if len(value) < MIN_POINTS or time[-1] - time[0] < _MAX_GAP_DAYS:
        return dict.fromkeys(names, np.nan)
    years = (time - time.mean()) / DAYS_PER_YEAR
    slope = float(years @ (value - value.mean()) / (years @ years))
    seasons, in_season = group_medians(time, value, DAYS_PER_YEAR)
    months, in_month = group_medians(time, value, _MAX_GAP_DAYS)
    seasons, months = seasons[in_season >= 10], months[in_month >= 3]
    season = np.nan
    if len(seasons) >= 3:
        season = ratio(float(np.std(seasons)), median_absolute_deviation(value))
    trend = ratio(float(np.var(months)), float(np.var(value))) if len(months) >= 3 else np.nan
    return dict(zip(names, (slope, season, trend), strict=True))


def series_features(time: Array, value: Array, err: Array) -> dict[str, float]:
    """Return the features that need no period; see `FEATURE_COLUMNS` for each."""
    if len(value) < MIN_POINTS:
        mean = float(np.median(value)) if len(value) else np.nan
        return {"mean_mag": mean}
    p2, p5, p25, p50, p75, p95, p98 = np.percentile(value, [2, 5, 25, 50, 75, 95, 98])
    return {
        "mean_mag": float(p50),
        "amplitude": float(p95 - p5),
        "scatter": median_absolute_deviation(value),
        "skewness": skewness(value),
        "tail_weight": ratio(p98 - p2, p75 - p25),
        "asymmetry": ratio(p95 + p5 - 2 * p50, p95 - p5),
        "asymmetry_tails": ratio(p98 + p2 - 2 * p50, p98 - p2),
        "von_neumann": von_neumann(value),
        "stetson_k": stetson_k(value, err),
        **slow_change(time, value),
    }
