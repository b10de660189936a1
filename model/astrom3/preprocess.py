"""From one star's raw records to the inputs of the published AstroM3 models (NumPy only).

The steps are those of the reference pipeline for validation and test data (centre crop), with
its conventions kept: the mean with the raw median absolute deviation, times scaled over the whole
curve before cropping, the third spectral column passed on as it is stored (inverse variance).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import median_abs_deviation

from data_pipeline.errors import InputError

SEQ_LEN = 200
N_CHANNELS = 9
DAYS_PER_YEAR = 365.0
WAVELENGTH_GRID = np.arange(3850, 9000, 2, dtype=np.float64)  # Å, 2575 points
Padding = Literal["filled", "zero"]


def photometry_input(
    light_curve: NDArray[np.float64],
    photo_cols: NDArray[np.float64],
    padding: Padding = "zero",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Light curve to (200, 9) and its mask (200,).

    Parameters
    ----------
    light_curve : (N, 3) time in days (float64), flux, flux error, in any order
    photo_cols : (4,) standardised amplitude, log10 period, lksl_statistic, rfr_score
    padding : "zero" leaves padded rows zero in all channels (the published weights and
        AstroM3Processed); "filled" repeats the six constants there (the first public code).

    Raises
    ------
    InputError : a curve the published scaling is not defined for.
    """
    varying, log_mad, span_years = scaled_light_curve(light_curve)
    start = max(0, (len(varying) - SEQ_LEN) // 2)
    varying = varying[start : start + SEQ_LEN]
    n_rows = len(varying)
    constants = np.array([*photo_cols, log_mad, span_years])

    tensor = np.zeros((SEQ_LEN, N_CHANNELS), dtype=np.float32)
    tensor[:n_rows, :3] = varying
    tensor[: SEQ_LEN if padding == "filled" else n_rows, 3:] = constants
    mask = np.zeros(SEQ_LEN, dtype=np.float32)
    mask[:n_rows] = 1
    return tensor, mask


def scaled_light_curve(
    light_curve: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float, float]:
    """Scale a whole light curve (N, 3) as published.

    Returns
    -------
    rows : (n, 3), distinct rows in order of time: time in [0, 1], flux less its mean over its
        median absolute deviation (MAD), error over that MAD
    log_mad : log10 of the MAD
    span_years : whole time span, years of 365 days

    Raises
    ------
    InputError : a curve the published scaling is not defined for.
    """
    rows = np.unique(np.asarray(light_curve, dtype=np.float64), axis=0)
    if not np.isfinite(rows).all():
        raise InputError("The light curve holds NaN or infinite values; mask them out first.")
    time, flux, flux_err = rows.T  # np.unique has sorted by time already
    span = float(time[-1] - time[0]) if len(time) else 0.0
    flux_mad = float(median_abs_deviation(flux)) if len(time) else 0.0
    if span == 0 or flux_mad == 0:
        raise InputError(
            "The published scaling divides by the time span and by the flux's median absolute "
            f"deviation; this light curve has {len(time)} rows, span {span:g} d, MAD {flux_mad:g}."
        )
    scaled = np.stack(
        [(time - time[0]) / span, (flux - flux.mean()) / flux_mad, flux_err / flux_mad], axis=1
    )
    return scaled, float(np.log10(flux_mad)), span / DAYS_PER_YEAR


def spectrum_input(spectrum: NDArray[np.float64]) -> NDArray[np.float32]:
    """Spectrum (M, 3) wavelength in Å, flux, third column, to (3, 2575).

    Raises
    ------
    InputError : a flux without spread, for which the published scaling is not defined.
    """
    wavelength, flux, third = np.asarray(spectrum, dtype=np.float64).T
    flux = np.interp(WAVELENGTH_GRID, wavelength, flux)
    third = np.interp(WAVELENGTH_GRID, wavelength, third)
    flux_mad = float(median_abs_deviation(flux[flux != 0])) if flux.any() else 0.0
    if not np.isfinite(flux_mad) or flux_mad == 0:
        raise InputError(
            "The published scaling divides by the flux's median absolute deviation, "
            f"here {flux_mad:g}."
        )
    rows = [(flux - flux.mean()) / flux_mad, third / flux_mad]
    rows.append(np.full_like(flux, np.log10(flux_mad)))
    return np.stack(rows).astype(np.float32)
