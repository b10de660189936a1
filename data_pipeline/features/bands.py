"""Features of two bands together: color, and how the same star differs between them.

Bands are taken in order of wavelength; where a survey has more than two, the two bluest with enough
points are compared.
"""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.features.folded import string_length
from data_pipeline.features.fourier import fit_harmonics
from data_pipeline.features.series import (
    MIN_POINTS,
    bounded,
    median_absolute_deviation,
    ratio,
    skewness,
    von_neumann,
)
from data_pipeline.light_curves import phase_fold
from data_pipeline.periods.prepare import prepare
from data_pipeline.periods.search import power_spectrum
from data_pipeline.periods.types import PeriodConfig

Array = NDArray[np.floating]
Series = tuple[Array, Array, Array]
"""Time in days, brightness and error in magnitudes of one band."""

_N_HARMONICS = 3
_ALONE = PeriodConfig(min_period_days=0.2)
"""One band alone is searched with one harmonic: only what dominates it is asked for."""


def band_features(blue: Series, red: Series, period_days: float) -> dict[str, float]:
    """Return color, amplitude ratio, phase lag and agreement of two bands."""
    features = {
        "mean_mag_red": float(np.median(red[1])),
        "color": float(np.median(blue[1]) - np.median(red[1])),
        "scatter_ratio": bounded(
            ratio(median_absolute_deviation(red[1]), median_absolute_deviation(blue[1]))
        ),
        "von_neumann_red": von_neumann(red[1]),
        "skewness_red": skewness(red[1]),
        "band_correlation": nightly_correlation(blue, red),
        **period_alone(blue, "blue"),
        **period_alone(red, "red"),
    }
    if np.isfinite(period_days) and min(len(blue[0]), len(red[0])) >= 2 * MIN_POINTS:
        features |= _folded(blue, red, period_days)
    return features


def period_alone(series: Series, name: str) -> dict[str, float]:
    """Return the strongest single-harmonic period of one band, found without the other one.

    Bands that disagree on it say that the period of both together is one of several aliases.
    """
    prepared = prepare(*series, None)
    if prepared is None or prepared.n < 2 * MIN_POINTS:
        return {}
    power, step = power_spectrum(prepared, _ALONE)
    lowest = int(np.ceil(_ALONE.min_cycles / prepared.span / step))
    if lowest >= len(power):
        return {}
    best = lowest + int(np.argmax(power[lowest:]))
    return {
        f"log_period_{name}": float(-np.log10(best * step)),
        f"period_power_{name}": float(power[best]),
    }


def nightly_correlation(blue: Series, red: Series) -> float:
    """Return Pearson's correlation of the bands' nightly means."""
    nights_blue, mean_blue = _nightly(blue)
    nights_red, mean_red = _nightly(red)
    _, in_blue, in_red = np.intersect1d(nights_blue, nights_red, return_indices=True)
    if len(in_blue) < MIN_POINTS:
        return np.nan
    x, y = mean_blue[in_blue], mean_red[in_red]
    x, y = x - x.mean(), y - y.mean()
    return ratio(float(x @ y), float(np.sqrt((x @ x) * (y @ y))))


def _nightly(series: Series) -> tuple[Array, Array]:
    nights, index, count = np.unique(np.floor(series[0]), return_inverse=True, return_counts=True)
    return nights, np.bincount(index, series[1]) / count


def _folded(blue: Series, red: Series, period_days: float) -> dict[str, float]:
    fits = [
        fit_harmonics(phase_fold(time, period_days), value, err, _N_HARMONICS)
        for time, value, err in (blue, red)
    ]
    # Harmonic 1 vanishes for an eclipser folded at its orbit: take the stronger of 1 and 2.
    strongest = int(np.argmax(fits[0].amplitude[:2]))
    lag = fits[1].phase[strongest] - fits[0].phase[strongest]
    total = [float(np.sqrt(np.sum(fit.amplitude**2))) for fit in fits]
    return {
        "amplitude_ratio": bounded(ratio(total[1], total[0])),
        "cos_band_lag": float(np.cos(lag)),
        "sin_band_lag": float(np.sin(lag)),
        "string_length_red": string_length(red[0], red[1], period_days),
    }
