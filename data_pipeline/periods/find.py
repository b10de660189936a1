"""The period of one star: search, exact fits, aliases, boxes, doubling, refinement."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_pipeline.periods import search
from data_pipeline.periods.aliases import alias_frequencies
from data_pipeline.periods.box import fit_boxes
from data_pipeline.periods.doubling import double_log_odds, without_slow_double
from data_pipeline.periods.prepare import prepare, without_drift
from data_pipeline.periods.refine import refine
from data_pipeline.periods.scoring import Fit, Scorer
from data_pipeline.periods.shape import fold_shape
from data_pipeline.periods.types import NO_PERIOD, PeriodConfig, PeriodResult, Prepared

_N_ALTERNATIVES = 4
_LEAST_ODDS = 1e-3
_MANY_CYCLES = 40.0
_GOOD_FOLD = 0.5  # share of the variance explained


def find_period(
    time: ArrayLike,
    value: ArrayLike,
    err: ArrayLike | None = None,
    band: ArrayLike | None = None,
    config: PeriodConfig | None = None,
) -> PeriodResult:
    """Find the period of one light curve, or say that it has none.

    Parameters
    ----------
    time : array_like, shape (n,), days
    value : array_like, shape (n,)
        Magnitudes, or anything else that grows as the star fades. Points with NaN are ignored.
    err : array_like, shape (n,), optional
        Standard errors in the unit of the values.
    band : array_like of str, shape (n,), optional
        Bands share the frequency; offsets, amplitudes, shapes and noise are their own.
    config : PeriodConfig, optional
    """
    config = config or PeriodConfig()
    prepared = prepare(time, value, err, band)
    if prepared is None or prepared.n < config.min_points:
        return NO_PERIOD
    found = _fits(prepared, config)
    if _is_drift(found, prepared):
        steady = without_drift(prepared)
        again = _fits(steady, config)
        if again.is_convincing and prepared.span * again.fits[0].frequency > _MANY_CYCLES:
            prepared, found = steady, again
    if not found.fits:
        return NO_PERIOD
    power = found.fits[0].explained(prepared)
    if not found.is_convincing:
        return replace(NO_PERIOD, power=power, alternatives=_guesses(found.fits))
    return _decided(prepared, found.fits, power)


class _Found(NamedTuple):
    fits: list[Fit]  # best first
    is_convincing: bool  # whether the best is more than noise


def _is_drift(found: _Found, prepared: Prepared) -> bool:
    """Return whether slow changes may hide a fast period: they rule and repeat badly."""
    if not found.fits:
        return False
    best = found.fits[0]
    is_slow = prepared.span * best.frequency < _MANY_CYCLES
    return is_slow and best.explained(prepared) < _GOOD_FOLD


def _fits(prepared: Prepared, config: PeriodConfig) -> _Found:
    spectrum, step = search.power_spectrum(prepared, config)
    frequency = search.candidates(spectrum, step, prepared, config)
    if len(frequency) == 0:
        return _Found([], False)
    scorer = Scorer(prepared, config, search.main_frequency(spectrum, step, prepared, config))
    fits = scorer.fit(frequency)
    leading = np.array([fit.frequency for fit in fits[:3]])
    aliases = search.distinct(alias_frequencies(prepared, leading), prepared, config)
    fits = _sorted(fits + scorer.fit(_new(aliases, frequency, prepared)))
    if fits[0].n_harmonics >= config.max_harmonics or not scorer.is_convincing(fits[0]):
        # eclipses too narrow for the harmonics use all of them, or are not found at all
        narrow = search.box_candidates(spectrum, step, prepared, config)
        fits = _sorted(fits + fit_boxes(prepared, narrow, scorer.n_independent))
    fits = without_slow_double(prepared, fits)
    return _Found(fits, scorer.is_convincing(fits[0]))


def _sorted(fits: list[Fit]) -> list[Fit]:
    return sorted(fits, key=lambda fit: fit.score)


def _new(frequency: NDArray, known: NDArray, prepared: Prepared) -> NDArray[np.float64]:
    apart = np.abs(frequency[:, None] - known[None, :]).min(axis=1, initial=np.inf)
    return frequency[apart > 0.1 / prepared.span]


def _decided(prepared: Prepared, fits: list[Fit], power: float) -> PeriodResult:
    best = fits[0]
    frequency, error = refine(prepared, best.frequency, best.n_series)
    best = replace(best, frequency=frequency)
    shape = fold_shape(prepared, frequency, best.n_series)
    log_odds = double_log_odds(prepared, best, shape)
    doubled = log_odds > 0
    factor = 2.0 if doubled else 1.0
    other = (3.0 - factor) / frequency  # the half of a doubled period, the double of a single one
    period = factor / frequency
    alternatives = [(other, float(np.exp(-abs(log_odds))))]
    alternatives += [(factor * p, odds) for p, odds in _rivals(best, fits, prepared)]
    alternatives.sort(key=lambda pair: -pair[1])
    return PeriodResult(
        period_days=period,
        period_err_days=period * error / frequency,
        is_periodic=True,
        method=best.kind + ("-doubled" if doubled else ""),
        power=power,
        alternatives=tuple(alternatives[:_N_ALTERNATIVES]),
    )


def _rivals(best: Fit, fits: list[Fit], prepared: Prepared) -> list[tuple[float, float]]:
    """Return periods of other frequencies with their odds against the best, from the scores."""
    rivals: list[tuple[float, float]] = []
    for fit in fits:
        odds = float(np.exp(min(0.0, fits[0].score - fit.score) / 2))
        if odds < _LEAST_ODDS:
            break
        taken = [best.frequency] + [1 / period for period, _ in rivals]
        if all(abs(fit.frequency - f) > 0.5 / prepared.span for f in taken):
            rivals.append((1 / fit.frequency, odds))
    return rivals


def _guesses(fits: list[Fit]) -> tuple[tuple[float, float], ...]:
    """Return the best periods of a star without one; odds against "no period" from the scores."""
    odds = [float(np.exp(min(0.0, -fit.score) / 2)) for fit in fits[:2]]
    return tuple((1 / fit.frequency, min(o, 0.5)) for fit, o in zip(fits, odds, strict=False))
