"""Folded thumbnails: one cycle twice, bright up, small and fast."""

import re
import time

import numpy as np
import pytest

from app.thumbnails import HEIGHT, MAX_POINTS, WIDTH, folded_thumbnail


def dots(svg: str, kind: str = "dots") -> np.ndarray:
    path = re.search(rf'class="{kind}" d="([^"]*)"', svg)
    assert path is not None
    return np.array(re.findall(r"M(\d+) (\d+)h0", path[1]), dtype=int)


@pytest.fixture
def sine() -> tuple[np.ndarray, np.ndarray]:
    time_days = np.linspace(0, 100, 400)
    return time_days, 12 + 0.4 * np.sin(2 * np.pi * time_days / 3.3)


def test_two_cycles_the_second_half_a_picture_further(sine: tuple) -> None:
    svg = folded_thumbnail(*sine, 3.3)
    first, second = dots(svg), dots(svg, "dots repeat")
    assert len(first) == len(second) <= MAX_POINTS
    assert np.abs(second[:, 0] - first[:, 0] - (WIDTH - 4) / 2).max() <= 1
    np.testing.assert_array_equal(first[:, 1], second[:, 1])
    assert first.min() >= 0
    assert first[:, 1].max() <= HEIGHT


def test_magnitudes_have_bright_up_and_the_maximum_first(sine: tuple) -> None:
    first = dots(folded_thumbnail(*sine, 3.3))
    at_start = first[first[:, 0] < 8, 1]
    in_the_middle = first[np.abs(first[:, 0] - WIDTH / 4) < 6, 1]
    assert at_start.mean() < in_the_middle.mean()  # SVG rows count downwards


def test_eclipsers_start_at_the_minimum_and_fluxes_are_not_inverted(sine: tuple) -> None:
    first = dots(folded_thumbnail(*sine, 3.3, is_magnitude=False, minimum_first=True))
    at_start = first[first[:, 0] < 8, 1]
    assert at_start.mean() > HEIGHT * 0.7


@pytest.mark.parametrize("period", [None, np.nan, 0.0])
def test_without_a_period_the_picture_is_against_time(sine: tuple, period: float | None) -> None:
    svg = folded_thumbnail(*sine, period)
    assert "repeat" not in svg
    assert np.ptp(dots(svg)[:, 0]) > 0.9 * (WIDTH - 4)


def test_no_points_and_one_bad_point(sine: tuple) -> None:
    assert 'd=""' in folded_thumbnail([], [], 1.0)
    time_days, value = sine
    value = value.copy()
    value[7] = 25.0
    rows = dots(folded_thumbnail(time_days, value, 3.3))[:, 1]
    assert np.ptp(rows) > 0.6 * HEIGHT, "one bad point squashed the curve"


def test_twenty_take_less_than_fifty_milliseconds() -> None:
    rng = np.random.default_rng(1)
    curves = [(np.sort(rng.uniform(0, 1500, 500)), rng.normal(12, 0.2, 500)) for _ in range(20)]
    folded_thumbnail(*curves[0], 0.7)
    start = time.process_time()
    for curve in curves:
        folded_thumbnail(*curve, 0.7)
    assert time.process_time() - start < 0.05
