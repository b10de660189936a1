"""Placing new objects on an existing map, without moving it: where their neighbours are.

A new object goes to the mean of its neighbours' positions, weighted by similarity. How far that is
from where the map itself would have put it is measured on objects held out of a second map; since
a map made again moves as a whole and in parts, what counts is the place among the stars around.
"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from model.analysis.labels import FloatArray, all_present
from model.analysis.neighbors import NO_NEIGHBOR, NeighborIndex, Rows, Similarity, Vectors
from model.analysis.projection import MIN_DIST, N_NEIGHBORS, Positions, umap_map

N_PLACING = 10
_EPOCHS = 100
_N_AROUND = 10
_SHARPNESS = 4.0  # the least similar of the neighbours weighs exp(-4) of the nearest


@dataclass(frozen=True)
class Displacement:
    """How far held-out objects land from their place, in units of the map.

    Attributes
    ----------
    n_held_out : int
        Objects held out.
    median, percentile_90 : float
        Distance between where they were placed and where the full map has them, after the motion
        of the stars around is taken out.
    median_motion : float
        How far the objects that were not held out moved when the map was made again.
    map_radius : float
        Root mean square distance of all objects from the centre of the map.
    """

    n_held_out: int
    median: float
    percentile_90: float
    median_motion: float
    map_radius: float

    def as_dict(self) -> dict[str, float]:
        """For the manifest."""
        return asdict(self)


def place(rows: Rows, similarity: Similarity, positions: Positions) -> Positions:
    """Positions (Q, 2) of new objects from their neighbours (Q, k) on a map (N, 2).

    Weights fall off exponentially between the nearest and the least similar of the neighbours, so
    that a few close ones outweigh many far ones. NaN where an object has no neighbour on the map.
    """
    known = (rows != NO_NEIGHBOR) & np.isfinite(positions[rows]).all(axis=-1)
    likeness = np.where(known, similarity, np.nan)
    placed = np.full((len(rows), 2), np.nan, dtype=np.float32)
    able = known.any(axis=1)
    nearest = np.nanmax(likeness[able], axis=1, keepdims=True)
    reach = np.maximum(nearest - np.nanmin(likeness[able], axis=1, keepdims=True), 1e-6)
    weight = np.nan_to_num(np.exp(_SHARPNESS * (likeness[able] - nearest) / reach))
    around = np.nan_to_num(positions[rows[able]])  # (Q, k, 2)
    placed[able] = (weight[..., None] * around).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    return placed


def measure_displacement(
    vectors: Vectors,
    positions: Positions,
    present: npt.ArrayLike | None = None,
    fraction: float = 0.1,
    max_held_out: int = 1000,
    seed: int = 42,
    n_neighbors: int = N_NEIGHBORS,
    min_dist: float = MIN_DIST,
    n_epochs: int | None = _EPOCHS,
) -> Displacement | None:
    """Hold objects out, make the map without them, place them, compare with the full map.

    Parameters
    ----------
    vectors, positions, present : arrays (N, D), (N, 2), (N,)
        The map and what it was made from. The second map starts from it, so that both share a
        frame.
    fraction, max_held_out, seed
        How many are held out, and which.
    n_neighbors, min_dist, n_epochs
        As for `umap_map`.

    Returns
    -------
    Displacement or None
        None where fewer than 20 objects are on the map.
    """
    mask = all_present(len(vectors), present)
    shown = np.flatnonzero(mask)
    if len(shown) < 20:
        return None
    n_out = int(np.clip(fraction * len(shown), 1, max_held_out))
    out = np.random.default_rng(seed).choice(shown, n_out, replace=False)
    kept = mask.copy()
    kept[out] = False
    index = NeighborIndex(n_neighbors).fit(vectors, present=kept)
    similarity, rows = index.kneighbors()
    n_kept = int(kept.sum())
    again = umap_map(
        vectors, rows[:, : n_kept - 1], similarity[:, : n_kept - 1], kept,
        n_neighbors, min_dist, seed, n_epochs, init=positions,
    )  # fmt: skip
    again = match_frame(again, positions)
    similarity, rows = index.kneighbors(vectors[out], N_PLACING)
    drift = _drift_around(positions[out], positions[kept], again[kept])
    moved = _distance(place(rows, similarity, again), positions[out] + drift)
    return Displacement(
        n_held_out=n_out,
        median=float(np.median(moved)),
        percentile_90=float(np.percentile(moved, 90)),
        median_motion=float(np.median(_distance(again[kept], positions[kept]))),
        map_radius=float(np.sqrt(np.mean(np.sum(positions[mask] ** 2, axis=1)))),
    )


def _drift_around(places: Positions, before: Positions, after: Positions) -> Positions:
    """Mean motion (Q, 2) of the stars nearest to places (Q, 2) on a map (n, 2) made again."""
    near = KDTree(before).query(places, k=min(_N_AROUND, len(before)))[1]
    return np.asarray((after - before)[near].mean(axis=1), dtype=np.float32)


def match_frame(positions: Positions, reference: Positions) -> Positions:
    """Rotate, mirror and shift positions (N, 2) onto a reference map; NaN rows are not used."""
    both = np.isfinite(positions).all(axis=1) & np.isfinite(reference).all(axis=1)
    source, target = positions[both], reference[both]
    center, goal = source.mean(axis=0), target.mean(axis=0)
    u, _, vt = np.linalg.svd((source - center).T @ (target - goal))
    return np.asarray((positions - center) @ (u @ vt) + goal, dtype=np.float32)


def _distance(a: Positions, b: Positions) -> FloatArray:
    return np.asarray(np.linalg.norm(a - b, axis=1))
