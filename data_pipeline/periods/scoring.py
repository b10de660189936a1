"""Which trial frequency folds the light curve best: exact fits, compared by information criterion.

The score is BIC with two priors: periods are equally likely per octave, and a whole number of
cycles a day is suspect, for nightly sampling makes it out of any slow drift. Slow stars (Miras and
semiregulars) do not repeat exactly, so their points within a tenth of a cycle count as one; and a
fold needs two cycles for each harmonic after the second, or it would fit any curve.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincc

from data_pipeline.periods.harmonics import misfit
from data_pipeline.periods.types import PeriodConfig, Prepared

SIDEREAL_DAY = 0.99726957
_OFFSETS = np.linspace(-0.2, 0.2, 9)  # of 1/span, about each candidate
_FINE_OFFSETS = np.linspace(-0.05, 0.05, 9)
_INDEPENDENT_PER_CYCLE = 10
_BOX_SERIES = 8
_FEWEST = 20  # independent points of a band
_DAY_PENALTY = 8.0
_DAY_WIDTH = 1.5  # of 1/span


@dataclass(frozen=True)
class Fit:
    """The best fit near one candidate.

    Parameters
    ----------
    frequency : float, c/d
    n_harmonics : int
    misfit : float
        n log(residual share of the variance after offset and trend).
    score : float
        Misfit with penalties; lower is better, a difference of two is e in odds.
    kind : str, "harmonics" or "box"
    """

    frequency: float
    n_harmonics: int
    misfit: float
    score: float
    kind: str = "harmonics"

    def explained(self, prepared: Prepared) -> float:
        """Return the share of the variance about the trend that the fit explains."""
        return float(1 - np.exp(self.misfit / prepared.n))

    @property
    def n_series(self) -> int:
        """Harmonics that describe the fold: a box needs many."""
        return _BOX_SERIES if self.kind == "box" else self.n_harmonics


def prior(frequency: NDArray[np.float64], span: float) -> NDArray[np.float64]:
    """Return the penalty (in units of the score) of each frequency, shape (c,)."""
    octaves: NDArray[np.float64] = 2 * np.log(frequency)
    penalty = np.zeros_like(octaves)
    for day in (1.0, SIDEREAL_DAY):
        cycles = np.round(frequency * day)
        near = np.abs(frequency - cycles / day) < _DAY_WIDTH / span
        penalty[near & (cycles >= 1) & (cycles <= 6)] = _DAY_PENALTY
    return octaves + penalty


class Scorer:
    """Fits and compares trial frequencies of one light curve.

    Parameters
    ----------
    prepared : Prepared
    config : PeriodConfig
    main_frequency : float, c/d
        The strongest cycle; if it is slow, fewer points count as independent.
    """

    def __init__(self, prepared: Prepared, config: PeriodConfig, main_frequency: float) -> None:
        self.prepared, self.config = prepared, config
        per_band = max(_FEWEST, _INDEPENDENT_PER_CYCLE * prepared.span * main_frequency)
        self.n_independent = float(min(prepared.n, len(prepared.bands) * per_band))
        self._is_slow = self.n_independent < prepared.n
        self._most_harmonics = config.max_harmonics
        if self._is_slow:  # what images by the nights may use is what the slow cycle may
            self._most_harmonics = int(self._limit(np.array([main_frequency]))[0])

    def fit(self, frequency: NDArray[np.float64]) -> list[Fit]:
        """Fit every candidate frequency, shape (c,), and return the fits, best first."""
        if len(frequency) == 0:
            return []
        first = self._fit(frequency, _OFFSETS)
        close = np.array([fit.frequency for fit in first[:6]])
        return sorted(self._fit(close, _FINE_OFFSETS) + first[6:], key=lambda fit: fit.score)

    def log_false_alarm(self, fit: Fit) -> float:
        """Return the log of how often white noise, searched the same way, is fitted as well.

        The explained share of the variance of one fit follows a beta distribution; the number of
        independent trials is the frequency range times the time span, times the harmonic numbers.
        """
        n_parameters = 2 * fit.n_harmonics * len(self.prepared.bands)
        free = self.n_independent - n_parameters - 2 * len(self.prepared.bands)
        if free < 1:
            return 0.0
        frequencies = self.prepared.span / self.config.min_period_days
        if self._is_slow:  # points that hang together cannot tell that many apart
            frequencies = self.n_independent
        single = float(betaincc(n_parameters / 2, free / 2, fit.explained(self.prepared)))
        trials = frequencies * self.config.max_harmonics
        return float(min(0.0, np.log(max(single, 1e-300)) + np.log(trials)))

    def is_convincing(self, fit: Fit) -> bool:
        """Return whether noise alone would hardly be fitted as well."""
        return self.log_false_alarm(fit) <= np.log(self.config.false_alarm)

    def _limit(self, frequency: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the most harmonics allowed at each frequency, shape (c,)."""
        smallest_band = min(len(band.time) for band in self.prepared.bands)
        by_points = max(1, min(self._most_harmonics, (smallest_band - 4) // 6))
        cycles = self.prepared.span * frequency
        limit = np.maximum(np.floor(cycles / 2), np.minimum(np.floor(cycles), 2))
        return np.clip(limit.astype(np.int64), 1, by_points)

    def _fit(self, frequency: NDArray[np.float64], offsets: NDArray[np.float64]) -> list[Fit]:
        limit = self._limit(frequency)
        n_bands, n_harmonics = len(self.prepared.bands), np.arange(limit.max() + 1)
        grid = frequency[:, None] + offsets / self.prepared.span
        fits = misfit(self.prepared, grid.ravel(), n_harmonics[1:]).reshape(*grid.shape, -1)
        score = fits * self.n_independent / self.prepared.n
        score += 2 * n_harmonics * n_bands * np.log(self.n_independent)
        score[:, :, 0] = np.inf
        score = np.where(n_harmonics > limit[:, None, None], np.inf, score)
        flat = score.reshape(len(frequency), -1).argmin(axis=1)
        offset, order = np.unravel_index(flat, score.shape[1:])
        rows = np.arange(len(frequency))
        total = score[rows, offset, order] + prior(frequency, self.prepared.span)
        found = [
            Fit(float(f), int(h), float(m), float(t))
            for f, h, m, t in zip(
                grid[rows, offset], order, fits[rows, offset, order], total, strict=True
            )
        ]
        return sorted(found, key=lambda fit: fit.score)
