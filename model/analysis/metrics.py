"""How well a ranking finds what is hidden: average precision, recall at a reviewed fraction.

Each with a bootstrap interval over the stars, because forty planted errors are few.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from model.analysis.labels import BoolArray, FloatArray

Metric = Callable[[BoolArray, FloatArray], float]


@dataclass(frozen=True)
class Interval:
    """A value with the central `confidence` share of its bootstrap distribution."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def average_precision(truth: npt.ArrayLike, score: npt.ArrayLike) -> float:
    """Average precision of a score (N,), the higher the more suspicious; NaN ranks last."""
    found = np.asarray(truth, dtype=bool)
    if not found.any():
        return float("nan")
    return float(average_precision_score(found, _finite(score)))


def recall_at(truth: npt.ArrayLike, score: npt.ArrayLike, fraction: float) -> float:
    """Share of the true ones among the `fraction` of all stars with the highest score.

    Ties at the border count by their mean.
    """
    found, score = np.asarray(truth, dtype=bool), _finite(score)
    if not found.any():
        return float("nan")
    n_reviewed = max(1, round(fraction * len(score)))
    border = np.partition(score, -n_reviewed)[-n_reviewed]
    above, tied = score > border, score == border
    share_of_tied = (n_reviewed - above.sum()) / tied.sum()
    return float((found[above].sum() + share_of_tied * found[tied].sum()) / found.sum())


def bootstrap(
    metric: Metric,
    truth: npt.ArrayLike,
    score: npt.ArrayLike,
    n_resamples: int = 500,
    confidence: float = 0.95,
    seed: int = 42,
) -> Interval:
    """A metric of (truth (N,), score (N,)) with its bootstrap interval over the stars."""
    truth, score = np.asarray(truth, dtype=bool), np.asarray(score, dtype=np.float64)
    random = np.random.default_rng(seed)
    values = []
    for _ in range(n_resamples):
        drawn = random.integers(0, len(truth), len(truth))
        values.append(metric(truth[drawn], score[drawn]))
    tail = 50 * (1 - confidence)
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return Interval(metric(truth, score), float(low), float(high))


def _finite(score: npt.ArrayLike) -> FloatArray:
    """Scores with NaN below everything else."""
    score = np.asarray(score, dtype=np.float64)
    known = np.isfinite(score)
    floor = score[known].min() - 1 if known.any() else 0.0
    return np.where(known, score, floor)
