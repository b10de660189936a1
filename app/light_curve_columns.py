"""What the light-curve figure draws, as columns of numbers: pure functions, no figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.curves import running_median
from app.photometry import Fold, Photometry

COLUMNS = (
    "x", "value", "low", "high", "err", "time", "color", "alpha", "fill_alpha", "marker",
    "band", "camera", "note",
)  # fmt: skip

REPEAT_ALPHA = 0.4
"""How much paler the second cycle of a fold is than the first."""

MIN_POINTS_OF_MEDIAN = 40


def light_curve_columns(
    points: Photometry, fold: Fold | None, colors: Mapping[str, str]
) -> dict[str, Any]:
    """Columns of the points, against time or (twice) against phase.

    Parameters
    ----------
    points : Photometry
        Of n points.
    fold : Fold or None
        None draws against time.
    colors : mapping of band to color

    Returns
    -------
    dict of str to ndarray, shape (n,) or, folded, (2 n,)
    """
    n = len(points.time)
    color = np.array([colors[band] for band in points.band.tolist()], dtype=object)
    alpha = np.full(n, float(np.clip(12 / np.sqrt(max(n, 1)), 0.35, 0.9)))
    hollow = points.is_limit | points.is_bad
    err = np.where(points.is_limit, 0.0, points.err)
    columns = {
        "x": points.time if fold is None else fold.phase(points.time),
        "value": points.value,
        "low": points.value - err,
        "high": points.value + err,
        "err": points.err,
        "time": points.time,
        "color": color,
        "alpha": alpha,
        "fill_alpha": np.where(hollow, 0.0, alpha),
        "marker": np.where(points.is_limit, "inverted_triangle", "circle").astype(object),
        "band": points.band.astype(object),
        "camera": points.camera.astype(object),
        "note": _notes(points),
    }
    return columns if fold is None else _two_cycles(columns)


def _two_cycles(columns: dict[str, NDArray[Any]]) -> dict[str, Any]:
    twice = {name: np.concatenate([column, column]) for name, column in columns.items()}
    n = len(columns["x"])
    twice["x"][n:] += 1
    for name in ("alpha", "fill_alpha"):
        twice[name][n:] *= REPEAT_ALPHA
    return twice


def _notes(points: Photometry) -> NDArray[Any]:
    """What the hover adds for points that are not plain detections."""
    notes = np.full(len(points.time), "", dtype=object)
    notes[points.is_bad] = "marked bad"
    notes[points.is_limit] = "upper limit on the brightness"
    return notes


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
