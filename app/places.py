"""Where one star lies among the others: pictures of maps and diagrams, error bars, reddening.

Pure functions of arrays: how many stars fall into each pixel, the errors of a star in a diagram,
and the way interstellar dust would move it.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.curves import visible_range
from app.diagrams import ABSOLUTE_G, Diagram
from app.star_facts import number

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint32]
MAG_PER_RELATIVE_ERROR = 5 / math.log(10)
"""Error of a distance modulus for a parallax error equal to the parallax."""

REDDENING = {
    "BP − RP [mag]": ((3.374 - 2.035) / 3.1, 2.740 / 3.1),
    "J − Ks [mag]": (0.282 - 0.114, 0.114),
}
"""Shift in colour and in magnitude for one magnitude of A_V (R_V = 3.1), by the colour's label.

Gaia: Casagrande & VandenBerg (2018), J and Ks: Cardelli, Clayton & Mathis (1989).
"""


class Frame(NamedTuple):
    """What part of a plane is drawn, in its own directions: ends may run backwards."""

    x: tuple[float, float]
    y: tuple[float, float]


def frame_of(xy: Floats, invert_x: bool = False, invert_y: bool = False) -> Frame:
    """Frame of all placed stars, shape (N, 2), that a few lone ones cannot squash."""
    ends = []
    for values, inverted in zip(xy.T, (invert_x, invert_y), strict=True):
        low, high = visible_range(values, margin=0.05)
        ends.append((high, low) if inverted else (low, high))
    return Frame(*ends)


def crowd(xy: Floats, frame: Frame, color: str, n_pixels: int = 96, floor: float = 0.3) -> Pixels:
    """Draw stars as a picture whose opacity grows with the logarithm of how many share a pixel.

    Parameters
    ----------
    xy : float64, shape (n, 2)
    frame : Frame
    color : str
        "#rrggbb".
    n_pixels : int
        Along either side.
    floor : float
        Opacity of one star.

    Returns
    -------
    uint32, shape (n_pixels, n_pixels)
        As Bokeh's `image_rgba` takes it over the frame: red lowest, first row at the frame's start.
    """
    scaled = [
        (values - start) / (end - start) * n_pixels
        for values, (start, end) in zip(xy.T, frame, strict=True)
    ]
    with np.errstate(invalid="ignore"):
        column, row = (np.where(np.isfinite(one), np.floor(one), -1).astype(int) for one in scaled)
    inside = (column >= 0) & (column < n_pixels) & (row >= 0) & (row < n_pixels)
    count = np.bincount(row[inside] * n_pixels + column[inside], minlength=n_pixels**2)
    top = math.log1p(max(int(count.max()), 1))
    alpha = np.where(count > 0, floor + (1 - floor) * np.log1p(count) / top, 0.0)
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    opacity = np.round(255 * alpha).astype(np.uint32) << np.uint32(24)
    pixels = opacity | np.uint32(red | green << 8 | blue << 16)
    return np.where(count > 0, pixels, 0).astype(np.uint32).reshape(n_pixels, n_pixels)


def errors_in(diagram: Diagram, star: pd.Series) -> tuple[float, float]:
    """Standard errors of a star along x and y of a diagram; zero where they are not known."""
    return _color_error(diagram, star), _magnitude_error(diagram, star)


def _color_error(diagram: Diagram, star: pd.Series) -> float:
    pairs = {
        "BP − RP [mag]": ("e_phot_bp_mean_mag", "e_phot_rp_mean_mag"),
        "J − Ks [mag]": ("e_j_mag", "e_k_mag"),
    }
    errors = [number(star, name) for name in pairs.get(diagram.x_label, ())]
    total = math.hypot(*errors) if errors else 0.0
    return total if math.isfinite(total) else 0.0


def _magnitude_error(diagram: Diagram, star: pd.Series) -> float:
    errors = {
        ABSOLUTE_G: "e_phot_g_mean_mag", "G [mag]": "e_phot_g_mean_mag", "Ks [mag]": "e_k_mag"
    }  # fmt: skip
    total = np.nan_to_num(number(star, errors.get(diagram.y_label, "")))
    if diagram.y_label == ABSOLUTE_G:
        quality = number(star, "parallax_over_error")
        if not math.isfinite(quality):
            quality = number(star, "parallax") / number(star, "parallax_error")
        if math.isfinite(quality) and quality > 0:
            total = math.hypot(total, MAG_PER_RELATIVE_ERROR / quality)
    return float(total)
