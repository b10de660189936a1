"""DBSCAN of many points of the plane in bounded memory, by cells (Gunawan 2013).

scikit-learn keeps every pair of neighbours, and their number grows with the square of the density.
Here the plane is cut into cells whose diagonal is the radius: the core points of a cell belong
together, whatever their number, so that only cells need be joined.
"""

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.int64]
NOISE = -1
_REACH = [(dx, dy) for dx, dy in product(range(3), range(-2, 3)) if (dx, dy) > (0, 0)]
"""From a cell to those that a radius may reach, each pair once."""


def pairs_about(points: Floats, eps: float) -> float:
    """About how many pairs of points (n, 2) lie within a radius of each other."""
    _, counts = np.unique(_cells(points, eps), axis=0, return_counts=True)
    others = np.sum(counts * (counts - 1.0))  # in the same cell; a circle is 2π cells
    return float(len(points) + 2 * np.pi * others)


def dbscan_by_cells(points: Floats, eps: float, min_samples: int) -> Integers:
    """Cluster points of the plane; the clusters are those of scikit-learn's DBSCAN.

    A point at the border of several clusters goes with its nearest core point.

    Parameters
    ----------
    points : float array (n, 2)
    eps : float
    min_samples : int
        Points within the radius, itself included, that make a core point.

    Returns
    -------
    int64 array (n,)
        Number of each point's cluster, from 0; -1 for noise.
    """
    column, row = _cells(points, eps).T
    n_rows = int(row.max()) + 5  # two empty rows on either side: no neighbour is a wrong one
    keys, cell = np.unique(column * n_rows + row, return_inverse=True)
    is_core = np.bincount(cell)[cell] >= min_samples
    tree = KDTree(points)
    few = np.flatnonzero(~is_core)
    is_core[few] = tree.query_ball_point(points[few], eps, return_length=True) >= min_samples
    found = np.full(len(points), NOISE, dtype=np.int64)
    core = np.flatnonzero(is_core)
    if len(core):
        found[core] = _joined(points[core], keys, cell[core], n_rows, eps)
        rest = np.flatnonzero(~is_core)
        distance, nearest = KDTree(points[core]).query(points[rest])
        found[rest] = np.where(distance <= eps, found[core[nearest]], NOISE)
    return found


def _cells(points: Floats, eps: float) -> Integers:
    """Column and row (n, 2) of each point's cell."""
    return np.floor((points - points.min(axis=0)) * (np.sqrt(2) / eps)).astype(np.int64)


def _joined(core: Floats, keys: Integers, cell: Integers, n_rows: int, eps: float) -> Integers:
    """Cluster of each core point: that of its cell."""
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], np.arange(len(keys) + 1))
    filled = np.flatnonzero(np.diff(start))
    trees = {k: KDTree(core[order[start[k] : start[k + 1]]]) for k in filled.tolist()}
    root = np.arange(len(keys))

    def top(k: int) -> int:
        while root[k] != k:
            root[k] = k = root[root[k]]
        return k

    for dx, dy in _REACH:
        other = np.searchsorted(keys, keys + dx * n_rows + dy)
        there = keys[np.minimum(other, len(keys) - 1)] == keys + dx * n_rows + dy
        for a in filled[there[filled]].tolist():
            b = int(other[a])
            if b in trees and top(a) != top(b) and _touch(trees[a], trees[b], eps):
                root[top(a)] = top(b)
    tops = np.array([top(k) for k in range(len(keys))])
    return np.unique(tops[cell], return_inverse=True)[1]


def _touch(one: KDTree, other: KDTree, eps: float) -> bool:
    """Whether any two points of two trees are within a radius of each other."""
    few, many = sorted((one, other), key=lambda tree: tree.n)
    distance, _ = many.query(few.data, distance_upper_bound=np.nextafter(eps, np.inf))
    return bool(np.min(distance) <= eps)
