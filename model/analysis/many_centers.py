"""Distance to the nearest of several centres per class: a class need not be one cloud.

Semiregulars and rotators lie in several places of the space, and their one mean lies in none of
them. Each class is cut by k-means into parts of a few per cent or more, the directions of their
means are its centres, and a star is compared with the nearest centre of its own class, itself left
out of that centre, and with the nearest of any other class. Parts too small to be one are dropped:
a handful of wrong labels must not become a centre of the class.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from model.analysis.labels import MIN_CLASS_SIZE, BoolArray, FloatArray, Labels, encode
from model.analysis.neighbors import Vectors
from model.analysis.threads import one_thread

STARS_PER_CENTER = 60
MAX_CENTERS = 6
SMALLEST_PART = 0.05
"""Share of its class that a part needs to count as a centre."""


class CenterDistances(NamedTuple):
    """Cosine distances (N,), 0 to 2; NaN where there is none.

    Attributes
    ----------
    own, other : float arrays (N,)
        To the nearest centre of the star's class (the star left out), and of any other class.
    other_class : object array (N,)
        The class of that other centre, None where there is none.
    """

    own: FloatArray
    other: FloatArray
    other_class: npt.NDArray[np.object_]

    @property
    def excess(self) -> FloatArray:
        """How much nearer another class's centre is (N,): the higher, the more speaks against."""
        return self.own - self.other


def center_distances(
    X: Vectors, labels: Labels, present: BoolArray, seed: int = 42
) -> CenterDistances:
    """Measure unit vectors X (N, D) with labels (N,) of the stars that are present (N,)."""
    encoded = encode(labels)
    vectors = np.asarray(X, dtype=np.float64)
    own, other = np.full(len(X), np.nan), np.full(len(X), np.nan)
    other_code = np.full(len(X), -1)
    has = np.flatnonzero(present)
    members_of = [
        np.flatnonzero(present & (encoded.code == c)) for c in range(len(encoded.classes))
    ]
    with one_thread():
        parts = [
            _parts(vectors[members], seed) if len(members) >= MIN_CLASS_SIZE else None
            for members in members_of
        ]
    for code, (members, cut) in enumerate(zip(members_of, parts, strict=True)):
        if cut is None:
            continue
        sums, part = cut
        distance = 1 - vectors[has] @ _unit(sums).T
        outside = encoded.code[has] != code
        nearest = distance.min(axis=1)
        nearer = outside & ~(other[has] <= nearest)  # NaN counts as farther
        other[has[nearer]], other_code[has[nearer]] = nearest[nearer], code
        own[members] = _without_itself(vectors[members], sums, part)
    return CenterDistances(own, other, encoded.names(other_code))


def _parts(vectors: FloatArray, seed: int) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Sums (K, D) of the parts of one class, and the part of each star (n,), -1 for none."""
    k = int(np.clip(round(len(vectors) / STARS_PER_CENTER), 1, MAX_CENTERS))
    if k == 1:
        return vectors.sum(axis=0, keepdims=True), np.zeros(len(vectors), dtype=np.intp)
    part = KMeans(k, n_init=1, max_iter=30, random_state=seed).fit_predict(vectors)
    size = np.bincount(part, minlength=k)
    kept = np.flatnonzero(size >= max(MIN_CLASS_SIZE, SMALLEST_PART * len(vectors)))
    number = np.full(k, -1, dtype=np.intp)
    number[kept] = np.arange(len(kept))
    sums = np.stack([vectors[part == one].sum(axis=0) for one in kept])
    return sums, number[part]


def _without_itself(
    vectors: FloatArray, sums: FloatArray, part: npt.NDArray[np.intp]
) -> FloatArray:
    """Distance (n,) of each star of a class to the nearest of its centres, itself left out."""
    distance = 1 - vectors @ _unit(sums).T
    inside = np.flatnonzero(part >= 0)
    rest = _unit(sums[part[inside]] - vectors[inside])
    distance[inside, part[inside]] = 1 - np.einsum("nd,nd->n", vectors[inside], rest)
    return np.asarray(distance.min(axis=1))


def _unit(vectors: FloatArray) -> FloatArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
