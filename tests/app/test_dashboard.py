"""The page put together, without a browser: rich and poor surveys, what buttons and keys ask."""

from pathlib import Path

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.dashboard import Dashboard
from app.palette import UNLABELLED
from model.atlas import Atlas


@pytest.fixture(scope="module")
def poor(poor_atlas_path: Path) -> AtlasStore:
    return AtlasStore(Atlas.open(poor_atlas_path))


@pytest.fixture
def page(store: AtlasStore) -> Dashboard:
    page = Dashboard(store)
    page.template()  # with the parts that are made when the maps stand
    return page


def drawn(page: Dashboard) -> int:
    """How many stars the diagram draws as markers."""
    return len(page.scatter.stars.fig.renderers[1].data_source.data["x"])


def test_search_focuses_and_tells(page: Dashboard, store: AtlasStore) -> None:
    page.act({"act": "search", "text": "sky v00077"})
    assert page.state.focus == 77
    assert page.header.notice == ""
    page.act({"act": "search", "text": "nobody"})
    assert page.state.focus == 77
    assert "nobody" in page.header.notice
    page.act({"act": "dismiss"})
    assert page.header.notice == ""


def test_a_mode_opens_its_tab_whichever_is_in_front(page: Dashboard) -> None:
    page.tray.open("Selection")
    assert (page.state.mode, page.state.tab) == ("Explore", "Selection")
    page.rail._handle_msg({"act": "go", "mode": "Explore"})
    assert page.tray.tabs.value == "Neighbours"
    page.act({"act": "go", "mode": "Search"})
    assert (page.state.mode, page.tray.tabs.value) == ("Search", "Search")
    page.act({"act": "go", "mode": "Moon"})
    assert page.state.mode == "Search"


def test_selection_shows_in_the_header(page: Dashboard) -> None:
    page.state.select(np.arange(page.store.n) < 40)
    assert (page.header.n_selected, page.header.can_undo, page.header.can_redo) == (40, True, False)
    page.act({"act": "undo"})
    assert (page.header.n_selected, page.header.can_redo) == (0, True)
    page.act({"act": "redo"})
    page.act({"act": "clear"})
    assert page.header.n_selected == 0


def test_held_keys_change_the_next_lasso(page: Dashboard) -> None:
    page.keys.held = "add"
    assert page.header.select_mode == "add"
    page.keys.held = ""
    assert page.header.select_mode == "replace"


def test_lasso_of_one_map_lights_the_other(page: Dashboard, store: AtlasStore) -> None:
    low, high = page.map.points.low - 1, page.map.points.high + 1
    middle = (low + high) / 2
    box = {"type": "rect", "x0": low[0], "x1": middle[0], "y0": low[1], "y1": high[1]}
    page.map.select_geometry(box)
    inside = store.xy("fused")[:, 0] <= middle[0]
    assert np.array_equal(page.state.selection, inside)
    lit = page.scatter.stars.fig.renderers[2]
    assert lit.visible
    expected = (inside & page.scatter.points.placed).sum()
    assert len(lit.view.filter.indices) == expected


def test_legend_switches_and_selection_leaves_switched_off_classes_out(
    page: Dashboard, store: AtlasStore
) -> None:
    page.legend.entries.hidden_labels = ["SR"]
    assert page.state.hidden_classes == ["SR"]
    low, high = page.map.points.low - 1, page.map.points.high + 1
    page.map.select_geometry(
        {"type": "rect", "x0": low[0], "x1": high[0], "y0": low[1], "y1": high[1]}
    )
    assert page.state.n_selected == (store.labels != "SR").sum()
    row = int(np.flatnonzero((store.labels == "SR") & page.scatter.points.placed)[0])
    assert page.scatter.pick(*page.scatter.points.xy[row], 1.0) != row, "nor can it be clicked"


def test_coloring_by_a_number_makes_a_scale(page: Dashboard) -> None:
    page.legend.entries.color_by = "period_days"
    assert page.legend.entries.is_scale
    assert page.state.color_by == "period_days"


def test_maps_of_one_modality_say_who_is_missing(page: Dashboard, store: AtlasStore) -> None:
    page.map_bar.value = "spectra"
    assert page.state.map_modality == "spectra"
    assert f"{store.has_spectrum.sum():,} of 400" in page.map_bar.note
    page.state.focus = int(np.flatnonzero(~store.has_spectrum)[0])
    assert "no place on this map" in page.map_bar.note


def test_diagram_tells_what_it_leaves_out(page: Dashboard, store: AtlasStore) -> None:
    assert "without parallax/σ > 5" in page.scatter_bar.note
    page.scatter_bar.value = "sky"
    assert drawn(page) == store.n
    assert page.scatter.stars.x_range.start > page.scatter.stars.x_range.end, "east is left"


def test_rings_follow_focus_and_list(page: Dashboard) -> None:
    page.state.focus = 5
    rings = [renderer.data_source.data["x"] for renderer in page.map.stars.fig.renderers[4:]]
    assert 0 < len(rings[0]) <= len(page.state.highlighted_rows)
    assert len(rings[1]) == 1


def test_a_survey_of_light_curves_alone(poor: AtlasStore) -> None:
    page = Dashboard(poor)
    assert poor.classes == [UNLABELLED]
    assert poor.diagrams == {}
    for what in ("colors", "parallaxes", "spectra", "classes", "periods"):
        assert poor.missing(what).startswith("This survey has no"), what
    assert "nothing to draw" in page.scatter.__panel__().object
    page.state.focus = 3
    page.state.select(np.arange(poor.n) < 7)
    page.act({"act": "theme"})
    page.template()


def test_a_new_session_asks_for_the_flags_that_were_ranked_before(sky_atlas_path: Path) -> None:
    store = AtlasStore(Atlas.open(sky_atlas_path))
    made = store.flags._made.cache_info
    store.flags.usual()
    assert made().misses == 1
    page = Dashboard(store)
    assert page.card is not None
    assert made().hits >= 1
    assert made().misses == 1


def test_of_very_many_stars_some_are_ranked_for_the_opening(
    store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.atlas_store._RANKED_AT_ONCE", 40)
    fresh = AtlasStore(store.atlas)
    row = fresh.opening_row
    assert "evidence" not in vars(fresh), "the evidence of all was not asked for"
    assert fresh.has_light_curve[row]
    assert fresh.has_spectrum[row]
