"""Everybody can read and reach everything: axe-core, focus order, small and large screens."""

from io import BytesIO

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import eventually, open_page, wait_until_drawn
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app.atlas_store import AtlasStore

pytestmark = pytest.mark.browser
MODES = ("Explore", "Vet", "Search", "Cluster", "Report")
TABS = ("Selection", "Export")
REGIONS = (".page > header", "nav", "section.map", "section.scatter", "section.legend",
           "section.tray", "aside")  # fmt: skip


def violations(page: Page) -> list[str]:
    """What axe-core calls serious or critical on the whole page."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_mode_and_dialog_can_be_read_by_everyone(
    browser: Browser, server: str, store: AtlasStore, theme: str
) -> None:
    flagged = store.flags.usual()["row"].to_numpy()
    row = int(flagged[store.has_light_curve[flagged]][0])
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    open_page(page, f"{server}?theme={theme}&star={store.source_id[row]}")
    tray = page.locator("section.tray")
    found = {}
    for name in (*MODES, *TABS):
        where = tray if name in TABS else page.get_by_label("Modes")
        where.get_by_role("button", name=name, exact=True).click()
        if name == "Vet":
            tray.get_by_role("button", name="thresholds").click()
        _wait_until_idle(page)
        found[name] = violations(page)
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    found["help"] = violations(page)
    page.keyboard.press("Escape")
    for key, inside in (("v", ".everything"), ("a", ".fold-bar .all")):
        page.keyboard.press(key)
        expect(page.locator(inside)).to_be_visible()
        found[inside] = violations(page)
        page.keyboard.press("v" if key == "v" else "Escape")
        expect(page.locator(inside)).to_be_hidden()
    flag = page.locator("aside details.flagged summary")
    flag.click()
    found["flag"] = violations(page)
    page.get_by_label("Modes").get_by_role("button", name="Search", exact=True).click()
    tray.get_by_label("search like").select_option(label="like the upload")
    tray.get_by_label("search but").select_option(label="but unlike another star")
    expect(tray.get_by_label("Unlike this star")).to_be_visible()
    found["upload"] = violations(page)
    assert found == {name: [] for name in found}
    page.close()


def test_tab_goes_through_the_page_in_the_order_one_reads(page: Page, server: str) -> None:
    open_page(page, server)
    passed: list[str] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        region = page.evaluate(
            "names => names.findIndex(name => document.activeElement.closest(name))", list(REGIONS)
        )
        if region >= 0 and (not passed or passed[-1] != REGIONS[region]):
            passed.append(REGIONS[region])
        if passed[-1:] == ["aside"]:
            break
    assert passed == list(REGIONS)
    width = page.evaluate(
        """() => { let at = document.activeElement
          while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
          return parseFloat(getComputedStyle(at).outlineWidth) }"""
    )
    assert width >= 1, "one sees where the focus is"


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (2560, 1440)])
def test_nothing_is_cut_off_on_a_small_and_a_large_screen(
    page: Page, server: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, server)
    for mode in MODES:
        page.get_by_label("Modes").get_by_role("button", name=mode, exact=True).click()
        _wait_until_idle(page)
        boxes = {name: page.locator(name).bounding_box() for name in REGIONS}
        for name, box in boxes.items():
            assert box is not None
            assert box["x"] >= 0, (mode, name)
            assert box["y"] >= 0, (mode, name)
            assert box["x"] + box["width"] <= width + 1, (mode, name)
            assert box["y"] + box["height"] <= height + 1, (mode, name)
        assert boxes["aside"]["width"] >= 0.25 * min(width, 1500), mode
        tabs = page.locator("section.tray").get_by_role("button", name="Export", exact=True)
        assert tabs.is_visible(), mode
        small = page.evaluate(SMALL_TEXT)
        assert small == [], mode
    pixels = np.asarray(Image.open(BytesIO(page.screenshot())).convert("RGB"))
    assert pixels.shape[:2] == (height, width)


SMALL_TEXT = """() => {
  const found = [], look = (root) => { for (const at of root.querySelectorAll("*")) {
    if (at.shadowRoot) look(at.shadowRoot)
    const own = [...at.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
    const size = parseFloat(getComputedStyle(at).fontSize)
    if (own && size < 10 && at.tagName !== "SUB" && at.checkVisibility())
      found.push(`${at.tagName} ${at.className} ${at.textContent.trim().slice(0, 40)}`)
  } }
  look(document.body)
  return found }"""
"""Visible text smaller than 10 px, but for subscripts."""


def _wait_until_idle(page: Page) -> None:
    page.wait_for_function("window.Bokeh?.documents?.[0]?.is_idle === true", timeout=60_000)
    before = b""

    def still() -> bool:
        nonlocal before
        page.wait_for_timeout(300)
        seen, before = before, page.screenshot()
        return seen == before

    eventually(still, "the page holds still")


def test_a_lost_connection_says_so_and_comes_back_to_the_same_state(
    browser: Browser, server: str
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})  # errors are expected in it
    page.add_init_script(REMEMBER_SOCKETS)
    address = f"{server}?mode=Search&by=photometry&theme=dark"
    open_page(page, address)
    first = page.locator("section.tray .row[data-index='0']:visible")
    name = first.locator(".who b").inner_text()
    page.evaluate("() => { window.of_before = true; for (const one of sockets) one.close() }")
    expect(page.locator("header .notice")).to_contain_text("The server does not answer")
    page.wait_for_function("window.of_before === undefined", timeout=60_000)
    wait_until_drawn(page)
    assert page.url == address
    expect(first.locator(".who b")).to_have_text(name)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.close()


REMEMBER_SOCKETS = """
  window.sockets = []
  window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); window.sockets.push(this) }
  }"""
