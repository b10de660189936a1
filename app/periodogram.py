"""How well every period fits one star, computed in short steps so that it can be watched and ended.

Lomb-Scargle with any number of harmonics by non-uniform FFT (nifty-ls), or box least squares
(Kovács et al. 2002, astropy's) for eclipses. Values are prepared as for the period search of the
survey (data_pipeline.periods): wild points tamed, a straight line taken out. No widgets.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import finufft
import nifty_ls
import numpy as np
from astropy.timeseries import BoxLeastSquares, LombScargle
from numpy.typing import NDArray

from app.photometry import Photometry
from data_pipeline.periods.prepare import detrended, prepare, stacked
from data_pipeline.periods.search import highest_peaks
from data_pipeline.periods.types import Band, Prepared

Floats = NDArray[np.float64]
HARMONICS = (1, 2, 4, 8)
BOX = 0
"""In place of a number of harmonics: search for boxes."""

MIN_PERIOD_DAYS = 0.03
_MIN_BOX_PERIOD_DAYS = 0.15
_MIN_CYCLES = 1.0
_OVERSAMPLING = 5
_MAX_FREQUENCIES = 400_000
_MAX_BOX_FREQUENCIES = 120_000
_STEPS = 16  # of a search with one harmonic
_BOX_WIDTHS = (0.03, 0.1)  # of the period
_FALSE_ALARM = 0.01


@dataclass(frozen=True)
class Periodogram:
    """Power at each trial frequency.

    Attributes
    ----------
    frequency : float64, shape (n,), cycles per day, increasing
    power : float64, shape (n,)
        Share of the variance that a fold explains; for boxes, signal to noise of the depth.
    window : float64, shape (n,)
        Power of the window function: what a constant star's sampling looks like.
    n_harmonics : int
        `BOX` for boxes.
    false_alarm_power : float
        Power that noise alone reaches once in a hundred stars; NaN where that is not known.
    """

    frequency: Floats
    power: Floats
    window: Floats
    n_harmonics: int
    false_alarm_power: float = math.nan

    def peaks(self, n: int = 6) -> NDArray[np.int64]:
        """Places of the highest peaks, highest first, those side by side counted once."""
        step = float(np.median(np.diff(self.frequency)))
        apart = 2 * _OVERSAMPLING * self.frequency[1] / step if self.n_harmonics == BOX else 20
        return highest_peaks(self.power, n, apart)

    def peak_near(self, low: float, high: float) -> float:
        """Frequency [c/d] of the highest power between two, to a fraction of a step."""
        first, last = np.searchsorted(self.frequency, [low, high])
        if last - first < 1:
            return math.sqrt(low * high)
        top = first + int(self.power[first:last].argmax())
        if not 0 < top < len(self.power) - 1:
            return float(self.frequency[top])
        left, middle, right = self.power[top - 1 : top + 2]
        bend = left - 2 * middle + right
        shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
        step = (self.frequency[top + 1] - self.frequency[top - 1]) / 2
        return float(self.frequency[top] + np.clip(shift, -1, 1) * step)


Step = tuple[float, Periodogram | None]
"""Share done, 0 to 1, and in the end the result."""


def search(points: Photometry, n_harmonics: int) -> Iterator[Step]:
    """Compute a periodogram in steps of some hundredths of a second.

    Parameters
    ----------
    points : Photometry
    n_harmonics : int
        One of `HARMONICS`, or `BOX`.

    Yields
    ------
    share, result
        The result with the last step only; no step at all where there is nothing to search.
    """
    good = points.good
    faint = points.value[good] if points.quantity == "mag" else -points.value[good]
    prepared = prepare(points.time[good], faint, points.err[good], points.band[good])
    if prepared is None:
        return
    yield from _boxes(prepared) if n_harmonics == BOX else _harmonics(prepared, n_harmonics)


def _harmonics(prepared: Prepared, n_harmonics: int) -> Iterator[Step]:
    step = 1 / (_OVERSAMPLING * prepared.span)
    first = _MIN_CYCLES / prepared.span
    n = min(int((1 / MIN_PERIOD_DAYS - first) / step), _MAX_FREQUENCIES)
    power = np.zeros(n)
    edges = np.linspace(0, n, _STEPS * n_harmonics + 1).astype(int)
    for start, end in pairwise(edges.tolist()):
        for band in prepared.bands:
            power[start:end] += len(band.time) / prepared.n * nifty_ls.lombscargle(
                *_sorted(band), fmin=first + start * step, fmax=first + (end - 1) * step,
                Nf=end - start, nterms=n_harmonics, nthreads=1,
                backend="finufft" if n_harmonics == 1 else "finufft_chi2",
            ).power  # fmt: skip
        yield 0.99 * end / n, None
    frequency = first + step * np.arange(n, dtype=np.float64)
    window = _window(prepared, first, step, n)
    alarm = _false_alarm(prepared, frequency) if n_harmonics == 1 else math.nan
    yield 1.0, Periodogram(frequency, power, window, n_harmonics, alarm)


def _sorted(band: Band) -> tuple[Floats, Floats, Floats]:
    order = np.argsort(band.time)
    return band.time[order], detrended(band)[order], band.weight[order] ** -0.5


def _window(prepared: Prepared, first: float, step: float, n: int) -> Floats:
    """Power of the window function at first + k step, shape (n,)."""
    power = np.zeros(n)
    for band in prepared.bands:
        turned = band.weight * np.exp(2j * np.pi * first * band.time)
        angle = 2 * np.pi * ((band.time * step) % 1.0)
        sums = finufft.nufft1d1(angle, turned, 2 * n, isign=1, eps=1e-6, nthreads=1)[n:]
        power += len(band.time) / prepared.n * np.abs(sums) ** 2
    return power


def _false_alarm(prepared: Prepared, frequency: Floats) -> float:
    """Power that noise reaches in one of a hundred stars (Baluev 2008), for one band."""
    if len(prepared.bands) > 1:
        return math.nan
    model = LombScargle(*_sorted(prepared.bands[0]))
    return float(model.false_alarm_level(_FALSE_ALARM, maximum_frequency=frequency[-1]))


def _boxes(prepared: Prepared) -> Iterator[Step]:
    """Box least squares, octave by octave: a box is a share of the period."""
    spread = np.array([math.sqrt(b.weight @ detrended(b) ** 2) for b in prepared.bands])
    curve = stacked(prepared, spread)
    # the search takes dips for downward, and values here grow as the star fades
    boxes = BoxLeastSquares(curve.time, -curve.value, dy=curve.weight**-0.5)
    low, high = 2 / prepared.span, 1 / _MIN_BOX_PERIOD_DAYS
    step = max(_BOX_WIDTHS[0] / 2 / prepared.span, (high - low) / _MAX_BOX_FREQUENCIES)
    frequency = np.arange(low, high, step)
    power = np.empty(len(frequency))
    scale = math.sqrt(prepared.n)  # weights sum to one
    start = 0
    while start < len(frequency):
        end = min(start + 1500, int(np.searchsorted(frequency, 2 * frequency[start])) or 1)
        end = max(end, start + 1)
        trial = frequency[start:end]
        found = boxes.power(
            1 / trial, np.array(_BOX_WIDTHS) / trial[-1], method="fast", objective="snr",
            oversample=4,
        )  # fmt: skip
        power[start:end] = found.depth_snr * scale
        start = end
        yield 0.99 * start / len(frequency), None
    window = _window(prepared, low, step, len(frequency))
    yield 1.0, Periodogram(frequency, power, window, BOX)


def envelope(result: Periodogram, low: float, high: float, n_bins: int = 900) -> dict[str, Floats]:
    """The highest power in equal bins of log frequency between two frequencies, for drawing.

    Returns
    -------
    dict with x [c/d], power and window, shape (at most 2 n_bins,)
    """
    inside = slice(*np.searchsorted(result.frequency, [low, high]))
    frequency, power = result.frequency[inside], result.power[inside]
    window = result.window[inside]
    if len(frequency) <= 2 * n_bins:
        return {"x": frequency, "power": power, "window": window}
    edges = np.geomspace(frequency[0], frequency[-1], n_bins)
    starts = np.unique(np.searchsorted(frequency, edges))[:-1]
    top = np.maximum.reduceat(power, starts)
    bottom = np.minimum.reduceat(power, starts)
    top_window = np.maximum.reduceat(window, starts)
    middle = frequency[starts]
    return {
        "x": np.repeat(middle, 2),
        "power": np.stack([bottom, top], axis=1).ravel(),
        "window": np.repeat(top_window, 2),
    }
