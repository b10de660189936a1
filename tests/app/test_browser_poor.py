"""A survey of light curves alone in a real browser: what is missing is said, nothing breaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Plot, eventually, serving
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def poor_server(poor_atlas_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(str(poor_atlas_path), log=tmp_path_factory.mktemp("server") / "log") as address:
        yield address


def test_what_is_missing_is_said(page: Page, poor_server: str) -> None:
    page.goto(poor_server, timeout=120_000)
    map_ = Plot(page, ".map")
    eventually(lambda: map_.pixels().std() > 3, "the map is drawn", 120)
    expect(page.locator(".scatter")).to_contain_text("nothing to draw beside the map")
    expect(page.get_by_role("region", name="Classes")).to_contain_text("unlabelled")
    page.keyboard.press("b")
    map_.drag([(40, 40), (430, 420)])
    expect(page.locator("header .count")).not_to_have_text("0")
    for mode in ("Vet", "Search", "Cluster", "Report", "Explore"):
        page.get_by_role("button", name=mode, exact=True).first.click()
        page.wait_for_timeout(300)
