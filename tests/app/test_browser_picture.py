"""Many stars in a real browser: the maps are pictures drawn by the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Plot, eventually, open_page, serving
from playwright.sync_api import Page, expect

from app.palette import class_style

pytestmark = pytest.mark.browser
ORANGE = class_style("SR").color
BLUE = class_style("RRAB").color


@pytest.fixture(scope="module")
def picture_server(sky_atlas_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(str(sky_atlas_path), log=log, ASTROM3_MARKER_LIMIT="20") as address:
        yield address


def test_a_picture_is_picked_selected_and_zoomed(page: Page, picture_server: str) -> None:
    open_page(page, picture_server)
    scatter, map_ = Plot(page, ".scatter"), Plot(page, ".map")
    assert scatter.near(BLUE, 60).any()
    assert scatter.near(ORANGE, 60).any()

    y, x = (int(place[0]) for place in scatter.near(BLUE, 60).nonzero())
    before = scatter.wait_until_still()
    scatter.point(x, y)
    eventually(lambda: (scatter.pixels() != before).mean() > 0.005, "a name beside the pointer")
    scatter.click(x, y)
    page.wait_for_url("**star=*")

    page.keyboard.press("b")
    rows, columns = scatter.near(BLUE, 60).nonzero()
    scatter.drag([(columns.min() - 5, rows.min() - 5), (columns.max() + 5, rows.max() + 5)])
    expect(page.locator("header .count")).not_to_have_text("0")
    eventually(lambda: not map_.near(ORANGE, 60).any(), "the others turn grey on the other map")
    page.keyboard.press("u")
    eventually(lambda: map_.near(ORANGE, 60).any(), "undo brings them back")

    before = scatter.wait_until_still()
    scatter.wheel(x, y, -900)
    eventually(lambda: (scatter.pixels() != before).mean() > 0.05, "zoomed in")
    scatter.wait_until_still()
    page.get_by_role("button", name="Show all").last.click()
    eventually(lambda: scatter.near(BLUE, 60).any(), "all stars again")
