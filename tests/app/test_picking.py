"""Picking and lasso: what looks nearest, what lies inside, for any axis direction."""

import numpy as np
import pytest

from app.picking import PointIndex, points_in_polygon, simplify

RNG = np.random.default_rng(1)


@pytest.fixture(scope="module")
def points() -> PointIndex:
    xy = RNG.normal(size=(500, 2)) * [1, 20]
    xy[7] = np.nan
    return PointIndex(xy)


@pytest.mark.parametrize("units", [(0.01, 0.2), (0.01, -0.2), (-0.3, 0.001)])
def test_nearest_is_nearest_on_the_screen(points: PointIndex, units: tuple[float, float]) -> None:
    for place in RNG.normal(size=(20, 2)) * [1, 20]:
        pixels = np.hypot(*((points.xy - place) / units).T)
        expected = int(np.nanargmin(pixels))
        found = points.near(*place, units, max_pixels=1e6)
        assert found[0] == expected
        assert len(found) == points.n_placed
        assert (np.diff(pixels[found]) >= 0).all()


def test_nothing_is_found_beyond_the_reach(points: PointIndex) -> None:
    assert not len(points.near(100, 100, (0.01, 0.01), max_pixels=10))
    place, units = points.xy[3], (0.01, 0.2)
    found = points.near(*place, units, max_pixels=30)
    pixels = np.hypot(*((points.xy - place) / units).T)
    assert sorted(found) == np.flatnonzero(pixels <= 30).tolist()


def test_no_points_at_all() -> None:
    empty = PointIndex(np.full((3, 2), np.nan))
    assert not len(empty.near(0, 0, (1, 1), 1e9))
    assert not empty.in_polygon([0, 1, 1], [0, 0, 1]).any()


def test_box_takes_its_ends_in_any_order(points: PointIndex) -> None:
    x, y = points.xy.T
    expected = (np.abs(x) <= 1) & (np.abs(y) <= 5)
    assert np.array_equal(points.in_box(1, -1, 5, -5), expected)


def test_polygon_follows_the_even_odd_rule() -> None:
    square = np.array([0.0, 4, 4, 0]), np.array([0.0, 0, 4, 4])
    points = np.array([[2.0, 2], [5, 2], [-1, 2], [2, 4.1], [3.9, 0.1]])
    assert points_in_polygon(points, *square).tolist() == [True, False, False, False, True]
    # the outline of an hourglass leaves its flanks out
    hourglass = np.array([0.0, 4, 0, 4]), np.array([0.0, 4, 4, 0])
    flanks = np.array([[0.5, 2.0], [3.5, 2], [2, 0.5], [2, 3.5]])
    assert points_in_polygon(flanks, *hourglass).tolist() == [False, False, True, True]


def test_many_points_in_a_circle() -> None:
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    xy = RNG.uniform(-2, 2, (5000, 2))
    inside = PointIndex(xy).in_polygon(np.cos(turn), np.sin(turn))
    radius = np.hypot(*xy.T)
    sure = np.abs(radius - 1) > 1e-3
    assert np.array_equal(inside[sure], (radius < 1)[sure])


def test_simplified_lasso_is_short_and_selects_the_same() -> None:
    turn = np.linspace(0, 2 * np.pi, 400)
    x, y = np.cos(turn) + 0.3 * np.cos(3 * turn), np.sin(turn)
    outline = simplify(x, y, (0.005, 0.005))
    assert len(outline) < 60
    points = PointIndex(RNG.uniform(-2, 2, (4000, 2)))
    exact = points.in_polygon(x, y)
    thinned = points.in_polygon(*outline.T)
    assert (exact != thinned).mean() < 0.005
