"""How the survey samples and measures a star: visits, cameras, noise, upper limits.

After the ASAS-SN V-band data: fields of 4.5 degrees visited every two to three nights for four to
five years with dithered exposures, a yearly gap, one or two cameras with small offsets, noise set
by the sky for faint stars, and a 5-sigma limit where a star is not detected. Stars of one field
share their visits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo.sky import Place
from data_pipeline.light_curves import LightCurve

Array = NDArray[np.float64]

ZERO_POINT_JY = 3838.0
FIRST_HJD, LAST_HJD = 2456580.0, 2458420.0
FIELD_DEG = 4.5
SATURATION_MAG = 10.5


def field_of(place: Place) -> tuple[int, int]:
    """Row (declination) and column (right ascension) of the survey field a star lies in."""
    row = int((place.dec_deg + 90.0) // FIELD_DEG)
    n_columns = max(1, round(360.0 * np.cos(np.radians(place.dec_deg)) / FIELD_DEG))
    return row, int(place.ra_deg / 360.0 * n_columns)


def field_visits(place: Place, seed: int) -> tuple[Array, NDArray[np.str_], Array]:
    """Exposures of a field: times (HJD, n), cameras (n,), sky brightness factor (n,)."""
    rng = np.random.default_rng([seed, 1, *field_of(place)])
    start = FIRST_HJD + rng.uniform(0.0, 350.0)
    nights = start + np.cumsum(rng.exponential(1.0, 1500) + 1.6)
    nights = np.floor(nights[nights < LAST_HJD - rng.uniform(0.0, 60.0)])
    nights = nights[_is_up(place, nights) & (rng.uniform(size=nights.size) < 0.72)]
    south = place.dec_deg < 0
    longitude = -70.8 if south else -156.3  # Cerro Tololo, Haleakala
    transit = (place.ra_deg - longitude - 100.46 - 0.985647 * (nights - 2451544.5)) / 360.9856
    hour_angle = np.clip(rng.normal(0.0, 0.07, nights.size), -0.16, 0.16)
    visit = nights + 0.5 + np.mod(transit, 1.0) + hour_angle
    n_dithers = rng.choice([1, 2, 3], p=[0.35, 0.25, 0.4])
    time = (visit[:, None] + np.arange(n_dithers) * 0.0014).ravel()
    cameras = np.array(["be", "bf", "bg", "bh"] if south else ["ba", "bb", "bc", "bd"])
    mine = rng.choice(cameras, 2 if rng.uniform() < 0.35 else 1, replace=False)
    camera = np.repeat(rng.choice(mine, visit.size), n_dithers)
    moon = 0.5 + 0.5 * np.cos(2 * np.pi * (time - 2456805.0) / 29.53)
    sky = (1.0 + 0.5 * moon**2) * np.repeat(np.exp(rng.normal(0, 0.2, visit.size)), n_dithers)
    return time, camera, sky


def _is_up(place: Place, nights: Array) -> NDArray[np.bool_]:
    """Nights on which the star is far enough from the Sun."""
    sun_ra = np.mod(279.4 + 0.985647 * (nights - 2456658.5), 360.0)
    apart = np.abs(np.mod(place.ra_deg - sun_ra + 180.0, 360.0) - 180.0)
    return np.asarray(apart > np.clip(75.0 - 0.7 * (abs(place.dec_deg) - 20.0), 25.0, 80.0))


def flux_mjy(magnitude: Array) -> Array:
    """Flux density in mJy of V magnitudes."""
    return np.asarray(1e3 * ZERO_POINT_JY * 10.0 ** (-0.4 * magnitude))


def observe(
    time: Array,
    magnitude: Array,
    camera: NDArray[np.str_],
    sky: Array,
    rng: np.random.Generator,
) -> LightCurve:
    """Measure true V magnitudes (n,) at times (n,): noise, offsets, limits, a few bad points."""
    for name in np.unique(camera):
        magnitude = magnitude + np.where(camera == name, rng.normal(0.0, 0.015), 0.0)
    flux = flux_mjy(magnitude)
    blend = flux_mjy(np.array(rng.normal(19.3, 1.0)))  # neighbors inside the 15 arcsec beam
    noise = np.hypot(0.085 * sky, 0.017 * flux)
    noise = np.hypot(noise, np.where(magnitude < SATURATION_MAG, 0.06, 0.0) * flux)
    quality = np.where(rng.uniform(size=time.size) < 0.008, 1, 0)
    scatter = noise * np.where(quality == 1, 5.0, 1.0)
    scatter *= np.where(rng.uniform(size=time.size) < 0.004, 4.0, 1.0)  # bad points nobody flagged
    flux = flux + blend + scatter * rng.standard_normal(time.size)
    flux_err = noise * np.exp(rng.normal(0.0, 0.06, time.size)) * rng.uniform(0.9, 1.15)
    is_limit = flux < 5.0 * flux_err
    safe = np.where(is_limit, 5.0 * flux_err, flux)
    mag = -2.5 * np.log10(safe / (1e3 * ZERO_POINT_JY))
    mag_err = np.where(is_limit, np.nan, 1.0857 * flux_err / safe)
    n = time.size
    return LightCurve(
        time=time, flux=flux, flux_err=flux_err, mag=mag, mag_err=mag_err,
        band=np.full(n, "V"), camera=camera, is_upper_limit=is_limit, quality=quality,
    )  # fmt: skip
