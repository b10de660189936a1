"""A picture of any number of stars: counts per pixel and class by datashader, then colours.

The stars are counted through HoloViews' datashader operation; each pixel takes the colour of
its commonest class and grows into a small disc. Later layers lie above: a selection above the rest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import datashader as ds
import holoviews as hv
import numpy as np
import pandas as pd
from datashader.transfer_functions import Image, spread
from holoviews.operation.datashader import rasterize
from numpy.typing import NDArray

Pixels = NDArray[np.uint32]


class Frame(NamedTuple):
    """What part of the plane is drawn, into how many pixels."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int
    height: int


class Layer(NamedTuple):
    """Stars drawn alike: each in the colour of its class, with one opacity."""

    rows: NDArray[np.integer]
    code: NDArray[np.integer]
    """Class of every star (N,), an index into `colors`."""
    colors: Sequence[str]
    alpha: float = 1.0


def shade(xy: NDArray[np.float64], layers: Sequence[Layer], frame: Frame, radius: int) -> Pixels:
    """Draw layers of stars, the later ones above.

    Parameters
    ----------
    xy : ndarray, shape (N, 2)
    layers : sequence of Layer
    frame : Frame
    radius : int
        Of a star's disc, in pixels.

    Returns
    -------
    ndarray of uint32, shape (height, width)
        RGBA with the red byte lowest, first row at the bottom, as Bokeh's image_rgba takes it.
    """
    picture = np.zeros((frame.height, frame.width), dtype=np.uint32)
    for layer in layers:
        if len(layer.rows):
            discs = spread(Image(_dots(xy, layer, frame)), px=radius, shape="circle").data
            picture = np.where(discs, discs, picture)
    return picture


def _dots(xy: NDArray[np.float64], layer: Layer, frame: Frame) -> Pixels:
    """One pixel per star, in the colour of the class that is commonest there."""
    counts = _counts(xy, layer, frame)  # (H, W, C)
    filled = counts.any(axis=-1)
    colors = np.array([_rgba(color, layer.alpha) for color in layer.colors], dtype=np.uint8)
    dots = np.zeros(filled.shape, dtype=np.uint32)
    dots[filled] = colors.view("<u4")[counts[filled].argmax(axis=-1), 0]
    return dots


def _counts(xy: NDArray[np.float64], layer: Layer, frame: Frame) -> NDArray[np.uint32]:
    """Stars of each class in each pixel, shape (height, width, classes)."""
    classes = pd.CategoricalDtype(list(range(len(layer.colors))))
    code = pd.Categorical.from_codes(layer.code[layer.rows], dtype=classes)
    table = pd.DataFrame({"x": xy[layer.rows, 0], "y": xy[layer.rows, 1], "code": code})
    counted = rasterize(
        hv.Points(table, ["x", "y"], ["code"]),
        aggregator=ds.by("code", ds.count()),
        x_range=frame.x,
        y_range=frame.y,
        width=frame.width,
        height=frame.height,
        dynamic=False,
    )
    return counted.data.to_numpy()


def _rgba(color: str, alpha: float) -> tuple[int, int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16), round(255 * alpha)


def warm_up() -> None:
    """Have the counting and the discs compiled, which takes seconds the first time."""
    rows = np.arange(2)
    layer = Layer(rows, rows.astype(np.int16), ["#000000", "#ffffff"])
    for radius in (1, 2):
        shade(rows[:, None] + np.zeros((2, 2)), [layer], Frame((0, 1), (0, 1), 8, 8), radius)
