"""Subclusters in a real browser: parts are picked, named and exported."""

from io import BytesIO

import numpy as np
import pytest
from astropy.table import Table
from browsing import Plot, eventually, open_page
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from app.atlas_store import AtlasStore
from app.palette import class_style

pytestmark = pytest.mark.browser


def test_a_part_is_named_and_all_of_them_exported(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, f"{server}?mode=Cluster")
    tray = page.locator(".tray")
    tray.locator("select:visible").first.select_option(label="EW")
    part = tray.locator(".row[data-index='0']:visible")
    expect(part).to_contain_text("A", timeout=60_000)
    spectra = tray.locator(".bk-Figure:visible").nth(2)
    eventually(lambda: _shaded(spectra) > 300, "the median spectrum and, paler, its spread")
    name = tray.get_by_label("Name of the part")
    expect(name).to_be_disabled()
    part.click()
    count = page.locator("header .count")
    expect(count).not_to_have_text("0")
    name.fill("contact")
    name.press("Enter")
    expect(part).to_contain_text("contact")
    scatter = Plot(page, ".scatter")
    eventually(lambda: scatter.near(class_style("EW").color).any(), "they are lit")

    tray.get_by_role("button", name="export", exact=True).click()
    expect(tray.get_by_label("What is exported")).to_have_value("subclusters")
    with page.expect_download() as download:
        tray.get_by_text("Download VOTable").click()
    table = Table.read(download.value.path(), format="votable")
    assert len(table) == (store.labels == "EW").sum()
    named = np.asarray(table["part"]).astype(str) == "contact"
    assert str(int(named.sum())) == count.inner_text()


def _shaded(figure: Locator) -> int:
    """Pixels inside pale areas: tinted, as are those two above and two below."""
    shown = np.asarray(Image.open(BytesIO(figure.screenshot())).convert("RGB")).astype(int)
    pale = (np.ptp(shown, axis=-1) > 10) & (shown.min(axis=-1) > 170)
    return int(np.logical_and.reduce([np.roll(pale, by, axis=0) for by in range(-2, 3)]).sum())
