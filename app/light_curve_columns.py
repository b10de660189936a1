"""What the light-curve figure draws, as columns of numbers: pure functions, no figure.

Every point is sent once: the second cycle of a fold is a second column of phases, colours follow
from the band, and only the few doubtful points carry a marker of their own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.curves import running_median
from app.photometry import Fold, Photometry

COLUMNS = ("x", "repeat", "value", "low", "high", "err", "time", "band", "camera")
DOUBTFUL_COLUMNS = (*COLUMNS, "marker", "note")

MIN_POINTS_OF_MEDIAN = 40


def light_curve_columns(
    points: Photometry, fold: Fold | None, chosen: NDArray[np.bool_]
) -> dict[str, Any]:
    """Columns of some of the points, against time, or against phase and again one cycle on.

    Parameters
    ----------
    points : Photometry
        Of n points.
    fold : Fold or None
        None draws against time; nothing is repeated then.
    chosen : bool, shape (n,)

    Returns
    -------
    dict of str to ndarray, shape (chosen.sum(),)
    """
    time, value = points.time[chosen], points.value[chosen]
    x = time if fold is None else fold.phase(time).astype(np.float32)
    err = np.where(points.is_limit, 0.0, points.err)[chosen]
    return {
        "x": x,
        "repeat": np.full(len(x), np.nan, np.float32) if fold is None else x + np.float32(1),
        "value": value.astype(np.float32),
        "low": (value - err).astype(np.float32),
        "high": (value + err).astype(np.float32),
        "err": points.err[chosen].astype(np.float32),
        "time": time,
        "band": points.band[chosen].astype(object),
        "camera": points.camera[chosen].astype(object),
    }


def doubtful_columns(points: Photometry, fold: Fold | None) -> dict[str, Any]:
    """The same for upper limits and points marked bad, with a marker and a note for each."""
    chosen = ~points.good
    limit = points.is_limit[chosen]
    return {
        **light_curve_columns(points, fold, chosen),
        "marker": np.where(limit, "inverted_triangle", "circle").astype(object),
        "note": np.where(limit, "upper limit on the brightness", "marked bad").astype(object),
    }


def point_alpha(n_points: int) -> float:
    """Opacity of a point: the more there are, the lighter each."""
    return float(np.clip(12 / np.sqrt(max(n_points, 1)), 0.35, 0.9))


def median_columns(points: Photometry, fold: Fold | None) -> dict[str, Any]:
    """Running median of each band's good points over two cycles; NaN parts one band from the next.

    Empty against time, and for bands with too few points to say more than the points themselves.
    """
    xs, ys = [np.empty(0)], [np.empty(0)]
    for band in np.unique(points.band) if fold is not None else ():
        chosen = points.good & (points.band == band)
        if fold is None or chosen.sum() < MIN_POINTS_OF_MEDIAN:
            continue
        phase, median = running_median(fold.phase(points.time[chosen]), points.value[chosen])
        xs += [phase, phase + 1, np.array([np.nan])]
        ys += [median, median, np.array([np.nan])]
    return {"x": np.concatenate(xs), "y": np.concatenate(ys)}
