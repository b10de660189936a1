"""Density clusters: who lies off the main body of a class on the map, and which parts a class has.

Automatic eps, main body. For each class, eps is the smallest radius (within 2 %) at which one
DBSCAN cluster holds at least `main_fraction` of the class; stars outside that cluster, whether
scattered or in small groups of their own, are the class's outliers.

Automatic eps, parts. eps is the largest radius at which DBSCAN sees at least two clusters of
`min_part` stars or more that hold 80 % of the class between them: the coarsest split into bodies,
not the crumbling of one body. A class without such a radius is one part.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from model.analysis.dense_cells import dbscan_by_cells, pairs_about
from model.analysis.labels import MIN_CLASS_SIZE, BoolArray, FloatArray, Labels, encode

NOISE = -1
NOT_CLUSTERED = -2
"""Cluster of a star that has no label, no place on the map, or a class too small to cluster."""

MAIN_FRACTION = 0.95
_PRECISION = 1.02
_GROWTH = 1.5
_N_TRIALS = 40
_HELD_BY_PARTS = 0.8
_MANY = 5000
_MOST_PAIRS = 2e7
MOST, MOST_IN_SPACE = 30_000, 10_000
"""Stars that `subclusters` splits at once, on a map and in more dimensions; of more a sample."""

Clusters = npt.NDArray[np.int16]
Told = Callable[[float], None]
"""Takes the share of a work that is done, 0 to 1; what it raises ends the work."""


@dataclass(frozen=True)
class ClassClusters:
    """DBSCAN of every class by itself.

    Attributes
    ----------
    cluster : int16 array (N,)
        0 for the main cluster of the star's class, 1, 2... for smaller ones by size, -1 for
        scattered stars, -2 where nothing was clustered.
    is_outlier : bool array (N,)
        Clustered, and not in the main cluster.
    eps, min_samples : dict of class to float, int
        What was used.
    """

    cluster: Clusters
    is_outlier: BoolArray
    eps: dict[str, float]
    min_samples: dict[str, int]


def class_clusters(
    xy: FloatArray,
    labels: Labels,
    eps: float | None = None,
    min_samples: int | None = None,
    main_fraction: float = MAIN_FRACTION,
) -> ClassClusters:
    """Cluster each class on the map and keep one main cluster.

    Parameters
    ----------
    xy : float array (N, 2)
        Map positions, NaN where there is none.
    labels : sequence (N,)
    eps : float, optional
        One radius for all classes, in map units; by default automatic for each class.
    min_samples : int, optional
        DBSCAN's, for all classes; by default `default_min_samples` of each.
    main_fraction : float
        Share of a class that the automatic radius leaves in the main cluster.
    """
    encoded = encode(labels)
    on_map = np.isfinite(xy).all(axis=1)
    cluster = np.full(len(xy), NOT_CLUSTERED, dtype=np.int16)
    used_eps: dict[str, float] = {}
    used_samples: dict[str, int] = {}
    for code, name in enumerate(encoded.classes.tolist()):
        members = np.flatnonzero(on_map & (encoded.code == code))
        if len(members) < MIN_CLASS_SIZE:
            continue
        samples = default_min_samples(len(members)) if min_samples is None else min_samples
        radius = main_body_eps(xy[members], samples, main_fraction) if eps is None else eps
        cluster[members] = _dbscan(xy[members], radius, samples)
        used_eps[name], used_samples[name] = float(radius), int(samples)
    is_outlier = (cluster != 0) & (cluster != NOT_CLUSTERED)
    return ClassClusters(cluster, is_outlier, used_eps, used_samples)


def class_outliers(
    xy: FloatArray, labels: Labels, eps: float | None = None, min_samples: int | None = None
) -> BoolArray:
    """Stars (N,) outside the main cluster of their class on the map; see `class_clusters`."""
    return class_clusters(xy, labels, eps, min_samples).is_outlier


def default_min_samples(n: int) -> int:
    """DBSCAN's min_samples for a class of n stars: 3 for the smallest, 10 from a thousand on."""
    return int(np.clip(round(np.sqrt(n) / 3), 3, 10))


def main_body_eps(
    xy: FloatArray,
    min_samples: int,
    main_fraction: float = MAIN_FRACTION,
    told: Told = lambda share: None,
) -> float:
    """Smallest radius (within 2 %) at which one cluster holds `main_fraction` of the stars."""
    n_trials = 0

    def holds(eps: float) -> bool:
        nonlocal n_trials
        told(1 - 0.9**n_trials)  # nobody knows how many there will be: some fifteen
        n_trials += 1
        return bool(np.mean(_dbscan(xy, eps, min_samples) == 0) >= main_fraction)

    low = high = max(float(np.median(_reach(xy, min_samples))), 1e-6)
    while holds(low):
        low, high = low / _GROWTH, low
        if low < 1e-9:  # the stars are all on one spot
            return high
    while not holds(high):
        low, high = high, high * _GROWTH
    while high / low > _PRECISION:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class Subclusters:
    """Parts of one class.

    Attributes
    ----------
    part : int16 array (n,)
        0 for the largest part, then by size; -1 for stars in none.
    summary : DataFrame
        One row a part (noise last): part, n, fraction, and the median of each column described.
    params : dict
        What was used.
    """

    part: Clusters
    summary: pd.DataFrame
    params: dict[str, Any]


def subclusters(
    X: FloatArray,
    method: Literal["dbscan", "hdbscan"] = "dbscan",
    eps: float | None = None,
    min_samples: int = 5,
    min_part: int | None = None,
    n_components: int = 8,
    describe: pd.DataFrame | None = None,
    told: Told = lambda share: None,
) -> Subclusters:
    """Split one class into parts, without labels.

    Of a class of more than `MOST` stars (`MOST_IN_SPACE`) a sample of so many is split, every other
    star goes with the nearest of them (within DBSCAN's radius): the pairs of stars near each other,
    which the methods keep, grow with the square of the number.

    Parameters
    ----------
    X : float array (n, 2) or (n, D)
        Map positions or vectors of the class's stars; vectors are reduced to principal components.
    method : {"dbscan", "hdbscan"}
    eps : float, optional
        DBSCAN's radius; by default the coarsest split (see the module).
    min_samples : int
        Stars that make a dense neighbourhood, the star itself included.
    min_part : int, optional
        Stars that make a part; by default 5 % of the class and at least 5.
    n_components : int
        Principal components kept.
    describe : DataFrame, optional
        Numeric columns of the same stars whose medians the summary gives.
    told : callable
        Called with the share done while a radius is sought; what it raises ends the work.
    """
    told(0.0)
    points = _components(np.asarray(X, dtype=np.float64), n_components)
    least = max(5, round(0.05 * len(points))) if min_part is None else min_part
    params: dict[str, Any] = {"method": method, "min_samples": min_samples, "min_part": least}
    picked = _sampled(len(points), MOST if points.shape[1] == 2 else MOST_IN_SPACE)
    least = max(5, round(least * len(picked) / len(points))) if len(picked) < len(points) else least
    cut = points[picked]
    if len(cut) < 2 * least:
        part = np.zeros(len(cut), dtype=np.int16)
    elif method == "hdbscan":
        model = HDBSCAN(min_cluster_size=least, min_samples=min_samples, copy=True)
        part = _by_size(model.fit_predict(cut))
    else:
        params["eps"] = coarsest_split_eps(cut, min_samples, least, told) if eps is None else eps
        part = _only_large(_dbscan(cut, params["eps"], min_samples), least)
    if len(cut) < len(points):
        params["n_sampled"] = len(cut)
        part = _spread(points, cut, part, params.get("eps", np.inf))
    return Subclusters(part, summarize_parts(part, describe), params)


def coarsest_split_eps(
    points: FloatArray, min_samples: int, min_part: int, told: Told = lambda share: None
) -> float:
    """Largest radius at which two or more clusters of `min_part` stars hold 80 % of the stars.

    Where there is none: the radius that leaves 95 % of the stars in one cluster.
    """
    whole = main_body_eps(points, min_samples, told=lambda share: told(0.4 * share))
    finest = float(np.quantile(_reach(points, min_samples), 0.1))
    for trial, eps in enumerate(np.geomspace(whole, max(finest, 1e-9), _N_TRIALS)):
        told(0.4 + 0.6 * trial / _N_TRIALS)
        sizes = np.bincount(_dbscan(points, eps, min_samples) + 1)[1:]
        parts = sizes[sizes >= min_part]
        if len(parts) >= 2 and parts.sum() >= _HELD_BY_PARTS * len(points):
            return float(eps)
    return whole


def summarize_parts(part: Clusters, describe: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a part: part, n, fraction and the medians of the columns described."""
    numbers = sorted(set(part.tolist()), key=lambda p: (p == NOISE, p))
    rows = []
    for number in numbers:
        member = part == number
        row: dict[str, Any] = {"part": number, "n": int(member.sum()), "fraction": member.mean()}
        if describe is not None:
            row |= describe[member].median(numeric_only=True).to_dict()
        rows.append(row)
    return pd.DataFrame(rows)


def _sampled(n: int, most: int) -> npt.NDArray[np.int64]:
    """Places of the stars that are split: all, or so many at random, the same every time."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))


def _spread(points: FloatArray, cut: FloatArray, part: Clusters, eps: float) -> Clusters:
    """Part (n,) of the nearest star that was split; noise where that is farther than `eps`."""
    distance, nearest = NearestNeighbors(n_neighbors=1).fit(cut).kneighbors(points)
    return np.where(distance[:, 0] <= eps, part[nearest[:, 0]], NOISE).astype(np.int16)


def _reach(points: FloatArray, min_samples: int) -> FloatArray:
    """Distance (n,) to the neighbour that makes a star's neighbourhood dense."""
    k = min(min_samples, len(points))
    distance, _ = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(points)
    return np.asarray(distance[:, -1])


def _dbscan(points: FloatArray, eps: float, min_samples: int) -> Clusters:
    """DBSCAN clusters (n,), the largest 0."""
    if points.shape[1] == 2 and len(points) >= _MANY and pairs_about(points, eps) > _MOST_PAIRS:
        return _by_size(dbscan_by_cells(points, eps, min_samples))
    n_jobs = -1 if len(points) >= _MANY else None  # few are done before the threads have begun
    return _by_size(DBSCAN(eps=eps, min_samples=min_samples, n_jobs=n_jobs).fit_predict(points))


def _by_size(labels: npt.NDArray[np.integer[Any]]) -> Clusters:
    """Renumber clusters from the largest (0) down; noise stays -1."""
    count = np.bincount(labels[labels >= 0])
    number = np.full(len(count) + 1, NOISE, dtype=np.int16)  # the last entry answers noise
    number[np.argsort(-count, kind="stable")] = np.arange(len(count))
    return number[labels]


def _only_large(labels: Clusters, least: int) -> Clusters:
    """Clusters of `least` stars or more, largest first; the others become noise."""
    return np.where(np.bincount(labels + 1)[labels + 1] >= least, labels, NOISE).astype(np.int16)


def _components(X: FloatArray, n_components: int) -> FloatArray:
    """Principal components (n, n_components) of wide data; narrow data as it is."""
    if X.shape[1] <= max(n_components, 2) or len(X) <= n_components:
        return X
    return np.asarray(PCA(n_components, svd_solver="full").fit_transform(X))
