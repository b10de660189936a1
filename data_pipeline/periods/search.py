"""The first search: every frequency at once by non-uniform FFT, then combs of harmonics.

One pair of transforms (of the weighted values and of the weights, which is the window function)
gives the generalised Lomb-Scargle power on a fine grid, trend included. Summing it over the first
2, 4, 8 and 16 harmonics of each trial frequency finds curves that no sine fits: sawteeth, two
minima a cycle, narrow eclipses. What these sums rank is only a shortlist; exact fits decide.
"""

from functools import lru_cache
from threading import get_ident

import finufft
import numpy as np
from numpy.typing import NDArray

from data_pipeline.periods.prepare import detrended
from data_pipeline.periods.types import Band, PeriodConfig, Prepared

COMBS = (1, 2, 4, 8)
BOX_COMB = 16  # as many harmonics as an eclipse of 3 % of the period has
_MAX_COMB_FREQUENCY = 8.0  # eclipsing stars need combs, and none has a period under 0.15 d
_TOLERANCE = 1e-8
_CHUNK = 1 << 14  # frequencies whose power is worked out within the processor's cache
_NEARLY_EQUAL = 0.85  # of the highest power


def power_spectrum(prepared: Prepared, config: PeriodConfig) -> tuple[NDArray[np.float64], float]:
    """Return the single-harmonic power on the grid 0, step, 2 step, ... and that step (c/d).

    The power of several bands is their mean, weighted by the number of points.
    """
    step = 1.0 / (config.oversampling * prepared.span)
    n = max(int(1.0 / (config.min_period_days * step)), 8)
    power = np.zeros(n)
    for band in prepared.bands:
        power += len(band.time) / prepared.n * _band_power(band, step, n)
    return power, step


def _band_power(band: Band, step: float, n: int) -> NDArray[np.float64]:
    value, weight = detrended(band), band.weight
    angle = 2 * np.pi * ((band.time * step) % 1.0)
    data = _transform(angle, weight * value, n)
    window = _transform(angle, weight, 2 * n)
    variance = weight @ value**2
    power = np.empty(n)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        first, second = window[start:stop], window[2 * start : 2 * stop : 2]
        power[start:stop] = _explained(data[start:stop], first, second) / variance
    return power


def _explained(data: NDArray, first: NDArray, second: NDArray) -> NDArray[np.float64]:
    """Variance that a sine explains, from the transforms at f of the values and of the weights,
    and that of the weights at 2 f; all of shape (n,).
    """
    cos_mean, sin_mean = first.real, first.imag
    cc = 0.5 * (1 + second.real) - cos_mean**2
    ss = 0.5 * (1 - second.real) - sin_mean**2
    cs = 0.5 * second.imag - cos_mean * sin_mean
    determinant = np.maximum(cc * ss - cs**2, 1e-4)  # hollow where phases bunch: no power there
    explained = ss * data.real**2 + cc * data.imag**2 - 2 * cs * data.real * data.imag
    power: NDArray[np.float64] = explained / determinant
    return power


def _transform(angle: NDArray, strength: NDArray, n: int) -> NDArray[np.complex128]:
    """Return sum_j strength_j exp(i k angle_j) for k = 0 .. n-1.

    The array is used again by the next transform of this length (to four bits) in this thread.
    """
    half = _rounded_up(n // 2 + 1)
    shifted = strength * np.exp(1j * half * angle)  # the library's modes run from -half to half-1
    plan, modes = _plan(2 * half, get_ident())
    plan.setpts(angle)
    return plan.execute(shifted, out=modes)[:n]


@lru_cache(maxsize=8)
def _plan(n: int, thread: int) -> tuple[finufft.Plan, NDArray[np.complex128]]:
    """Make a plan for n modes and the array for its results, once a thread.

    Making a plan takes as long as using it once, and large arrays that come and go leave holes in
    the memory.
    """
    plan = finufft.Plan(1, (n,), eps=_TOLERANCE, isign=1, nthreads=1, upsampfac=1.25)
    return plan, np.empty(n, np.complex128)


def _rounded_up(n: int) -> int:
    """Return the next number with at most four significant bits."""
    unit = 1 << max(0, n.bit_length() - 4)
    return -(-n // unit) * unit


def comb(power: NDArray, n_harmonics: int) -> NDArray[np.float64]:
    """Sum the power over harmonics; the result's grid is n_harmonics times finer than the power's.

    Entry j stands for the frequency j step / n_harmonics.
    """
    if n_harmonics == 1:
        return power
    # entry q n_harmonics + r of the k-th harmonic is q k + (r k / n_harmonics, rounded): a slice
    n = len(power) // n_harmonics
    total = np.zeros((n_harmonics, n))
    for r in range(n_harmonics):
        for k in range(1, n_harmonics + 1):
            part = power[(r * k + n_harmonics // 2) // n_harmonics :: k][:n]
            total[r, : len(part)] += part
            total[r, len(part) :] += power[-1]  # the highest harmonic ends where the power does
    return total.T.ravel()


def main_frequency(power: NDArray, step: float, prepared: Prepared, config: PeriodConfig) -> float:
    """Return the frequency (c/d) of the strongest cycle.

    Of nearly equal peaks it is the slowest: the others may be its images by the nights.
    """
    lowest = int(np.ceil(config.min_cycles / prepared.span / step))
    peaks = np.sort(highest_peaks(power[lowest:], 6, config.oversampling)) + lowest
    return float(peaks[np.argmax(power[peaks] > _NEARLY_EQUAL * power[peaks].max())] * step)


def candidates(
    power: NDArray, step: float, prepared: Prepared, config: PeriodConfig
) -> NDArray[np.float64]:
    """Return the frequencies (c/d, sorted) worth exact fits: peaks of all combs, and simple
    multiples and fractions of the highest.
    """
    lowest = config.min_cycles / prepared.span
    found = []
    for n_harmonics in COMBS:
        top = _comb_peaks(power, step, n_harmonics, prepared.span, lowest, config.n_peaks)
        found.append(top)
        found += [top[:3] * factor for factor in (1 / 3, 0.5, 2.0, 3.0)]
    return distinct(np.concatenate(found), prepared, config)


def box_candidates(
    power: NDArray, step: float, prepared: Prepared, config: PeriodConfig
) -> NDArray[np.float64]:
    """Return the frequencies (c/d) at which a narrow eclipse may repeat."""
    lowest = config.min_cycles / prepared.span
    return _comb_peaks(power, step, BOX_COMB, prepared.span, lowest, 2 * config.n_peaks)


def _comb_peaks(
    power: NDArray, step: float, n_harmonics: int, span: float, lowest: float, n_peaks: int
) -> NDArray[np.float64]:
    if n_harmonics > 1:
        power = power[: int(_MAX_COMB_FREQUENCY * n_harmonics / step) + 2]
    total = comb(power, n_harmonics)
    fine = step / n_harmonics
    first = int(np.ceil(lowest / fine))
    peaks = first + highest_peaks(total[first:], n_peaks, 1.0 / (span * fine))
    return fine * peaks.astype(np.float64)


def highest_peaks(height: NDArray, n_peaks: int, separation: float) -> NDArray[np.int64]:
    """Return the indices of the highest local maxima at least `separation` steps apart."""
    if len(height) < 3:
        return np.arange(len(height))
    index = np.flatnonzero((height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:])) + 1
    if len(index) == 0:
        return np.array([int(np.argmax(height))])
    keep = min(len(index), 12 * n_peaks)
    index = index[np.argpartition(-height[index], keep - 1)[:keep]]
    chosen: list[int] = []
    for i in index[np.argsort(-height[index])]:
        if all(abs(i - other) > separation for other in chosen):
            chosen.append(int(i))
        if len(chosen) == n_peaks:
            break
    return np.array(chosen)


def distinct(frequency: NDArray, prepared: Prepared, config: PeriodConfig) -> NDArray[np.float64]:
    """Sort frequencies, drop those outside the range searched or closer than 0.1/span."""
    lowest = config.min_cycles / prepared.span
    frequency = np.sort(frequency)
    frequency = frequency[(frequency >= lowest) & (frequency <= 1 / config.min_period_days)]
    if len(frequency) == 0:
        return frequency
    kept = [frequency[0]]
    for f in frequency[1:]:
        if f - kept[-1] > 0.1 / prepared.span:
            kept.append(f)
    return np.array(kept)
