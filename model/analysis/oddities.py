"""Stars that are odd whatever their label: modalities that contradict each other, few alike.

A contrastive model has learned which spectrum goes with which light curve; a star whose own do not
go together holds two stars, another star's spectrum, or something the model has rarely seen.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from model.analysis.labels import BoolArray, FloatArray
from model.analysis.neighbors import Similarity, Vectors

N_ALIKE = 10


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
