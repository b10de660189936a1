"""The card of stars of which everything is known (`full_sky`): what is drawn and what is done."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsing import eventually, open_page, serving
from full_sky import VELOCITY_KM_S, write_full_sky
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from test_browser_card import pixels, share_changed, still

from app.atlas_store import AtlasStore
from app.figures import INK, readable
from app.formats import degrees_text, sexagesimal_text
from app.palette import class_style
from app.views.light_curve import LightCurveView
from model.atlas import Atlas

pytestmark = pytest.mark.browser
STAR = 40
"""An RR Lyrae."""
QUIET_STAR = 70
"""One that varies by less than its bands are apart."""


@pytest.fixture(scope="module")
def full_atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_full_sky(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def full(full_atlas: Path) -> AtlasStore:
    return AtlasStore(Atlas.open(full_atlas))


@pytest.fixture(scope="module")
def full_server(full_atlas: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(str(full_atlas), log=tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture
def star(full: AtlasStore, full_server: str) -> str:
    """Address of the page with the star in focus."""
    return f"{full_server}?star={full.source_id[STAR]}"


def in_figure(page: Page, name: str, x: float, y: float) -> tuple[int, int]:
    """Pixel of a figure (as its screenshot counts) at which a place of its plane lies."""
    found = page.evaluate(
        """([name, x, y]) => {
          const view = Bokeh.index.find_one(Bokeh.documents[0].get_model_by_name(name))
          return [view.frame.x_scale.compute(x), view.frame.y_scale.compute(y)] }""",
        [name, x, y],
    )
    return round(found[0]), round(found[1])


def axis_labels(page: Page, name: str) -> tuple[str, str]:
    """What is written at the axes of a figure."""
    return tuple(
        page.evaluate(
            """name => { const fig = Bokeh.documents[0].get_model_by_name(name)
              return [fig.below[0].axis_label, fig.left[0].axis_label] }""",
            name,
        )
    )


def near(seen: NDArray[np.uint8], color: str, tolerance: int = 60) -> NDArray[np.bool_]:
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return (np.abs(seen.astype(int) - wanted) < tolerance).all(axis=-1)


def figure_at(page: Page, place: int) -> Locator:
    return page.locator("aside .bk-Figure:visible").nth(place)


def test_limits_are_open_triangles_and_epochs_of_spectra_are_marked(
    page: Page, star: str, full: AtlasStore
) -> None:
    open_page(page, f"{star}&fold=no")
    card = page.locator("aside")
    expect(card).to_contain_text("▽ 16 limits")
    expect(card).to_contain_text("○ 4 bad")
    expect(card).to_contain_text("HJD in UTC")
    assert axis_labels(page, "light-curve") == ("HJD − 2450000 [d]", "m [mag]")
    seen = still(page, figure_at(page, 0))
    doubtful = page.evaluate(
        """() => { const data = Bokeh.documents[0].get_model_by_name("light-curve-doubtful").data
          return [...data.x].map((x, i) => [x, data.value[i], data.marker[i]]) }"""
    )
    background = seen[seen.shape[0] // 3, 4]
    hollow = full_at_edge = 0
    for time, value, marker in doubtful:
        if marker != "inverted_triangle":
            continue
        x, y = in_figure(page, "light-curve", time, value)
        hollow += bool(np.abs(seen[y, x].astype(int) - background).max() < 30)
        patch = seen[y - 4 : y + 5, x - 4 : x + 5].astype(int)
        full_at_edge += bool((np.abs(patch - background).max(axis=-1) > 80).any())
    assert hollow >= 13, "nothing is drawn inside a limit, but where another mark crosses it"
    assert full_at_edge == 16, "all limits are in the frame"

    ink = INK["light"].muted
    for mjd in (57_100.25, 57_900.5):
        x, _ = in_figure(page, "light-curve", mjd + 2_400_000.5 - 2_450_000, 13.0)
        columns = near(seen[:, x - 2 : x + 3], ink, 70).sum(axis=0)
        assert columns.max() > 0.3 * (seen.shape[0] - 40), "dashes from top to bottom"


def test_bands_and_cameras_have_colours_and_bands_are_switched(
    page: Page, full_server: str, full: AtlasStore
) -> None:
    open_page(page, f"{full_server}?star={full.source_id[QUIET_STAR]}")
    card, plot = page.locator("aside"), figure_at(page, 0)
    before = still(page, plot)
    blue, green = readable("#1f4e9c", "light"), readable("#2e8b57", "light")
    n_blue = near(before, blue, 30).sum()  # and not the inks of axes and lines
    assert n_blue > 100
    assert near(before, green).sum() > 100
    card.get_by_role("button", name="g 64").click()
    expect(card.get_by_role("button", name="g 64")).to_have_attribute("aria-pressed", "false")
    eventually(lambda: near(pixels(plot), blue, 30).sum() < 0.1 * n_blue, "one band is left")
    after = still(page, plot)
    heights = [
        np.ptp(np.percentile(np.nonzero(near(seen, green, 30))[0], [10, 90]))
        for seen in (before, after)
    ]
    assert heights[1] > 2 * heights[0], "it fills the frame"
    page.wait_for_url(re.compile("hidden_bands"))
    assert axis_labels(page, "light-curve")[1] == "V [mag]"
    card.get_by_role("button", name="g 64").click()
    eventually(lambda: share_changed(plot, before) < 0.002, "both are back")
    page.keyboard.press("o")
    expect(card).to_contain_text("● ba 70")
    eventually(lambda: share_changed(plot, before) > 0.01, "points by camera")


def test_periods_of_other_catalogues_stand_beside_ours_and_fold_by_a_click(
    page: Page, star: str, full: AtlasStore
) -> None:
    open_page(page, star)
    card = page.locator("aside")
    table = card.locator(".external tr")
    expect(table).to_have_count(2)
    agreeing, other = table.nth(0), table.nth(1)
    expect(agreeing).to_contain_text("VSX")
    expect(agreeing).to_contain_text("0.3″")
    expect(agreeing.locator(".differs")).to_have_count(0)
    expect(other).to_contain_text("1.7″")
    expect(other.locator(".differs")).to_have_text(["≠", "2.5 P"])
    before = still(page, figure_at(page, 0))
    page.keyboard.press("a")
    small = card.get_by_role("button", name="GCVS", exact=True)
    assert np.asarray(Image.open(io.BytesIO(small.screenshot()))).std() > 15, "a fold is drawn"
    small.click()
    page.wait_for_url(re.compile(r"P=[\d.]+"))
    folded = float(re.search(r"P=([\d.]+)", page.url)[1])
    assert folded == pytest.approx(2.5 * full.period_days(STAR))
    eventually(lambda: share_changed(figure_at(page, 0), before) > 0.02, "it is folded there")


def test_the_spectrum_goes_to_rest_and_shows_its_other_epochs(
    page: Page, star: str, full: AtlasStore
) -> None:
    open_page(page, star)
    card, plot = page.locator("aside"), figure_at(page, 1)
    assert axis_labels(page, "spectrum")[0] == "wavelength in vacuum [Å]"
    moved = still(page, plot)
    expect(card).to_contain_text(f"+{VELOCITY_KM_S:.0f} km/s")
    color = readable(class_style(full.label(STAR)).color, "light")
    assert near(moved, color).sum() > 80, "the median of its class"
    page.keyboard.press("q")
    expect(card).to_contain_text("at rest")
    eventually(lambda: share_changed(plot, moved) > 0.004, "spectrum and lines move")
    at_rest = still(page, plot)
    epoch = card.get_by_label("Epoch")
    assert epoch.locator("option").all_inner_texts() == ["MJD 57100", "MJD 57900", "all 2"]
    epoch.select_option(label="all 2")
    eventually(lambda: share_changed(plot, at_rest) > 0.01, "the noisier one lies under it")
    page.keyboard.press("x")
    eventually(lambda: share_changed(plot, at_rest) < 0.001, "the first again")
    lines = card.get_by_label("Lines")
    lines.select_option(label="S stars")
    eventually(lambda: share_changed(plot, at_rest) > 0.005, "other lines")
    page.wait_for_url(re.compile("S\\+stars"))


def test_a_period_is_typed_in_hours_or_as_a_frequency_and_phase_zero_dragged(
    page: Page, star: str
) -> None:
    open_page(page, star)
    card = page.locator("aside")
    field = card.get_by_label("Period of the fold")
    for text, days in (("12 h", "0.5"), ("1.6 c/d", "0.625")):
        field.fill(text)
        field.press("Enter")
        page.wait_for_url(re.compile(f"P={days}$"))
    card.get_by_label("Unit of the period").select_option("min")
    expect(field).to_have_value("900")
    plot = figure_at(page, 0)
    before = still(page, plot)
    box = card.get_by_role("slider", name="Shift phase zero").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 8, steps=4)
    eventually(lambda: share_changed(plot, before) > 0.01, "points follow the hand")
    page.mouse.up()
    page.wait_for_url(re.compile(r"shift=0\.\d"))
    expect(card).to_contain_text(re.compile(r"phase 0: m\w\w \+ 0\.\d{3}, HJD 245\d{4}"))


@pytest.mark.parametrize("with_clipboard", [True, False], ids=["clipboard", "none"])
def test_what_is_copied_can_be_pasted(
    browser: Browser, star: str, full: AtlasStore, with_clipboard: bool
) -> None:
    """Pages served to others by plain HTTP have no clipboard: there too."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    if not with_clipboard:
        page.add_init_script("delete Navigator.prototype.clipboard")
    open_page(page, star)
    card, search = page.locator("aside"), page.locator("header input")
    place = full.objects.loc[STAR, ["ra_deg", "dec_deg"]]
    for text in (sexagesimal_text(*place), degrees_text(*place), str(full.source_id[STAR])):
        button = card.get_by_role("button", name=f"copy {text}", exact=True)
        button.click()
        expect(button).to_have_class(re.compile("copied"))
        search.fill("")
        search.press("Control+v")
        expect(search).to_have_value(text)
    card.get_by_role("button", name="copy", exact=True).last.click()
    expect(card.get_by_role("button", name="copied", exact=True)).to_be_visible()
    search.fill("")
    search.press("Control+v")
    number = r"\d+\.\d+\(\d+\)"
    assert re.fullmatch(rf"HJD {number} \+ {number} E", search.input_value())
    context.close()


def test_places_have_error_bars_reddening_and_the_class_in_both_themes(
    page: Page, star: str, full: AtlasStore
) -> None:
    open_page(page, f"{star}&detail=places")
    assert axis_labels(page, "place-diagram") == ("BP − RP [mag]", "absolute G [mag]")
    plot = figure_at(page, 1)
    for theme in ("light", "dark"):
        seen = still(page, plot)
        diagram = full.diagrams["color-magnitude"]
        x, y = in_figure(page, "place-diagram", diagram.x[STAR], diagram.y[STAR])
        left, _ = in_figure(page, "place-diagram", diagram.x[STAR] - 0.5, diagram.y[STAR])
        bar = near(seen[y - 1 : y + 2, left + 1 : x - 9], INK[theme].accent)
        assert x - left > 12
        assert bar.any(axis=0).mean() > 0.9, "±0.5 mag in colour reach out of the ring"
        color = readable(class_style(full.label(STAR)).color, theme)
        assert near(seen, color).sum() > 5, "its class"
        page.keyboard.press("t")
        eventually(lambda seen=seen: share_changed(plot, seen) > 0.5, "the other theme")


@pytest.mark.parametrize("detail", ["spectrum", "periodogram", "places"])
def test_the_card_fits_a_small_screen(page: Page, star: str, detail: str) -> None:
    """Nothing is wider than the card or pushed out of it, whatever stands beside its switches."""
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, f"{star}&detail={detail}")
    card = page.locator("aside")
    still(page, figure_at(page, 1))
    outer = card.bounding_box()
    for inner in (card.locator(".place-line"), figure_at(page, 0), card.locator(".links")):
        box = inner.bounding_box()
        left, right = box["x"] - outer["x"], outer["x"] + outer["width"] - box["x"] - box["width"]
        assert abs(left - right) < 2
        assert box["y"] + box["height"] <= outer["y"] + outer["height"]


def test_the_view_agrees_with_what_is_written(full: AtlasStore) -> None:
    """The atlas of these tests has what they look at, or they would look at nothing."""
    from app.state import AppState

    view = LightCurveView(AppState(full.n, focus=STAR), full)
    assert full.label(STAR) == "RRAB"
    assert len(view.epochs) == 2
    assert set(view.periods) == {"found", "GCVS"}
