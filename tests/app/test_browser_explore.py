"""Search, selection, report and panels in a real browser: what a person does, and the pixels."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from browsing import Plot, eventually, open_page, wait_until_drawn
from playwright.sync_api import Page, expect
from test_browser_access import violations
from test_browser_page import around
from test_model_report import write_evaluation

from app.atlas_store import AtlasStore
from app.palette import class_style
from app.permalink import Permalink
from app.searching import Question, answer, ask_mean, ask_star
from app.state import AppState

pytestmark = pytest.mark.browser
ORANGE, BLUE, LILAC = (class_style(label).color for label in ("SR", "RRAB", "DSCT"))


def test_search_across_data_is_asked_by_the_controls_and_walked_with_the_keys(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, f"{server}?star={store.source_id[1]}")
    page.keyboard.press("Shift+S")
    tray = page.locator(".tray")
    first = tray.locator(".row[data-index='0']:visible")
    selects = tray.locator("select:visible")
    selects.nth(1).select_option(label="by light curve")
    selects.nth(2).select_option(label="among spectrum")
    asked = Question(ask_star(store, 1), by="photometry", among="spectra")
    rows = answer(store, asked).rows
    expect(first).to_contain_text(store.name(int(rows[0])))
    page.wait_for_url(re.compile("among=spectra"))
    page.mouse.move(5, 880)
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile(str(store.source_id[rows[0]])))
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile(str(store.source_id[rows[1]])))
    expect(first).to_contain_text(store.name(int(rows[0])))


def test_a_filtered_answer_is_ringed_on_both_maps_and_asked_unlike_another_star(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, f"{server}?star={store.source_id[1]}&mode=Search")
    tray, plots = page.locator(".tray"), (Plot(page, ".map"), Plot(page, ".scatter"))
    first = tray.locator(".row[data-index='0']:visible")
    asked = ask_star(store, 1)
    expect(first).to_contain_text(store.name(int(answer(store, Question(asked)).rows[0])))
    page.mouse.move(5, 880)
    before = [plot.wait_until_still() for plot in plots]
    for name in ("other class", "has spectrum"):
        tray.get_by_role("button", name=name, exact=True).click()
    rows = answer(store, Question(asked, filters=("other_class", "spectrum"))).rows
    expect(first).to_contain_text(store.name(int(rows[0])))
    expect(first.locator(".thumb")).to_be_visible()
    page.mouse.move(5, 880)
    for plot, seen in zip(plots, before, strict=True):
        eventually(
            lambda plot=plot, seen=seen: (plot.pixels() != seen).any(axis=-1).sum() > 300,
            "the rings are around others",
        )

    for name in ("other class", "has spectrum"):
        tray.get_by_role("button", name=name, exact=True).click()
    but = tray.get_by_label("search but")
    but.select_option(label="but far by spectrum")
    contrast = answer(store, Question(asked, far_by="spectra"))
    expect(first).to_contain_text(store.name(int(contrast.rows[0])))
    expect(tray.locator(".search-words")).to_contain_text("farthest by spectrum first")

    but.select_option(label="but unlike another star")
    expect(tray).to_contain_text("Click the star that others should be unlike")
    clicked, typed = np.flatnonzero((store.labels == "SR") & store.has_light_curve)[:2].tolist()
    page.get_by_label("Find a star").fill(store.name(clicked))
    page.get_by_label("Find a star").press("Enter")
    rows = answer(store, Question(asked, unlike=ask_star(store, clicked))).rows
    expect(first).to_contain_text(store.name(int(rows[0])))
    expect(first.locator(".bar-cell")).to_have_count(2)
    unlike = tray.get_by_label("Unlike this star")
    expect(unlike).to_have_value(store.name(clicked))
    unlike.fill(str(store.source_id[typed]))
    unlike.press("Enter")
    rows = answer(store, Question(asked, unlike=ask_star(store, typed))).rows
    expect(first).to_contain_text(store.name(int(rows[0])))
    page.wait_for_url(re.compile(f"but=unlike.*unlike={store.source_id[typed]}"))

    page.get_by_role("button", name="RRAB", exact=False).first.click(modifiers=["Alt"])
    page.keyboard.press("b")
    scatter = plots[1]
    eventually(lambda: scatter.near(BLUE).any() and not scatter.near(ORANGE).any(), "one class")
    corners = around(scatter.near(BLUE), reach=200)
    scatter.drag([corners[0], corners[2]])
    expect(page.locator("header .count")).not_to_have_text("0")
    page.wait_for_url(re.compile("sel="))
    state = AppState(store.n)
    Permalink(state, store, lambda text: None).restore(urlsplit(page.url).query)
    but.select_option(label="but nothing")
    tray.get_by_label("search like").select_option(label="like the mean of the selection")
    mean = ask_mean(store, state.selection)
    expect(tray.locator(".search-words")).to_contain_text(mean.name)
    expect(first).to_contain_text(store.name(int(answer(store, Question(mean)).rows[0])))
    tray.get_by_label("search like").select_option(label="like the pinned star")
    but.select_option(label="but unlike the selection")
    rows = answer(store, Question(asked, unlike=mean)).rows
    expect(first).to_contain_text(store.name(int(rows[0])))


def test_a_condition_and_a_cell_of_the_matrix_light_their_stars_on_both_maps(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, server)
    scatter, map_ = Plot(page, ".scatter"), Plot(page, ".map")
    before = scatter.near(ORANGE).sum()
    tray, count = page.locator(".tray"), page.locator("header .count")
    tray.get_by_role("button", name="Selection").click()
    field = tray.get_by_label("Condition")
    field.fill("period_days < 1 and amplitude > 0.3")
    field.press("Enter")
    fast = (store.objects["period_days"] < 1) & (store.objects["lc_amplitude"] > 0.3)
    expect(count).to_have_text(f"{fast.sum():,}")
    for plot in (scatter, map_):
        eventually(lambda plot=plot: plot.near(ORANGE).sum() < 0.2 * before, "slow stars are grey")
        assert plot.near(BLUE).any()
    tray.get_by_role("button", name="what differs").click()
    expect(tray.locator(".differences")).to_contain_text("period_days", timeout=60_000)

    page.mouse.click(720, 10)
    page.keyboard.press("Shift+R")
    cell = tray.locator("[data-label=SR][data-predicted=SR]")
    n_right = ((store.labels == "SR") & (store.objects["predicted_class"] == "SR")).sum()
    expect(cell).to_have_text(str(n_right))
    cell.click()
    expect(count).to_have_text(f"{n_right:,}")
    eventually(lambda: scatter.near(ORANGE).sum() > 0.5 * before, "the cell's stars are lit")


def test_the_evaluation_is_read_in_the_page_and_the_matrix_still_selects(
    page: Page, server: str, store: AtlasStore, report: None
) -> None:
    open_page(page, f"{server}?mode=Report")
    tray, count = page.locator("section.tray"), page.locator("header .count")
    tray.get_by_role("button", name="evaluation", exact=True).click()
    piece = tray.get_by_label("of the evaluation")
    piece.select_option(label="accuracy")
    expect(tray.locator("table.evaluation")).to_contain_text("91.0 ± 2.0")
    assert violations(page) == []
    piece.select_option(label="confusion, all")
    expect(tray.get_by_role("img", name="confusion, all")).to_be_visible()
    assert violations(page) == []
    page.wait_for_url(re.compile("report_piece"))
    page.reload()
    wait_until_drawn(page)
    expect(tray.get_by_role("img", name="confusion, all")).to_be_visible()
    tray.get_by_role("button", name="matrix", exact=True).click()
    tray.locator("[data-label=EA][data-predicted=EA]").click()
    n_right = ((store.labels == "EA") & (store.objects["predicted_class"] == "EA")).sum()
    expect(count).to_have_text(f"{n_right:,}")


@pytest.fixture
def report(sky_atlas_path: Path) -> Iterator[None]:
    """The report of an evaluation beside the atlas, while a test runs."""
    path = sky_atlas_path.with_name(f"{sky_atlas_path.name}.report")
    path.mkdir()
    write_evaluation(path)
    yield
    shutil.rmtree(path)


def test_maps_keep_their_size_whatever_the_legend_says(page: Page, server: str) -> None:
    open_page(page, server)
    section, by = page.locator("section.map"), page.get_by_label("Colour by")
    box = section.bounding_box()
    for title in ("Period [d]", "Flag", "Data present", "No colour", "Class (catalogue)"):
        if by.locator("option", has_text=title).count():
            by.select_option(label=title)
            page.wait_for_timeout(200)
            assert section.bounding_box() == box, title


def test_any_columns_laid_over_and_panels_that_keep_their_size(page: Page, server: str) -> None:
    open_page(page, server)
    scatter = Plot(page, ".scatter")
    lilac = scatter.near(LILAC, 6).sum()  # markers below are paler
    page.get_by_label("Lay over the maps").select_option(label="DSCT")
    eventually(lambda: scatter.near(LILAC, 6).sum() > lilac + 200, "drawn in full colour above")
    before = scatter.wait_until_still()
    page.get_by_label("Diagram", exact=True).last.select_option(label="Any two columns")
    page.wait_for_url(re.compile("xy%3A|xy:"))
    eventually(lambda: not np.array_equal(scatter.pixels(), before), "another diagram")

    section = page.locator("section.map")
    width = section.bounding_box()["width"]
    handle = page.get_by_label("Width of the map").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + 100
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y, steps=4)
    page.mouse.up()
    wider = section.bounding_box()["width"]
    assert wider == pytest.approx(width + 120, abs=4)
    page.reload()
    wait_until_drawn(page)
    assert section.bounding_box()["width"] == pytest.approx(wider, abs=2)
    page.get_by_label("Width of the map").dblclick()
    assert section.bounding_box()["width"] == pytest.approx(width, abs=2)
