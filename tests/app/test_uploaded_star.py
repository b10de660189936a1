"""Uploads: a star of the atlas brought along as files is found again, on the map and in the list.

Everything is real: the shipped model, the worker process, the server, the browser.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from astropy.table import Table
from browsing import REPOSITORY, Plot, eventually, open_page, serving
from conftest import write_sky_survey
from playwright.sync_api import Page, expect

from app.atlas_store import AtlasStore
from app.demo import Demo
from app.state import AppState
from app.views.search_panel import SearchPanel
from app.worker import EmbeddingWorker
from data_pipeline.errors import InputError
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

N_STARS = 120
ROW = 71  # an orange one that has a light curve and a spectrum
ACCENT = "#2f5fd0"


@pytest.fixture(scope="module")
def atlas_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An atlas embedded by the shipped model."""
    home = tmp_path_factory.mktemp("embedded")
    survey = write_sky_survey(home / "survey", N_STARS)
    arguments = [home / "survey", "--run", Demo.run, "--out", home / "embeddings"]
    command = [sys.executable, "-m", "model", "embed", *map(str, arguments)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    build_atlas(survey, Embeddings.open(home / "embeddings"), home / "atlas", k=10)
    return home / "atlas"


@pytest.fixture(scope="module")
def files(atlas_path: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Light curve (CSV) and spectrum (FITS) of one of its stars."""
    survey = Atlas.open(atlas_path).survey
    home = tmp_path_factory.mktemp("files")
    star = int(survey.source_id[ROW])
    curve, spectrum = survey.light_curve(star), survey.best_spectrum(star)
    assert curve is not None
    assert spectrum is not None
    tables = {
        "curve.csv": Table({"hjd": curve.time, "mag": curve.mag, "mag_err": curve.mag_err}),
        "spectrum.fits": Table({"wavelength": spectrum.wavelength, "flux": spectrum.flux}),
    }
    for name, table in tables.items():
        table.write(home / name)
    return [home / name for name in tables]


@pytest.fixture
def address(atlas_path: Path, tmp_path: Path) -> Iterator[str]:
    with serving(str(atlas_path), log=tmp_path / "log") as address:
        yield address


@pytest.mark.browser
def test_an_uploaded_star_is_embedded_placed_and_compared(
    page: Page, address: str, atlas_path: Path, files: list[Path]
) -> None:
    store = AtlasStore(Atlas.open(atlas_path))
    open_page(page, f"{address}?mode=Search&like=upload&by=photometry&star={store.source_id[0]}")
    map_, box, tray = Plot(page, ".map"), page.locator(".box"), page.locator("section.tray")
    before = map_.near(ACCENT, 5).sum()
    chooser = box.locator("[type=file]")
    chooser.set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2"})
    expect(box.locator(".said")).to_contain_text("A light curve needs time", timeout=60_000)

    page.get_by_label("Period in days").fill(f"{store.period_days(ROW):.8f}")
    chooser.set_input_files([str(path) for path in files])
    expect(box.locator(".said")).to_contain_text("light curve and spectrum", timeout=60_000)
    expect(box.locator(".said")).to_contain_text("150 epochs")
    expect(tray.locator(".row").first).to_contain_text(store.name(ROW))
    eventually(
        lambda: map_.near(ACCENT, 5).sum() > before + 30, "a cross marks its place on the map"
    )

    box.locator(".forget").click()
    expect(tray.get_by_text("Drop a light curve")).to_be_visible()
    eventually(lambda: map_.near(ACCENT, 5).sum() < before + 20, "forgotten, the cross goes")


def test_a_request_that_takes_too_long_is_given_up(atlas_path: Path) -> None:
    worker = EmbeddingWorker(atlas_path)
    with pytest.raises(InputError, match="files; at most"):
        worker.ask({"files": [{}] * 9, "period_days": None, "is_air": False})
    process = worker._process
    assert process is not None
    worker._limit_s = 0.0
    with pytest.raises(InputError, match="took longer"):
        worker.ask({"files": [], "period_days": None, "is_air": False})
    assert process.poll() is not None
    assert worker._process is None


def test_an_atlas_of_unknown_making_says_so(store: AtlasStore) -> None:
    panel = SearchPanel(AppState(store.n, search_like="upload"), store)
    assert panel.box.status == "off"
    assert "does not say which model" in panel.box.text_html
