"""What complete outliers are: galaxies, quasars and cataclysmic variables taken for a class star.

They sit at the star's place and brightness, with a spectrum, colors and motion of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from data_pipeline.demo import spectra as sp
from data_pipeline.demo.physics import Star
from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S

FAR_PC = 1e8


@dataclass(frozen=True)
class Look:
    """How an impostor looks to the catalog and what it is called in the truth."""

    true_class: str
    temperature_k: float
    """Of the star whose optical colors it has."""
    dust: float
    """Infrared excess, K-W3 in mag."""
    is_far: bool
    """Outside the Galaxy: no parallax, no motion."""


LOOKS = {
    "galaxy": Look("GALAXY", 5000.0, 0.9, True),
    "quasar": Look("QSO", 8500.0, 2.6, True),
    "cataclysmic": Look("CV", 12000.0, 0.2, False),
}


def cataloged(star: Star) -> Star:
    """The star the catalog's photometry and astrometry would fit."""
    look = LOOKS[star.impostor]
    kind = replace(star.kind, is_giant=False, is_carbon=False)
    seen = replace(star, kind=kind, binary=None, temperature_k=look.temperature_k, dust=look.dust)
    if not look.is_far:
        return seen
    far = replace(star.place, distance_pc=FAR_PC, pmra=0.0, pmdec=0.0)
    fainter = 5.0 * np.log10(FAR_PC / star.place.distance_pc)
    return replace(seen, place=far, absolute_v=star.absolute_v - fainter)


def component(star: Star, spectrum: int, rng: np.random.Generator) -> sp.Component:
    """The light source in the spectrum of an impostor."""
    return _SPECTRA[star.impostor](spectrum, star.place.radial_velocity_km_s, rng)


def _galaxy(spectrum: int, velocity: float, rng: np.random.Generator) -> sp.Component:
    redshift = rng.uniform(0.02, 0.06)
    forming = rng.uniform(0.0, 1.0)
    lines = [(3728.5, 1.2), (sp.HBETA, 0.3), (4960.3, 0.25), (5008.2, 0.75), (6549.9, 0.25),
             (sp.HALPHA, 1.5), (6585.3, 0.6), (6718.3, 0.3), (6732.7, 0.25)]  # fmt: skip
    return sp.Component(
        spectrum=spectrum, weight=1.0, temperature_k=4750.0 + 900.0 * forming, feh=0.0,
        is_giant=True, vsini_km_s=250.0, velocity_km_s=velocity + redshift * SPEED_OF_LIGHT_KM_S,
        emission=tuple((w, p * forming, 3.5) for w, p in lines),
    )  # fmt: skip


def _quasar(spectrum: int, velocity: float, rng: np.random.Generator) -> sp.Component:
    redshift = rng.uniform(0.3, 1.8)
    lines = [(1908.7, 0.6, 28.0), (2799.1, 0.8, 25.0), (4341.7, 0.25, 30.0), (4862.7, 0.8, 35.0),
             (5008.2, 0.6, 6.0)]  # fmt: skip
    moved = tuple((w * (1 + redshift), p, s * (1 + redshift)) for w, p, s in lines)
    return sp.Component(
        spectrum=spectrum, weight=1.0, temperature_k=9000.0, feh=0.0, velocity_km_s=velocity,
        power_law=-1.5, emission=moved,
    )  # fmt: skip


def _cataclysmic(spectrum: int, velocity: float, rng: np.random.Generator) -> sp.Component:
    strength = rng.uniform(0.6, 2.0)
    lines = [(sp.HALPHA, 1.5), (sp.HBETA, 1.1), (sp.HGAMMA, 0.9), (sp.HDELTA, 0.7), (4687.0, 0.3),
             (5877.2, 0.35), (6680.0, 0.25), (4472.7, 0.25)]  # fmt: skip
    return sp.Component(
        spectrum=spectrum, weight=1.0, temperature_k=12000.0, feh=0.0, velocity_km_s=velocity,
        power_law=-2.2, emission=tuple((w, p * strength, 9.0) for w, p in lines),
    )  # fmt: skip


_SPECTRA: dict[str, Callable[[int, float, np.random.Generator], sp.Component]] = {
    "galaxy": _galaxy, "quasar": _quasar, "cataclysmic": _cataclysmic,
}  # fmt: skip
