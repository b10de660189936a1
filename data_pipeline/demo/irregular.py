"""Light-curve shapes that change: spotted stars, Miras, semiregulars, long secondary periods.

Slow random change is a sum of knots joined smoothly; every function returns magnitudes relative to
the mean at the given times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo.physics import Star

Array = NDArray[np.float64]


def smooth_noise(time: Array, scale_days: float, rng: np.random.Generator) -> Array:
    """Smooth random curve (n,) of unit variance that forgets itself over `scale_days`."""
    start = float(time.min()) - 2 * scale_days
    n_knots = max(8, int((float(time.max()) - start) / scale_days) + 4)
    knots = rng.normal(size=n_knots)
    position = (time - start) / scale_days
    left = np.clip(position.astype(int), 0, n_knots - 2)
    x = position - left
    weight = 0.5 * (1 - np.cos(np.pi * np.clip(x, 0, 1)))
    value = (1 - weight) * knots[left] + weight * knots[left + 1]
    return np.asarray(value / np.sqrt(weight**2 + (1 - weight) ** 2))


def spotted(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Rotational modulation by two or three spots that grow, fade and drift."""
    lifetime = max(40.0, 6.0 * star.period_days) * np.exp(rng.normal(0.3, 0.5))
    phase = (time - star.t0) / star.period_days
    slant = rng.uniform(0.2, 0.9)  # spots near the pole are never hidden
    dimming = np.zeros_like(time)
    for share in (1.0, rng.uniform(0.1, 0.8), rng.uniform(0.0, 0.35)):
        size = share * np.clip(1.0 + 0.35 * smooth_noise(time, lifetime, rng), 0.1, 2.0)
        drift = rng.uniform() + 0.06 * smooth_noise(time, 2 * lifetime, rng)
        height = slant + (1 - slant) * np.cos(2 * np.pi * (phase - drift))
        dimming += size * np.clip(height, 0.0, None)
    dimming *= star.amplitude / max(float(np.ptp(np.quantile(dimming, [0.02, 0.98]))), 1e-3)
    cycle = 0.15 * star.amplitude * smooth_noise(time, 500.0, rng)
    return np.asarray(dimming - dimming.mean() + cycle + _flares(star, time, rng))


def _flares(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Rare brightenings of active M dwarfs, caught in one visit."""
    magnitude = np.zeros_like(time)
    if star.temperature_k < 3900.0 and not star.kind.is_giant:
        caught = rng.uniform(size=time.size) < 0.003 * star.activity
        magnitude[caught] = -rng.exponential(0.25, int(caught.sum()))
    return magnitude


def mira(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Large asymmetric cycles whose height, depth and length change from one to the next."""
    start = star.t0 - 4 * star.period_days
    n_cycles = int((float(time.max()) - start) / star.period_days) + 6
    length = star.period_days * (1.0 + 0.03 * rng.normal(size=n_cycles))
    maxima = (
        start
        + np.concatenate([[0.0], np.cumsum(length)])
        - (length.sum() - n_cycles * star.period_days) / 2
    )
    cycle = np.clip(np.searchsorted(maxima, time) - 1, 0, n_cycles - 1)
    phase = (time - maxima[cycle]) / np.diff(maxima)[cycle]
    rise = np.clip(rng.normal(0.42, 0.05), 0.28, 0.52)  # share of the cycle spent brightening
    warped = np.where(phase < 1 - rise, phase / (1 - rise) / 2, 1 - (1 - phase) / rise / 2)
    curve = -np.cos(2 * np.pi * warped) / 2  # maximum at phase zero
    hump = rng.uniform(0.0, 0.12) * np.exp(-0.5 * ((phase - 0.72) / 0.07) ** 2)
    heights = 1.0 + 0.18 * rng.normal(size=n_cycles + 1)
    height = (1 - phase) * heights[cycle] + phase * heights[cycle + 1]
    level = 0.2 * smooth_noise(time, 2.5 * star.period_days, rng)
    return np.asarray(star.amplitude * (curve * height - hump) + level)


def semiregular(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Two or three modes that lose their phase, on a slow drift of the mean."""
    phase = 2 * np.pi * (time - star.t0) / star.period_days
    coherence = rng.uniform(3.0, 12.0) * star.period_days
    modes = [(1.0, 1.0), (rng.uniform(1.5, 2.2), rng.uniform(0.2, 0.6))]
    if rng.uniform() < 0.4:
        modes.append((rng.uniform(0.1, 0.2), rng.uniform(0.3, 0.7)))
    total = np.zeros_like(time)
    for frequency, share in modes:
        wander = 0.9 * smooth_noise(time, coherence, rng)
        size = np.clip(1.0 + 0.4 * smooth_noise(time, coherence, rng), 0.15, None)
        total += share * size * np.sin(frequency * phase + rng.uniform(0, 6.28) + wander)
    total += 0.35 * smooth_noise(time, 4 * star.period_days + 100.0, rng)
    return np.asarray(star.amplitude * total / np.ptp(np.quantile(total, [0.02, 0.98])))


def long_secondary(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Broad dips every few hundred days over the ripple of a fast semiregular."""
    phase = np.mod((time - star.t0) / star.period_days, 1.0)
    width = rng.uniform(0.14, 0.24)
    dip = np.exp(-0.5 * ((phase - 0.5) / width) ** 2)
    depth = star.amplitude * (1.0 + 0.12 * smooth_noise(time, star.period_days, rng))
    ripple_phase = 2 * np.pi * (time - star.t0) / (star.period_days / rng.uniform(7.0, 11.0))
    wander = smooth_noise(time, star.period_days, rng)
    size = star.amplitude * rng.uniform(0.10, 0.25) * (1 + 0.4 * smooth_noise(time, 150.0, rng))
    return np.asarray(depth * (dip - dip.mean()) + size * np.sin(ripple_phase + wander))


def irregular(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """No period: red noise on two time scales, with dips or bursts in young stars."""
    slow = smooth_noise(time, 8.0 * star.period_days, rng)
    fast = smooth_noise(time, 0.7 * star.period_days, rng)
    total = 0.7 * slow + 0.5 * fast
    if star.kind.subtype == "young star":
        total += 1.6 * np.clip(smooth_noise(time, 1.5, rng) - 1.0, 0.0, None)
    return np.asarray(star.amplitude * total / np.ptp(np.quantile(total, [0.02, 0.98])))
