"""Card and tray in a real browser: refold, spectrum, rows by mouse and keys, files, subclusters."""

import io
import re

import numpy as np
import pytest
from astropy.table import Table
from axe_playwright_python.sync_playwright import Axe
from browsing import eventually, open_page
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from app.atlas_store import AtlasStore

pytestmark = pytest.mark.browser
ALADIN = "aladin.cds.unistra.fr"
WITH_BOTH = 1
"""A star with a light curve and a spectrum."""


def address_of(server: str, store: AtlasStore, row: int, more: str = "") -> str:
    return f"{server}?star={store.source_id[row]}{more}"


def pixels(figure: Locator) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(figure.screenshot())).convert("RGB"))


def still(page: Page, figure: Locator) -> NDArray[np.uint8]:
    """What a figure shows once it has come to rest."""
    seen = [pixels(figure)]

    def unchanged() -> bool:
        page.wait_for_timeout(200)
        seen.append(pixels(figure))
        return seen[-1].shape == seen[-2].shape and np.array_equal(seen[-1], seen[-2])

    eventually(unchanged, "the figure holds still")
    return seen[-1]


def share_changed(figure: Locator, before: NDArray[np.uint8]) -> float:
    now = pixels(figure)
    if now.shape != before.shape:
        return 1.0
    return float((np.abs(now.astype(int) - before) > 12).any(axis=-1).mean())


def test_half_the_period_is_one_click_and_back(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    light_curve = page.locator("aside .bk-Figure").first
    whole = still(page, light_curve)
    assert whole.std() > 10, "something is drawn"
    page.locator("aside").get_by_role("button", name="½P").click()
    eventually(lambda: share_changed(light_curve, whole) > 0.01, "the fold changes")
    page.locator("aside").get_by_role("button", name="P", exact=True).click()
    eventually(lambda: share_changed(light_curve, whole) < 0.002, "the fold comes back")
    page.locator("aside").get_by_role("button", name="time").click()
    eventually(lambda: share_changed(light_curve, whole) > 0.01, "time is shown")


def test_a_typed_period_folds(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    light_curve = page.locator("aside .bk-Figure").first
    before = still(page, light_curve)
    field = page.locator("aside input[type=text]").first
    field.fill("0.7123")
    field.press("Enter")
    eventually(lambda: share_changed(light_curve, before) > 0.01, "the fold changes")
    expect(page.locator("aside")).to_contain_text(f"f {1 / 0.7123:.6g}")


def test_everything_about_the_star_stands_on_the_card(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    card = page.locator("aside")
    expect(card).to_contain_text(store.name(WITH_BOTH))
    expect(card).to_contain_text("Simulated star")
    expect(card.locator(".bk-Figure")).to_have_count(2)
    box = card.bounding_box()
    assert box is not None
    last = card.locator(".links").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= box["y"] + box["height"], "nothing scrolls at 1440 × 900"
    spectrum = card.locator(".bk-Figure").nth(1)
    before = still(page, spectrum)
    card.get_by_role("button", name="smooth").click()
    eventually(lambda: share_changed(spectrum, before) > 0.003, "smoothing shows")


def test_every_part_of_the_card_is_one_key_away(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    card = page.locator("aside")
    page.keyboard.press("a")
    alias = card.get_by_role("button", name="f+1", exact=True)
    expect(alias).to_be_visible()
    light_curve = card.locator(".bk-Figure").first
    before = still(page, light_curve)
    alias.click()
    expect(alias).to_be_hidden()
    eventually(lambda: share_changed(light_curve, before) > 0.01, "the alias is folded")
    page.keyboard.press("]")
    expect(card.locator("[data-name='2P']")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    expect(card.get_by_role("button", name="− fit")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("h")
    expect(card.locator(".bk-Figure:visible")).to_have_count(1 + 1 + len(store.modalities))
    places = card.locator(".bk-Figure:visible").nth(1)
    assert still(page, places).std() > 5
    page.keyboard.press("s")
    expect(card.locator(".bk-Figure:visible")).to_have_count(2)
    page.keyboard.press("i")
    expect(card).to_contain_text("A simulated star: the sky has nothing at its place.")
    page.wait_for_url(re.compile("detail=image"))


def test_a_peak_of_the_periodogram_is_folded_by_a_click(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    card = page.locator("aside")
    page.keyboard.press("g")
    plot = card.locator(".bk-Figure:visible").nth(1)
    expect(plot).to_be_visible()
    expect(card).to_contain_text("click a peak to fold", timeout=30_000)
    still(page, plot)
    peak = page.evaluate(
        """() => { const fig = Bokeh.documents[0].get_model_by_name("periodogram")
          const view = Bokeh.index.find_one(fig), box = view.el.getBoundingClientRect()
          const frame = view.frame.bbox, peaks = fig.renderers.at(-1).data_source.data
          return [peaks.period[1], box.x + view.frame.x_scale.compute(peaks.x[1]),
            box.y + frame.top + frame.height / 2] }"""
    )
    page.mouse.click(peak[1], peak[2])
    page.wait_for_url(re.compile(r"P=[\d.]+"))
    folded = float(re.search(r"P=([\d.]+)", page.url)[1])
    assert folded == pytest.approx(peak[0], rel=1e-3)


def test_dials_turn_the_fold_under_the_hand(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    card = page.locator("aside")
    light_curve = card.locator(".bk-Figure").first
    before = still(page, light_curve)
    box = card.get_by_role("slider", name="Turn the period").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 8, steps=6)
    eventually(lambda: share_changed(light_curve, before) > 0.01, "points follow the hand")
    assert "P=" not in page.url, "the server hears of it when the dial is let go"
    page.mouse.up()
    page.wait_for_url(re.compile(r"P=[\d.]+"))
    keep = card.get_by_role("button", name="keep")
    keep.click()
    expect(card.get_by_role("button", name="kept")).to_have_attribute("aria-pressed", "true")


def test_two_stars_are_compared_in_phase_and_in_wavelength(
    page: Page, server: str, store: AtlasStore
) -> None:
    other = store.source_id[WITH_BOTH]
    open_page(page, address_of(server, store, WITH_BOTH + 1, f"&with={other}"))
    card = page.locator("aside")
    expect(card.get_by_role("button", name=f"with {store.name(WITH_BOTH)}")).to_be_visible()
    expect(card.locator(".other")).to_have_count(2)
    figures = card.locator(".bk-Figure:visible")
    both = [still(page, figures.nth(i)) for i in range(2)]
    page.keyboard.press("c")
    for i in range(2):
        eventually(
            lambda i=i: share_changed(figures.nth(i), both[i]) > 0.003, "the other star goes"
        )
    page.keyboard.press("c")
    expect(card.get_by_role("button", name="pinned")).to_be_visible()


def test_the_card_can_be_read_by_everyone(browser: Browser, server: str, store: AtlasStore) -> None:
    """No violation that axe-core calls serious: names, roles, contrast, in both themes."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    open_page(page, address_of(server, store, WITH_BOTH))
    for theme in ("light", "dark"):
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found = Axe().run(page, context="aside", options={"preload": False}).response["violations"]
        serious = [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == [], theme
        page.keyboard.press("t")
    page.close()


def test_the_sky_is_asked_for_by_a_click_alone_and_fails_politely(
    browser: Browser, server: str, store: AtlasStore
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if ALADIN in request.url else None)
    page.route(f"**/{ALADIN}/**", lambda route: route.abort())  # a machine without a network
    open_page(page, address_of(server, store, WITH_BOTH, "&detail=image"))
    expect(page.locator("aside")).to_contain_text("A simulated star")
    page.evaluate(  # as for a star of a real survey
        """() => { for (const model of Bokeh.documents[0]._all_models.values())
          if (model.data?.fov_deg !== undefined) model.data.words = "" }"""
    )
    button = page.locator("aside").get_by_role("button", name="Show the sky here")
    expect(button).to_be_visible()
    assert asked == []
    button.click()
    expect(page.locator("aside")).to_contain_text("does not answer")
    assert len(asked) == 1
    expect(page.locator("aside").get_by_role("button", name="Try again")).to_be_visible()
    page.close()


def test_a_star_without_data_says_so_and_draws_no_empty_frame(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, address_of(server, store, 30))
    card = page.locator("aside")
    expect(card).to_contain_text("No light curve of this star.")
    expect(card).to_contain_text("class medians")
    expect(card.locator(".bk-Figure:visible")).to_have_count(1)  # theirs


def test_neighbours_by_mouse_and_arrow_keys(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    rows = store.neighbors(WITH_BOTH, "fused", 30)["row"].tolist()
    tray, card = page.locator(".tray"), page.locator("aside")
    expect(tray.locator(".row .thumb").nth(1)).to_be_visible()
    tray.locator(".row[data-index='2']").click()
    expect(card).to_contain_text(store.name(rows[1]))
    expect(tray.locator(".row.active")).to_have_attribute("data-index", "2")
    page.keyboard.press("ArrowDown")
    expect(card).to_contain_text(store.name(rows[2]))
    page.keyboard.press("ArrowUp")
    expect(card).to_contain_text(store.name(rows[1]))
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    expect(card).to_contain_text(store.name(rows[10]))
    expect(tray.locator(".row.active")).to_be_in_viewport()


def test_a_long_list_scrolls_and_loads(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, address_of(server, store, WITH_BOTH))
    listing = page.locator(".tray .list:visible")
    expect(listing.locator(".row").first).to_be_visible()

    def loaded() -> bool:
        listing.evaluate("list => { list.scrollTop = list.scrollHeight }")
        return listing.locator(".row[data-index='20']").count() == 1

    eventually(loaded, "the end of the list is rendered")
    page.locator(".tray").get_by_role("button", name="Selection").click()
    expect(page.locator(".tray")).to_contain_text("Nothing is selected")


def test_a_flag_focuses_its_star(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, f"{server}?mode=Vet")
    flags = store.flags(99.0, 2, 0.0, 0)
    tray = page.locator(".tray")
    expect(tray).to_contain_text(f"{len(flags):,} flagged")
    tray.locator(".row[data-index='1']:visible").click()
    row = int(flags["row"].iat[1])
    page.wait_for_url(re.compile(str(store.source_id[row])))
    expect(page.locator("aside")).to_contain_text(f"Flag 2 of {len(flags)}")


def test_a_slider_changes_the_count(page: Page, server: str, store: AtlasStore) -> None:
    open_page(page, f"{server}?mode=Vet")
    tray = page.locator(".tray")
    before = len(store.flags(99.0, 2, 0.0, 0))
    tray.get_by_role("button", name="thresholds").click()
    expect(tray).to_contain_text(f"{before:,} flagged")
    handle = tray.locator(".noUi-handle:visible").nth(1)
    handle.focus()
    handle.press("ArrowLeft")
    after = len(store.flags(99.0, 1, 0.0, 0))
    assert after > before
    expect(tray).to_contain_text(f"{after:,} flagged")


@pytest.mark.parametrize(("name", "kind"), [("VOTable", "votable"), ("ECSV", "ascii.ecsv")])
def test_the_download_is_a_table_with_exact_ids(
    page: Page, server: str, store: AtlasStore, name: str, kind: str
) -> None:
    open_page(page, server)
    page.locator(".tray").get_by_role("button", name="Export").click()
    page.locator(".tray").locator("select:visible").nth(1).select_option(label=name)
    with page.expect_download() as download:
        page.locator(".tray").get_by_text(f"Download {name}").click()
    assert "SYNTHETIC" in download.value.suggested_filename
    table = Table.read(download.value.path(), format=kind)
    assert [int(one) for one in table["source_id"]] == store.source_id.tolist()
    assert str(table["parallax"].unit) == "mas"


def test_a_part_of_a_class_becomes_the_selection(
    page: Page, server: str, store: AtlasStore
) -> None:
    open_page(page, f"{server}?mode=Cluster")
    tray = page.locator(".tray")
    part = tray.locator(".row[data-index='0']:visible")
    expect(part).to_be_visible(timeout=60_000)
    n_stars = int(re.findall(r"[\d,]+", part.locator(".num").first.inner_text())[0])
    figures = tray.locator(".bk-Figure:visible")
    expect(figures).to_have_count(3)
    assert all(still(page, figures.nth(i)).std() > 5 for i in range(3))
    part.click()
    expect(page.locator("header .count")).to_have_text(f"{n_stars:,}")
