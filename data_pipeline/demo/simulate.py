"""Simulate a block of stars: light curves, spectra, catalog rows, truth.

A block is small enough to travel between processes and large enough for the spectra to be computed
together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_pipeline.demo import impostors
from data_pipeline.demo import spectra as sp
from data_pipeline.demo import spectral_basis as sb
from data_pipeline.demo.cadence import field_visits, observe
from data_pipeline.demo.catalog import catalog_row
from data_pipeline.demo.classes import KINDS, PAPER_CLASSES, Kind
from data_pipeline.demo.derive import derived_columns
from data_pipeline.demo.faults import NEEDS_SPECTRUM, Fault, catalog_period
from data_pipeline.demo.impostors import LOOKS
from data_pipeline.demo.physics import Star, draw_star
from data_pipeline.demo.shapes import relative_magnitude
from data_pipeline.demo.spectrograph import (
    FIRST_MJD,
    LAST_MJD,
    components_at,
    spectrum_chance,
)
from data_pipeline.light_curves import LightCurve
from data_pipeline.spectra import Spectrum

SECOND_EPOCH_CHANCE = 0.08
TYPICAL_SPECTRA_FRACTION = 0.7


@dataclass(frozen=True)
class StarOrder:
    """What to simulate: everything a worker needs to know about one star."""

    index: int
    seed: int
    kind: Kind
    fault: Fault
    spectra_fraction: float | None
    search_periods: bool = False


@dataclass(frozen=True)
class NoisySpectrum:
    """An observed spectrum on the survey's wavelength grid."""

    flux: NDArray[np.float32]
    flux_err: NDArray[np.float32]
    mask: NDArray[np.bool_]
    mjd: float
    snr: float
    radial_velocity_km_s: float


@dataclass
class SimulatedStar:
    """All that is written about one star."""

    name: str
    row: dict[str, Any]
    truth: dict[str, Any]
    light_curve: LightCurve
    observed: list[NoisySpectrum]

    def spectra(self, first_id: int) -> Iterator[Spectrum]:
        """The star's spectra, numbered from `first_id`."""
        for number, one in enumerate(self.observed, start=first_id):
            yield Spectrum(
                spectrum_id=number, wavelength=sb.WAVELENGTH, flux=one.flux, flux_err=one.flux_err,
                mask=one.mask, time=one.mjd, snr=one.snr,
                radial_velocity_km_s=one.radial_velocity_km_s, frame="heliocentric",
                resolution=sb.RESOLUTION, instrument="simulated LAMOST LRS",
            )  # fmt: skip


@dataclass
class _Draft:
    """A star between its light curve and its spectra."""

    star: Star
    spectrum_star: Star
    """The star whose light is in the spectrum: another one where that was planted."""
    result: SimulatedStar
    epochs_mjd: list[float]
    rng: np.random.Generator


def simulate_block(orders: list[StarOrder]) -> list[SimulatedStar]:
    """Simulate the stars of one block."""
    drafts = [_draft(order) for order in orders]
    _take_spectra(drafts)
    stars = [draft.result for draft in drafts]
    derived = derived_columns([star.light_curve for star in stars],
                              [star.row["period_catalog_days"] for star in stars],
                              search=orders[0].search_periods)  # fmt: skip
    for star, columns in zip(stars, derived, strict=True):
        star.row |= {**columns, "n_spectra": len(star.observed)}
    return stars


def _draft(order: StarOrder) -> _Draft:
    """Light curve, catalog row and truth of one star."""
    rng = np.random.default_rng(np.random.SeedSequence((order.seed, order.index)))
    star, epochs = fitting_star(order, rng)
    time, camera, sky = visits(star, order.seed, rng)
    magnitude = star.v_mag + relative_magnitude(star, time, rng)
    light_curve = observe(time, magnitude, camera, sky, rng)
    row = {
        "ra_deg": star.place.ra_deg,
        "dec_deg": star.place.dec_deg,
        "class_label": order.fault.label or star.kind.label,
        "period_catalog_days": _catalog_period(star, order.fault, float(np.ptp(time)), rng),
        **catalog_row(_cataloged(star, rng), light_curve, rng),
    }
    spectrum_star = star
    if "another star's spectrum" in star.anomalies:
        spectrum_star = _another(star, rng)
    result = SimulatedStar(_name(star), row, _truth(star, order.fault), light_curve, [])
    return _Draft(star, spectrum_star, result, epochs, rng)


def _catalog_period(star: Star, fault: Fault, span_days: float, rng: np.random.Generator) -> float:
    """Period in the catalog; impostors keep the period of the class they were taken for."""
    period = catalog_period(star.period_days, fault, span_days, rng)
    return period if star.kind.is_periodic else np.nan


def _cataloged(star: Star, rng: np.random.Generator) -> Star:
    """The star whose catalog row is found at this position."""
    if "another star's catalog row" in star.anomalies:
        return _another(star, rng)
    return impostors.cataloged(star) if star.impostor else star


def fitting_star(order: StarOrder, rng: np.random.Generator) -> tuple[Star, list[float]]:
    """A star of the kind and the times (MJD) of its spectra.

    Where the planted fault can only be seen in a spectrum, the star is one that has a spectrum.
    """
    fault = order.fault
    for _ in range(30):
        star = draw_star(order.kind, rng, fault.anomalies)
        epochs = _spectrum_epochs(star, order.spectra_fraction, rng)
        if epochs or NEEDS_SPECTRUM.isdisjoint(fault.anomalies):
            return star, epochs
    return star, epochs


def _spectrum_epochs(star: Star, fraction: float | None, rng: np.random.Generator) -> list[float]:
    """Times (MJD) at which spectra were taken; empty for stars without."""
    chance = spectrum_chance(star)
    if fraction is not None:
        chance = min(1.0, chance * fraction / TYPICAL_SPECTRA_FRACTION)
    draws = rng.uniform(size=2)
    n_epochs = int(draws[0] < chance) * (1 + int(draws[1] < SECOND_EPOCH_CHANCE))
    return sorted(rng.uniform(FIRST_MJD, LAST_MJD, 2)[:n_epochs].tolist())


def visits(
    star: Star, seed: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.str_], NDArray[np.float64]]:
    """The visits of the star's field that gave a measurement of it."""
    time, camera, sky = field_visits(star.place, seed)
    kept = rng.uniform(size=time.size) < rng.uniform(0.85, 1.0)
    return time[kept], camera[kept], sky[kept]


def _another(star: Star, rng: np.random.Generator) -> Star:
    """A star of another family at the same place, for planted mix-ups."""
    others = [kind for kind in KINDS if kind.label in PAPER_CLASSES
              and kind.shape != star.kind.shape]  # fmt: skip
    return replace(draw_star(others[int(rng.integers(len(others)))], rng), place=star.place)


def _truth(star: Star, fault: Fault) -> dict[str, Any]:
    truth: dict[str, Any] = {
        "true_class": star.kind.label,
        "true_period_days": star.period_days if star.kind.is_periodic else np.nan,
        "subtype": star.kind.subtype,
        "fault": fault.fault,
        "fault_detail": fault.detail,
        "temperature_k": star.temperature_k,
        "luminosity": star.luminosity,
        "distance_pc": star.place.distance_pc,
        "a_v": star.place.a_v,
        "feh": star.feh,
    }
    if star.impostor:  # nothing of the star it stands in for is true of it
        unknown = ("true_period_days", "temperature_k", "luminosity", "distance_pc", "feh")
        truth |= dict.fromkeys(unknown, np.nan)
        truth |= {"true_class": LOOKS[star.impostor].true_class, "subtype": star.impostor}
    return truth


def _name(star: Star) -> str:
    """Name from the coordinates, as surveys give them: SIM J184120.05+445439.3."""
    ra_cs = int(star.place.ra_deg / 15.0 * 360000)  # centiseconds of time, truncated
    dec_das = int(abs(star.place.dec_deg) * 36000)  # tenths of arcseconds, truncated
    sign = "-" if star.place.dec_deg < 0 else "+"
    ra = f"{ra_cs // 360000:02d}{ra_cs // 6000 % 60:02d}{ra_cs % 6000 / 100:05.2f}"
    dec = f"{dec_das // 36000:02d}{dec_das // 600 % 60:02d}{dec_das % 600 / 10:04.1f}"
    return f"SIM J{ra}{sign}{dec}"


def _take_spectra(drafts: list[_Draft]) -> None:
    """Make the spectra of a block together and observe them one by one."""
    components: list[sp.Component] = []
    exposures: list[tuple[_Draft, sp.Exposure, float]] = []
    for draft in drafts:
        for mjd in draft.epochs_mjd:
            star = draft.spectrum_star
            sources = components_at(star, mjd + 2400000.5, len(exposures), draft.rng)
            components += sources
            exposure = sp.Exposure(draft.star.v_mag, draft.star.place.a_v,
                                   draft.rng.uniform(1.0, 1.7), mjd)  # fmt: skip
            velocity = float(np.average([s.velocity_km_s for s in sources],
                                        weights=[s.weight for s in sources]))  # fmt: skip
            exposures.append((draft, exposure, velocity))
    if not exposures:
        return
    light = sp.synthesize(components, len(exposures))
    for flux, (draft, exposure, velocity) in zip(light, exposures, strict=True):
        noisy, error, mask, snr = sp.observe_spectrum(flux, exposure, draft.rng)
        draft.result.observed.append(NoisySpectrum(
            noisy.astype(np.float32), error.astype(np.float32), mask, exposure.mjd, snr,
            velocity + draft.rng.normal(0.0, 5.0),
        ))  # fmt: skip
