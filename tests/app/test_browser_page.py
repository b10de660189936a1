"""The page in a real browser: click, lasso, undo, zoom, search, address, themes. Pixels checked."""

import re

import numpy as np
import pytest
from browsing import Plot, eventually, open_page, wait_until_drawn
from playwright.sync_api import Page, expect

from app.atlas_store import AtlasStore
from app.palette import class_style

pytestmark = pytest.mark.browser
ORANGE = class_style("SR").color
BLUE = class_style("RRAB").color


def around(mask: np.ndarray, reach: int = 45, margin: int = 9) -> list[tuple[float, float]]:
    """Corners of a box around the main patch of a mask, as a lasso draws it."""
    x, y = middle(mask)
    places = np.argwhere(mask)
    patch = places[np.hypot(places[:, 1] - x, places[:, 0] - y) < reach]
    (y0, x0), (y1, x1) = patch.min(axis=0) - margin, patch.max(axis=0) + margin
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0 + 1)]


def middle(mask: np.ndarray) -> tuple[float, float]:
    """A pixel of the mask, the one nearest to their median."""
    y, x = np.nonzero(mask)
    best = np.hypot(x - np.median(x), y - np.median(y)).argmin()
    return float(x[best]), float(y[best])


def differing(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the pixels that differ to the eye."""
    return float((np.abs(one.astype(int) - other) > 8).any(axis=-1).mean())


def star_in(address: str) -> int:
    """The source_id that an address brings into focus."""
    found = re.search(r"[?&]star=(\d+)", address)
    assert found, address
    return int(found[1])


def test_click_focuses_the_star_everywhere(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, server)
    scatter, map_ = Plot(page, ".scatter"), Plot(page, ".map")
    before = map_.wait_until_still()
    aside = page.locator("aside")
    scatter.click(*middle(scatter.near(ORANGE)))
    page.wait_for_url(re.compile(r"star=\d+"))
    row = store.row(star_in(page.url))
    assert store.label(row) == "SR", "the star under an orange marker is of the orange class"
    expect(aside).to_contain_text(store.name(row))
    eventually(lambda: (map_.pixels() != before).any(), "the other map rings the star")
    first = scatter.wait_until_still()

    scatter.click(*middle(scatter.near(BLUE)))
    page.wait_for_function("id => !location.search.includes(id)", arg=str(store.source_id[row]))
    other = store.row(star_in(page.url))
    assert store.label(other) == "RRAB"
    expect(aside).to_contain_text(store.name(other))
    eventually(lambda: (scatter.pixels() != first).any(), "the ring moves")


def test_lasso_links_both_maps_and_can_be_undone(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, server)
    map_, scatter = Plot(page, ".map"), Plot(page, ".scatter")
    start = scatter.wait_until_still()
    blue, orange = scatter.near(BLUE).sum(), scatter.near(ORANGE).sum()
    count = page.locator("header .count")
    page.keyboard.press("l")
    map_.drag(around(map_.near(BLUE)))
    expect(count).not_to_have_text("0")
    n_selected = int(count.inner_text().replace(",", ""))
    of_class = int((store.labels == "RRAB").sum())
    assert 0.7 * of_class < n_selected < 2 * of_class
    eventually(lambda: scatter.near(ORANGE).sum() < 0.3 * orange, "the others turn grey")
    assert scatter.near(BLUE).sum() > 0.6 * blue, "the selected class keeps its colour"

    page.keyboard.press("u")
    expect(count).to_have_text("0")
    eventually(lambda: differing(scatter.pixels(), start) < 0.001, "undo brings the picture back")
    page.keyboard.press("r")
    expect(count).to_have_text(f"{n_selected:,}")


def test_shift_adds_to_the_selection_and_ctrl_z_takes_it_back(page: Page, server: str) -> None:
    open_page(page, server)
    map_ = Plot(page, ".map")
    blue, orange = around(map_.near(BLUE)), around(map_.near(ORANGE))
    count = page.locator("header .count")
    page.keyboard.press("l")
    map_.drag(blue)
    expect(count).not_to_have_text("0")
    first = count.inner_text()
    page.keyboard.down("Shift")
    expect(page.locator("header [data-mode=add]")).to_have_attribute("aria-pressed", "true")
    map_.drag(orange)
    page.keyboard.up("Shift")
    expect(count).not_to_have_text(first)
    assert int(count.inner_text()) > int(first)
    expect(page.locator("header [data-mode=replace]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+z")
    expect(count).to_have_text(first)


def test_reloading_the_address_brings_the_same_state(page: Page, server: str) -> None:
    open_page(page, server)
    map_, scatter = Plot(page, ".map"), Plot(page, ".scatter")
    scatter.click(*middle(scatter.near(BLUE)))
    page.wait_for_url(re.compile(r"star=\d+"))
    page.keyboard.press("b")
    scatter.drag([around(scatter.near(ORANGE))[0], around(scatter.near(ORANGE))[2]])
    page.wait_for_url(re.compile(r"sel="))
    page.mouse.move(5, 880)
    seen = [plot.wait_until_still() for plot in (map_, scatter)]
    count, address = page.locator("header .count").inner_text(), page.url
    page.reload()
    wait_until_drawn(page)
    expect(page.locator("header .count")).to_have_text(count)
    assert page.url == address
    box = page.locator("section.map [data-tool=box]")
    expect(box).to_have_attribute("aria-pressed", "true")
    for plot, before in zip((map_, scatter), seen, strict=True):
        eventually(
            lambda plot=plot, before=before: differing(plot.pixels(), before) < 0.001, "same"
        )


def test_a_copied_address_brings_back_the_zoom_of_both_maps(page: Page, server: str) -> None:
    open_page(page, server)
    plots = Plot(page, ".map"), Plot(page, ".scatter")
    whole = [plot.wait_until_still() for plot in plots]
    for plot in plots:
        plot.wheel(*middle(plot.near(BLUE)), -300)
        plot.wait_until_still()
    page.wait_for_url(re.compile(r"[?&]zoom=.*diagram_zoom="))
    page.mouse.move(5, 880)
    seen = [plot.wait_until_still() for plot in plots]
    copied = page.url
    for before, now in zip(whole, seen, strict=True):
        assert differing(before, now) > 0.02

    open_page(page, server)
    open_page(page, copied)
    page.mouse.move(5, 880)
    for plot, before in zip(plots, seen, strict=True):
        eventually(
            lambda plot=plot, before=before: differing(plot.pixels(), before) < 0.001, "same part"
        )
    assert page.url == copied
    page.keyboard.press("z")
    page.wait_for_url(lambda url: "zoom" not in url)
    for plot, before in zip(plots, whole, strict=True):
        eventually(
            lambda plot=plot, before=before: differing(plot.pixels(), before) < 0.001, "all stars"
        )


def test_nonsense_in_the_address_is_told_politely(page: Page, server: str) -> None:
    page.goto(f"{server}?star=12&sel=broken&map=moon", timeout=120_000)
    expect(page.locator("header .notice")).to_contain_text("address was not understood")
    wait_until_drawn(page)
    expect(page.locator("header .count")).to_have_text("0")


def test_search_legend_and_theme(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, server)
    scatter = Plot(page, ".scatter")
    page.keyboard.press("/")
    page.keyboard.type("sky v00123")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(str(store.source_id[123])))
    page.keyboard.press("Escape")

    page.get_by_role("button", name="SR", exact=False).first.click()
    eventually(lambda: not scatter.near(ORANGE).any(), "a class switched off leaves the map")
    assert scatter.near(BLUE).any()
    page.locator(".legend .all").click()
    eventually(lambda: scatter.near(ORANGE).any(), "it comes back")

    light = scatter.pixels().mean()
    page.keyboard.press("t")
    page.wait_for_url(re.compile("theme=dark"))
    eventually(lambda: scatter.pixels().mean() < 0.5 * light, "the page turns dark")


def test_hover_names_the_star_and_wheel_zooms(page: Page, server: str) -> None:
    open_page(page, server)
    scatter = Plot(page, ".scatter")
    before = scatter.wait_until_still()
    x, y = middle(scatter.near(BLUE))
    scatter.point(x, y)
    assert (scatter.wait_until_still() != before).mean() > 0.005, (
        "a label stands beside the pointer"
    )
    scatter.wheel(x, y, -400)
    zoomed = scatter.wait_until_still()
    assert (zoomed != before).mean() > 0.02
    page.get_by_role("button", name="Show all").last.click()
    page.mouse.move(5, 880)
    eventually(lambda: differing(scatter.pixels(), before) < 0.001, "all stars again")
