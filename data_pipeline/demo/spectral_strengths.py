"""How strong each template of `spectral_basis` is, by temperature, gravity, metals and chemistry.

The table for solar dwarfs was fitted to the empirical SDSS templates of Kesseli et al. (2017, the
PyHammer set) and rounded; giants, metal-poor stars and carbon stars are changed from it by rules.
tests/benchmarks/compare_demo_spectra.py prints what is left of the difference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo.spectral_basis import basis

Array = NDArray[np.float64]

NODES_K = (2400, 2600, 2800, 3050, 3250, 3450, 3650, 3900, 4300, 4700, 5200, 5700, 6200, 6800, 7500,
           8500, 9700, 12000, 16000, 22000, 33000)  # fmt: skip
SOLAR_DWARF: dict[str, tuple[float, ...]] = {
    "hydrogen_narrow": (0, 0, 0, 0, 0, 0.04, 0.09, 0.06, 0.06, 0.17, 0.23, 0.31, 0.46, 0.35,
        0.46, 0.38, 0.6, 0.45, 0.34, 0.13, 0.06),
    "hydrogen_broad": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.32, 0.58, 0.82, 0.67, 0.33,
        0.31, 0.26, 0.13),
    "helium": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.02, 0.01, 0.05, 0.05, 0.05, 0.05),
    "helium_ii": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.08),
    "calcium_hk": (0, 0, 0, 0, 0, 0.13, 0.44, 0.51, 0.57, 0.63, 0.57, 0.61, 0.62, 0.34, 0.19,
        0.07, 0.03, 0.03, 0.04, 0.04, 0.03),
    "calcium_triplet": (0, 0, 0.06, 0.13, 0.19, 0.27, 0.32, 0.36, 0.44, 0.42, 0.39, 0.36, 0.29,
        0.17, 0.06, 0.03, 0.04, 0.01, 0, 0, 0),
    "metals_ionized": (0, 0, 0, 0, 0, 0, 0, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04, 0.04,
        0.02, 0.01, 0.01, 0, 0, 0),
    "iron_strong": (0, 0.09, 0.22, 0.24, 0.2, 0.31, 0.31, 0.35, 0.47, 0.36, 0.27, 0.19, 0.1,
        0.07, 0.04, 0.02, 0.01, 0.02, 0.01, 0.01, 0),
    "iron": (0, 0, 0, 0, 0, 0.06, 0.1, 0.13, 0.18, 0.11, 0.07, 0.05, 0.03, 0.03, 0.02, 0.01,
        0.01, 0.01, 0.01, 0, 0),
    "iron_red": (0.08, 0.05, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.04, 0.04, 0.03, 0.03, 0.02,
        0.01, 0, 0, 0, 0, 0, 0, 0.01),
    "calcium": (0.1, 0.07, 0.05, 0.07, 0.09, 0.12, 0.14, 0.15, 0.18, 0.13, 0.1, 0.08, 0.05,
        0.04, 0.02, 0.01, 0, 0, 0, 0, 0),
    "magnesium": (0.34, 0.31, 0.32, 0.33, 0.29, 0.37, 0.39, 0.5, 0.67, 0.56, 0.46, 0.33, 0.2,
        0.13, 0.08, 0.08, 0.04, 0.04, 0.04, 0.03, 0.01),
    "sodium": (0, 0.06, 0.26, 0.34, 0.38, 0.45, 0.43, 0.32, 0.29, 0.14, 0.08, 0.06, 0.04, 0.04,
        0.03, 0.01, 0.01, 0, 0.02, 0.02, 0.01),
    "alkali": (0.83, 0.57, 0.39, 0.28, 0.22, 0.17, 0.11, 0.09, 0.09, 0.05, 0.03, 0.03, 0.03,
        0.03, 0.03, 0.03, 0.03, 0.02, 0, 0, 0),
    "barium": (0.54, 0.25, 0.12, 0.1, 0.06, 0.04, 0.03, 0.02, 0.01, 0.05, 0.06, 0.06, 0.04,
        0.04, 0.04, 0.03, 0, 0, 0, 0, 0),
    "ch": (0.4, 0.4, 0.4, 0.4, 0.4, 0.46, 0.32, 0.25, 0.26, 0.34, 0.38, 0.35, 0.26, 0.11, 0.08,
        0.03, 0, 0, 0, 0, 0),
    "cn_violet": (0, 0.45, 0.44, 0.23, 0.18, 0.12, 0, 0, 0, 0.03, 0.06, 0.02, 0, 0.01, 0, 0, 0,
        0, 0, 0, 0),
    "mgh": (0.76, 0.59, 0.46, 0.41, 0.38, 0.35, 0.26, 0.25, 0.31, 0.09, 0, 0, 0, 0.01, 0, 0,
        0.01, 0, 0, 0, 0),
    "vo_7334": (0, 0, 0, 0, 0, 0, 0, 0.01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "vo_7851": (0.18, 0.12, 0.08, 0.07, 0.04, 0.03, 0.02, 0.01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0),
    "vo_8521": (0.19, 0.11, 0.06, 0.04, 0.03, 0.01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0),
    "cah_6385": (0.2, 0.04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "cah_6750": (0.45, 0.4, 0.36, 0.32, 0.32, 0.27, 0.18, 0.06, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0),
    "blanket_4000": (0, 0, 0, 0, 0, 0.11, 0.38, 0.53, 0.82, 0.56, 0.39, 0.25, 0.07, 0.08, 0.08,
        0.17, 0.04, 0.02, 0.06, 0.1, 0.05),
    "blanket_4300": (2.39, 1.52, 0.88, 0.6, 0.49, 0.55, 0.63, 0.69, 0.86, 0.36, 0.14, 0.09,
        0.01, 0.03, 0.03, 0.09, 0.02, 0, 0, 0, 0),
    "blanket_5200": (0, 0, 0, 0, 0, 0.09, 0.15, 0.28, 0.38, 0.1, 0.01, 0.01, 0.02, 0.01, 0.01,
        0, 0, 0, 0, 0, 0),
    "slope": (1.2, 1.05, 0.88, 0.87, 0.73, 0.77, 0.2, -0.68, -0.95, -0.4, -0.31, -0.25, -0.48,
        -0.62, -0.66, -0.9, -0.87, -0.46, -0.32, -0.14, -0.24),
    "curve": (-17, -12.95, -9.62, -8.4, -7.13, -5.4, -3.64, -3.51, -4.02, -0.83, -0.15, -0.12,
        -0.6, -0.62, -0.65, -0.34, -0.2, 0.23, 0.45, 0.8, 0.57),
    "cubic": (-5.97, -6.51, -5.1, -3.85, -4.9, -3.54, -3.87, -1.27, -1.7, -1.08, -0.56, -0.06,
        1.19, -0.09, 0.1, -0.73, 0.58, 0.74, 0.19, -0.24, -0.06),
    "quartic": (18.38, 20.73, 22.21, 23.84, 20.73, 18.88, 10.05, 9.42, 8.74, 0.16, -3.41, -1.14,
        3.81, -0.85, -4.1, -10.04, -8.01, -4.49, -6.69, -10.97, -7.54),
    "tio_4761": (0.48, 0.33, 0.26, 0.23, 0.18, 0.18, 0.14, 0.04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0),
    "tio_4955": (0.12, 0.17, 0.21, 0.23, 0.25, 0.28, 0.31, 0.16, 0, 0.01, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0),
    "tio_5167": (0, 0, 0, 0, 0, 0.01, 0.08, 0.07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "tio_5448": (0.76, 0.47, 0.27, 0.2, 0.12, 0.09, 0.09, 0.05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0),
    "tio_5759": (0.41, 0.22, 0.11, 0.07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "tio_5848": (1.94, 1.38, 0.97, 0.78, 0.56, 0.33, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0),
    "tio_6158": (2.11, 1.58, 1.19, 0.99, 0.8, 0.57, 0.28, 0.05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0),
    "tio_6651": (1.54, 1.22, 0.98, 0.84, 0.69, 0.49, 0.26, 0.05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0),
    "tio_7054": (1.19, 0.89, 0.67, 0.55, 0.43, 0.31, 0.19, 0.05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0),
    "tio_7125": (0.67, 0.54, 0.44, 0.38, 0.3, 0.21, 0.11, 0.02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0),
    "tio_7589": (1.27, 0.81, 0.53, 0.41, 0.29, 0.19, 0.09, 0.02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0),
    "tio_8206": (0, 0.02, 0.03, 0.04, 0.03, 0.03, 0.02, 0.01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0),
    "tio_8432": (0.88, 0.55, 0.35, 0.26, 0.16, 0.09, 0.04, 0.01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0),
    "tio_8860": (0.65, 0.4, 0.23, 0.15, 0.08, 0.02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0),
}  # fmt: skip

# M giants of a spectral type are warmer than dwarfs of that type: (giant K, dwarf K)
_GIANT_K = (2300, 2550, 2900, 3100, 3250, 3420, 3560, 3700, 3820, 4000)
_DWARF_K = (2350, 2430, 2560, 2680, 2830, 3060, 3230, 3560, 3840, 4000)
# metals weaken with 10**(power * [Fe/H])
_METAL_POWER = {"iron": 0.35, "iron_strong": 0.3, "iron_red": 0.35, "metals_ionized": 0.35,
                "calcium": 0.3, "magnesium": 0.25, "sodium": 0.2, "ch": 0.3, "mgh": 0.25,
                "barium": 0.35, "calcium_hk": 0.12, "calcium_triplet": 0.2, "cn_violet": 0.6,
                "blanket_4000": 0.35, "blanket_4300": 0.35, "blanket_5200": 0.35}  # fmt: skip
_GIANT_FACTOR = {"mgh": 0.25, "cah_6385": 0.1, "cah_6750": 0.1, "alkali": 0.3, "sodium": 0.6,
                 "calcium_triplet": 1.35, "barium": 1.6, "ch": 1.2, "hydrogen_broad": 0.9,
                 "magnesium": 0.75, "tio_6651": 1.15, "tio_7054": 1.1, "tio_8432": 1.6,
                 "vo_7334": 1.5, "vo_7851": 1.8, "vo_8521": 1.5}  # fmt: skip
# strengths in a carbon star that replace the solar mixture's
_CARBON = {"c2": 1.5, "cn_red": 0.75, "cn_violet": 1.2, "sodium": 0.9, "barium": 0.35,
           "iron": 0.08, "iron_red": 0.03, "iron_strong": 0.2, "calcium": 0.08,
           "calcium_triplet": 0.25,
           "blanket_4300": 1.6, "blanket_4000": 0.9, "hydrogen_narrow": 0.05,
           "ch": 0.5}  # fmt: skip


def equivalent_temperature(temperature: Array, is_giant: NDArray[np.bool_]) -> Array:
    """Temperature in K of the dwarf with the same spectral type, shape (n,)."""
    return np.asarray(
        np.where(
            is_giant,
            np.interp(temperature, _GIANT_K, _DWARF_K) + np.clip(temperature - 4000.0, 0.0, None),
            temperature,
        )
    )


def strengths(
    temperature: Array, feh: Array, is_giant: NDArray[np.bool_], carbon: Array
) -> dict[str, Array]:
    """Strength of every template, each (n,).

    Parameters
    ----------
    temperature : (n,) of the equivalent dwarf, K
    feh : (n,) [Fe/H] in dex
    is_giant : (n,) low gravity: weaker hydrides and alkalis, stronger triplet and TiO
    carbon : (n,) 0 for C/O < 1, 1 for a full carbon star
    """
    log_t, nodes = np.log(temperature), np.log(NODES_K)
    table = {name: np.interp(log_t, nodes, values) for name, values in SOLAR_DWARF.items()}
    for name, power in _METAL_POWER.items():
        table[name] = table[name] * 10.0 ** (power * np.clip(feh, -2.5, 0.5))
    for name, factor in _GIANT_FACTOR.items():
        table[name] = table.get(name, 0.0) * np.where(is_giant, factor, 1.0)
    # without MgH on top of them, the blue TiO bands of giants are as deep as the red ones
    for name, share in (("tio_4955", 0.3), ("tio_5167", 0.6), ("tio_5448", 0.4)):
        table[name] = table[name] + share * table["tio_6158"] * is_giant
    cool = np.clip((5400.0 - temperature) / 1000.0, 0.0, 1.0)
    table["cn_violet"] = table["cn_violet"] + 0.25 * cool * is_giant
    return {name: _mixed(table, name, temperature, carbon) for name in basis()}


def _mixed(table: dict[str, Array], name: str, temperature: Array, carbon: Array) -> Array:
    """Strength between the oxygen-rich mixture and the carbon star's."""
    oxygen_rich = table.get(name, np.zeros_like(temperature))
    warm = np.clip((4200.0 - temperature) / 1400.0, 0.3, 1.0)  # molecules fade in warm carbon stars
    return np.asarray((1.0 - carbon) * oxygen_rich + carbon * warm * _CARBON.get(name, 0.0))
