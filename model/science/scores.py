"""How well classes are predicted: accuracy, macro-F1, and per class, with the confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

_RESAMPLES = 500


@dataclass(frozen=True)
class Scores:
    """The scores of one set of predictions.

    Attributes
    ----------
    classes : names, in the order of everything below
    accuracy, macro_f1 : float
    accuracy_interval, macro_f1_interval : (low, high)
        Central 95 % of bootstrap resamples of the stars.
    precision, recall, f1, count : (K,)
    confusion : int, (K, K)
        Rows are the catalog's classes, columns the predicted ones.
    """

    classes: tuple[str, ...]
    accuracy: float
    macro_f1: float
    accuracy_interval: tuple[float, float]
    macro_f1_interval: tuple[float, float]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    count: NDArray[np.int64]
    confusion: NDArray[np.int64]

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain JSON values."""
        per_class = {
            name: {
                "precision": float(self.precision[i]),
                "recall": float(self.recall[i]),
                "f1": float(self.f1[i]),
                "count": int(self.count[i]),
            }
            for i, name in enumerate(self.classes)
        }
        return {
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "macro_f1": self.macro_f1,
            "macro_f1_interval": list(self.macro_f1_interval),
            "per_class": per_class,
            "confusion": self.confusion.tolist(),
        }


def score(labels: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> Scores:
    """Score predictions (N,) against labels (N,), both names of `classes`.

    A star without a prediction, or with one outside the classes, counts as wrong.
    """
    known = {name: i for i, name in enumerate(classes)}
    truth = np.array([known[str(name)] for name in np.asarray(labels, object)])
    guess = np.array([known.get(str(name), -1) for name in np.asarray(predicted, object)])
    accuracies, macros = _bootstrap(truth, guess, len(classes))
    confusion = _confusion(truth, guess, len(classes))
    precision, recall, f1 = _per_class(confusion)
    return Scores(
        classes=tuple(classes),
        accuracy=float(np.mean(truth == guess)),
        macro_f1=float(np.mean(f1)),
        accuracy_interval=_central(accuracies),
        macro_f1_interval=_central(macros),
        precision=precision,
        recall=recall,
        f1=f1,
        count=confusion.sum(axis=1),
        confusion=confusion[:, :-1],
    )


def _confusion(truth: Codes, guess: Codes, n: int) -> Codes:
    """Count the stars per true and predicted class, (n, n + 1); the last column has no class."""
    column = np.where(guess >= 0, guess, n)
    return np.bincount(truth * (n + 1) + column, minlength=n * (n + 1)).reshape(n, n + 1)


def _per_class(confusion: Codes) -> tuple[Numbers, Numbers, Numbers]:
    """Return precision, recall and F1, zero where there is nothing to divide by."""
    hits = np.diagonal(confusion).astype(np.float64)
    given, there = confusion[:, :-1].sum(axis=0), confusion.sum(axis=1)
    return (
        hits / np.maximum(given, 1),
        hits / np.maximum(there, 1),
        2 * hits / np.maximum(given + there, 1),
    )


def _bootstrap(truth: Codes, guess: Codes, n: int) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(0)
    accuracies, macros = [], []
    for _ in range(_RESAMPLES):
        drawn = random.integers(0, len(truth), len(truth))
        confusion = _confusion(truth[drawn], guess[drawn], n)
        accuracies.append(float(np.trace(confusion) / len(truth)))
        macros.append(float(np.mean(_per_class(confusion)[2])))
    return accuracies, macros


def _central(values: list[float]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
