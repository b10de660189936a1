"""Maps and selections in a real browser: what is followed, coloured, selected, kept. Pixels too."""

import re
from pathlib import Path

import numpy as np
import pytest
from browsing import Plot, eventually, open_page
from playwright.sync_api import Locator, Page, expect
from test_browser_page import around, differing, middle

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.figures import INK
from app.palette import class_style

pytestmark = pytest.mark.browser
ORANGE, GREEN = (class_style(label).color for label in ("SR", "EA"))
ACCENT = INK["light"].accent


def selected(page: Page) -> Locator:
    return page.locator("header .count")


def is_another(now: np.ndarray, before: np.ndarray) -> bool:
    """Whether a picture has changed; a legend of more rows leaves less room for it."""
    return now.shape != before.shape or differing(now, before) > 0.01


def open_selection(page: Page) -> Locator:
    """The tray with the form of selections in front."""
    tray = page.locator(".tray")
    tray.get_by_role("button", name="Selection").click()
    expect(tray.get_by_label("Condition")).to_be_visible()
    return tray


def test_focus_and_selection_are_followed_from_map_to_map(
    page: Page, server: str, store: AtlasStore
) -> None:
    row = int(np.flatnonzero((store.labels == "SR") & store.has_spectrum)[1])
    open_page(page, f"{server}?star={store.source_id[row]}")
    map_ = Plot(page, ".map")
    green = map_.near(GREEN).sum()
    open_selection(page).get_by_label("Select a class").select_option(label="SR")
    n_selected = int((store.labels == "SR").sum())
    expect(selected(page)).to_have_text(f"{n_selected:,}")
    before = map_.wait_until_still()
    what = page.locator("section.map .what")
    for modality in store.modalities[1:]:
        page.mouse.click(720, 10)
        page.keyboard.press(".")
        expect(what).to_have_value(modality)
        eventually(lambda seen=before: differing(map_.pixels(), seen) > 0.02, "another map")
        before = map_.wait_until_still()
        assert map_.near(ORANGE).sum() > 100, f"the selection is lit in {modality}"
        assert map_.near(GREEN).sum() < 0.1 * green, "the rest is grey"
        x, y = store.points(f"map:{modality}").xy[row]
        view = page.evaluate(
            """([x, y]) => { const fig = Bokeh.documents[0].get_model_by_name("map-pan")
              const plot = [...Bokeh.documents[0]._all_models.values()]
                .find((one) => one.toolbar?.tools.includes(fig))
              const { frame } = Bokeh.index.find_one(plot)
              return [frame.x_scale.compute(x), frame.y_scale.compute(y)] }""",
            [x, y],
        )
        at_x, at_y = (round(one) for one in view)
        ring = map_.near(ACCENT, 60)[at_y - 14 : at_y + 15, at_x - 14 : at_x + 15]
        assert ring.sum() > 30, f"the star in focus is ringed in {MODALITY_NAMES[modality]}"
        expect(selected(page)).to_have_text(f"{n_selected:,}")
    assert str(store.source_id[row]) in page.url


def test_alt_takes_away_and_both_keys_keep_the_overlap(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, server)
    map_ = Plot(page, ".map")
    tray = open_selection(page)
    tray.get_by_label("Condition").fill("bp_rp > 0.1")
    tray.get_by_label("Condition").press("Enter")
    expect(selected(page)).not_to_have_text("0")
    everything = int(selected(page).inner_text().replace(",", ""))
    giants = around(map_.near(ORANGE))
    page.mouse.click(720, 10)
    page.keyboard.press("l")
    page.keyboard.down("Alt")
    map_.drag(giants)
    page.keyboard.up("Alt")
    expect(selected(page)).not_to_have_text(f"{everything:,}")
    less = int(selected(page).inner_text().replace(",", ""))
    eventually(lambda: map_.near(ORANGE).sum() < 60, "what was taken away is grey")
    page.keyboard.press("u")
    expect(selected(page)).to_have_text(f"{everything:,}")
    page.locator("header [data-mode=intersect]").click()
    map_.drag(giants)
    expect(selected(page)).to_have_text(f"{everything - less:,}")
    eventually(lambda: map_.near(ORANGE).sum() > 100, "the overlap is lit")

    page.locator("header [data-mode=replace]").click()
    page.keyboard.press("Escape")
    tray.get_by_label("Select a class").select_option(label="EA")
    n_selected = int((store.labels == "EA").sum())
    expect(selected(page)).to_have_text(f"{n_selected:,}")
    tray.get_by_label("Condition").focus()  # a field was left with a key held already
    page.keyboard.down("Shift")
    map_.drag(giants)
    page.keyboard.up("Shift")
    expect(selected(page)).not_to_have_text(f"{n_selected:,}")
    added = int(selected(page).inner_text().replace(",", "")) - n_selected
    assert added >= everything - less, "those without a colour too"
    page.locator("header [data-mode=replace]").click()
    page.keyboard.press("Escape")
    expect(selected(page)).to_have_text("0")


def test_identifiers_are_pasted_and_uploaded_and_a_named_selection_comes_back(
    page: Page, server: str, store: AtlasStore, tmp_path: Path
) -> None:
    open_page(page, server)
    scatter = Plot(page, ".scatter")
    tray = open_selection(page)
    ids = tray.get_by_label("Identifiers or names", exact=True)
    ids.fill(f"{store.source_id[4]}\n{store.name(9)}\nnobody")
    ids.press("Control+Enter")  # Ctrl takes away from a selection only over the maps
    expect(selected(page)).to_have_text("2")
    expect(tray.get_by_role("alert")).to_contain_text("1 not here: nobody")

    rows = np.flatnonzero(store.labels == "SR")[:30]
    listed = tmp_path / "list.csv"
    lines = [f"{store.source_id[row]},SR" for row in rows]
    listed.write_text("\n".join(["source_id,class", *lines]))
    with page.expect_file_chooser() as chooser:
        tray.get_by_role("button", name="file…").click()
    chooser.value.set_files(listed)
    expect(selected(page)).to_have_text("30")
    lit = scatter.near(ORANGE).sum()
    assert lit > 50
    tray.get_by_label("Name of the selection").fill("thirty giants")
    tray.get_by_label("Name of the selection").press("Enter")
    expect(page.locator("header .notice")).to_contain_text("Kept “thirty giants”: 30 stars.")
    page.keyboard.press("Escape")
    expect(selected(page)).to_have_text("0")
    tray.get_by_label("Kept selections").select_option(label="thirty giants")
    expect(selected(page)).to_have_text("30")
    page.mouse.move(5, 880)
    eventually(lambda: abs(scatter.near(ORANGE).sum() - lit) < 0.1 * lit, "the same are lit")
    tray.get_by_role("button", name="recipe").click()
    expect(tray).to_contain_text("30 stars by identifier")
    expect(tray).to_contain_text(store.atlas.hash[:12])
    page.keyboard.press("u")
    expect(selected(page)).to_have_text("0")


def test_maps_are_coloured_by_what_is_asked(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, server)
    scatter, legend = Plot(page, ".scatter"), page.locator(".legend")
    by = legend.get_by_label("Colour by")
    offered = by.locator("option").all_inner_texts()
    for title in (
        "Class (catalogue)", "Class by classifier", "Class by neighbours", "Verdict", "Flag",
        "Data present", "Trust in the map: all data", "Trust in the map: spectrum", "Period [d]",
        "parallax [mas]",
    ):  # fmt: skip
        assert title in offered
    before = scatter.wait_until_still()
    for title, entry in (
        ("Flag", "not flagged"),
        ("Data present", "light curve + spectrum + catalogue"),
        ("Trust in the map: all data", "0."),
        ("Period [d]", "0.0"),
    ):
        by.select_option(label=title)
        expect(legend.locator(".entries")).to_contain_text(entry)
        eventually(lambda seen=before: is_another(scatter.pixels(), seen), title)
        before = scatter.wait_until_still()
    steps = legend.locator(".entries i")
    assert steps.count() == 12, "a bar of colours"
    box = scatter.pixels()
    assert len(np.unique(box.reshape(-1, 3) // 24, axis=0)) > 20, "many colours on the map"
    first = steps.first.evaluate("swatch => getComputedStyle(swatch).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", first))
    assert scatter.near(f"#{red:02x}{green:02x}{blue:02x}").sum() > 20, "the bar's own"


def test_the_sky_has_right_ascension_to_the_left_and_magnitudes_run_upward(
    page: Page, server: str, store: AtlasStore
) -> None:
    ra, dec = (store.objects[name].to_numpy() for name in ("ra_deg", "dec_deg"))
    east = int(np.argmin(np.hypot(ra - 300, dec)))
    west = int(np.argmin(np.hypot(ra - 60, dec)))
    placed = store.diagrams["color-magnitude"]
    bright, faint = int(np.nanargmin(placed.y)), int(np.nanargmax(placed.y))
    scatter = Plot(page, ".scatter")
    for diagram, pair, along in (
        ("sky", (east, west), 1),
        ("color-magnitude", (bright, faint), 0),
        ("xy:bp_rp~phot_g_mean_mag", (bright, faint), 0),
    ):
        found = []
        for row in pair:
            open_page(page, f"{server}?diagram={diagram}&color=none&star={store.source_id[row]}")
            page.mouse.move(5, 880)
            scatter.wait_until_still()
            found.append(middle(scatter.near(ACCENT, 30))[1 - along])
        if diagram == "xy:bp_rp~phot_g_mean_mag":
            g = store.objects["phot_g_mean_mag"].to_numpy()
            assert (found[0] < found[1]) == (g[bright] < g[faint])
        else:
            assert found[0] < found[1] - 60, diagram
