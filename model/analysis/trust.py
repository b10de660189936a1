"""How far to trust a map, star by star: are those around it on the map really like it?

A map in two dimensions cannot keep every neighbourhood. Where the stars around one on the map are
not among those most like it, nothing follows from its place: gaps and bridges there are the map's,
not the sky's. The idea is the trustworthiness of Venna & Kaski (2001), per star; ranks among all
stars are estimated from a sample of them.
"""

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from model.analysis.labels import FloatArray, all_present
from model.analysis.neighbors import Vectors

N_AROUND = 15
SAMPLE = 1000
_BLOCK = 2048


def map_trust(
    xy: FloatArray,
    vectors: Vectors,
    present: npt.ArrayLike | None = None,
    n_around: int = N_AROUND,
    sample: int = SAMPLE,
    seed: int = 42,
) -> FloatArray:
    """Share of all stars that are less like each than the stars around it on the map are.

    Parameters
    ----------
    xy : float array (N, 2)
        Map positions, NaN where there is none.
    vectors, present : arrays (N, D), (N,)
        The unit vectors the map was made from, and who has them.
    n_around : int
        How many stars around count.
    sample, seed : int
        How many stars stand for all of them in the ranks, and which.

    Returns
    -------
    float array (N,)
        Mean over the stars around: near 1 where they are the most similar of all, 0.5 where they
        might be any; NaN where a star has no place.
    """
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1) & all_present(len(vectors), present))
    trust = np.full(len(xy), np.nan)
    n_around = min(n_around, len(placed) - 1)
    if n_around < 1:
        return trust
    drawn = np.random.default_rng(seed).permutation(placed)[:sample]
    crowd = np.asarray(vectors[np.sort(drawn)], dtype=np.float32)  # (S, D)
    tree = KDTree(xy[placed])
    for start in range(0, len(placed), _BLOCK):
        own = placed[start : start + _BLOCK]
        near = placed[tree.query(xy[own], k=n_around + 1)[1]]  # (B, n_around + 1)
        left_out = near == own[:, None]  # itself, which need not come first among stars on one spot
        left_out[~left_out.any(axis=1), -1] = True
        mine = np.asarray(vectors[own], dtype=np.float32)
        around = np.asarray(vectors[near[~left_out]], dtype=np.float32)
        likeness = np.einsum("bd,bkd->bk", mine, around.reshape(len(own), n_around, -1))
        among = np.sort(mine @ crowd.T, axis=1)  # (B, S)
        trust[own] = [
            np.searchsorted(all_, some, side="right").mean() / len(crowd)
            for all_, some in zip(among, likeness, strict=True)
        ]
    return trust
