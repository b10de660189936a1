"""How well classes are told: confusion matrix, numbers per class, and how honest confidences are.

The predictions of an atlas are out of fold: each is by a model that never saw the star's label.
What is measured is agreement with the catalogue, whose labels are wrong for some stars.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from model.analysis.labels import FloatArray, Labels


@dataclass(frozen=True)
class Confusion:
    """Labels against predictions.

    Attributes
    ----------
    classes : list of str
    counts : int array (C, C)
        Stars by label (rows) and prediction (columns).
    per_class : DataFrame
        class, precision, recall, f1, n (stars so labelled).
    accuracy, balanced_accuracy, macro_f1 : float
    """

    classes: list[str]
    counts: npt.NDArray[np.int64]
    per_class: pd.DataFrame
    accuracy: float
    balanced_accuracy: float
    macro_f1: float


def confusion(labels: Labels, predicted: Labels, order: list[str]) -> Confusion | None:
    """Compare labels (N,) with predictions (N,); stars without either are left out.

    Parameters
    ----------
    order : list of str
        The classes in the order of the rows; those that do not occur are left out.
    """
    truth, guess = np.asarray(labels, dtype=object), np.asarray(predicted, dtype=object)
    known = pd.notna(truth) & pd.notna(guess)
    truth, guess = truth[known].astype(str), guess[known].astype(str)
    classes = [name for name in order if name in {*truth, *guess}]
    if len(classes) < 2:
        return None
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, guess, labels=classes, zero_division=0
    )
    per_class = pd.DataFrame(
        {"class": classes, "precision": precision, "recall": recall, "f1": f1, "n": count}
    )
    labelled = per_class["n"] > 0
    return Confusion(
        classes=classes,
        counts=np.asarray(confusion_matrix(truth, guess, labels=classes), dtype=np.int64),
        per_class=per_class,
        accuracy=float(np.mean(truth == guess)),
        balanced_accuracy=float(per_class["recall"][labelled].mean()),
        macro_f1=float(per_class["f1"][labelled].mean()),
    )


@dataclass(frozen=True)
class Reliability:
    """Stated confidence against how often it was right, in bins of equal numbers of stars.

    Attributes
    ----------
    confidence, correct, error : float arrays (B,)
        Mean probability, share right, and its binomial standard error.
    n : int array (B,)
    expected_error : float
        Mean distance between the two, weighted by the stars (expected calibration error).
    """

    confidence: FloatArray
    correct: FloatArray
    error: FloatArray
    n: npt.NDArray[np.int64]
    expected_error: float


def reliability(probability: FloatArray, correct: npt.ArrayLike, n_bins: int = 10) -> Reliability:
    """Compare probabilities (N,) with what came true (N,); NaN are left out."""
    known = np.isfinite(probability)
    order = np.argsort(probability[known], kind="stable")
    stated, right = probability[known][order], np.asarray(correct, dtype=bool)[known][order]
    bins = [part for part in np.array_split(np.arange(len(stated)), n_bins) if len(part)]
    n = np.array([len(part) for part in bins], dtype=np.int64)
    confidence = np.array([stated[part].mean() for part in bins])
    share = np.array([right[part].mean() for part in bins])
    gap = float(np.sum(n * np.abs(share - confidence)) / n.sum()) if len(bins) else float("nan")
    return Reliability(confidence, share, np.sqrt(share * (1 - share) / np.maximum(n, 1)), n, gap)
