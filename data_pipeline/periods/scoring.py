"""Which trial frequency folds the light curve best: exact fits, compared by information criterion.

The score is BIC with two priors: periods are equally likely per octave, and a whole number of
cycles a day is suspect, for nightly sampling makes it out of any slow drift. Slow stars (Miras and
semiregulars) do not repeat exactly, so their points within a tenth of a cycle count as one; and a
fold needs two cycles for each harmonic, or it would fit any curve.
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


def independent_points(prepared: Prepared, main_frequency: float) -> float:
    """Return how many points count as independent when the strongest cycle is this one (c/d)."""
    cycles = prepared.span * main_frequency
    return float(min(prepared.n, max(20.0, _INDEPENDENT_PER_CYCLE * cycles)))


def harmonic_limit(
    prepared: Prepared, frequency: NDArray[np.float64], config: PeriodConfig
) -> NDArray[np.int64]:
    """Return the most harmonics allowed at each frequency, shape (c,)."""
    smallest_band = min(len(band.time) for band in prepared.bands)
    by_points = max(1, min(config.max_harmonics, (smallest_band - 4) // 6))
    return np.clip(np.floor(prepared.span * frequency / 2).astype(int), 1, by_points)


def prior(frequency: NDArray[np.float64], span: float) -> NDArray[np.float64]:
    """Return the penalty (in units of the score) of each frequency, shape (c,)."""
    octaves: NDArray[np.float64] = 2 * np.log(frequency)
    penalty = np.zeros_like(octaves)
    for day in (1.0, SIDEREAL_DAY):
        cycles = np.round(frequency * day)
        near = np.abs(frequency - cycles / day) < _DAY_WIDTH / span
        penalty[near & (cycles >= 1) & (cycles <= 6)] = _DAY_PENALTY
    return octaves + penalty


def fit_candidates(
    prepared: Prepared, frequency: NDArray[np.float64], config: PeriodConfig, n_independent: float
) -> list[Fit]:
    """Fit every candidate frequency, shape (c,), and return the fits, best first."""
    if len(frequency) == 0:
        return []
    first = _fit(prepared, frequency, _OFFSETS, config, n_independent)
    close = np.array([fit.frequency for fit in first[:6]])
    fine = _fit(prepared, close, _FINE_OFFSETS, config, n_independent)
    return sorted(fine + first[6:], key=lambda fit: fit.score)


def _fit(
    prepared: Prepared,
    frequency: NDArray[np.float64],
    offsets: NDArray[np.float64],
    config: PeriodConfig,
    n_independent: float,
) -> list[Fit]:
    limit = harmonic_limit(prepared, frequency, config)
    order = np.arange(1, limit.max() + 1)
    grid = frequency[:, None] + offsets / prepared.span
    fits = misfit(prepared, grid.ravel(), order).reshape(*grid.shape, -1)
    score = fits * n_independent / prepared.n
    score += 2 * np.arange(len(order) + 1) * len(prepared.bands) * np.log(n_independent)
    score[:, :, 0] = np.inf
    score = np.where(np.arange(len(order) + 1) > limit[:, None, None], np.inf, score)
    flat = score.reshape(len(frequency), -1).argmin(axis=1)
    best_offset, best_order = np.unravel_index(flat, score.shape[1:])
    rows = np.arange(len(frequency))
    total = score[rows, best_offset, best_order] + prior(frequency, prepared.span)
    found = [
        Fit(
            float(grid[i, best_offset[i]]),
            int(best_order[i]),
            float(fits[i, best_offset[i], best_order[i]]),
            float(total[i]),
        )
        for i in rows
    ]
    return sorted(found, key=lambda fit: fit.score)


def log_false_alarm(
    prepared: Prepared, fit: Fit, config: PeriodConfig, n_independent: float
) -> float:
    """Return the log of how often white noise, searched the same way, is fitted as well.

    The explained share of the variance of one fit follows a beta distribution; the number of
    independent trials is the frequency range times the time span, times the harmonic numbers tried.
    """
    explained = 1 - np.exp(fit.misfit / prepared.n)
    n_parameters = 2 * fit.n_harmonics * len(prepared.bands)
    free = n_independent - n_parameters - 2 * len(prepared.bands)
    if free < 1:
        return 0.0
    trials = prepared.span / config.min_period_days * config.max_harmonics
    single = float(betaincc(n_parameters / 2, free / 2, explained))
    return float(min(0.0, np.log(max(single, 1e-300)) + np.log(trials)))
