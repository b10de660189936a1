"""The shape of a folded light curve, as far as it tells an eclipsing star from a pulsating one.

Eclipses and the ellipsoidal figure of a star are even about their minimum, and their minima are
sharper than their maxima: seen from the first harmonic's minimum, the second harmonic is positive
and in step. Pulsating stars rise faster than they fall, which puts it out of step or negative.
"""

from dataclasses import dataclass

import numpy as np

from data_pipeline.periods.harmonics import coefficients
from data_pipeline.periods.prepare import stacked
from data_pipeline.periods.types import Band, Prepared

_N_HARMONICS = 8
_N_PHASES = 400


@dataclass(frozen=True)
class Shape:
    """Shape numbers of a fold; "faint" and "minimum" mean the star is faint.

    Parameters
    ----------
    second, third : complex
        Second and third harmonic over the first, in the frame of the first's minimum.
    error : float
        Standard error of each of their components.
    duty : float
        Share of the cycle spent below half the amplitude.
    secondary_snr : float
        Depth of a second minimum half a cycle after the first, over its error (negative: a hump).
    amplitude : float
        Full range of the fitted curve, in the unit of the values.
    """

    second: complex
    third: complex
    error: float
    duty: float
    secondary_snr: float
    amplitude: float


def fold_shape(prepared: Prepared, frequency: float, n_harmonics: int) -> Shape:
    """Measure the fold at one frequency (c/d); harmonics beyond n_harmonics count as zero."""
    scales = np.array([_scale(band, frequency, n_harmonics) for band in prepared.bands])
    curve = stacked(prepared, scales)
    used = max(3, n_harmonics)
    series = coefficients(curve, frequency, used)
    phase = np.arange(_N_PHASES) / _N_PHASES
    model = np.exp(2j * np.pi * np.outer(phase, np.arange(used + 1))) @ series
    model_value = model.real
    half = (model_value.max() + model_value.min()) / 2
    duty = float((model_value > half).mean())
    turned = series[1:] * np.conj(series[1] / abs(series[1])) ** np.arange(1, used + 1)
    relative = turned / abs(series[1])
    at = np.exp(2j * np.pi * np.outer(curve.time * frequency, np.arange(used + 1))) @ series
    scatter = np.sqrt(curve.weight @ (curve.value - at.real) ** 2)
    return Shape(
        second=complex(relative[1]),
        third=complex(relative[2]),
        error=float(scatter * np.sqrt(2 / prepared.n) / abs(series[1])),
        duty=duty,
        secondary_snr=_secondary(curve, frequency, phase[model_value.argmax()], duty),
        amplitude=float(np.ptp(model_value) * scales.max()),
    )


def _scale(band: Band, frequency: float, n_harmonics: int) -> float:
    series = coefficients(band, frequency, n_harmonics)[1:]
    spread = np.sqrt(band.weight @ band.value**2)
    return float(max(np.sqrt((np.abs(series) ** 2).sum() / 2), 0.2 * spread))


def _secondary(curve: Band, frequency: float, minimum: float, duty: float) -> float:
    """Compare the points half a cycle from the minimum with those beside them."""
    distance = np.abs((curve.time * frequency - minimum) % 1.0 - 0.5)
    half_width = float(np.clip(duty / 2, 0.03, 0.1))
    inside = distance < half_width / 1.5
    beside = (distance > 1.5 * half_width) & (distance < 1.5 * half_width + 0.1)
    if inside.sum() < 3 or beside.sum() < 5:
        return 0.0
    scatter = float(np.std(curve.value[beside])) or 1e-9
    depth = curve.value[inside].mean() - np.median(curve.value[beside])
    return float(depth / (scatter / np.sqrt(inside.sum())))
