"""What the period search is told and what it answers.

All times are days, all frequencies cycles per day. Brightness values are in magnitudes, or in any
unit that grows as the star fades: the shapes of eclipses and of pulsations are told apart by it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_pipeline.errors import InputError


@dataclass(frozen=True)
class PeriodConfig:
    """Settings of the search; the defaults suit ground-based surveys of years.

    Parameters
    ----------
    min_period_days : float
        The shortest period searched.
    min_cycles : float
        The longest period is the time span over this number.
    oversampling : int
        Grid steps per 1/span of the first, Fourier, search.
    max_harmonics : int
        The most harmonics a fold is fitted with.
    n_peaks : int
        Peaks taken from each of the search statistics for exact fitting.
    min_points : int
        Light curves with fewer good points are not searched.
    false_alarm : float
        A period is claimed where noise alone would match its fit less often than this.
    source : str
        "search" the light curves, or take the periods of the "catalog" (a star without one then
        has none): much faster, and only as right as the catalog.
    """

    min_period_days: float = 0.03
    min_cycles: float = 1.5
    oversampling: int = 4
    max_harmonics: int = 8
    n_peaks: int = 8
    min_points: int = 8
    false_alarm: float = 1e-3
    source: str = "search"

    def __post_init__(self) -> None:
        if self.source not in ("search", "catalog"):
            raise InputError(f"periods.source is 'search' or 'catalog', not {self.source!r}.")


@dataclass(frozen=True)
class PeriodResult:
    """The period of a star, or the honest absence of one.

    Parameters
    ----------
    period_days, period_err_days : float
        NaN where no period is claimed.
    is_periodic : bool
    method : str
        "harmonics" or "box" (whose fit won), with "-doubled" where the period is twice the
        shortest one that folds the data, or "none".
    power : float
        Share of the weighted variance that the best fold explains, 0 to 1.
    alternatives : tuple of (period_days, odds)
        Other periods worth a look, likeliest first, with their odds against the chosen one.
        Without a period these are the best guesses, with odds below one against "no period".
    """

    period_days: float
    period_err_days: float
    is_periodic: bool
    method: str
    power: float
    alternatives: tuple[tuple[float, float], ...] = ()

    def columns(self) -> dict[str, Any]:
        """The columns of a survey that a search fills for one star."""
        other = self.alternatives[0] if self.alternatives else (np.nan, np.nan)
        return {
            "period_days": self.period_days,
            "period_err_days": self.period_err_days,
            "period_power": self.power,
            "period_method": self.method,
            "period_alt_days": other[0],
            "period_alt_odds": other[1],
            "is_periodic": self.is_periodic,
        }


NO_PERIOD = PeriodResult(np.nan, np.nan, False, "none", 0.0)


@dataclass(frozen=True)
class Band:
    """One band's points, ready to fit.

    Parameters
    ----------
    time : ndarray, shape (n,), days from the middle of the whole light curve
    value : ndarray, shape (n,), zero weighted mean, grows as the star fades
    weight : ndarray, shape (n,), sums to one
    """

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """A light curve ready to search: its bands, time span in days and number of points."""

    bands: tuple[Band, ...]
    span: float
    n: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", sum(len(band.time) for band in self.bands))
