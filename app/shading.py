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
from holoviews.operation.datashader import aggregate
from numpy.typing import NDArray

Pixels = NDArray[np.uint32]
Codes = NDArray[np.int16]
Rows = NDArray[np.integer] | slice
NOBODY = -1


class Frame(NamedTuple):
    """What part of the plane is drawn, into how many pixels."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int
    height: int


class Layer(NamedTuple):
    """Stars drawn alike: each pixel in the colour of a class, with one opacity."""

    winners: Codes
    """Class of each pixel (height, width), an index into `colors`, or `NOBODY`."""
    colors: Sequence[str]
    alpha: float = 1.0


def winners(
    xy: NDArray[np.float64], rows: Rows, code: NDArray[np.integer], n_classes: int, frame: Frame
) -> Codes:
    """The commonest class in each pixel.

    Parameters
    ----------
    xy : ndarray, shape (N, 2)
        In Fortran's order the columns need not be copied.
    rows : ndarray of int, or slice
        Stars that count.
    code : ndarray of int, shape (N,)
        Class of each star, below `n_classes`.
    n_classes : int
    frame : Frame

    Returns
    -------
    ndarray of int16, shape (height, width)
        First row at the bottom; `NOBODY` where there is no star.
    """
    found = np.full((frame.height, frame.width), NOBODY, dtype=np.int16)
    x = xy[rows, 0]
    if len(x):
        classes = pd.CategoricalDtype(list(range(n_classes)))
        columns = {
            "x": pd.Series(x, copy=False),
            "y": pd.Series(xy[rows, 1], copy=False),
            "code": pd.Categorical.from_codes(code[rows], dtype=classes),
        }
        counts = _counts(pd.DataFrame(columns, copy=False), frame)  # (H, W, C)
        filled = counts.any(axis=-1)
        found[filled] = counts[filled].argmax(axis=-1)
    return found


def shade(layers: Sequence[Layer], radius: int) -> Pixels:
    """Draw layers of stars, the later ones above, each star a disc of this radius [pixels].

    Returns
    -------
    ndarray of uint32, shape (height, width)
        RGBA with the red byte lowest, first row at the bottom, as Bokeh's image_rgba takes it.
    """
    picture = np.zeros(layers[0].winners.shape, dtype=np.uint32)
    for layer in layers:
        discs = spread(Image(_dots(layer)), px=radius, shape="circle").data
        picture = np.where(discs, discs, picture)
    return picture


def _dots(layer: Layer) -> Pixels:
    colors = np.array([_rgba(color, layer.alpha) for color in layer.colors], dtype=np.uint8)
    palette = np.append(colors.view("<u4")[:, 0], np.uint32(0))  # `NOBODY` finds the last
    return palette[layer.winners]


def _counts(table: pd.DataFrame, frame: Frame) -> NDArray[np.uint32]:
    """Stars of each class in each pixel, shape (height, width, classes)."""
    operation = aggregate.instance(aggregator=ds.by("code", ds.count()), dynamic=False)
    counted = operation.process_element(
        hv.Points(table, ["x", "y"], ["code"]),
        key=None,
        x_range=frame.x,
        y_range=frame.y,
        width=frame.width,
        height=frame.height,
    )
    return counted.data.to_numpy()


def _rgba(color: str, alpha: float) -> tuple[int, int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16), round(255 * alpha)


def warm_up() -> None:
    """Have the counting and the discs compiled, which takes seconds the first time."""
    rows, colors, frame = np.arange(2), ["#000000", "#ffffff"], Frame((0, 1), (0, 1), 8, 8)
    found = winners(rows[:, None] + np.zeros((2, 2)), rows, rows, 2, frame)
    for radius in (1, 2):
        shade([Layer(found, colors)], radius)
