"""Relations between a star's temperature, colors and magnitudes.

Dwarf columns follow the mean main sequence (Pecaut & Mamajek), giants the M-giant scale; Gaia
passbands after Riello et al. (2021); extinction after Cardelli, Clayton & Mathis (1989). Values are
rounded general knowledge, good to about 0.1 mag: fine for a simulated sky, not for calibration.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# T [K], M_V, BP-RP, V-Ks, J-Ks, H-Ks, BC_V of dwarfs
_DWARF = np.array([
    [2400, 18.8, 4.75, 8.90, 1.10, 0.42, -5.60], [2600, 17.6, 4.45, 8.00, 1.00, 0.36, -4.90],
    [2810, 16.3, 3.90, 6.90, 0.95, 0.34, -4.00], [3060, 14.0, 3.35, 5.90, 0.91, 0.31, -3.10],
    [3210, 12.6, 2.80, 5.10, 0.88, 0.28, -2.40], [3430, 11.0, 2.42, 4.50, 0.86, 0.25, -1.80],
    [3660, 9.7, 2.10, 3.95, 0.86, 0.21, -1.40], [3850, 8.9, 1.84, 3.60, 0.85, 0.18, -1.15],
    [4100, 8.1, 1.60, 3.10, 0.80, 0.14, -0.87], [4440, 7.4, 1.38, 2.65, 0.70, 0.11, -0.63],
    [4830, 6.7, 1.19, 2.25, 0.60, 0.10, -0.40], [5270, 5.9, 0.98, 1.85, 0.47, 0.09, -0.20],
    [5770, 4.8, 0.82, 1.50, 0.36, 0.07, -0.09], [6180, 4.1, 0.69, 1.26, 0.30, 0.06, -0.05],
    [6550, 3.5, 0.59, 1.05, 0.25, 0.05, -0.02], [7220, 2.7, 0.38, 0.72, 0.16, 0.04, -0.01],
    [8080, 2.0, 0.21, 0.40, 0.08, 0.03, -0.02], [9700, 1.1, 0.00, 0.03, 0.01, 0.00, -0.20],
    [12500, 0.0, -0.14, -0.28, -0.06, -0.03, -0.80],
    [15700, -1.0, -0.21, -0.45, -0.10, -0.05, -1.40],
    [20600, -2.2, -0.28, -0.62, -0.14, -0.06, -2.00],
    [31500, -4.0, -0.40, -0.90, -0.20, -0.08, -2.95],
])  # fmt: skip
# T [K], BP-RP, V-Ks, J-Ks, H-Ks of cool giants; above 4600 K they follow the dwarfs
_GIANT = np.array([
    [2300, 6.60, 11.8, 1.45, 0.50], [2550, 6.00, 10.8, 1.40, 0.46], [2900, 5.10, 9.2, 1.33, 0.38],
    [3100, 4.40, 8.0, 1.28, 0.34], [3250, 3.80, 6.9, 1.25, 0.31], [3420, 3.15, 5.9, 1.20, 0.28],
    [3560, 2.65, 5.0, 1.13, 0.25], [3700, 2.20, 4.3, 1.06, 0.22], [3820, 1.92, 3.75, 0.99, 0.20],
    [4000, 1.70, 3.30, 0.90, 0.17], [4300, 1.46, 2.80, 0.76, 0.13], [4600, 1.28, 2.42, 0.66, 0.11],
])  # fmt: skip
# effective wavelength in micron: the color index's extinction comes from the law itself
BAND_MICRON = {"V": 0.551, "G": 0.640, "BP": 0.520, "RP": 0.780, "J": 1.235, "H": 1.662, "K": 2.159,
               "W1": 3.35, "W2": 4.60, "W3": 11.6, "W4": 22.1}  # fmt: skip


def main_sequence_mv(temperature: ArrayLike) -> Array:
    """Absolute V magnitude of a dwarf of that temperature (K)."""
    return np.interp(np.log(temperature), np.log(_DWARF[:, 0]), _DWARF[:, 1])


def extinction_law(wavelength_micron: ArrayLike) -> Array:
    """A(lambda) / A(V) for R_V = 3.1, between 0.3 and 25 micron (Cardelli et al. 1989)."""
    x = 1.0 / np.asarray(wavelength_micron, dtype=np.float64)
    y = x - 1.82
    a = np.polyval([0.32999, -0.77530, 0.01979, 0.72085, -0.02427, -0.50447, 0.17699, 1.0], y)
    b = np.polyval([-2.09002, 5.30260, -0.62251, -5.38434, 1.07233, 2.28305, 1.41338, 0.0], y)
    infrared = (0.574 - 0.527 / 3.1) * np.clip(x, 0, 1.1) ** 1.61
    return np.where(x < 1.1, infrared, a + b / 3.1)


def colors(temperature: float, is_giant: bool, carbon: bool) -> dict[str, float]:
    """Intrinsic magnitudes minus V in Gaia, 2MASS and WISE bands for one star."""
    column = np.array([np.interp(np.log(temperature), np.log(_DWARF[:, 0]), _DWARF[:, i])
                       for i in (2, 3, 4, 5)])  # fmt: skip
    if is_giant and temperature < 4600.0:
        column = np.array(
            [np.interp(temperature, _GIANT[:, 0], _GIANT[:, i]) for i in (1, 2, 3, 4)]
        )
    if carbon:  # C2 and CN: redder in J-K, bluer in BP-RP than an M star as cool
        column = np.array([2.2, 4.6, 1.25, 0.40]) + np.array([1.6, 3.0, 1.1, 0.45]) * np.clip(
            (3300.0 - temperature) / 900.0, 0.0, 1.3
        )
    bp_rp, v_k, j_k, h_k = column
    g_v = np.polyval([0.01426, -0.2156, 0.01424, -0.02704], np.clip(bp_rp, -0.5, 6.0))
    g_rp = np.polyval([0.0045, -0.075, 0.62, 0.0], np.clip(bp_rp, -0.5, 6.0))
    k_w1, w1_w2 = _warm_infrared(temperature, is_giant)
    offset = {"V": 0.0, "G": g_v, "RP": g_v - g_rp, "BP": g_v - g_rp + bp_rp, "J": j_k - v_k,
              "H": h_k - v_k, "K": -v_k, "W1": -v_k - k_w1}  # fmt: skip
    offset["W2"] = offset["W1"] - w1_w2
    offset["W3"] = offset["W2"] - (0.05 if temperature > 4000 else 0.2)
    offset["W4"] = offset["W3"] - (0.05 if temperature > 4000 else 0.15)
    return {band: float(value) for band, value in offset.items()}


def _warm_infrared(temperature: float, is_giant: bool) -> tuple[float, float]:
    """K-W1 and W1-W2; CO makes cool giants blue in W1-W2, dwarfs turn red."""
    if temperature > 4200.0:
        return 0.05, -0.01
    if is_giant:
        return 0.12, float(np.interp(temperature, [2500, 3400, 4200], [0.10, -0.10, -0.06]))
    return 0.14, float(np.interp(temperature, [2400, 3100, 4200], [0.28, 0.17, 0.02]))


def bolometric_magnitude(m_v: float, temperature: float, is_giant: bool, carbon: bool) -> float:
    """Absolute bolometric magnitude; cool giants go through M_K + 3.0."""
    if is_giant and temperature < 4300.0:
        return m_v + colors(temperature, is_giant, carbon)["K"] + 3.0
    return m_v + float(np.interp(np.log(temperature), np.log(_DWARF[:, 0]), _DWARF[:, 6]))
