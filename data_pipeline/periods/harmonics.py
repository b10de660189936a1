"""Exact least-squares fits of Fourier series with offset and trend, many frequencies at a time.

The normal equations of all harmonics follow from sums of powers of exp(2πift); one Cholesky
factor then gives the residual of every nested model (1, 2, ... harmonics) at once. Bands share the
frequency and nothing else, and each has its own unknown noise level.
"""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.periods.types import Band, Prepared

_RIDGE = 1e-4  # of the total weight: keeps series from running wild in gaps of phase
_FLOOR = 1e-6  # no fit is better than this share of the variance
N_BASE = 2  # offset and slope
_BLOCK = 32  # frequencies whose powers of z stay in the processor's cache together


def nested_residuals(
    band: Band, frequency: NDArray, order: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the residual share of the variance left by nested Fourier series.

    Parameters
    ----------
    band : Band
    frequency : ndarray, shape (c,), c/d
    order : ndarray of int, shape (h,)
        Multiples of the frequency in the order in which they enter the series.

    Returns
    -------
    ndarray, shape (c, h + 1)
        Weighted residual sum of squares over the total, for the first 0, 1, ... h harmonics.
    """
    matrix, vector = _normal_equations(band, frequency, order)
    factor = np.linalg.cholesky(matrix)
    scores = np.linalg.solve(factor, vector[:, :, None])[:, :, 0]
    explained = np.cumsum(scores**2, axis=1)[:, N_BASE - 1 :: 2]
    total = band.weight @ band.value**2
    residual: NDArray[np.float64] = np.maximum(1 - explained / total, _FLOOR)
    return residual


def coefficients(band: Band, frequency: float, n_harmonics: int) -> NDArray[np.complex128]:
    """Return C_0 .. C_h of the fit  Re sum_k C_k exp(2πi k f t)  (slope left out)."""
    order = np.arange(1, n_harmonics + 1)
    matrix, vector = _normal_equations(band, np.array([frequency]), order)
    solution = np.linalg.solve(matrix[0], vector[0])
    series = solution[N_BASE::2] - 1j * solution[N_BASE + 1 :: 2]
    return np.concatenate([[solution[0] + 0j], series])


def _normal_equations(
    band: Band, frequency: NDArray, order: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ones, values, slopes, slope_norm = _sums(band, frequency, order)
    total = order[:, None] + order[None, :]
    difference = order[:, None] - order[None, :]
    plus = ones[:, total]
    minus = ones[:, np.abs(difference)]
    minus = np.where(difference < 0, minus.conj(), minus)
    size = N_BASE + 2 * len(order)
    cos, sin = slice(N_BASE, None, 2), slice(N_BASE + 1, None, 2)
    matrix = np.zeros((len(frequency), size, size))
    matrix[:, 0, 0] = 1.0
    matrix[:, 1, 1] = 1.0
    for row, sums in ((0, ones), (1, slopes)):
        matrix[:, row, cos] = matrix[:, cos, row] = sums[:, order].real
        matrix[:, row, sin] = matrix[:, sin, row] = sums[:, order].imag
    matrix[:, cos, cos] = 0.5 * (minus.real + plus.real)
    matrix[:, sin, sin] = 0.5 * (minus.real - plus.real)
    sin_cos = 0.5 * (plus.imag + minus.imag)
    matrix[:, sin, cos] = sin_cos
    matrix[:, cos, sin] = sin_cos.transpose(0, 2, 1)
    diagonal = np.arange(size)
    matrix[:, diagonal, diagonal] += np.where(diagonal < N_BASE, 1e-9, _RIDGE)
    vector = np.zeros((len(frequency), size))
    vector[:, 1] = slope_norm
    vector[:, cos] = values[:, order].real
    vector[:, sin] = values[:, order].imag
    return matrix, vector


def _sums(
    band: Band, frequency: NDArray, order: NDArray[np.int64]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.complex128], float]:
    """Weighted sums of z^k, value z^k and slope z^k with z = exp(2πift), for every frequency."""
    top = int(order.max())
    centered = band.time - band.weight @ band.time
    slope = centered / np.sqrt(band.weight @ centered**2)
    columns = np.stack([band.weight, band.weight * band.value, band.weight * slope], axis=1)
    columns = columns.astype(np.complex128)
    sums = np.zeros((3, len(frequency), 2 * top + 1), np.complex128)
    sums[0, :, 0] = 1.0
    for start in range(0, len(frequency), _BLOCK):
        block = slice(start, start + _BLOCK)
        z = np.exp(2j * np.pi * ((frequency[block, None] * band.time) % 1.0))
        power = z.copy()
        for k in range(1, 2 * top + 1):
            sums[:, block, k] = (power @ columns).T
            power *= z
    return sums[0], sums[1], sums[2], float((band.weight * slope) @ band.value)


def misfit(prepared: Prepared, frequency: NDArray, order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return n log(residual share) of nested series, summed over the bands: shape (c, h + 1).

    Zero harmonics (offset and slope alone) are the zero point. Lower is better; a difference of
    two is e in likelihood.
    """
    total = np.zeros((len(frequency), len(order) + 1))
    for band in prepared.bands:
        log_residual = np.log(nested_residuals(band, frequency, order))
        total += len(band.time) * (log_residual - log_residual[:, :1])
    return total
