"""A survey's own features as unit vectors."""

import numpy as np

from model.plain import unit_vectors


def test_near_in_features_is_near_in_angle_and_missing_is_average() -> None:
    rng = np.random.default_rng(1)
    numbers = rng.normal([5.0, -300.0], [1.0, 40.0], (200, 2))
    numbers[0] = [np.nan, -300.0]
    numbers[1] = np.nan
    numbers[2:4] = [[5.0, -300.0], [9.0, -140.0]]
    vectors, present = unit_vectors(numbers)
    assert present.tolist() == [True, False] + [True] * 198
    np.testing.assert_allclose(np.linalg.norm(vectors[present], axis=1), 1.0, rtol=1e-6)
    assert not vectors[1].any()
    assert vectors[0] @ vectors[2] > 0.99
    assert vectors[2] @ vectors[3] < 0.5


def test_columns_of_nothing_and_of_one_value_do_no_harm() -> None:
    numbers = np.column_stack([np.full(5, np.nan), np.full(5, 7.0), np.arange(5.0)])
    vectors, present = unit_vectors(numbers)
    assert present.all()
    assert np.isfinite(vectors).all()
    nothing, present = unit_vectors(np.full((3, 2), np.nan))
    assert not present.any()
    assert not nothing.any()
