"""Exact neighbours: against brute force, in any blocks, of any float type, across modalities."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from model.analysis.neighbors import NeighborIndex, cross_neighbors


def brute_force(vectors: np.ndarray, present: np.ndarray, k: int) -> np.ndarray:
    similarity = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(similarity, -9)
    similarity[:, ~present] = -9
    return np.argsort(-similarity, axis=1)[:, :k]


@pytest.mark.parametrize("blocks", [(1024, 16384), (50, 70), (7, 11)])
def test_neighbors_are_exact_in_any_blocks(sky, blocks) -> None:
    vectors, present = sky.vectors["spectra"], sky.present["spectra"]
    similarity, rows = NeighborIndex(12, *blocks).fit(vectors, present=present).kneighbors()
    assert np.array_equal(rows[present], brute_force(vectors, present, 12)[present])
    assert np.all(rows[~present] == -1)
    assert np.all(np.isnan(similarity[~present]))
    expected = np.einsum("nd,nkd->nk", vectors[present], vectors[rows[present]])
    assert np.allclose(similarity[present], expected, atol=1e-6)
    assert np.all(np.diff(similarity[present], axis=1) <= 0)


def test_an_object_is_not_its_own_neighbor_even_among_twins() -> None:
    twins = np.tile(np.eye(3, dtype=np.float32)[0], (5, 1))
    _, rows = NeighborIndex(4).fit(twins).kneighbors()
    for own, found in enumerate(rows):
        assert sorted(found) == [row for row in range(5) if row != own]


def test_fewer_neighbors_than_asked_for_leave_blanks() -> None:
    similarity, rows = NeighborIndex(4).fit(np.eye(3, dtype=np.float32)).kneighbors()
    assert np.all(rows[:, 2:] == -1)
    assert np.all(np.isnan(similarity[:, 2:]))


def test_memory_mapped_half_precision_is_read_in_float32(sky, tmp_path) -> None:
    np.save(tmp_path / "half.npy", sky.vectors["photometry"].astype(np.float16))
    stored = np.load(tmp_path / "half.npy", mmap_mode="r")
    similarity, rows = NeighborIndex(5, 64, 64).fit(stored).kneighbors()
    assert similarity.dtype == np.float32
    widened = np.asarray(stored, dtype=np.float32)
    assert np.array_equal(rows, NeighborIndex(5).fit(widened).kneighbors()[1])


def test_a_query_of_one_modality_searches_another(sky) -> None:
    query, stored = sky.vectors["photometry"][4], sky.vectors["spectra"]
    similarity, rows = cross_neighbors(query, stored, sky.present["spectra"], 6, leave_out=4)
    expected = np.where(sky.present["spectra"], stored @ query, -9)
    expected[4] = -9
    assert np.array_equal(rows, np.argsort(-expected)[:6])
    assert np.allclose(similarity, np.sort(expected)[::-1][:6], atol=1e-6)


def test_an_index_without_vectors_says_so() -> None:
    with pytest.raises(NotFittedError):
        NeighborIndex().kneighbors()
    with pytest.raises(ValueError, match="presence mask has shape"):
        NeighborIndex().fit(np.eye(3), present=np.ones(2, dtype=bool))
