"""Stars that are odd whatever their label: modalities that contradict each other, few alike, alone.

A contrastive model has learned which spectrum goes with which light curve; a star whose own do not
go together holds two stars, another star's spectrum, or something the model has rarely seen.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from model.analysis.labels import BoolArray, FloatArray
from model.analysis.neighbors import Rows, Similarity, Vectors

N_ALIKE = 10
MIN_SAMPLES = 10
"""Stars, itself included, that make a dense neighbourhood for DBSCAN of all stars."""


def mismatch(a: Vectors, b: Vectors, both: BoolArray, block: int = 1024) -> FloatArray:
    """How badly two modalities of each star go together.

    Parameters
    ----------
    a, b : float arrays (N, D)
        Unit vectors of two modalities.
    both : bool array (N,)
        Stars that have both.
    block : int
        Stars compared at a time.

    Returns
    -------
    float array (N,)
        Share of the other stars whose b goes better with this star's a, and whose a goes better
        with its b, averaged: 0 for the best of all, 0.5 as good as a random one; NaN without both.
    """
    rows = np.flatnonzero(both)
    result = np.full(len(a), np.nan)
    if len(rows) < 2:
        return result
    own_a, own_b = (np.asarray(v[rows], dtype=np.float32) for v in (a, b))
    own = np.einsum("nd,nd->n", own_a, own_b)
    better = np.zeros(len(rows))
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        others = np.arange(len(rows))[part, None] != np.arange(len(rows))
        for asked, searched in ((own_a, own_b), (own_b, own_a)):
            found = asked[part] @ searched.T  # (block, n)
            better[part] += ((found > own[part, None]) & others).sum(axis=1)
    result[rows] = better / (2 * (len(rows) - 1))
    return result


def isolation(similarity: Similarity, n_alike: int = N_ALIKE) -> npt.NDArray[np.floating[Any]]:
    """One minus the mean similarity (N,) of the nearest few of the neighbours (N, k); NaN for none.

    Large where a star has few like it.
    """
    nearest = np.asarray(similarity[:, :n_alike], dtype=np.float64)
    known = np.isfinite(nearest)
    count = known.sum(axis=1)
    total = np.where(known, nearest, 0).sum(axis=1)
    return 1 - np.divide(total, count, out=np.full(len(nearest), np.nan), where=count > 0)


def dbscan_radius(
    rows: Rows, similarity: Similarity, min_samples: int = MIN_SAMPLES
) -> npt.NDArray[np.floating[Any]]:
    """Smallest radius (N,) at which DBSCAN of all stars takes a star into a cluster.

    At a radius below it the star is noise. It is exact from the nearest neighbours alone: a star
    is in a cluster from where its own neighbourhood is dense, or where a neighbour's is that lies
    within the radius; one beyond the first `min_samples` could only say so later.

    Parameters
    ----------
    rows, similarity : arrays (N, k)
        The nearest neighbours, itself not among them, and their cosine similarity; k at least
        ``min_samples - 1``. NaN where there is no neighbour.

    Returns
    -------
    float array (N,)
        Cosine distance; NaN where a star has too few neighbours.
    """
    needed = min_samples - 1
    if rows.shape[1] < needed:
        return np.full(len(rows), np.nan)
    distance = 1 - np.asarray(similarity[:, :needed], dtype=np.float64)
    dense_from = distance[:, -1]
    through = np.maximum(distance, dense_from[rows[:, :needed]])
    radius = np.fmin(dense_from, np.nan_to_num(through, nan=np.inf).min(axis=1))
    return np.where(np.isfinite(radius), radius, np.nan)
