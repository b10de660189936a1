"""Search by vectors: like this, across modalities, like this but far in another way, unlike that.

Exact, over all objects, in blocks, so that a memory map of any size is read once and nothing is
copied. Within a modality the measure is the cosine, as for stored neighbours. Across modalities it
is the cosine after each modality's mean is taken out: a contrastive model leaves every modality in
a cone of its own, and what sets the cones apart says nothing about a star (Liang et al. 2022,
"Mind the gap"). Where a row is absent its similarity is NaN.
"""

import numpy as np
import numpy.typing as npt

from model.analysis.fusion import normalized
from model.analysis.labels import BoolArray, all_present
from model.analysis.neighbors import Vectors

BLOCK = 65_536
N_NEAR, NEAR_SHARE = 60, 0.02

Similarities = npt.NDArray[np.floating]
Vector = npt.NDArray[np.floating]


def similarity_to(
    query: Vector,
    stored: Vectors,
    present: npt.ArrayLike | None = None,
    mean: Vector | None = None,
    block: int = BLOCK,
) -> Similarities:
    """Cosine similarity (N,) of every stored unit vector to one query.

    Parameters
    ----------
    query : float array (D,)
        Of unit length; already less its own modality's mean where `mean` is given.
    stored, present : arrays (N, D), (N,)
        Unit vectors, and who has them.
    mean : float array (D,), optional
        Taken out of the stored vectors, which are then compared at unit length again.
    block : int
        Rows read at a time.

    Returns
    -------
    float32 array (N,)
        NaN where a row is absent.
    """
    mask = all_present(len(stored), present)
    query = np.asarray(query, dtype=np.float32)
    center = np.zeros_like(query) if mean is None else np.asarray(mean, dtype=np.float32)
    both = np.stack([query, center], axis=1)  # (D, 2)
    found = np.full(len(stored), np.nan, dtype=np.float32)
    for start in range(0, len(stored), block):
        part = slice(start, start + block)
        along, shared = (np.asarray(stored[part], dtype=np.float32) @ both).T
        length = np.sqrt(np.maximum(1 - 2 * shared + center @ center, 1e-12))  # of what is left
        found[part] = (along - query @ center) / (length if mean is not None else 1)
    found[~mask] = np.nan
    return found


def less_mean(vector: Vector, mean: Vector) -> Vector:
    """A unit vector (D,) less its modality's mean (D,), of unit length again."""
    return normalized(np.atleast_2d(vector - mean))[0]


def mean_vector(
    stored: Vectors, rows: npt.NDArray[np.integer], present: npt.ArrayLike | None = None
) -> Vector | None:
    """Mean direction (D,) of some rows' unit vectors; None where none of them is present."""
    mask = all_present(len(stored), present)
    used = rows[mask[rows]]
    total = np.zeros(stored.shape[1], dtype=np.float64)
    for start in range(0, len(used), BLOCK):
        total += np.asarray(stored[used[start : start + BLOCK]], dtype=np.float64).sum(axis=0)
    length = np.linalg.norm(total)
    return (total / length).astype(np.float32) if length > 0 else None


def nearest(
    similarity: Similarities, n: int, allowed: BoolArray | None = None
) -> npt.NDArray[np.int64]:
    """Rows (at most n,) of the highest similarities, highest first; ties by row."""
    score = np.where(np.isnan(similarity), -np.inf, similarity)
    if allowed is not None:
        score = np.where(allowed, score, -np.inf)
    n = min(n, int(np.isfinite(score).sum()))
    if n == 0:
        return np.empty(0, dtype=np.int64)
    border = np.partition(score, -n)[-n]
    rows = np.flatnonzero(score >= border)
    return rows[np.lexsort((rows, -score[rows]))][:n]


def near_but_far(
    near: Similarities,
    far: Similarities,
    n: int,
    allowed: BoolArray | None = None,
    n_near: int | None = None,
) -> npt.NDArray[np.int64]:
    """Among the nearest in one way, those that are farthest in another.

    Parameters
    ----------
    near, far : float arrays (N,)
        Similarities to what is sought, and to what is not; rows that lack either are left out.
    n : int
        Rows wanted.
    allowed : bool array (N,), optional
        Rows that may be found.
    n_near : int, optional
        How many count as near; by default `count_near` of the rows that have both.

    Returns
    -------
    int64 array (at most n,)
        The farthest first.
    """
    able = np.isfinite(near) & np.isfinite(far)
    if allowed is not None:
        able &= allowed
    close = nearest(near, count_near(int(able.sum())) if n_near is None else n_near, able)
    return close[np.argsort(far[close], kind="stable")][:n]


def count_near(n_objects: int) -> int:
    """How many of so many objects count as near: two per cent, at least sixty."""
    return max(N_NEAR, round(NEAR_SHARE * n_objects))
