"""From measurements to what is fitted: finite points, sane weights, tamed outliers.

Wild points are pulled in, not dropped: a faint one may be the only point inside an eclipse. Bright
ones have no such excuse and are held closer to the rest.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_pipeline.errors import InputError
from data_pipeline.periods.harmonics import coefficients
from data_pipeline.periods.types import Band, Prepared

_BRIGHT_LIMIT = 5.0  # robust standard deviations
_FAINT_QUANTILE, _FAINT_LIMIT = 0.99, 3.0
_MIN_BAND_POINTS = 6
_DRIFT_BASE, _N_DRIFT = 1.3, 8  # a Fourier series over 1.3 time spans


def prepare(
    time: ArrayLike, value: ArrayLike, err: ArrayLike | None, band: ArrayLike | None
) -> Prepared | None:
    """Split a light curve into bands ready to fit; None where nothing can be searched.

    Parameters
    ----------
    time : array_like, shape (n,), days
    value : array_like, shape (n,), magnitudes
    err : array_like, shape (n,), or None for equal weights
    band : array_like of str, shape (n,), or None for one band
    """
    times, values = np.asarray(time, np.float64), np.asarray(value, np.float64)
    errors = np.ones_like(values) if err is None else np.asarray(err, np.float64)
    names = np.zeros(times.shape, int) if band is None else np.asarray(band)
    if not times.shape == values.shape == errors.shape == names.shape or times.ndim != 1:
        raise InputError(
            "a light curve needs one-dimensional arrays of one length, found time "
            f"{times.shape}, value {values.shape}, err {errors.shape}, band {names.shape}."
        )
    use = np.isfinite(times) & np.isfinite(values)
    times, values, errors, names = times[use], values[use], errors[use], names[use]
    if len(times) == 0:
        return None
    middle = (times.min() + times.max()) / 2
    bands = []
    for name in np.unique(names):
        mask = names == name
        varies = np.ptp(values[mask]) > 0 and np.ptp(times[mask]) > 0
        if mask.sum() >= _MIN_BAND_POINTS and varies:
            bands.append(_band(times[mask] - middle, values[mask], errors[mask]))
    if not bands:
        return None
    span = max(b.time.max() for b in bands) - min(b.time.min() for b in bands)
    return Prepared(tuple(bands), float(span)) if span > 0 else None


def _band(time: NDArray, value: NDArray, err: NDArray) -> Band:
    weight = _weights(err)
    value = _tame(value)
    return Band(time, value - weight @ value, weight)


def _weights(err: NDArray) -> NDArray[np.float64]:
    good = np.isfinite(err) & (err > 0)
    typical = float(np.median(err[good])) if good.any() else 1.0
    # half the typical error is added so that no few points rule: stars scatter beyond their errors
    filled = np.where(good, err, 3.0 * typical)
    weight = 1.0 / (filled**2 + (0.5 * typical) ** 2)
    return weight / weight.sum()


def _tame(value: NDArray) -> NDArray[np.float64]:
    middle = np.median(value)
    spread = 1.4826 * np.median(np.abs(value - middle))
    if spread == 0:
        spread = float(np.std(value))
    faint = np.quantile(value, _FAINT_QUANTILE) + _FAINT_LIMIT * spread
    return np.clip(value, middle - _BRIGHT_LIMIT * spread, faint)


def detrended(band: Band) -> NDArray[np.float64]:
    """Return the values, shape (n,), about the band's straight line."""
    centered = band.time - band.weight @ band.time
    slope = (band.weight * centered) @ band.value / (band.weight @ centered**2)
    residual: NDArray[np.float64] = band.value - slope * centered
    return residual if np.ptp(residual) > 1e-9 * np.ptp(band.value) else band.value


def without_drift(prepared: Prepared) -> Prepared:
    """Take out what changes in more than a sixth of the time span."""
    base = 1.0 / (_DRIFT_BASE * prepared.span)
    bands = []
    for band in prepared.bands:
        series = coefficients(band, base, _N_DRIFT)
        phase = np.outer(band.time * base, np.arange(_N_DRIFT + 1))
        value = band.value - (np.exp(2j * np.pi * phase) @ series).real
        bands.append(Band(band.time, value - band.weight @ value, band.weight))
    return Prepared(tuple(bands), prepared.span)


def stacked(prepared: Prepared, scales: NDArray[np.float64]) -> Band:
    """Lay the bands, trends removed, over each other, each divided by its scale (n_bands,)."""
    time = np.concatenate([b.time for b in prepared.bands])
    value = np.concatenate([detrended(b) / s for b, s in zip(prepared.bands, scales, strict=True)])
    share = [len(b.time) / prepared.n for b in prepared.bands]
    weight = np.concatenate([b.weight * s for b, s in zip(prepared.bands, share, strict=True)])
    return Band(time, value, weight)
