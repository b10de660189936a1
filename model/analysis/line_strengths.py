"""Strengths of spectral lines and bands as numbers: how deep below, or high above, what surrounds.

A line's strength is its equivalent width [Å] against a straight continuum through its two sides,
positive in absorption. A band has no continuum at hand: its index is one minus the flux just inside
the head, on the side to which the band is degraded, over the flux just outside.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from data_pipeline.spectra import Spectrum

LINE_HALF_WIDTH = 10.0
"""Half the window of a line [Å]: a few resolution elements of a survey spectrograph."""
SIDES = (20.0, 45.0)
"""From where to where, on either side, the continuum is taken [Å]."""
BAND_WIDTH = 40.0
_MIN_PIXELS = 3

Floats = npt.NDArray[np.float64]


def rest_pixels(spectrum: Spectrum) -> tuple[Floats, Floats]:
    """Rest wavelengths [Å] and fluxes (n,) of the good pixels."""
    spectrum = spectrum.rest_frame()
    wavelength = spectrum.wavelength[spectrum.good].astype(np.float64)
    return wavelength, spectrum.flux[spectrum.good].astype(np.float64)


def equivalent_width(wavelength: Floats, flux: Floats, center: float) -> float:
    """Equivalent width [Å] of a line at a vacuum wavelength; NaN where it is not covered."""
    near = _between(wavelength, center - LINE_HALF_WIDTH, center + LINE_HALF_WIDTH)
    left = _between(wavelength, center - SIDES[1], center - SIDES[0])
    right = _between(wavelength, center + SIDES[0], center + SIDES[1])
    if min(map(_length, (near, left, right))) < _MIN_PIXELS:
        return float("nan")
    around = [float(np.median(flux[side])) for side in (left, right)]
    places = [float(np.mean(wavelength[side])) for side in (left, right)]
    continuum = np.interp(wavelength[near], places, around)
    if not (continuum > 0).all():
        return float("nan")
    return float(np.mean(1 - flux[near] / continuum) * 2 * LINE_HALF_WIDTH)


def band_index(
    wavelength: Floats, flux: Floats, head: float, degraded: Literal["red", "blue"] = "red"
) -> float:
    """One minus the flux inside over the flux outside of a band's head; NaN if not covered.

    Parameters
    ----------
    wavelength, flux : arrays (n,)
        From `rest_pixels`.
    head : float
        Vacuum wavelength of the head [Å].
    degraded : {"red", "blue"}
        On which side of the head the band lies: TiO and VO to the red, C₂ (Swan) to the blue.
    """
    blue = _between(wavelength, head - 5 - BAND_WIDTH, head - 5)
    red = _between(wavelength, head + 5, head + 5 + BAND_WIDTH)
    if min(_length(blue), _length(red)) < _MIN_PIXELS:
        return float("nan")
    inside, outside = (red, blue) if degraded == "red" else (blue, red)
    before = float(np.median(flux[outside]))
    return float(1 - np.median(flux[inside]) / before) if before > 0 else float("nan")


def _between(wavelength: Floats, low: float, high: float) -> slice:
    """The pixels from one wavelength to another; wavelengths increase."""
    return slice(*np.searchsorted(wavelength, (low, high)).tolist())


def _length(part: slice) -> int:
    return int(part.stop - part.start)
