"""Spread over seeds, paired tests with correction, calibration. NumPy and SciPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

N_BINS = 15


@dataclass(frozen=True)
class Paired:
    """How two ways differ over the same seeds.

    `p` is from the corrected resampled t-test (Nadeau & Bengio 2003): the seeds' splits share
    stars, which the plain paired t-test (`p_plain`) takes for independent. NaN below two seeds.
    """

    n: int
    difference: float
    p: float
    p_plain: float


def paired(first: ArrayLike, second: ArrayLike, test_share: float) -> Paired:
    """Compare values (n,) of the same seeds; `test_share` is n_test / n_train of a split."""
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    n = len(difference)
    mean = float(difference.mean()) if n else float("nan")
    spread = float(difference.std(ddof=1)) if n > 1 else float("nan")
    if n < 2:
        return Paired(n, mean, float("nan"), float("nan"))
    if spread == 0:
        p = 1.0 if mean == 0 else 0.0
        return Paired(n, mean, p, p)
    t = mean / spread / np.sqrt([1 / n + test_share, 1 / n])
    p, p_plain = 2 * stats.t.sf(np.abs(t), n - 1)
    return Paired(n, mean, float(p), float(p_plain))


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p values for being many (Holm 1979); NaN stay NaN and do not count."""
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(np.asarray(p)[known], kind="stable")]
    factor = len(order) - np.arange(len(order))
    raised = np.minimum(np.asarray(p)[order] * factor, 1.0)
    adjusted[order] = np.maximum.accumulate(raised)
    return adjusted.tolist()


@dataclass(frozen=True)
class Calibration:
    """Whether stated probabilities come true.

    Attributes
    ----------
    ece : expected calibration error, the mean gap between confidence and accuracy
    log_loss : mean of −ln of the probability of the true class
    confidence, accuracy, count : (N_BINS,), NaN where a bin is empty
    """

    ece: float
    log_loss: float
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]


def calibration(probability: NDArray[np.floating], truth: NDArray[np.integer]) -> Calibration:
    """Compare probabilities (N, K) with the true classes (N,), in bins of equal width.

    Of no stars there is nothing to say: NaN.
    """
    best = probability.argmax(axis=1)
    confidence = probability[np.arange(len(best)), best]
    right = best == truth
    bins = np.clip((confidence * N_BINS).astype(int), 0, N_BINS - 1)
    count = np.bincount(bins, minlength=N_BINS)
    with np.errstate(invalid="ignore"):
        stated = np.bincount(bins, confidence, N_BINS) / count
        true = np.bincount(bins, right, N_BINS) / count
    if not len(truth):
        return Calibration(float("nan"), float("nan"), stated, true, count)
    gap = np.nansum(count * np.abs(stated - true)) / count.sum()
    given = np.clip(probability[np.arange(len(best)), truth], 1e-12, 1.0)
    return Calibration(float(gap), float(-np.log(given).mean()), stated, true, count)


def r2_interval(
    truth: NDArray[np.float64], guess: NDArray[np.float64], n_resamples: int = 500, seed: int = 42
) -> tuple[float, float, float]:
    """Return R² of a guess (N,) and its central 95 % over bootstrap resamples of the stars.

    R² is against the mean of the stars asked: that mean itself scores zero.
    """
    if len(truth) < 3 or np.ptp(truth) == 0:
        return float("nan"), float("nan"), float("nan")
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(truth), (n_resamples, len(truth)))
    values = _r2(truth[drawn], guess[drawn])
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(_r2(truth[None], guess[None])[0]), float(low), float(high)


def _r2(truth: NDArray[np.float64], guess: NDArray[np.float64]) -> NDArray[np.float64]:
    total = ((truth - truth.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    left = ((truth - guess) ** 2).sum(axis=1)
    return np.asarray(1 - left / np.where(total > 0, total, np.nan))
