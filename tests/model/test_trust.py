"""Trust in a map: full where it keeps the neighbourhoods, none where it shuffles them."""

import numpy as np

from model.analysis.trust import map_trust


def test_a_faithful_map_is_trusted_and_shuffled_stars_are_not() -> None:
    rng = np.random.default_rng(2)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 600))
    vectors = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    xy = vectors.astype(np.float64)
    assert map_trust(xy, vectors).min() > 0.95

    moved = np.arange(0, 600, 60)
    xy[moved] = xy[np.roll(moved, 4)]
    xy[7] = np.nan
    trust = map_trust(xy, vectors)
    assert np.isnan(trust[7])
    assert trust[moved].max() < 0.7
    others = np.setdiff1d(np.arange(600), [*moved, 7])
    assert np.median(trust[others]) > 0.95


def test_a_map_of_one_star_says_nothing() -> None:
    assert np.isnan(map_trust(np.zeros((1, 2)), np.ones((1, 2), np.float32))).all()


def test_a_star_does_not_vouch_for_itself_among_stars_on_its_spot() -> None:
    vectors = np.eye(8, dtype=np.float32)  # nothing alike, all on one spot
    trust = map_trust(np.zeros((8, 2)), vectors, n_around=3)
    # each finds the other seven equally unlike: rank 7 of 8, itself being the only one more alike
    assert np.allclose(trust, 7 / 8)
