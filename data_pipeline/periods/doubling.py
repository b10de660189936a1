"""Whether the true period is twice the shortest one that folds the data.

Three things speak: minima that differ when numbered odd and even (measured), an eclipse-like single
minimum (the other eclipse must be somewhere: either equal to the first, and the period is double,
or seen half a cycle away, and it is not), and the harmonics' shape where minima are broad. Where
minima are equal within the noise no fold can tell, and the odds below are what remains: densities
of harmonic ratios of contact binaries, eclipsing binaries and pulsating stars, and how often the
second eclipse of a pair equals the first. These round numbers were read off 1,112 ASAS stars with
published classes and periods (150 a class at most); neither is ever an input.
"""

import numpy as np

from data_pipeline.periods.harmonics import coefficients, misfit
from data_pipeline.periods.scoring import Fit
from data_pipeline.periods.shape import Shape
from data_pipeline.periods.types import Prepared

_ODD = np.array([1, 3, 5, 7])
# weight, then mean and spread of: second harmonic in step, out of step, third harmonic in step
_ECLIPSING = (
    (0.5, (0.21, 0.08), (0.0, 0.04), (0.07, 0.06)),  # contact: cusps at both minima
    (0.25, (0.45, 0.15), (0.0, 0.06), (0.25, 0.15)),
    (0.25, (0.90, 0.20), (0.0, 0.12), (0.75, 0.20)),  # detached: narrow dips
)
_PULSATING = (
    (0.4, (0.0, 0.06), (-0.11, 0.08), (-0.03, 0.05)),  # overtone RR Lyrae
    (0.3, (-0.28, 0.13), (-0.33, 0.13), (-0.12, 0.12)),  # sawteeth
    (0.3, (-0.05, 0.18), (0.0, 0.20), (0.0, 0.10)),  # spots and small pulsations
)
_SHORTEST_ORBIT = 0.2  # days: contact binaries end near 0.22 d
_SLOW = 60.0  # days: beyond, giants that pulsate outnumber eclipsing ones
_FEW_CYCLES = 10.0
_BROAD = 0.2  # of the cycle
_TWIN_PERIOD = 3.5  # days: in wider pairs one star is often evolved, and unlike the other
_DEEPEST_EQUAL = 0.9  # mag: two equal eclipses hide half of the light at most, 0.75 mag
_CLEAR_SECONDARY = 6.0
_MOST_EVIDENCE = 60.0
_MIN_CYCLES_FOR_ODD = 40.0  # slower stars differ from cycle to cycle for reasons of their own


def double_log_odds(prepared: Prepared, fit: Fit, shape: Shape) -> float:
    """Return the natural log of the odds that the period is 2 / fit.frequency, not 1 /."""
    eclipsing = _sigmoid(_eclipsing_log_odds(shape, 1 / fit.frequency))
    single = _sigmoid(_single_log_odds(shape, 1 / fit.frequency))
    probability = min(max(eclipsing * single, 1e-4), 1 - 1e-4)
    log_odds = float(np.log(probability / (1 - probability)))
    has_secondary = shape.secondary_snr > _CLEAR_SECONDARY  # a period has no four minima
    if prepared.span * fit.frequency > _MIN_CYCLES_FOR_ODD and not has_secondary:
        log_odds += max(0.0, odd_even_gain(prepared, fit)) / 2
    return log_odds


def _single_log_odds(shape: Shape, period: float) -> float:
    """Log odds that the other eclipse equals the one seen, not that it is too shallow to see."""
    log_odds = 1.4 - 0.75 * max(shape.secondary_snr, 0.0)
    if shape.amplitude > _DEEPEST_EQUAL:
        log_odds -= 4.0
    return log_odds - 1.5 * max(0.0, float(np.log(period / _TWIN_PERIOD)))


def without_slow_double(prepared: Prepared, fits: list[Fit]) -> list[Fit]:
    """Put the half of a slow period first where it does most of the work.

    Giants seldom alternate deep and shallow, but over a few cycles no two are alike, and twice the
    period always fits better. `fits` are sorted best first, and so are the ones returned.
    """
    best = fits[0]
    if prepared.span * best.frequency > _FEW_CYCLES or best.frequency > 1 / _SLOW:
        return fits
    series = [coefficients(band, best.frequency, 2) for band in prepared.bands]
    amplitude = np.abs(series).sum(axis=0)
    near = 0.5 / prepared.span
    halves = [fit for fit in fits if abs(fit.frequency - 2 * best.frequency) < near]
    if not halves or amplitude[1] > amplitude[2]:
        return fits
    return [halves[0], *(fit for fit in fits if fit is not halves[0])]


def odd_even_gain(prepared: Prepared, fit: Fit) -> float:
    """Return how much better the score gets when odd and even cycles may differ (2: e in odds)."""
    even = 2 * np.arange(1, fit.n_series + 1)
    frequency = fit.frequency / 2 + np.linspace(-0.01, 0.01, 5) / prepared.span
    nested = misfit(prepared, frequency, np.concatenate([even, _ODD])).min(axis=0)
    gain = nested[len(even)] - nested[len(even) + 1 :]
    cost = 2 * np.arange(1, len(_ODD) + 1) * len(prepared.bands) * np.log(prepared.n)
    return float(min((gain - cost).max(), _MOST_EVIDENCE))


def _eclipsing_log_odds(shape: Shape, period: float) -> float:
    log_odds = np.log(_density(shape, _ECLIPSING) / _density(shape, _PULSATING))
    if 2 * period < _SHORTEST_ORBIT:
        log_odds -= 5.0
    if period > _SLOW:
        log_odds -= 4.0
    if shape.duty > _BROAD:  # the wider the orbit, the narrower its eclipses; spots do not care
        log_odds -= 1.2 * max(0.0, float(np.log(period)))
    if shape.amplitude > 1.0 and shape.duty > _BROAD:
        log_odds -= 3.0  # neither contact nor ellipsoidal stars reach a magnitude
    return float(np.clip(log_odds, -8, 8))


def _density(shape: Shape, mixture: tuple[tuple, ...]) -> float:
    measured = (shape.second.real, shape.second.imag, shape.third.real)
    total = 1e-4
    for weight, *axes in mixture:
        density = weight
        for value, (mean, spread) in zip(measured, axes, strict=True):
            width = np.hypot(spread, shape.error)
            density *= np.exp(-0.5 * ((value - mean) / width) ** 2) / width
        total += density
    return float(total)


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))
