"""A small sky of the page's own: six classes, light curves, spectra, colours, parallaxes.

Everything is real (survey, embeddings, atlas on disk); only the vectors are drawn at random around
one direction per class, in place of a trained model.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from app.atlas_store import AtlasStore
from data_pipeline.directories import provenance
from data_pipeline.ids import stable_ids
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey, SurveyWriter
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

sys.path.append(str(Path(__file__).parent))  # for the helpers beside the tests
from browsing import launch, serving

# class: share, period [d], colour, absolute magnitude, amplitude [mag]
SKY = {
    "EW": (0.34, 0.35, 0.9, 4.0, 0.5),
    "RRAB": (0.2, 0.55, 0.6, 0.6, 0.9),
    "SR": (0.2, 90.0, 3.0, -1.5, 0.6),
    "EA": (0.12, 2.2, 0.5, 2.0, 0.7),
    "DSCT": (0.08, 0.09, 0.35, 1.8, 0.2),
    "ROT": (0.06, 6.0, 1.3, 6.0, 0.15),
}
N_UNLABELLED = 5
COLUMNS = [Column("lc_amplitude", "mag", "peak to peak", "src.var.amplitude", "feature")]


def sky_objects(n_stars: int, seed: int) -> pd.DataFrame:
    """Catalogue of the sky; some stars without label, colour, or a parallax worth using."""
    rng = np.random.default_rng(seed)
    classes = np.array(list(SKY))
    share = np.array([row[0] for row in SKY.values()])
    label = classes[np.searchsorted(np.cumsum(share), (np.arange(n_stars) + 0.5) / n_stars)]
    of_class = {name: np.array([SKY[c][i] for c in label]) for i, name in enumerate(
        ("share", "period", "color", "mag", "amplitude")
    )}  # fmt: skip
    distance_pc = 10 ** rng.uniform(2.3, 3.4, n_stars)
    parallax = 1000 / distance_pc
    error = np.where(np.arange(n_stars) % 9 == 0, parallax, 0.02)
    color = of_class["color"] + rng.normal(0, 0.15, n_stars)
    color[::31] = np.nan
    g_mag = of_class["mag"] + rng.normal(0, 0.4, n_stars) + 5 * np.log10(distance_pc) - 5
    table = pd.DataFrame(
        {
            "source_id": stable_ids("sky", range(n_stars)),
            "name": [f"Sky V{i:05d}" for i in range(n_stars)],
            "ra_deg": rng.uniform(0, 360, n_stars),
            "dec_deg": np.rad2deg(np.arcsin(rng.uniform(-1, 1, n_stars))),
            "class_label": label,
            "period_days": of_class["period"] * rng.lognormal(0, 0.15, n_stars),
            "lc_amplitude": of_class["amplitude"] * rng.lognormal(0, 0.2, n_stars),
            "bp_rp": color,
            "phot_g_mean_mag": g_mag,
            "parallax": parallax,
            "parallax_error": error,
            "parallax_over_error": parallax / error,
        }
    )
    table.loc[np.linspace(0, n_stars - 1, N_UNLABELLED).astype(int), "class_label"] = None
    return table


def sky_light_curve(rng: np.random.Generator, star: pd.Series) -> LightCurve:
    """A sine, or two dips a cycle, in V magnitudes over three years."""
    time = np.sort(rng.uniform(5000, 6100, 150))
    phase = time / star["period_days"] % 1
    dips = np.exp(-(((phase % 0.5 - 0.25) / 0.07) ** 2))
    shape = dips if star["class_label"] in ("EA", "EW") else np.sin(2 * np.pi * phase) / 2
    mag = 13 + star["lc_amplitude"] * shape + rng.normal(0, 0.03, time.size)
    return LightCurve.from_mag(time, mag, np.full(time.size, 0.03))


def sky_spectrum(rng: np.random.Generator, star: pd.Series, spectrum_id: int) -> Spectrum:
    """A continuum sloped by colour with two Balmer lines and noise."""
    wavelength = np.arange(3900.0, 9000.0, 4.0)
    color = np.nan_to_num(star["bp_rp"], nan=1.0)
    flux = (wavelength / 6000) ** (2 * color - 2)
    for line in (4862.7, 6564.6):
        flux *= 1 - 0.4 * np.exp(-(((wavelength - line) / 9) ** 2)) / (0.5 + color)
    flux += rng.normal(0, 0.02, flux.size)
    return Spectrum(
        spectrum_id, wavelength, flux, np.full(flux.size, 0.02), np.zeros(flux.size, bool), snr=50.0
    )


def write_sky_survey(path: Path, n_stars: int, seed: int = 5, is_poor: bool = False) -> Survey:
    """Write the survey: every tenth star without light curve, every third without spectrum.

    A poor survey has light curves alone: no spectra, names, classes, places, colours, periods.
    """
    rng = np.random.default_rng(seed)
    objects = sky_objects(n_stars, seed)
    bands = {"V": Band("mag", time_reference="HJD − 2450000", wavelength_angstrom=5450.0)}
    with SurveyWriter(
        path,
        "Tiny sky",
        bands,
        COLUMNS,
        is_synthetic=True,
        provenance=provenance("tests", seed=seed),
    ) as writer:
        writer.write_objects(objects[["source_id"]] if is_poor else objects)
        for i, star in objects.iterrows():
            if i % 10:
                writer.add_light_curve(star["source_id"], sky_light_curve(rng, star))
            if i % 3 and not is_poor:
                writer.add_spectrum(star["source_id"], sky_spectrum(rng, star, i))
    return Survey.open(path)


def write_sky_embeddings(path: Path, survey: Survey, dim: int = 16, seed: int = 6) -> Embeddings:
    """Write random unit vectors around one direction per class and modality."""
    rng = np.random.default_rng(seed)
    n = len(survey)
    label = sky_objects(n, 5)["class_label"].fillna("EW").to_numpy()
    present = {"photometry": survey.has_photometry}
    if survey.has_spectra.any():
        present |= {"spectra": survey.has_spectra, "metadata": np.ones(n, bool)}
    vectors = {}
    for modality in present:
        center = {name: rng.normal(size=dim) for name in SKY}
        raw = np.array([center[name] for name in label]) + rng.normal(0, 0.45, (n, dim))
        raw /= np.linalg.norm(raw, axis=1, keepdims=True)
        vectors[modality] = np.where(present[modality][:, None], raw, 0).astype(np.float32)
    return Embeddings.write(
        path, survey.source_id, vectors, present, np.arange(n) % 5 > 0, "none", survey.path,
        provenance("tests", seed=seed),
    )  # fmt: skip


def write_sky_atlas(directory: Path, n_stars: int, is_poor: bool = False) -> Path:
    """Write survey, embeddings and atlas of so many stars and return the atlas's path."""
    survey = write_sky_survey(directory / "survey", n_stars, is_poor=is_poor)
    embeddings = write_sky_embeddings(directory / "embeddings", survey)
    build_atlas(survey, embeddings, directory / "atlas", k=20)
    return directory / "atlas"


@pytest.fixture(scope="session")
def sky_atlas_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An atlas of 400 stars; do not write into it. UMAP takes most of its twenty seconds."""
    return write_sky_atlas(tmp_path_factory.mktemp("sky"), 400)


@pytest.fixture(scope="session")
def poor_atlas_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An atlas of 80 stars of which nothing but light curves is known."""
    return write_sky_atlas(tmp_path_factory.mktemp("poor"), 80, is_poor=True)


@pytest.fixture(scope="session")
def store(sky_atlas_path: Path) -> AtlasStore:
    """The page's store over `sky_atlas_path`."""
    return AtlasStore(Atlas.open(sky_atlas_path))


@pytest.fixture(scope="session")
def server(sky_atlas_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page over `sky_atlas_path`, served by a process of its own."""
    with serving(str(sky_atlas_path), log=tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window; the test is skipped where there is none."""
    with sync_playwright() as playwright:
        try:
            chromium = launch(playwright)
        except Error as error:
            pytest.skip(f"no Chromium could be started; run tests/install_browser.py ({error})")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, 1440 × 900. In the end no error was logged, no request left the machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    troubles: list[str] = []
    page.on(
        "console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request", lambda request: troubles.append(request.url) if _leaves(request.url) else None
    )
    yield page
    context.close()
    assert troubles == []


def _leaves(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
