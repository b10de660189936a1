"""Search by vectors: exact in blocks, across modalities, near in one way and far in another."""

import numpy as np
import pytest

from model.analysis.fusion import normalized
from model.analysis.search import (
    less_mean,
    mean_vector,
    near_but_far,
    nearest,
    similarity_to,
)

RNG = np.random.default_rng(3)
N, D = 500, 12


def unit(n: int) -> np.ndarray:
    return normalized(RNG.normal(size=(n, D)))


def test_similarity_in_blocks_is_the_cosine() -> None:
    stored, present = unit(N).astype(np.float16), np.arange(N) % 7 > 0
    query = unit(1)[0]
    found = similarity_to(query, stored, present, block=64)
    np.testing.assert_allclose(found[present], stored[present].astype(float) @ query, atol=1e-3)
    assert np.isnan(found[~present]).all()


def test_similarity_less_the_mean_is_the_cosine_of_what_is_left() -> None:
    mean = 0.6 * unit(1)[0]
    stored = normalized(unit(N) + 3 * mean)
    query = less_mean(stored[5], mean)
    expected = normalized(stored - mean) @ query
    np.testing.assert_allclose(
        similarity_to(query, stored, mean=mean, block=99), expected, atol=1e-5
    )
    assert similarity_to(query, stored, mean=mean)[5] == pytest.approx(1, abs=1e-5)


def test_across_modalities_the_mean_taken_out_finds_the_counterpart() -> None:
    """Two noisy views of the same stars, each in a cone of its own."""
    stars = unit(N)
    one, other = np.eye(D)[0], np.eye(D)[1]
    first = normalized(stars + 0.2 * RNG.normal(size=(N, D)) + 3 * one)
    second = normalized(stars + 0.2 * RNG.normal(size=(N, D)) + 3 * other)
    mean_first, mean_second = first.mean(axis=0), second.mean(axis=0)
    rank = {"plain": [], "less mean": []}
    for row in range(60):
        plain = similarity_to(first[row], second)
        query = less_mean(first[row], mean_first)
        centered = similarity_to(query, second, mean=mean_second)
        for name, found in (("plain", plain), ("less mean", centered)):
            rank[name].append(int((found > found[row]).sum()))
    assert np.mean(rank["less mean"]) < 0.5 * np.mean(rank["plain"])


def test_nearest_are_sorted_allowed_and_never_absent() -> None:
    similarity = np.array([0.5, np.nan, 0.9, 0.9, 0.1], dtype=np.float32)
    assert nearest(similarity, 10).tolist() == [2, 3, 0, 4]
    assert nearest(similarity, 2, allowed=np.array([1, 1, 0, 1, 1], bool)).tolist() == [3, 0]
    assert nearest(similarity, 3, allowed=np.zeros(5, bool)).tolist() == []


def test_near_but_far_keeps_to_the_near_and_puts_the_far_first() -> None:
    near = np.linspace(1, 0, N, dtype=np.float32)
    far = RNG.uniform(size=N).astype(np.float32)
    far[3] = np.nan
    rows = near_but_far(near, far, 5, n_near=20)
    expected = np.delete(np.arange(21), 3)
    assert rows.tolist() == expected[np.argsort(far[expected])][:5].tolist()


def test_the_mean_of_a_selection_leaves_out_who_lacks_the_modality() -> None:
    stored, present = unit(N), np.arange(N) > 2
    found = mean_vector(stored, np.array([0, 5, 6]), present)
    expected = stored[5] + stored[6]
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    assert mean_vector(stored, np.array([0, 1]), present) is None
