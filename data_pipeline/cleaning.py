"""Light curves put in order, and bad points marked; no point is dropped.

The quality of a point is a sum of flags: 0 is good, `SOURCE_FLAG` is what the source calls bad.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_pipeline.config_tables import CleaningConfig
from data_pipeline.light_curves import LightCurve

SOURCE_FLAG = 1
BAD_VALUE = 2
"""The value is infinite, or its error negative, zero or infinite."""
LARGE_ERROR = 4
"""The error is larger than the configuration allows."""
OUTLIER = 8
"""Too far from the median of its band."""
REPEATED = 16
"""The same point occurs before."""
_MIN_NIGHTS = 10


def clean(curve: LightCurve, options: CleaningConfig | None = None) -> LightCurve:
    """Return the light curve sorted in time with its bad points flagged.

    Camera offsets, where they are asked for, are taken out first; see `camera_offsets`.
    """
    options = options or CleaningConfig()
    curve = curve.select(np.argsort(curve.time, kind="stable"))
    quality = curve.quality | _bad_values(curve) * BAD_VALUE | _repeats(curve) * REPEATED
    values = {name: _finite(getattr(curve, name)) for name in ("mag", "flux")}
    errors = {name: _positive(getattr(curve, name)) for name in ("mag_err", "flux_err")}
    curve = replace(curve, quality=quality, **values, **errors)
    if options.camera_offsets:
        curve = without_camera_offsets(curve)
    if options.max_error > 0:
        error = np.where(np.isfinite(curve.mag), curve.mag_err, curve.flux_err)
        curve = _flag(curve, ~curve.is_upper_limit & (error > options.max_error), LARGE_ERROR)
    if options.outlier_sigma > 0:
        curve = _flag(curve, _outliers(curve, options.outlier_sigma), OUTLIER)
    return curve


def _flag(curve: LightCurve, bad: NDArray[np.bool_], flag: int) -> LightCurve:
    return replace(curve, quality=curve.quality | bad * np.int16(flag))


def _bad_values(curve: LightCurve) -> NDArray[np.int16]:
    bad = np.isinf(curve.mag) | np.isinf(curve.flux)
    for error in (curve.mag_err, curve.flux_err):
        bad |= (error <= 0) | np.isinf(error)
    return (bad & ~curve.is_upper_limit).astype(np.int16)


def _repeats(curve: LightCurve) -> NDArray[np.int16]:
    """Return 1 for each point that equals one before it in time, value, band and camera."""
    keys = (curve.camera, curve.band, curve.flux, curve.mag, curve.time)
    order = np.lexsort(keys)
    same = np.ones(max(len(curve) - 1, 0), dtype=bool)
    for key in keys:
        a, b = key[order][1:], key[order][:-1]
        same &= (a == b) | ((a != a) & (b != b))
    repeated = np.zeros(len(curve), np.int16)
    repeated[order[1:]] = same
    return repeated


def _finite(values: NDArray) -> NDArray:
    return np.where(np.isfinite(values), values, np.nan)


def _positive(errors: NDArray) -> NDArray:
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(errors) & (errors > 0), errors, np.nan)


def _value(curve: LightCurve) -> NDArray:
    return np.where(np.isfinite(curve.mag), curve.mag, curve.flux)


def _outliers(curve: LightCurve, sigma: float) -> NDArray[np.bool_]:
    """Return which good points lie beyond `sigma` robust standard deviations of their band."""
    outlier = np.zeros(len(curve), dtype=bool)
    value, good = _value(curve), curve.good
    for band in curve.bands:
        inside = good & (curve.band == band)
        if inside.sum() < 5:
            continue
        deviation = np.abs(value[inside] - np.median(value[inside]))
        outlier[inside] = deviation > sigma * 1.4826 * np.median(deviation)
    return outlier


def without_camera_offsets(curve: LightCurve) -> LightCurve:
    """Subtract from each camera's magnitudes its offset against the others of its band."""
    mag = curve.mag.astype(np.float64)
    for band in curve.bands:
        inside = curve.good & (curve.band == band) & (curve.camera != "")
        offsets = camera_offsets(curve.time[inside], mag[inside], curve.camera[inside])
        for camera, offset in offsets.items():
            mag[(curve.band == band) & (curve.camera == camera)] -= offset
    return replace(curve, mag=mag)


def camera_offsets(
    time: NDArray[np.floating], mag: NDArray[np.floating], camera: NDArray[np.str_]
) -> dict[str, float]:
    """Return each camera's zero-point offset in magnitudes, from the nights that cameras share.

    For each pair of cameras the median difference of their nightly medians is taken where at least
    ten nights are shared; the offsets that fit all pairs best (least squares, weighted by the
    number of nights) have zero mean over the points. The star's own changes from night to night
    cancel, for they are the same for both cameras. A camera that shares no nights keeps its own
    zero point: its offset is 0.
    """
    names = np.unique(camera)
    nightly = [_nightly(time[camera == name], mag[camera == name]) for name in names]
    rows, values, weights = [], [], []
    for i in range(len(names)):
        for j in range(i):
            shared = sorted(nightly[i].keys() & nightly[j].keys())
            if len(shared) < _MIN_NIGHTS:
                continue
            row = np.zeros(len(names))
            row[i], row[j] = 1.0, -1.0
            rows.append(row)
            values.append(np.median([nightly[i][night] - nightly[j][night] for night in shared]))
            weights.append(np.sqrt(len(shared)))
    if not rows:
        return dict.fromkeys(map(str, names), 0.0)
    weight = np.array(weights)
    solved = np.linalg.lstsq(np.array(rows) * weight[:, None], np.array(values) * weight)[0]
    linked = np.any(np.array(rows) != 0, axis=0)
    counts = np.array([(camera == name).sum() for name in names]) * linked
    solved = np.where(linked, solved - np.average(solved, weights=counts), 0.0)
    return {str(name): float(offset) for name, offset in zip(names, solved, strict=True)}


def _nightly(time: NDArray[np.floating], mag: NDArray[np.floating]) -> dict[int, float]:
    """Return the median magnitude of each night, by the number of the night."""
    nights = np.floor(time).astype(np.int64)
    return {int(night): float(np.median(mag[nights == night])) for night in np.unique(nights)}
