"""Arithmetic behind the plots of the card: folds, medians, frames that a bad point cannot squash.

Pure functions of NumPy arrays. Phases are in cycles, times in days, wavelengths in Å (vacuum).
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_pipeline.light_curves import phase_fold
from data_pipeline.spectra import Spectrum, resample

Floats = NDArray[np.float64]


def phase_medians(phase: ArrayLike, value: ArrayLike, n_bins: int) -> tuple[Floats, Floats]:
    """Median of a folded curve in equal bins of phase.

    Returns
    -------
    center, median : ndarray, shape (n_bins,)
        Phase at the middle of each bin, and the median there (NaN where the bin is empty).
    """
    value = np.asarray(value, dtype=np.float64)
    index = (np.asarray(phase) % 1.0 * n_bins).astype(int) % n_bins
    order = np.lexsort((value, index))  # by bin, then by value: medians stand in the middles
    edges = np.searchsorted(index[order], np.arange(n_bins + 1))
    start, end = edges[:-1], edges[1:]
    filled = np.flatnonzero(end > start)
    low, high = (start + end - 1)[filled] // 2, (start + end)[filled] // 2
    median = np.full(n_bins, np.nan)
    median[filled] = (value[order[low]] + value[order[high]]) / 2
    return (np.arange(n_bins) + 0.5) / n_bins, median


def running_median(phase: ArrayLike, value: ArrayLike, most: int = 200) -> tuple[Floats, Floats]:
    """Median of a folded curve around each of its points, the cycle closed, its steps smoothed.

    A window holds a twenty-fifth of the points, between 9 and 41: narrow enough for an eclipse to
    stay one.

    Returns
    -------
    phase, median : ndarray, shape (m,), m at most `most`, in order of phase
    """
    phase = np.asarray(phase, dtype=np.float64)
    order = np.argsort(phase, kind="stable")
    half = int(np.clip(len(phase) // 25, 9, 41)) // 2
    if len(phase) <= 2 * half:
        return np.empty(0), np.empty(0)
    ordered = np.asarray(value, dtype=np.float64)[order]
    closed = np.concatenate([ordered[-half:], ordered, ordered[:half]])
    median = np.median(np.lib.stride_tricks.sliding_window_view(closed, 2 * half + 1), axis=1)
    closed = np.concatenate([median[-(half // 2) :], median, median[: half // 2]])
    median = np.convolve(closed, np.ones(2 * (half // 2) + 1) / (2 * (half // 2) + 1), "valid")
    step = -(-len(phase) // most)
    return phase[order][::step], median[::step]


def bins_for(n_points: int) -> int:
    """Number of phase bins that leaves about sixteen points in each, between 10 and 50."""
    return int(np.clip(n_points // 16, 10, 50))


def time_zero(time: ArrayLike, value: ArrayLike, period_days: float, lowest: bool) -> float:
    """Time of the extremum of the folded curve nearest to the middle of the observations [d].

    Parameters
    ----------
    time, value : array_like, shape (n,)
    period_days : float
    lowest : bool
        Look for the lowest value (maximum light in magnitudes), else for the highest.
    """
    time = np.asarray(time, dtype=np.float64)
    if len(time) == 0:
        return 0.0
    center, median = phase_medians(phase_fold(time, period_days), value, bins_for(len(time)))
    filled = np.isfinite(median)
    wrapped = np.interp(center, center[filled], median[filled], period=1.0)
    smooth = (np.roll(wrapped, 1) + 2 * wrapped + np.roll(wrapped, -1)) / 4
    phase = center[np.argmin(smooth) if lowest else np.argmax(smooth)]
    cycle = np.round((time.min() + time.max()) / 2 / period_days - phase)
    return float((cycle + phase) * period_days)


def visible_range(value: ArrayLike, margin: float = 0.08) -> tuple[float, float]:
    """Range of an axis that shows the data but is not squashed by lone bad points.

    Starts from all but the outermost one per cent on each side and grows to every further point, as
    long as no step is wider than the range so far: the depth of an eclipse has company, a bad point
    has none.

    Returns
    -------
    low, high : float
        With a margin of this fraction of the range on both sides; (0, 1) where there is no value.
    """
    ordered = np.sort(np.asarray(value, dtype=np.float64).ravel())
    ordered = ordered[np.isfinite(ordered)]
    if len(ordered) == 0:
        return 0.0, 1.0
    doubtful = min(int(np.ceil(0.01 * len(ordered))), (len(ordered) - 1) // 2)
    first, last = doubtful, len(ordered) - 1 - doubtful
    width = max(ordered[last] - ordered[first], 1e-3 * abs(ordered[last]), 1e-9)
    while last + 1 < len(ordered) and ordered[last + 1] - ordered[last] <= width:
        last += 1
        width = max(width, ordered[last] - ordered[first])
    while first > 0 and ordered[first] - ordered[first - 1] <= width:
        first -= 1
        width = max(width, ordered[last] - ordered[first])
    return float(ordered[first] - margin * width), float(ordered[last] + margin * width)


def median_folded(
    curves: Iterable[tuple[ArrayLike, ArrayLike, float]], lowest: bool, n_bins: int = 40
) -> tuple[Floats, Floats, int]:
    """Median shape of many stars' folded curves, each about its own median, extrema aligned.

    Parameters
    ----------
    curves : iterable of (time (n,), value (n,), period_days)
    lowest : bool
        Align the lowest value of each at phase zero, else the highest.

    Returns
    -------
    phase : ndarray, shape (n_bins,)
    quantiles : ndarray, shape (3, n_bins)
        The 16 %, 50 % and 84 % of the stars' curves; NaN where no star has a value.
    n_stars : int
        Stars that had enough points and a period.
    """
    shapes = [_shape(*curve, lowest, n_bins) for curve in curves]
    kept = np.array([shape for shape in shapes if shape is not None])
    phase = (np.arange(n_bins) + 0.5) / n_bins
    if len(kept) == 0:
        return phase, np.full((3, n_bins), np.nan), 0
    return phase, np.percentile(kept, [16, 50, 84], axis=0), len(kept)


def _shape(
    time: ArrayLike, value: ArrayLike, period_days: float, lowest: bool, n_bins: int
) -> Floats | None:
    """One star's binned curve about its median, gaps bridged; None when a fold says nothing."""
    if len(np.asarray(time)) < n_bins // 2 or not (np.isfinite(period_days) and period_days > 0):
        return None
    phase = phase_fold(time, period_days, time_zero(time, value, period_days, lowest))
    center, median = phase_medians(phase, value, n_bins)
    filled = np.isfinite(median)
    bridged = np.interp(center, center[filled], median[filled], period=1.0)
    return bridged - np.median(np.asarray(value))


def mean_spectrum(spectra: Sequence[Spectrum], n_points: int = 800) -> tuple[Floats, Floats]:
    """Median of many spectra, each in its rest frame and divided by its own median.

    Returns
    -------
    wavelength, flux : ndarray, shape (n_points,)
        Over the range that at least half of the spectra cover; both empty without spectra.
    """
    grid, quantiles = spread_of_spectra(spectra, n_points)
    return grid, quantiles[1]


def spread_of_spectra(spectra: Sequence[Spectrum], n_points: int = 800) -> tuple[Floats, Floats]:
    """16 %, 50 % and 84 % of many spectra at each wavelength; see `mean_spectrum`.

    Returns
    -------
    wavelength : ndarray, shape (n_points,)
    flux : ndarray, shape (3, n_points)
    """
    usable = [spectrum.rest_frame() for spectrum in spectra if spectrum.good.sum() > 1]
    if not usable:
        return np.empty(0), np.empty((3, 0))
    start = np.median([spectrum.wavelength[0] for spectrum in usable])
    end = np.median([spectrum.wavelength[-1] for spectrum in usable])
    grid = np.linspace(start, end, n_points)
    stack = np.array([normalized(resample(spectrum, grid)[0]) for spectrum in usable])
    covered = np.isfinite(stack).any(axis=0)
    return grid[covered], np.nanquantile(stack[:, covered], (0.16, 0.5, 0.84), axis=0)


def normalized(flux: ArrayLike) -> Floats:
    """Flux over its median; over its mean modulus where the median is not positive."""
    flux = np.asarray(flux, dtype=np.float64)
    finite = flux[np.isfinite(flux)]
    scale = np.median(finite) if len(finite) else 1.0
    if not scale > 0:
        scale = np.abs(finite).mean() if len(finite) else 1.0
    return flux / (scale or 1.0)


def block_average(values: ArrayLike, size: int) -> Floats:
    """Mean of each block of `size` neighboring values, NaN left out; the last block may be short.

    Parameters
    ----------
    values : array_like, shape (n,)

    Returns
    -------
    ndarray, shape (ceil(n / size),), NaN where a block holds no value
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    starts = np.arange(0, len(values), size)
    if len(starts) == 0:
        return np.empty(0)
    total = np.add.reduceat(np.where(finite, values, 0.0), starts)
    count = np.add.reduceat(finite.astype(np.float64), starts)
    return np.divide(total, count, out=np.full(len(starts), np.nan), where=count > 0)


def smooth(values: ArrayLike, sigma: float) -> Floats:
    """Gaussian smoothing that bridges NaN, which stay NaN; sigma in pixels."""
    values = np.asarray(values, dtype=np.float64)
    half = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    finite = np.isfinite(values)
    weight = np.convolve(finite.astype(np.float64), kernel)[half : half + len(values)]
    total = np.convolve(np.where(finite, values, 0.0), kernel)[half : half + len(values)]
    return np.divide(total, weight, out=np.full(len(values), np.nan), where=finite)
