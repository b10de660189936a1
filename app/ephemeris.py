"""When a star repeats, and how well that is known: epoch + period · E, each with its error.

The folded curve is described by a Fourier series; a wrong epoch shifts that series, a wrong period
shifts it more the farther a cycle is from the epoch. Both errors follow from how steeply the series
climbs where the points lie, scaled by the scatter about it. No widgets.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.formats import number_text
from app.photometry import Fold, Photometry
from data_pipeline.periods.harmonics import coefficients, misfit
from data_pipeline.periods.prepare import prepare
from data_pipeline.periods.refine import refine
from data_pipeline.periods.types import Band, Prepared

MAX_HARMONICS = 8
_POINTS_PER_HARMONIC = 6
_REACH = 0.1  # cycles in which the extremum is sought


@dataclass(frozen=True)
class Ephemeris:
    """Time of phase zero = epoch + period · E.

    Attributes
    ----------
    period_days, period_err_days : float
    epoch, epoch_err : float
        In days of the survey's own time (its offset restored).
    reference : str
        What those days count from, e.g. "HJD".
    """

    period_days: float
    period_err_days: float
    epoch: float
    epoch_err: float
    reference: str

    def text(self) -> str:
        """As it is written in a paper, to be pasted: "HJD 2453226.2002(15) + 0.5234125(21) E"."""
        epoch = _plain(self.epoch, self.epoch_err, 5)
        equals = " =" if "−" in self.reference or "-" in self.reference else ""
        period = _plain(self.period_days, self.period_err_days, 7)
        return f"{self.reference}{equals} {epoch} + {period} E"


def _plain(value: float, err: float, decimals: int) -> str:
    known = math.isfinite(err) and err > 0
    return number_text(value, err).replace("−", "-") if known else f"{value:.{decimals}f}"


def at_extremum(points: Photometry, fold: Fold) -> tuple[Fold, float]:
    """The fold with its phase zero moved onto the extremum of the Fourier series, and its error.

    Returns
    -------
    fold : Fold
        As given where the series has no such extremum within a tenth of a cycle.
    epoch_err : float
        Standard error of the time of that extremum [d], NaN where it was not moved.
    """
    prepared = _prepared(points)
    if prepared is None:
        return fold, math.nan
    frequency = 1 / fold.period_days
    band = max(prepared.bands, key=lambda band: len(band.time))
    n_harmonics = _n_harmonics(prepared, frequency)
    series = coefficients(band, frequency, n_harmonics)
    middle = _middle(points)
    time = fold.zero - middle + fold.period_days * np.linspace(-_REACH, _REACH, 161)
    rate = 2j * np.pi * frequency * np.arange(n_harmonics + 1)
    waves = np.exp(np.outer(time, rate))
    faintness = (waves @ series).real
    place = int(faintness.argmax() if fold.at_minimum else faintness.argmin())
    slope, bend = (waves[place] @ (rate * series)).real, (waves[place] @ (rate**2 * series)).real
    if place in (0, len(time) - 1) or bend == 0:
        return fold, math.nan
    extremum = float(time[place] - slope / bend)
    _, variance = _slope(band, frequency, n_harmonics)
    of_slope = 2 * variance / _n_free(band, n_harmonics) * (np.abs(rate) ** 2).sum()
    return replace(fold, zero=extremum + middle), float(np.sqrt(of_slope) / abs(bend))


def find_ephemeris(points: Photometry, fold: Fold, epoch_err: float = math.nan) -> Ephemeris:
    """Ephemeris of a fold with its errors; NaN where the points cannot tell.

    Parameters
    ----------
    points : Photometry
    fold : Fold
        Its period and phase zero are taken as they are.
    epoch_err : float
        Error of phase zero [d] where it is that of an extremum; else how well the whole curve is
        placed in time.
    """
    period_err = shift_err = math.nan
    prepared = _prepared(points)
    if prepared is not None:
        period_err, shift_err = _errors(prepared, fold.period_days, fold.zero - _middle(points))
    err = epoch_err if math.isfinite(epoch_err) else shift_err
    return Ephemeris(
        fold.period_days, period_err, fold.zero + points.time_offset, err, points.time_label
    )


def refined_period(points: Photometry, period_days: float) -> float:
    """The period of the best fold next to this one [d]; the same where nothing can be fitted."""
    prepared = _prepared(points)
    if prepared is None:
        return period_days
    frequency, _ = refine(prepared, 1 / period_days, _n_harmonics(prepared, 1 / period_days))
    return 1 / frequency


def _prepared(points: Photometry) -> Prepared | None:
    good = points.good
    faint = points.value[good] if points.quantity == "mag" else -points.value[good]
    return prepare(points.time[good], faint, points.err[good], points.band[good])


def _middle(points: Photometry) -> float:
    """What `prepare` counts its times from."""
    time = points.time[points.good]
    return float((time.min() + time.max()) / 2)


def _n_harmonics(prepared: Prepared, frequency: float) -> int:
    """Harmonics that describe the fold, by the Bayesian information criterion."""
    smallest = min(len(band.time) for band in prepared.bands)
    most = int(np.clip(smallest // _POINTS_PER_HARMONIC - 1, 1, MAX_HARMONICS))
    gain = misfit(prepared, np.array([frequency]), np.arange(1, most + 1))[0]
    cost = 2 * len(prepared.bands) * np.log(prepared.n) * np.arange(most + 1)
    return max(1, int((gain + cost).argmin()))


def _errors(prepared: Prepared, period_days: float, zero: float) -> tuple[float, float]:
    """Standard errors of the period and of the epoch [d]; NaN where the curve is flat."""
    n_harmonics = _n_harmonics(prepared, 1 / period_days)
    information = np.zeros((2, 2))
    for band in prepared.bands:
        slope, variance = _slope(band, 1 / period_days, n_harmonics)
        cycle = (band.time - zero) / period_days
        shift = np.stack([slope, slope * cycle])
        if variance > 0:
            information += (shift * band.weight) @ shift.T * _n_free(band, n_harmonics) / variance
    if not np.linalg.det(information) > 0:
        return math.nan, math.nan
    epoch_err, period_err = np.sqrt(np.diag(np.linalg.inv(information)))
    return float(period_err), float(epoch_err)


def _n_free(band: Band, n_harmonics: int) -> int:
    """Degrees of freedom about the series."""
    return max(len(band.time) - 2 * n_harmonics - 2, 1)


def _slope(band: Band, frequency: float, n_harmonics: int) -> tuple[NDArray[np.float64], float]:
    """Slope of the Fourier series at each point (n,) [value per day], variance about the series."""
    series = coefficients(band, frequency, n_harmonics)
    rate = 2j * np.pi * frequency * np.arange(n_harmonics + 1)
    waves = np.exp(np.outer(band.time, rate))
    residual = band.value - (waves @ series).real
    slope: NDArray[np.float64] = (waves @ (rate * series)).real
    return slope, float(band.weight @ residual**2)
