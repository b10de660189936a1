"""Eclipsing binaries: one geometry from detached to contact, and the light it loses.

The classes EA, EB and EW are ranges of one continuous sequence: the sum of the radii in units of
the separation grows, and with it the ellipsoidal variation between the eclipses. The period follows
from the separation and the temperature (mean density).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# (low, high) of the summed radii and of the temperature ratio, by class and subtype
_RADII = {"EW": (0.66, 0.80), "EB": (0.53, 0.78), "EA": (0.10, 0.65)}
_TEMPERATURE_RATIO = {
    "contact A": (0.96, 0.045), "contact W": (0.99, 0.04), "hot": (0.74, 0.12),
    "near contact": (0.80, 0.12), "Algol": (0.58, 0.09), "detached": (0.90, 0.10),
    "low mass": (0.93, 0.07),
}  # fmt: skip


@dataclass(frozen=True)
class Binary:
    """Geometry of an eclipsing pair; lengths in units of the separation."""

    log_period: float
    radius1: float
    radius2: float
    temperature_ratio: float
    cos_i: float
    eccentricity: float
    omega: float
    """Argument of periastron, rad."""
    oconnell: float
    """Difference between the two maxima, relative flux."""
    light2: float
    """Share of the second star in the V light."""
    velocity_km_s: float
    """Semi-amplitude of the radial velocity of the brighter star."""


def contact_period(temperature: float) -> float:
    """Period in days at which dwarfs of that temperature touch."""
    return float(0.37 * (temperature / 6050.0) ** 1.9)


def draw_binary(
    label: str,
    subtype: str,
    temperature: float,
    log_periods: tuple[float, float],
    rng: np.random.Generator,
) -> Binary:
    """Draw the geometry of a binary whose brighter star has `temperature` (K).

    Tries again while the period that follows lies outside `log_periods` (log10 of days).
    """
    binary = _draw_once(label, subtype, temperature, rng)
    for _ in range(30):
        if log_periods[0] <= binary.log_period <= log_periods[1]:
            break
        binary = _draw_once(label, subtype, temperature, rng)
    return binary


def _draw_once(label: str, subtype: str, temperature: float, rng: np.random.Generator) -> Binary:
    low, high = _RADII[label]
    radii = (
        float(rng.uniform(low, high))
        if label != "EA"
        else low + (high - low) * float(rng.beta(1.6, 2.2))
    )
    ratio = _radius_ratio(subtype, rng)
    center, sigma = _TEMPERATURE_RATIO[subtype]
    t_ratio = float(np.clip(rng.normal(center, sigma), 0.35, 1.06))
    period = contact_period(temperature) * (0.76 / radii) ** 1.5 * 10.0 ** rng.normal(0.02, 0.07)
    light = ratio**2 * _planck_ratio(temperature, t_ratio)
    eccentricity = float(rng.beta(1.2, 5.0)) if period > 3.0 and radii < 0.3 else 0.0
    return Binary(
        log_period=float(np.log10(period)),
        radius1=radii / (1.0 + ratio),
        radius2=radii * ratio / (1.0 + ratio),
        temperature_ratio=t_ratio,
        cos_i=float(rng.uniform(0.0, 0.80 if label != "EA" else 0.66)) * radii,
        eccentricity=min(eccentricity, 0.6),
        omega=float(rng.uniform(0.0, 2 * np.pi)),
        oconnell=float(rng.normal(0.0, 0.012 if label != "EA" else 0.003)),
        light2=light / (1.0 + light),
        velocity_km_s=float(rng.uniform(60.0, 160.0) * min(1.0, (1.0 / period) ** (1.0 / 3.0))),
    )


def _radius_ratio(subtype: str, rng: np.random.Generator) -> float:
    if subtype == "Algol":  # the cool star fills its lobe
        return float(rng.uniform(0.8, 1.7))
    if subtype.startswith("contact"):
        return float(rng.uniform(0.45, 1.0))
    return float(rng.uniform(0.5, 1.15))


def _planck_ratio(temperature: float, ratio: float) -> float:
    """Surface brightness at 5500 Angstrom of the second star over the first."""
    x = 26160.0 / temperature
    return float(np.expm1(x) / np.expm1(x / ratio))


def overlap(distance: Array, radius: float, other: float) -> Array:
    """Share of a disc of `radius` covered by a disc of radius `other` at `distance` (n,)."""
    d = np.clip(distance, 1e-9, None)
    a = np.clip((d**2 + radius**2 - other**2) / (2 * d * radius), -1.0, 1.0)
    b = np.clip((d**2 + other**2 - radius**2) / (2 * d * other), -1.0, 1.0)
    lens = (radius**2 * (np.arccos(a) - a * np.sqrt(1 - a**2))
            + other**2 * (np.arccos(b) - b * np.sqrt(1 - b**2)))  # fmt: skip
    lens = np.where(d >= radius + other, 0.0, lens)
    return np.asarray(np.clip(lens / (np.pi * radius**2), 0.0, 1.0))


def _true_longitude(phase: Array, binary: Binary) -> tuple[Array, Array]:
    """Angle from primary conjunction (rad) and separation (units of a) at orbital phase (n,)."""
    e = binary.eccentricity
    if e == 0.0:
        return 2 * np.pi * phase, np.ones_like(phase)
    at_eclipse = np.pi / 2 - binary.omega
    eccentric0 = 2 * np.arctan(np.sqrt((1 - e) / (1 + e)) * np.tan(at_eclipse / 2))
    mean = 2 * np.pi * phase + eccentric0 - e * np.sin(eccentric0)
    anomaly = mean.copy()
    for _ in range(8):  # Newton steps of Kepler's equation
        anomaly -= (anomaly - e * np.sin(anomaly) - mean) / (1 - e * np.cos(anomaly))
    true = 2 * np.arctan2(
        np.sqrt(1 + e) * np.sin(anomaly / 2), np.sqrt(1 - e) * np.cos(anomaly / 2)
    )
    return true - at_eclipse, 1.0 - e * np.cos(anomaly)


def eclipse_magnitude(binary: Binary, phase: Array) -> Array:
    """Magnitude relative to the light outside eclipses, at phases (n,) from primary minimum."""
    theta, separation = _true_longitude(np.mod(phase, 1.0), binary)
    sin2_i = 1.0 - binary.cos_i**2
    projected = separation * np.sqrt(1.0 - sin2_i * np.cos(theta) ** 2)
    primary = np.cos(theta) > 0  # the second star is in front
    hidden1 = np.where(primary, overlap(projected, binary.radius1, binary.radius2), 0.0)
    hidden2 = np.where(primary, 0.0, overlap(projected, binary.radius2, binary.radius1))
    limb = 1.12  # discs are brighter in the middle
    flux = 1.0 - np.clip(limb * ((1 - binary.light2) * hidden1 + binary.light2 * hidden2), 0, 0.995)
    largest = max(binary.radius1, binary.radius2)
    tides = 2.0 * largest**3 * sin2_i * (1.0 + np.cos(2 * theta)) / 2
    heating = 0.35 * binary.radius2**2 * (1 - binary.temperature_ratio) * (1 + np.cos(theta)) / 2
    flux = flux * (1.0 - tides - heating) + binary.oconnell * np.sin(theta)
    return np.asarray(-2.5 * np.log10(np.clip(flux, 2e-3, None)))
