"""Stars whose modalities contradict each other, and stars with few like them."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN

from model.analysis.neighbors import NeighborIndex
from model.analysis.oddities import dbscan_radius, isolation, mismatch


@pytest.mark.parametrize("block", [7, 1024])
def test_a_swapped_spectrum_does_not_go_with_its_light_curve(block) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(100, 16))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = a.copy()
    b[[3, 4]] = b[[4, 3]]
    both = np.arange(100) != 50
    found = mismatch(a, b, both, block)
    assert np.isnan(found[50])
    assert set(np.argsort(-np.nan_to_num(found))[:2]) == {3, 4}
    assert np.all(np.delete(found, [3, 4, 50]) == 0)


def test_without_a_pair_there_is_no_mismatch() -> None:
    only_one = np.array([True, False, False])
    assert np.isnan(mismatch(np.eye(3), np.eye(3), only_one)).all()


def test_a_star_apart_is_isolated() -> None:
    vectors = np.tile(np.eye(4, dtype=np.float32)[0], (12, 1))
    vectors[5] = np.eye(4)[1]
    similarity, _ = NeighborIndex(20).fit(vectors, present=np.arange(12) != 2).kneighbors()
    found = isolation(similarity)
    assert found[5] == pytest.approx(1)
    assert np.isnan(found[2])
    assert np.all(np.delete(found, [2, 5]) < 0.11)


def test_strays_are_the_noise_of_dbscan() -> None:
    rng = np.random.default_rng(3)
    crowd = rng.normal(size=(3, 8))[rng.integers(0, 3, 300)] + rng.normal(0, 0.2, (300, 8))
    vectors = np.vstack([crowd, rng.normal(size=(20, 8))])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity, rows = NeighborIndex(20).fit(vectors.astype(np.float32)).kneighbors()
    radius = dbscan_radius(rows, similarity, min_samples=6)
    assert (radius[300:] > np.median(radius)).mean() > 0.9
    for eps in np.quantile(radius, [0.1, 0.5, 0.9, 0.99]) * 1.0001:
        known = DBSCAN(eps=eps, min_samples=6, metric="cosine").fit_predict(vectors)
        assert np.array_equal(radius > eps, known == -1)


def test_too_few_neighbors_say_nothing_of_strays() -> None:
    rows, similarity = np.array([[1, -1], [0, -1]]), np.array([[0.9, np.nan], [0.9, np.nan]])
    assert np.isnan(dbscan_radius(rows, similarity, min_samples=3)).all()
    assert np.isnan(dbscan_radius(rows, similarity, min_samples=9)).all()
