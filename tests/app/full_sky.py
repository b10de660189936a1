"""A small sky of stars of which everything is known, for the tests that need what `sky` lacks.

Two bands, two cameras, upper limits, points marked bad, two spectra a star with dates and a radial
velocity, errors of magnitudes, other catalogues (one agrees, one does not), a split.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from conftest import sky_objects, write_sky_embeddings

from data_pipeline.directories import provenance
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey, SurveyWriter
from model.atlas import build_atlas

N_STARS = 80
VELOCITY_KM_S = 600.0
COLUMNS = [
    Column("lc_amplitude", "mag", "peak to peak", "src.var.amplitude", "feature"),
    Column("e_phot_g_mean_mag", "mag", "error of G", "stat.error;phot.mag", "catalog"),
    Column("e_phot_bp_mean_mag", "mag", "error of BP", "stat.error;phot.mag", "catalog"),
    Column("e_phot_rp_mean_mag", "mag", "error of RP", "stat.error;phot.mag", "catalog"),
]
BANDS = {
    "V": Band("mag", time_reference="HJD", wavelength_angstrom=5450.0, color="#2e8b57"),
    "g": Band("mag", time_reference="HJD", wavelength_angstrom=4770.0, color="#1f4e9c"),
}


def objects() -> pd.DataFrame:
    """The catalogue: `sky_objects` with errors of the magnitudes, all stars labelled."""
    table = sky_objects(N_STARS, 5)
    table["class_label"] = table["class_label"].fillna("EW")
    for name, error in (("g", 0.02), ("bp", 0.3), ("rp", 0.4)):
        table[f"e_phot_{name}_mean_mag"] = error
    return table


def light_curve(rng: np.random.Generator, star: pd.Series) -> LightCurve:
    """Two bands by two cameras; a tenth are upper limits, four points are bad."""
    n = 160
    time = np.sort(rng.uniform(2_457_000, 2_458_100, n))
    phase = time / star["period_days"] % 1
    band = np.where(np.arange(n) % 2, "V", "g")
    mag = 13 + 0.8 * (band == "g") + star["lc_amplitude"] * np.sin(2 * np.pi * phase) / 2
    mag += rng.normal(0, 0.03, n)
    is_limit = np.arange(n) % 10 == 4
    mag[is_limit] += 0.25
    quality = np.where(np.arange(n) % 40 == 7, 1, 0)
    return LightCurve.from_mag(
        time, mag, np.full(n, 0.03), band=band,
        camera=np.where(np.arange(n) < 80, "ba", "bq"), is_upper_limit=is_limit, quality=quality,
    )  # fmt: skip


def spectrum(rng: np.random.Generator, star: pd.Series, number: int, mjd: float) -> Spectrum:
    """Two Balmer lines at the star's velocity; the second spectrum is twice as noisy."""
    wavelength = np.arange(3900.0, 9000.0, 4.0)
    noise = 0.02 * (1 + number % 2)
    flux = np.ones(wavelength.size)
    for line in (4862.7, 6564.6):
        moved = line * (1 + VELOCITY_KM_S / 299792.458)
        flux *= 1 - 0.5 * np.exp(-(((wavelength - moved) / 9) ** 2))
    return Spectrum(
        number, wavelength, flux + rng.normal(0, noise, flux.size), np.full(flux.size, noise),
        np.zeros(flux.size, bool), time=mjd, snr=1 / noise, radial_velocity_km_s=VELOCITY_KM_S,
        frame="heliocentric",
    )  # fmt: skip


def external(table: pd.DataFrame) -> pd.DataFrame:
    """What two other catalogues say: VSX agrees, GCVS has another class and twice the period."""
    vsx = table.assign(
        catalog="VSX", catalog_id=[f"VSX {i}" for i in range(len(table))], separation_arcsec=0.3
    )
    gcvs = table.assign(
        catalog="GCVS", catalog_id=[f"GCVS {i}" for i in range(len(table))],
        class_label=np.where(table["class_label"] == "EB", "EA", "EB"),
        period_days=2.5 * table["period_days"], separation_arcsec=1.7,
    )  # fmt: skip
    columns = ["source_id", "catalog", "catalog_id", "class_label", "period_days"]
    return pd.concat([vsx, gcvs], ignore_index=True)[[*columns, "separation_arcsec"]]


def write_full_sky(directory: Path) -> Path:
    """Write survey, embeddings and atlas; return the atlas's path."""
    rng = np.random.default_rng(11)
    table = objects()
    with SurveyWriter(
        directory / "survey", "Full sky", BANDS, COLUMNS, is_synthetic=True,
        provenance=provenance("tests", seed=11),
    ) as writer:  # fmt: skip
        writer.write_objects(table)
        writer.write_external(external(table))
        parts = np.where(np.arange(N_STARS) % 4, "train", "test")
        writer.write_splits(
            pd.DataFrame({"source_id": table["source_id"], "split": "seed0", "part": parts})
        )
        for i, star in table.iterrows():
            writer.add_light_curve(star["source_id"], light_curve(rng, star))
            for k, mjd in enumerate((57_100.25, 57_900.5)):
                writer.add_spectrum(star["source_id"], spectrum(rng, star, 2 * i + k, mjd))
    survey = Survey.open(directory / "survey")
    build_atlas(
        survey, write_sky_embeddings(directory / "embeddings", survey), directory / "atlas", k=20
    )
    return directory / "atlas"
