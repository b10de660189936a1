"""What the light-curve figure draws, as columns of numbers: pure functions, no figure.

Every point is sent once: the second cycle of a fold is a second column of phases, colours follow
from the band, and only the few doubtful points carry a marker of their own.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.curves import running_median, visible_range
from app.photometry import Fold, Photometry

COLUMNS = ("x", "repeat", "value", "low", "high", "err", "time", "band", "camera", "group")
DOUBTFUL_COLUMNS = (*COLUMNS, "marker", "note")

MIN_POINTS_OF_MEDIAN = 40
_LIMIT_REACH = 0.4
"""Upper limits so far beyond the detections, as a share of their range, are still shown."""


def light_curve_columns(
    points: Photometry, fold: Fold | None, chosen: NDArray[np.bool_], by_camera: bool = False
) -> dict[str, Any]:
    """Columns of some of the points, against time, or against phase and again one cycle on.

    Parameters
    ----------
    points : Photometry
        Of n points.
    fold : Fold or None
        None draws against time; nothing is repeated then.
    chosen : bool, shape (n,)
    by_camera : bool
        The group, which has a colour, is the camera, else the band.

    Returns
    -------
    dict of str to ndarray, shape (chosen.sum(),)
    """
    time, value = points.time[chosen], points.value[chosen]
    x = time if fold is None else fold.phase(time).astype(np.float32)
    err = np.where(points.is_limit, 0.0, points.err)[chosen]
    band, camera = points.band[chosen].astype(object), points.camera[chosen].astype(object)
    return {
        "x": x,
        "repeat": np.full(len(x), np.nan, np.float32) if fold is None else x + np.float32(1),
        "value": value.astype(np.float32),
        "low": (value - err).astype(np.float32),
        "high": (value + err).astype(np.float32),
        "err": points.err[chosen].astype(np.float32),
        "time": time,
        "band": band,
        "camera": camera,
        "group": camera if by_camera else band,
    }


def doubtful_columns(
    points: Photometry, fold: Fold | None, by_camera: bool = False
) -> dict[str, Any]:
    """The same for upper limits and points marked bad, with a marker and a note for each."""
    chosen = ~points.good
    limit = points.is_limit[chosen]
    return {
        **light_curve_columns(points, fold, chosen, by_camera),
        "marker": np.where(limit, "inverted_triangle", "circle").astype(object),
        "note": np.where(limit, "upper limit on the brightness", "marked bad").astype(object),
    }


def value_range(points: Photometry) -> tuple[float, float]:
    """Lowest and highest value to show: the detections, and the limits that lie near them."""
    if points.is_limit.all():
        return visible_range(points.value)
    low, high = visible_range(points.value[~points.is_limit])
    limits, reach = points.value[points.is_limit], _LIMIT_REACH * (high - low)
    near = limits[(limits > low - reach) & (limits < high + reach)]
    pad = 0.04 * (high - low)
    return min([low, *(near - pad)]), max([high, *(near + pad)])


def point_alpha(n_points: int) -> float:
    """Opacity of a point: the more there are, the lighter each."""
    return float(np.clip(12 / np.sqrt(max(n_points, 1)), 0.35, 0.9))


def epoch_columns(
    times: NDArray[np.float64], names: list[str], fold: Fold | None
) -> dict[str, Any]:
    """Where spectra were taken: x (twice for a fold, once a cycle), their names and dates.

    Parameters
    ----------
    times : float64, shape (n,), days as the points count them; NaN where not known
    names : list of str, length n
    """
    known = np.flatnonzero(np.isfinite(times))
    cycles = (0,) if fold is None else (0, 1)
    at = times[known] if fold is None else fold.phase(times[known])
    return {
        "x": np.concatenate([at + cycle for cycle in cycles]),
        "name": [names[i] for i in known] * len(cycles),
    }


def other_star_columns(
    points: Photometry, fold: Fold, level: float
) -> tuple[dict[str, Any], float]:
    """Good points of the main band of another star, folded by its own period and moved to a level.

    Returns
    -------
    dict with x, repeat and value, shape (n,)
    shift : float
        What was added to its values, so that their median is the level.
    """
    main = points.main_band()
    shift = level - float(np.median(points.value[main]))
    x = fold.phase(points.time[main]).astype(np.float32)
    value = (points.value[main] + shift).astype(np.float32)
    return {"x": x, "repeat": x + np.float32(1), "value": value}, shift


def residuals(points: Photometry, fold: Fold, model: tuple[Photometry, Fold] | None) -> Photometry:
    """The points less the running median of the fold, band by band.

    Parameters
    ----------
    points : Photometry
    fold : Fold
    model : (Photometry, Fold), optional
        Another star whose median, moved to the same level, is taken away instead.
    """
    value = points.value.copy()
    for band in np.unique(points.band):
        of_band = points.band == band
        source, by = (points, fold) if model is None else model
        chosen = points.good & of_band if model is None else source.main_band()
        phase, median = running_median(by.phase(source.time[chosen]), source.value[chosen])
        if len(phase) < 2:
            continue
        if model is not None:
            median = median + np.median(value[points.good & of_band]) - np.median(median)
        expected = np.interp(fold.phase(points.time[of_band]), phase, median, period=1.0)
        value[of_band] -= expected
    return replace(points, value=value, is_residual=True)


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
