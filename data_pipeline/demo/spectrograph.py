"""From a star to its spectra: who is observed, when, and in which state the star is then.

Temperatures follow the phase of pulsators, emission the phase of Miras and the activity of
rotators; binaries show both components at their orbital velocities.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data_pipeline.demo import impostors
from data_pipeline.demo import spectra as sp
from data_pipeline.demo.binaries import Binary
from data_pipeline.demo.physics import Star
from data_pipeline.demo.relations import colors

FIRST_MJD, LAST_MJD = 55900.0, 58650.0


def spectrum_chance(star: Star) -> float:
    """Chance that LAMOST took a spectrum: footprint, brightness in the red, target selection."""
    dec = star.place.dec_deg
    footprint = 1.0 / (1.0 + np.exp(-(dec + 10.0) / 0.8)) / (1.0 + np.exp((dec - 62.0) / 4.0))
    bp_rp = colors(star.temperature_k, star.kind.is_giant, star.kind.is_carbon)
    color = bp_rp["BP"] - bp_rp["RP"] + 0.42 * star.place.a_v
    red = star.v_mag - 0.35 * (min(max(color, 0.0), 2.5) - 0.8)
    bright = 1.0 / (1.0 + np.exp(-(red - 9.5) / 0.5))
    faint = 1.0 / (1.0 + np.exp((red - 16.6) / 0.4))
    return float(0.97 * footprint * bright * faint * (0.9 if color > 2.5 else 1.0))


def state_at(star: Star, time: float) -> tuple[float, float]:
    """Phase (0 = maximum of pulsators) and temperature in K at a time in HJD."""
    phase = ((time - star.t0) / star.period_days) % 1.0
    swing = {"rrab": 650.0, "rrc": 350.0, "rrd": 350.0, "hads": 400.0, "cepheid": 550.0,
             "overtone": 300.0, "mira": 280.0, "semiregular": 60.0, "lsp": 60.0}  # fmt: skip
    change = swing.get(star.kind.shape, 0.0) * np.cos(2 * np.pi * phase)
    if star.kind.shape == "rrab":
        change = 650.0 * (0.6 * np.cos(2 * np.pi * phase) + 0.4 * (1 - 2 * phase))
    return phase, star.temperature_k + change


def components_at(
    star: Star, time: float, spectrum: int, rng: np.random.Generator
) -> list[sp.Component]:
    """Light sources in the spectrum of a star taken at `time` (HJD)."""
    kind = star.kind
    phase, temperature = state_at(star, time)
    velocity = star.place.radial_velocity_km_s
    if star.impostor:
        return [impostors.component(star, spectrum, rng)]
    primary = sp.Component(
        spectrum=spectrum, weight=1.0, temperature_k=temperature, feh=star.feh,
        is_giant=kind.is_giant or _is_subgiant(star),
        carbon=float(np.clip(rng.normal(1.0, 0.12), 0.6, 1.2)) if kind.is_carbon else 0.0,
        vsini_km_s=star.vsini_km_s, velocity_km_s=velocity,
        emission=_emission(star, phase, rng),
        veiling=rng.uniform(0.1, 0.5) if kind.subtype == "young star" else 0.0,
        molecules=float(np.exp(rng.normal(0.0, 0.12))),
    )  # fmt: skip
    return [primary] if star.binary is None else _two_stars(star, star.binary, primary, phase)


def _is_subgiant(star: Star) -> bool:
    """Evolved stars of the upper main sequence have giant-like surface gravities when luminous."""
    return star.temperature_k < 7000.0 and star.absolute_v < 2.0


def _two_stars(
    star: Star, binary: Binary, primary: sp.Component, phase: float
) -> list[sp.Component]:
    """The two components of a binary at an orbital phase, outside of total eclipse."""
    wave = np.sin(2 * np.pi * phase)
    faster = binary.velocity_km_s / max(0.2, min(1.0, binary.radius2 / binary.radius1))
    return [
        replace(
            primary,
            weight=1.0 - binary.light2,
            velocity_km_s=primary.velocity_km_s - binary.velocity_km_s * wave,
        ),
        replace(
            primary,
            weight=binary.light2,
            temperature_k=max(2800.0, star.temperature_k * binary.temperature_ratio),
            is_giant=star.kind.subtype == "Algol",
            velocity_km_s=primary.velocity_km_s + faster * wave,
            emission=(),
        ),
    ]


def _lines(pairs: list[tuple[float, float]], sigma: float) -> tuple[sp.EmissionLine, ...]:
    """Emission lines of one width, those too weak to see left out."""
    return tuple((center, peak, sigma) for center, peak in pairs if peak > 0.005)


def _emission(star: Star, phase: float, rng: np.random.Generator) -> tuple[sp.EmissionLine, ...]:
    """Emission lines by kind of star: chromospheres, shocks in Miras, discs of Be stars."""
    kind = star.kind
    planted = rng.uniform(1.5, 4.0) if "emission" in star.anomalies else 0.0
    if kind.shape == "mira":
        strength = max(0.0, np.cos(2 * np.pi * (phase - 0.08))) * rng.uniform(0.3, 1.6)
        if kind.is_carbon:
            pairs = [(sp.HALPHA, 1.6), (sp.HBETA, 0.8), (sp.HGAMMA, 0.5), (sp.HDELTA, 0.3)]
        else:
            pairs = [(sp.HALPHA, 0.15), (sp.HBETA, 0.5), (sp.HGAMMA, 2.2), (sp.HDELTA, 4.0)]
        return _lines([(w, p * strength + planted) for w, p in pairs], 2.0)
    if kind.subtype == "Be star":
        pairs = [(sp.HALPHA, 1.4 * star.activity / 3.0), (sp.HBETA, 0.25)]
        return _lines(pairs, 4.0)
    strong = star.activity * (2.2 if star.temperature_k < 4000 else 1.0)
    cool = np.clip((6600.0 - star.temperature_k) / 1500.0, 0.0, 1.0)
    h_alpha = cool * 0.22 * strong * (2.0 if star.temperature_k < 3900 else 1.0)
    pairs = [(sp.HALPHA, h_alpha), (sp.HBETA, 0.5 * h_alpha), (sp.CALCIUM_K, cool * 0.9 * strong),
             (sp.CALCIUM_H, cool * 0.7 * strong)]  # fmt: skip
    if planted:
        pairs += [(sp.HALPHA, planted), (sp.HBETA, 0.5 * planted), (sp.HGAMMA, 0.25 * planted),
                  (5877.2, 0.15 * planted), (6680.0, 0.1 * planted)]  # fmt: skip
    if kind.shape == "rrab" and phase > 0.90:  # shock on the rising branch
        pairs.append((sp.HALPHA, 0.25))
    return _lines(pairs, 2.0)
