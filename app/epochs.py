"""When spectra were taken, in the time of the light curve, so that they can be marked on it."""

import math
import re
from collections.abc import Sequence

import erfa
import numpy as np
from numpy.typing import NDArray

from app.photometry import Photometry
from data_pipeline.spectra import Spectrum

_MJD_ZERO = 2_400_000.5
_AU_IN_DAYS = 499.004784 / 86400  # light time
_EARLIEST, _LATEST = 15_100.0, 88_000.0  # MJD for which the Earth's orbit is tabulated
_SHIFTED = re.compile(r"(M?JD|HJD|BJD)(?:\s*[−-]\s*([\d.]+))?")


def spectrum_times(
    spectra: Sequence[Spectrum], points: Photometry, ra_deg: float, dec_deg: float
) -> NDArray[np.float64]:
    """Times of the spectra as the light curve counts them [d], shape (n,); NaN where unknown.

    Spectra are dated by MJD at the Earth; light curves in HJD or BJD count when the light passed
    the Sun or the barycentre, up to 8.3 minutes away (needs the star's place; UTC and TDB, a minute
    apart, are not told from one another).
    """
    mjd = np.array([spectrum.time for spectrum in spectra], dtype=np.float64)
    found = _SHIFTED.fullmatch(points.time_label.strip())
    if not found:
        return np.full(len(mjd), np.nan)
    scale, shift = found[1], float(found[2] or 0)
    times = mjd if scale == "MJD" else mjd + _MJD_ZERO
    if scale in ("HJD", "BJD") and math.isfinite(ra_deg) and math.isfinite(dec_deg):
        times = times + _light_time(mjd, ra_deg, dec_deg, barycentric=scale == "BJD")
    return np.asarray(times - shift - points.time_offset)


def _light_time(
    mjd: NDArray[np.float64], ra_deg: float, dec_deg: float, barycentric: bool
) -> NDArray[np.float64]:
    """How much later light from the star passes the Sun than the Earth [d], shape (n,)."""
    known = np.clip(np.nan_to_num(mjd, nan=_EARLIEST), _EARLIEST, _LATEST)
    heliocenter, barycenter = erfa.epv00(_MJD_ZERO, known)
    earth = (barycenter if barycentric else heliocenter)["p"]
    star = erfa.s2c(math.radians(ra_deg), math.radians(dec_deg))
    return np.asarray(earth @ star * _AU_IN_DAYS)
