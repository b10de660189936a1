"""DBSCAN by cells finds what scikit-learn's finds."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.neighbors import KDTree

from model.analysis.clusters import class_clusters
from model.analysis.dense_cells import NOISE, dbscan_by_cells, pairs_about


def crowd(seed: int, n: int, width: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    centers = random.normal(0, 4, (6, 2))
    return centers[random.integers(0, 6, n)] + width * random.normal(0, 1, (n, 2))


@pytest.mark.parametrize("eps", [0.05, 0.15, 0.5, 2.0])
@pytest.mark.parametrize("width", [0.2, 0.6, 1.5])
def test_clusters_are_those_of_scikit_learn(eps: float, width: float) -> None:
    points = crowd(round(100 * width), 3000, width)
    known = DBSCAN(eps=eps, min_samples=5).fit(points)
    found = dbscan_by_cells(points, eps, 5)
    assert np.array_equal(found == NOISE, known.labels_ == NOISE)
    core = known.core_sample_indices_
    pairs = set(zip(known.labels_[core].tolist(), found[core].tolist(), strict=True))
    assert len(pairs) == len(set(known.labels_[core])) == len(set(found[core]))


def test_everything_is_noise_or_one_cluster() -> None:
    points = crowd(1, 200, 1.0)
    assert (dbscan_by_cells(points, 1e-6, 3) == NOISE).all()
    assert (dbscan_by_cells(points, 100.0, 3) == 0).all()
    assert (dbscan_by_cells(np.zeros((50, 2)), 0.1, 3) == 0).all()


def test_pairs_are_about_as_many_as_there_are() -> None:
    points = crowd(2, 4000, 0.8)
    for eps in (0.1, 0.3, 0.8):
        true = KDTree(points).query_radius(points, eps, count_only=True).sum()
        assert 0.5 < pairs_about(points, eps) / true < 2


def test_a_radius_that_spans_a_large_class_takes_little_memory() -> None:
    points = crowd(3, 40_000, 0.5)  # 1.6e9 pairs: 12 GB
    found = class_clusters(points, ["EW"] * len(points), eps=1000.0, min_samples=5)
    assert not found.is_outlier.any()
    away = np.vstack([points, [[500.0, 500.0]]])
    found = class_clusters(away, ["EW"] * len(away), eps=2.0, min_samples=5)
    assert found.is_outlier[-1]
