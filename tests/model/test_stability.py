"""Stability: parts that are there come back on other maps, arbitrary halves do not."""

import numpy as np

from model.analysis.fusion import normalized
from model.analysis.stability import part_stability


def test_real_parts_are_stable_and_random_ones_are_not() -> None:
    rng = np.random.default_rng(4)
    centers = np.repeat(normalized(rng.normal(size=(2, 10))), 60, axis=0)
    vectors = normalized(centers + 0.08 * rng.normal(size=(120, 10)))
    real = np.repeat([0, 1], 60).astype(np.int16)
    (half, first), (whole, found) = part_stability(vectors, real, seeds=(1, 2))
    assert (half, first.n_maps, whole, found.n_maps) == (0.5, 1, 1.0, 2)
    assert found.rand > 0.9
    assert min(found.jaccard.values()) > 0.9
    made_up = rng.integers(0, 2, 120).astype(np.int16)
    ((_, other),) = part_stability(vectors, made_up, seeds=(1,))
    assert other.rand < 0.2
