"""The magnitude of a star at any time: one entry point over the families of light-curve shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo import irregular
from data_pipeline.demo.binaries import eclipse_magnitude
from data_pipeline.demo.physics import Star
from data_pipeline.demo.pulsation import delta_scuti, regular_pulsation

Array = NDArray[np.float64]

_CHANGING = {"spots": irregular.spotted, "mira": irregular.mira, "lsp": irregular.long_secondary,
             "semiregular": irregular.semiregular, "irregular": irregular.irregular,
             "dsct": delta_scuti}  # fmt: skip


def relative_magnitude(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """V magnitude minus the star's mean (or out-of-eclipse) magnitude at times (n,) in HJD."""
    if star.impostor:
        magnitude = np.zeros_like(time)
    elif star.binary is not None:
        magnitude = eclipse_magnitude(star.binary, (time - star.t0) / star.period_days)
        magnitude = magnitude + _binary_spots(star, time, rng)
    elif star.kind.shape in _CHANGING:
        magnitude = _CHANGING[star.kind.shape](star, time, rng)
    else:
        magnitude = regular_pulsation(star, time, rng)
    return magnitude + _planted(star, time, rng)


def _binary_spots(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Slow change of the maxima of active binaries."""
    phase = 2 * np.pi * (time - star.t0) / star.period_days
    size = 0.012 * min(star.activity, 2.5) * irregular.smooth_noise(time, 200.0, rng)
    return np.asarray(size * np.sin(phase + rng.uniform(0, 2 * np.pi)))


def _planted(star: Star, time: Array, rng: np.random.Generator) -> Array:
    """Extra variation of planted outliers."""
    extra = np.zeros_like(time)
    if "eclipses" in star.anomalies:
        period = star.period_days * rng.choice([1.0, 2.0, 0.5])
        phase = np.mod((time - star.t0) / period, 1.0)
        extra += rng.uniform(0.35, 0.9) * (np.minimum(phase, 1 - phase) < rng.uniform(0.025, 0.05))
    if "pulsation" in star.anomalies:
        extra += rng.uniform(0.05, 0.12) * np.sin(2 * np.pi * time / rng.uniform(0.04, 0.12))
    if "fading" in star.anomalies:
        middle, length = rng.uniform(time.min(), time.max()), rng.uniform(60.0, 300.0)
        extra += rng.uniform(1.0, 3.0) * np.exp(-0.5 * ((time - middle) / length) ** 2)
    if "outbursts" in star.anomalies:  # cataclysmic variable
        for start in np.arange(time.min(), time.max(), rng.uniform(40.0, 150.0)):
            since = time - start - rng.uniform(0.0, 20.0)
            extra -= rng.uniform(1.5, 3.5) * np.where(since > 0, np.exp(-since / 8.0), 0.0)
        extra += 0.25 * rng.normal(size=time.size)
    if "red noise" in star.anomalies:
        extra += rng.uniform(0.2, 0.5) * irregular.smooth_noise(time, rng.uniform(20, 150), rng)
    return extra
