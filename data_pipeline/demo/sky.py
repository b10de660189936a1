"""Where a simulated star is: Galactic structure, extinction, the survey's footprint, motions.

A star is placed by drawing many candidate places and picking one with probability proportional to
the Galaxy's density there and to the chance that the survey catalogs a star of that brightness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo.classes import POPULATIONS

Array = NDArray[np.float64]

SUN_X_PC, SUN_Z_PC = 8200.0, 20.0
CIRCULAR_KM_S = 230.0
SUN_PECULIAR_KM_S = (11.1, 12.2, 7.3)  # Schoenrich et al. 2010
# rotation from Galactic to ICRS unit vectors (Hipparcos catalog, vol. 1)
GALACTIC_TO_ICRS = np.array([
    [-0.0548755604, 0.4941094279, -0.8676661490],
    [-0.8734370902, -0.4448296300, -0.1980763734],
    [-0.4838350155, 0.7469822445, 0.4559837762],
])  # fmt: skip
N_CANDIDATES = 600
BRIGHT_V, FAINT_V = 10.8, 16.9


@dataclass(frozen=True)
class Place:
    """Position and motion of one star."""

    ra_deg: float
    dec_deg: float
    l_deg: float
    b_deg: float
    distance_pc: float
    a_v: float
    pmra: float
    """mas/yr, times cos(dec)"""
    pmdec: float
    radial_velocity_km_s: float


def _unit(l_rad: Array, b_rad: Array) -> Array:
    return np.stack(
        [np.cos(b_rad) * np.cos(l_rad), np.cos(b_rad) * np.sin(l_rad), np.sin(b_rad)], axis=-1
    )


def density(position: Array, population: str) -> Array:
    """Relative stellar density at heliocentric Galactic positions (n, 3) in pc."""
    x, y, z = position[:, 0] - SUN_X_PC, position[:, 1], position[:, 2] + SUN_Z_PC
    radius = np.hypot(x, y)
    if population == "halo":
        return np.asarray((np.sqrt(radius**2 + (z / 0.75) ** 2) / SUN_X_PC + 0.1) ** -2.8)
    height, length, _, _ = POPULATIONS[population]
    return np.exp(-np.abs(z) / height - (radius - SUN_X_PC) / length)


def extinction(distance: Array, b_rad: Array, l_rad: Array) -> Array:
    """Smooth V extinction in mag out to `distance` (pc): an exponential dust disc."""
    height = 110.0
    sin_b = np.maximum(np.abs(np.sin(b_rad)), 1e-3)
    column = height / sin_b * (1.0 - np.exp(-distance * sin_b / height)) / 1000.0
    return np.asarray(0.75 * column * (1.0 + 0.35 * np.cos(l_rad)))


def place_star(absolute_v: float, population: str, rng: np.random.Generator) -> Place:
    """Draw a place for a star of mean absolute magnitude `absolute_v`."""
    l_rad = rng.uniform(0.0, 2 * np.pi, N_CANDIDATES)
    b_rad = np.arcsin(rng.uniform(-1.0, 1.0, N_CANDIDATES))
    modulus = np.clip(rng.uniform(BRIGHT_V - absolute_v - 3.0, FAINT_V - absolute_v, N_CANDIDATES),
                      0.5, 18.0)  # fmt: skip
    distance = 10.0 ** (modulus / 5.0 + 1.0)
    direction = _unit(l_rad, b_rad)
    a_v = extinction(distance, b_rad, l_rad) * np.exp(rng.normal(0.0, 0.3, N_CANDIDATES))
    v_mag = absolute_v + modulus + a_v
    icrs = direction @ GALACTIC_TO_ICRS.T
    weight = density(direction * distance[:, None], population) * distance**3
    weight *= _catalogued(v_mag) * np.where(icrs[:, 2] > -0.17, 1.0, 0.25)
    weight += 1e-12 * np.exp(-0.5 * (v_mag - 14.0) ** 2)  # a star too faint for anywhere near
    pick = int(rng.choice(N_CANDIDATES, p=weight / weight.sum()))
    motion = _motion(direction[pick], distance[pick], population, rng)
    return Place(
        ra_deg=float(np.degrees(np.arctan2(icrs[pick, 1], icrs[pick, 0])) % 360.0),
        dec_deg=float(np.degrees(np.arcsin(icrs[pick, 2]))),
        l_deg=float(np.degrees(l_rad[pick])),
        b_deg=float(np.degrees(b_rad[pick])),
        distance_pc=float(distance[pick]),
        a_v=float(a_v[pick]),
        **motion,
    )


def _catalogued(v_mag: Array) -> Array:
    """Chance that a star of mean V magnitude is in the catalog."""
    bright = 1.0 / (1.0 + np.exp(-(v_mag - BRIGHT_V) / 0.25))
    return np.asarray(bright / (1.0 + np.exp((v_mag - 15.9) / 0.35)) * 10 ** (-0.18 * (v_mag - 12)))


def _motion(
    direction: Array, distance: float, population: str, rng: np.random.Generator
) -> dict[str, float]:
    """Proper motion (mas/yr) and radial velocity (km/s) as seen from the Sun."""
    _, _, lag, dispersion = POPULATIONS[population]
    position = direction * distance - np.array([SUN_X_PC, 0.0, 0.0])
    around = np.array([position[1], -position[0], 0.0])
    around /= max(float(np.hypot(around[0], around[1])), 1.0)
    velocity = around * (CIRCULAR_KM_S - lag) + rng.normal(0.0, dispersion)
    velocity -= np.array([0.0, CIRCULAR_KM_S, 0.0]) + np.array(SUN_PECULIAR_KM_S)
    radial = float(velocity @ direction)
    tangential = GALACTIC_TO_ICRS @ (velocity - radial * direction)
    icrs = GALACTIC_TO_ICRS @ direction
    east = np.array([-icrs[1], icrs[0], 0.0]) / max(float(np.hypot(icrs[0], icrs[1])), 1e-6)
    north = np.cross(icrs, east)
    per_km_s = 1000.0 / (4.74047 * distance)
    return {
        "pmra": float(tangential @ east) * per_km_s,
        "pmdec": float(tangential @ north) * per_km_s,
        "radial_velocity_km_s": radial,
    }
