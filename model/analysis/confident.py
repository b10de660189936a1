"""Labels a classifier contradicts: confident learning.

Northcutt, Jiang & Chuang 2021 (JAIR 70, 1373; arXiv:1911.00068). A class's threshold is the mean
probability that its own stars get; a star counts as confidently of another class where that class's
probability reaches that class's threshold. Stars are ranked by the normalised margin. The
probabilities must be out of fold: a model that saw a label only repeats it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.analysis.labels import BoolArray, FloatArray, Labels, encode


class Confidence(NamedTuple):
    """What probabilities say about labels; rows of NaN where nothing can be said.

    Attributes
    ----------
    margin : float array (N,)
        Highest probability of another class less that of the label, −1 to 1: the higher, the more
        speaks against the label. cleanlab's normalised margin is (1 − margin) / 2.
    other : object array (N,)
        That other class; None where nothing can be said.
    is_issue : bool array (N,)
        Another class is the most probable of those that reach their own class's threshold.
    threshold : float array (C,)
        Of each class; NaN for a class without stars.
    """

    margin: FloatArray
    other: npt.NDArray[np.object_]
    is_issue: BoolArray
    threshold: FloatArray


def confidence(probability: FloatArray, classes: Sequence[str], labels: Labels) -> Confidence:
    """Compare out-of-fold probabilities (N, C) of `classes` (C,) with labels (N,).

    Stars without a label, of a class not among `classes`, or without probabilities are left out.
    """
    n, names = len(probability), np.array([*classes, None], dtype=object)
    own = _columns(labels, classes)
    known = (own >= 0) & np.isfinite(probability).all(axis=1)
    rows = np.flatnonzero(known)
    p, code = np.asarray(probability, dtype=np.float64)[rows], own[rows]
    threshold = np.full(len(classes), np.nan)
    for column in np.unique(code):
        threshold[column] = p[code == column, column].mean()
    margin, other = np.full(n, np.nan), np.full(n, -1)
    is_issue = np.zeros(n, dtype=bool)
    if len(rows) and len(classes) > 1:
        others = p.copy()
        others[np.arange(len(rows)), code] = -np.inf
        other[rows] = others.argmax(axis=1)
        margin[rows] = others.max(axis=1) - p[np.arange(len(rows)), code]
        confident = np.where(p >= np.nan_to_num(threshold, nan=np.inf) - 1e-6, p, -np.inf)
        best = confident.argmax(axis=1)
        is_issue[rows] = np.isfinite(confident.max(axis=1)) & (best != code)
    return Confidence(margin, names[other], is_issue, threshold)


def _columns(labels: Labels, classes: Sequence[str]) -> npt.NDArray[np.intp]:
    """Column (N,) of each star's label among the classes, -1 where it is none of them."""
    encoded = encode(labels)
    place = {name: column for column, name in enumerate(classes)}
    column = np.array([*(place.get(name, -1) for name in encoded.classes.tolist()), -1])
    return column[encoded.code]
