"""The picture of many stars: right places, right colours, later layers above."""

import numpy as np

from app.shading import NOBODY, Frame, Layer, shade, winners

FRAME = Frame((0.0, 10.0), (0.0, 5.0), 100, 50)
RED, BLUE = "#ff0000", "#0000ff"


def rgba(pixels: np.ndarray) -> np.ndarray:
    """Red, green, blue, alpha of each pixel."""
    return pixels.view(np.uint8).reshape(*pixels.shape, 4)


def layer(xy: np.ndarray, rows: list[int] | slice, codes: list[int], alpha: float = 1.0) -> Layer:
    code = np.array(codes, dtype=np.int16)
    picked = rows if isinstance(rows, slice) else np.array(rows, dtype=np.int64)
    return Layer(winners(xy, picked, code, 2, FRAME), [RED, BLUE], alpha)


def test_stars_stand_where_they_should_with_the_first_row_at_the_bottom() -> None:
    xy = np.array([[2.05, 1.05], [8.05, 4.05]])
    pixels = rgba(shade([layer(xy, [0, 1], [0, 1])], radius=1))
    assert pixels.shape == (50, 100, 4)
    assert pixels[10, 20].tolist() == [255, 0, 0, 255]
    assert pixels[40, 80].tolist() == [0, 0, 255, 255]
    assert (pixels[..., 3] > 0).sum() == 2 * 9, "a disc of radius one is three pixels wide"
    assert np.array_equal(pixels, rgba(shade([layer(xy, slice(None), [0, 1])], radius=1)))


def test_the_commonest_class_of_a_pixel_wins() -> None:
    xy = np.full((5, 2), 3.05)
    found = layer(xy, [0, 1, 2, 3, 4], [0, 1, 1, 1, 0]).winners
    assert found[30, 30] == 1
    assert (found != NOBODY).sum() == 1
    assert layer(xy, [0, 1, 4], [0, 1, 1, 1, 0]).winners[30, 30] == 0


def test_later_layers_lie_above() -> None:
    xy = np.full((2, 2), 3.05)
    below, above = layer(xy, [0], [0, 1]), layer(xy, [1], [0, 1])
    assert rgba(shade([below, above], 1))[30, 30].tolist() == [0, 0, 255, 255]
    assert rgba(shade([above, below], 1))[30, 30].tolist() == [255, 0, 0, 255]


def test_opacity_and_nothing_in_view() -> None:
    xy = np.array([[3.05, 3.05], [50.0, 50.0]])
    assert rgba(shade([layer(xy, [0], [0, 1], 0.5)], 1))[30, 30, 3] == 128
    assert not shade([layer(xy, [1], [0, 1])], 1).any()
    assert not shade([layer(xy, [], [0, 1])], 1).any()
