"""Fixtures that every package's tests may use: real files, small enough to make in a moment."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.directories import provenance
from data_pipeline.ids import stable_ids
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import SurveyWriter

TINY_BANDS = {
    "V": Band("mag", time_scale="utc", time_reference="HJD − 2450000", wavelength_angstrom=5450.0),
    "g": Band("flux", unit="mJy", zero_point_jy=3631.0, time_reference="HJD − 2450000"),
}
TINY_CLASSES = ("EW", "RRAB", "SR")
TINY_PERIODS = {"EW": 0.4, "RRAB": 0.6, "SR": 80.0}
TINY_COLORS = {"EW": 0.9, "RRAB": 0.6, "SR": 2.4}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file whose tests take longest: of several processes none then waits for it."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of real observations; the test is skipped where it is absent."""
    repository = Path(__file__).resolve().parents[1]
    path = Path(os.environ.get("ASTROM3_TEST_DATA", repository.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"no real data at {path}; set ASTROM3_TEST_DATA to their directory")
    return path


@pytest.fixture(scope="session")
def tiny_survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A survey of 60 stars in 3 classes, made once per test session; do not write into it.

    Star i is of class ``TINY_CLASSES[i % 3]``. Every fifth star has a second band, every third no
    spectrum, star 0 three spectra, star 59 neither light curve nor spectrum, star 58 no label.
    """
    path = tmp_path_factory.mktemp("surveys") / "tiny"
    write_tiny_survey(path)
    return path


def write_tiny_survey(path: Path, n_stars: int = 60, seed: int = 7) -> None:
    """Write the survey of the `tiny_survey` fixture."""
    rng = np.random.default_rng(seed)
    labels = [TINY_CLASSES[i % 3] for i in range(n_stars)]
    source_id = stable_ids("tiny", range(n_stars))
    columns = [Column("lc_amplitude", "mag", "half the 5 to 95 % range", "phot.mag", "feature")]
    with SurveyWriter(
        path, "Tiny", TINY_BANDS, columns, provenance=provenance("tests", seed=seed)
    ) as writer:
        for i, label in enumerate(labels):
            if i < n_stars - 1:
                writer.add_light_curve(source_id[i], tiny_light_curve(rng, label, i % 5 == 0))
            for k in range(3 if i == 0 else int(i % 3 != 1 and i < n_stars - 1)):
                writer.add_spectrum(source_id[i], tiny_spectrum(rng, label, 10 * i + k))
        writer.write_objects(tiny_objects(rng, source_id, labels))
        part = np.array(["train"] * 8 + ["val", "test"])[np.arange(n_stars) // 3 % 10]
        writer.write_splits(
            pd.DataFrame({"split": "default", "source_id": source_id, "part": part})
        )


def tiny_light_curve(rng: np.random.Generator, label: str, two_bands: bool) -> LightCurve:
    """Noisy sine in V, and for some stars the same in g as a flux."""
    time = np.sort(rng.uniform(0.0, 1000.0, 120))
    signal = 0.3 * np.sin(2 * np.pi * time / TINY_PERIODS[label])
    mag = 13.0 + signal + rng.normal(0.0, 0.02, time.size)
    mag[3] = np.nan
    camera = np.where(time < 500.0, "ba", "bb")
    values = {"mag": mag, "mag_err": np.full(time.size, 0.02)}
    band = np.full(time.size, "V")
    if two_bands:
        flux = 20.0 * 10 ** (-0.4 * signal)
        nothing = np.full(time.size, np.nan)
        values = {name: np.concatenate([value, nothing]) for name, value in values.items()}
        values["flux"] = np.concatenate([nothing, flux])
        values["flux_err"] = np.concatenate([nothing, 0.02 * flux])
        band, camera = np.repeat(["V", "g"], time.size), np.tile(camera, 2)
        time = np.tile(time, 2)
    missing = np.full(time.size, np.nan)
    return LightCurve(
        time=time,
        flux=values.get("flux", missing),
        flux_err=values.get("flux_err", missing),
        mag=values["mag"],
        mag_err=values["mag_err"],
        band=band,
        camera=camera,
        is_upper_limit=np.arange(time.size) == 5,
        quality=(np.arange(time.size) == 7).astype(np.int16),
    )


def tiny_spectrum(rng: np.random.Generator, label: str, spectrum_id: int) -> Spectrum:
    """A sloping continuum with Hα, redder for redder classes."""
    wavelength = np.linspace(3900.0, 8900.0, 500)
    flux = (wavelength / 6000.0) ** (2.0 * TINY_COLORS[label] - 2.0)
    flux *= 1.0 - 0.4 * np.exp(-0.5 * ((wavelength - 6564.6) / 12.0) ** 2)
    snr = 20.0 + spectrum_id % 10
    return Spectrum(
        spectrum_id=spectrum_id,
        wavelength=wavelength,
        flux=flux + rng.normal(0.0, 1.0 / snr, wavelength.size),
        flux_err=np.full(wavelength.size, 1.0 / snr),
        mask=np.arange(wavelength.size) < 2,
        time=57000.0 + spectrum_id,
        snr=snr,
        radial_velocity_km_s=12.5,
        frame="heliocentric",
        resolution=1800.0,
        instrument="tiny",
    )


def tiny_objects(
    rng: np.random.Generator, source_id: np.ndarray, labels: list[str]
) -> pd.DataFrame:
    """Names, positions, a color, a parallax, an amplitude; the last star but one is unlabelled."""
    n = len(labels)
    color = np.array([TINY_COLORS[label] for label in labels]) + rng.normal(0.0, 0.1, n)
    parallax = rng.uniform(-0.2, 3.0, n)
    period = np.array([TINY_PERIODS[label] for label in labels])
    known: list[str | None] = list(labels)
    known[-2] = None
    return pd.DataFrame(
        {
            "source_id": source_id,
            "name": [f"Tiny {i}" for i in range(n)],
            "original_id": [str(i) for i in range(n)],
            "ra_deg": np.linspace(10.0, 20.0, n),
            "dec_deg": np.linspace(-5.0, 5.0, n),
            "class_label": known,
            "period_days": period,
            "period_catalog_days": period,
            "mean_vmag": 13.0 + rng.normal(0.0, 0.5, n),
            "phot_g_mean_mag": 12.8 + rng.normal(0.0, 0.5, n),
            "bp_rp": np.where(np.arange(n) == 4, np.nan, color),
            "parallax": parallax,
            "parallax_error": np.full(n, 0.05),
            "parallax_over_error": parallax / 0.05,
            "lc_amplitude": 0.3 + rng.normal(0.0, 0.02, n),
        }
    )
