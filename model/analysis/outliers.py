"""How far a star lies from the centre of its class, modality by modality.

The centre of a class is the mean direction of its stars, each star left out of its own centre:
a lone star with a wrong label must not be its own evidence. Distances are cosine distances; a
percentile is a rank within the class ("farther out than 99 % of the other stars of its class"),
never a probability. A star is called an outlier when modalities agree on it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.base import BaseEstimator

from model.analysis.labels import (
    MIN_CLASS_SIZE,
    BoolArray,
    EncodedLabels,
    FloatArray,
    Labels,
    all_present,
    encode,
    known_labels,
)
from model.analysis.neighbors import Vectors

_TINY = 1e-12


class CentroidOutlierDetector(BaseEstimator):
    """Cosine distance to the class centroid, the star itself left out.

    Parameters
    ----------
    percentile : float
        A star at or beyond this percentile of its class is an outlier.
    min_class_size : int
        Classes with fewer stars (that have the modality) have no centroid.

    Attributes
    ----------
    classes_ : str array (C,)
        Classes that have a centroid.
    centroids_ : float32 array (C, D)
        Unit vectors, all stars of the class included.
    distance_ : float array (N,)
        1 - cosine to the own class's centroid without the star (0 to 2), NaN where there is none.
    percentile_ : float array (N,)
        Percentage of the other stars of the class that lie nearer to it; NaN likewise.
    nearest_class_ : object array (N,)
        Class of the nearest centroid, the own one (without the star) included; None where the
        star lacks the modality.
    nearest_distance_ : float array (N,)
        Distance to that centroid.
    is_outlier_ : bool array (N,)

    Examples
    --------
    >>> detector = CentroidOutlierDetector(percentile=99).fit(vectors, labels)  # doctest: +SKIP
    >>> detector.is_outlier_.sum()  # doctest: +SKIP
    """

    def __init__(self, percentile: float = 99.0, min_class_size: int = MIN_CLASS_SIZE) -> None:
        self.percentile = percentile
        self.min_class_size = min_class_size

    def fit(self, X: Vectors, y: Labels, present: npt.ArrayLike | None = None) -> Any:
        """Measure unit vectors X (N, D) with labels y (N,), None or NaN where unknown."""
        has = all_present(len(X), present)
        labels = encode(known_labels(y, has))
        kept = np.flatnonzero(labels.count >= self.min_class_size)
        self.classes_ = labels.classes[kept]
        sums = _class_sums(X, labels)[kept]
        self.centroids_ = _unit(sums).astype(np.float32)
        distances = _distances(X, labels, kept, sums)  # (N, C), own class without the star
        distances[~has] = np.nan
        self._rank(distances, _position(labels, kept))
        return self

    def _rank(self, distances: FloatArray, own: npt.NDArray[np.intp]) -> None:
        """Derive the attributes from distances (N, C) and the own class's column (N,), or -1."""
        n = len(distances)
        self.distance_ = np.full(n, np.nan)
        self.percentile_ = np.full(n, np.nan)
        self.nearest_class_ = np.full(n, None, dtype=object)
        self.nearest_distance_ = np.full(n, np.nan)
        has = np.flatnonzero(~np.isnan(distances).all(axis=1))
        if distances.shape[1]:
            nearest = np.nanargmin(distances[has], axis=1)
            self.nearest_class_[has] = self.classes_[nearest]
            self.nearest_distance_[has] = distances[has, nearest]
        for column in range(distances.shape[1]):
            members = np.flatnonzero((own == column) & ~np.isnan(distances[:, column]))
            self.distance_[members] = distances[members, column]
            self.percentile_[members] = percentile_of_others(distances[members, column])
        with np.errstate(invalid="ignore"):
            self.is_outlier_ = self.percentile_ >= self.percentile


def percentile_of_others(values: npt.ArrayLike) -> FloatArray:
    """Percentage of the other values that each value (n,) exceeds; ties count half."""
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return np.full(len(values), np.nan)
    return 100 * (rankdata(values) - 1) / (len(values) - 1)


def modalities_agree(
    percentiles: Mapping[str, npt.ArrayLike], percentile: float = 99.0, min_modalities: int = 2
) -> BoolArray:
    """Stars (N,) at or beyond `percentile` in at least `min_modalities` modalities.

    Parameters
    ----------
    percentiles : dict of modality to float array (N,)
        From `CentroidOutlierDetector.percentile_`; NaN never counts.
    percentile : float
    min_modalities : int
        Never more than there are modalities, so that a survey with one still has flags.
    """
    beyond = np.stack([np.asarray(p, dtype=float) >= percentile for p in percentiles.values()])
    return np.asarray(beyond.sum(axis=0) >= min(min_modalities, len(beyond)))


def _class_sums(X: Vectors, labels: EncodedLabels) -> FloatArray:
    """Sum (C, D) of each class's vectors."""
    sums = np.zeros((len(labels.classes), X.shape[1]))
    for code in range(len(labels.classes)):
        sums[code] = np.asarray(X[labels.code == code], dtype=np.float64).sum(axis=0)
    return sums


def _position(labels: EncodedLabels, kept: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Column (N,) of each star's class among the classes kept, -1 for none."""
    column = np.full(len(labels.classes) + 1, -1, dtype=np.intp)  # the last answers code -1
    column[kept] = np.arange(len(kept))
    return column[labels.code]


def _distances(
    X: Vectors, labels: EncodedLabels, kept: npt.NDArray[np.intp], sums: FloatArray
) -> FloatArray:
    """Cosine distances (N, C) to every centroid, each star left out of its own."""
    vectors = np.asarray(X, dtype=np.float64)
    distances = 1 - vectors @ _unit(sums).T
    own = _position(labels, kept)
    members = np.flatnonzero(own >= 0)
    without = _unit(sums[own[members]] - vectors[members])
    distances[members, own[members]] = 1 - np.einsum("nd,nd->n", vectors[members], without)
    return distances


def _unit(vectors: FloatArray) -> FloatArray:
    """Rows scaled to unit length."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, _TINY))
