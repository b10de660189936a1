"""Evidence that a star's period is a half, a double or an alias of the true one.

Four things speak, each in natural-log units that add up: the period is rare in the star's class
where a simple multiple of it is common; the curve folds as smoothly at half the period; the
periodogram's second peak is nearly as good and is such a multiple; the catalogue's period is such a
multiple of the one found. An eclipser is rightly folded at twice the period of its best sine, so
what is usual is asked of the class, never of the curve alone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.analysis.labels import MIN_CLASS_SIZE, FloatArray, Labels, encode

FACTORS = {"half": 0.5, "twice": 2.0, "a third of": 1 / 3, "three times": 3.0}
_BANDWIDTH = 0.06
_GRID = np.linspace(-3.0, 4.0, 1401)
_FLOOR = 1e-3
MAX_EVIDENCE = 6.0
_NEAR = 0.004
"""Relative difference up to which a ratio is that of a simple multiple."""


class PeriodDoubt(NamedTuple):
    """What speaks against the period.

    Attributes
    ----------
    score : float array (N,)
        Log evidence for another period, the higher the more; NaN without a period.
    period_days : float array (N,)
        The other period that is named, NaN where none is.
    words : object array (N,)
        One of `FACTORS` or "a one-day alias of"; None where nothing is named.
    """

    score: FloatArray
    period_days: FloatArray
    words: npt.NDArray[np.object_]


def period_doubt(objects: pd.DataFrame, labels: Labels) -> PeriodDoubt:
    """Weigh the period of each star, from the columns a survey has.

    Parameters
    ----------
    objects : DataFrame
        period_days, and any of period_catalog_days, period_alt_days, period_alt_odds,
        lc_string_length_half, lc_string_length_p.
    labels : sequence (N,)
    """
    period = _number(objects, "period_days")
    usable = np.isfinite(period) & (period > 0)
    period = np.where(usable, period, np.nan)
    names, others = _alternatives(period)
    usual = _log_density(np.log10(period), labels, np.log10(np.stack([period, *others])))
    gain = np.stack([u - usual[0] for u in usual[1:]])
    gain = np.clip(np.nan_to_num(gain), -MAX_EVIDENCE, MAX_EVIDENCE)
    gain = np.where(np.isfinite(np.stack(others)), gain, -MAX_EVIDENCE)  # one day has no alias
    for place, other in enumerate(others):
        gain[place] += _named_by(other, _number(objects, "period_catalog_days"), period, 3.0)
        odds = np.clip(np.nan_to_num(_number(objects, "period_alt_odds")), 0, 1)
        gain[place] += 2.0 * odds * _is_near(other, _number(objects, "period_alt_days"))
        if names[place] == "half":
            gain[place] += _as_smooth_at_half(objects)
    best = gain.argmax(axis=0)
    score = np.where(usable, gain[best, np.arange(len(period))], np.nan)
    named = usable & (score > 0)
    stacked = np.stack(others)[best, np.arange(len(period))]
    words = np.array([*names, None], dtype=object)[np.where(named, best, -1)]
    return PeriodDoubt(score, np.where(named, stacked, np.nan), words)


def _alternatives(period: FloatArray) -> tuple[list[str], list[FloatArray]]:
    names, others = list(FACTORS), [period * factor for factor in FACTORS.values()]
    for cycles_a_day in (-1, 1):  # what a night-time survey adds to a frequency
        frequency = np.abs(1 / period + cycles_a_day)
        names.append("a one-day alias of")
        others.append(1 / np.where(frequency > 0, frequency, np.nan))
    return names, others


def _log_density(own: FloatArray, labels: Labels, asked: FloatArray) -> FloatArray:
    """Log of the class's density of log10 P at `asked` (K, N), each star left out of its own."""
    encoded = encode(labels)
    result = np.full(asked.shape, np.nan)
    width = _GRID[1] - _GRID[0]
    half = int(4 * _BANDWIDTH / width)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) * width / _BANDWIDTH) ** 2)
    for code in range(len(encoded.classes)):
        rows = np.flatnonzero((encoded.code == code) & np.isfinite(own))
        if len(rows) < MIN_CLASS_SIZE:
            continue
        counts = np.histogram(own[rows], bins=np.append(_GRID, _GRID[-1] + width))[0]
        smooth = np.convolve(counts, kernel, "same")
        place = np.nan_to_num((asked[:, rows] - _GRID[0]) / width)
        at = np.clip(place.astype(int), 0, len(_GRID) - 1)
        apart = (asked[:, rows] - own[rows]) / _BANDWIDTH
        rest = np.maximum(smooth[at] - np.exp(-0.5 * apart**2), 0) / (len(rows) - 1)
        result[:, rows] = np.log(rest + _FLOOR)
    return result


def _named_by(
    other: FloatArray, catalog: FloatArray, period: FloatArray, weight: float
) -> FloatArray:
    """Evidence of a catalogue that gives this other period and not ours."""
    return weight * (_is_near(other, catalog) & ~_is_near(period, catalog))


def _is_near(a: FloatArray, b: FloatArray) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.abs(np.log(a / b)) < _NEAR)


def _as_smooth_at_half(objects: pd.DataFrame) -> FloatArray:
    """Log of how much smoother the fold is at half the period, at most 0: a veto, or nothing."""
    at_half = _number(objects, "lc_string_length_half")
    at_period = _number(objects, "lc_string_length_p")
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(at_period / at_half)
    return np.clip(np.nan_to_num(4 * ratio, nan=0.0), -MAX_EVIDENCE, 0)


def _number(objects: pd.DataFrame, column: str) -> FloatArray:
    if column not in objects:
        return np.full(len(objects), np.nan)
    return objects[column].to_numpy(dtype=np.float64, na_value=np.nan)
