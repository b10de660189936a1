"""Uploads: a star of the atlas brought along as files is found again, on the map and in the list.

Everything is real: the shipped model, the worker process, the server, the browser.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from astropy.table import Table
from browsing import REPOSITORY, Plot, eventually, open_page, serving, wait_until_drawn
from conftest import write_sky_survey
from playwright.sync_api import Page, expect

from app.atlas_store import AtlasStore
from app.demo import Demo
from app.kept_uploads import KeptUploads
from app.searching import Asked
from app.state import AppState
from app.upload_control import UploadControl
from app.uploads import Upload
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
    """Light curve and spectrum of one of its stars: CSV and FITS, VOTable and ECSV."""
    survey = Atlas.open(atlas_path).survey
    home = tmp_path_factory.mktemp("files")
    star = int(survey.source_id[ROW])
    curve, spectrum = survey.light_curve(star), survey.best_spectrum(star)
    assert curve is not None
    assert spectrum is not None
    place = survey.objects.set_index("source_id").loc[star, ["ra_deg", "dec_deg"]]
    told = {"RA": float(place["ra_deg"]), "DEC": float(place["dec_deg"])}
    seen = {"hjd": curve.time, "mag": curve.mag, "mag_err": curve.mag_err}
    light = {"wavelength": spectrum.wavelength, "flux": spectrum.flux}
    tables = {
        "curve.csv": Table(seen),
        "spectrum.fits": Table(light, meta=told),
        "curve.vot": Table(seen),
        "spectrum.ecsv": Table(light, meta=told),
    }
    for name, table in tables.items():
        table.write(home / name, **({"format": "votable"} if name.endswith(".vot") else {}))
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
    for two in (files[2:], files[:2]):
        chooser.set_input_files([str(path) for path in two])
        expect(box.locator(".said")).to_contain_text("light curve and spectrum", timeout=60_000)
        expect(box.locator(".said")).to_contain_text("150 epochs")
        expect(tray.locator(".row").first).to_contain_text(store.name(ROW))
        expect(tray.locator(".search-words")).to_contain_text(two[0].name)
    eventually(
        lambda: map_.near(ACCENT, 5).sum() > before + 30, "a cross marks its place on the map"
    )

    by, typed = tray.get_by_label("search by"), box.get_by_label("Place on the sky")
    by.select_option(label="by place on the sky")
    expect(tray.locator(".row").first).to_contain_text(f"{store.name(ROW)}")
    expect(tray.locator(".row").first).to_contain_text("0.0″")
    ra, dec = (float(store.objects[name].iloc[5]) for name in ("ra_deg", "dec_deg"))
    typed.fill(f"{ra:.6f} {dec:+.6f}")
    typed.press("Enter")
    expect(tray.locator(".row").first).to_contain_text(store.name(5))
    typed.fill("nowhere")
    typed.press("Enter")
    expect(page.locator("header .notice")).to_contain_text("“nowhere” is no place")
    typed.fill("")
    typed.press("Enter")
    expect(tray.locator(".row").first).to_contain_text(store.name(ROW))
    by.select_option(label="by light curve")

    box.get_by_text("keep", exact=True).click()
    kept = box.get_by_label("Kept uploads")
    expect(kept.locator("option:checked")).to_contain_text("curve.csv, spectrum.fits")
    page.wait_for_url(re.compile("kept_upload"))
    page.reload()
    wait_until_drawn(page)
    expect(kept.locator("option:checked")).to_contain_text("curve.csv, spectrum.fits")
    expect(tray.locator(".row").first).to_contain_text(store.name(ROW))
    box.get_by_text("close").click()
    expect(tray.get_by_text("Drop a light curve")).to_be_visible()
    open_page(page, f"{address}?mode=Search&like=upload&by=photometry&star={store.source_id[0]}")
    kept.select_option(index=1)
    expect(tray.locator(".row").first).to_contain_text(store.name(ROW))
    expect(box.locator(".said")).to_contain_text("150 epochs")
    expect(box.locator(".said")).to_contain_text(f"α {store.objects['ra_deg'].iloc[ROW]:.5f}")
    eventually(lambda: map_.near(ACCENT, 5).sum() > before + 30, "its place is known again")

    box.get_by_text("remove").click()
    expect(kept).to_be_hidden()
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


def test_a_request_that_is_given_up_ends_and_the_next_is_answered(atlas_path: Path) -> None:
    worker = EmbeddingWorker(atlas_path)
    bad = {"files": [{}] * 9, "period_days": None, "is_air": False}
    with pytest.raises(InputError, match="files; at most"):
        worker.ask(bad)
    process = worker._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)  # it would never answer
    given_up = Event()
    with ThreadPoolExecutor() as pool:
        running, waiting = pool.submit(worker.ask, bad, given_up), Event()
        eventually(lambda: worker._answering is given_up, "it is asked")
        queued = pool.submit(worker.ask, bad, waiting)
        waiting.set()
        worker.give_up(given_up)
        with pytest.raises(InputError, match="ended by itself"):
            running.result(timeout=60)
        with pytest.raises(InputError, match="given up"):
            queued.result(timeout=120)
    assert process.poll() is not None
    with pytest.raises(InputError, match="files; at most"):
        worker.ask(bad)
    worker.stop()


def test_an_upload_is_kept_for_the_atlas_it_was_compared_with(
    store: AtlasStore, tmp_path: Path
) -> None:
    kept = KeptUploads(tmp_path / "beside.sqlite")
    assert kept.names(store) == []
    vector = np.arange(3, dtype=np.float32)
    upload = Upload(Asked("mine.csv", {"fused": vector}), {"map:fused": (1.0, 2.0)}, "words")
    after = kept.keep(store, upload)
    assert (upload.key, after.key) == (-1, 1)
    again = kept.get(1)
    np.testing.assert_array_equal(again.asked.vectors["fused"], vector)
    assert (again.places, again.summary_html) == (upload.places, "words")
    assert [key for key, _ in kept.names(store)] == [1]
    kept.delete(1)
    assert kept.names(store) == []
    with pytest.raises(InputError, match="not there any more"):
        kept.get(1)


def test_an_upload_that_nobody_keeps_asks_the_database_for_nothing(
    store: AtlasStore, tmp_path: Path
) -> None:
    control = UploadControl(AppState(store.n), store, width=100)
    control._kept = KeptUploads(tmp_path / "beside.sqlite")
    upload = Upload(Asked("mine.csv", {"fused": np.zeros(3, dtype=np.float32)}), {}, "words")
    kept = control._kept.keep(store, upload)
    control._show(upload)
    assert (control.box.status, control.box.kept, control.box.kept_key) == ("done", [], -1)
    control._show(kept)
    assert [key for key, _ in control.box.kept] == [control.box.kept_key] == [kept.key]


def test_an_atlas_of_unknown_making_says_so(store: AtlasStore) -> None:
    panel = SearchPanel(AppState(store.n, search_like="upload"), store)
    assert panel.upload.box.status == "off"
    assert "does not say which model" in panel.upload.box.text_html
