"""The tray: neighbours, flags and selection as rows; what a click, a key, a slider does."""

import re

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.star_list import FIRST, WINDOW, StarList
from app.state import AppState
from app.views.facts import FactsView
from app.views.neighbor_list import NeighborList
from app.views.selection_list import SelectionList
from app.views.tray import Tray
from app.views.vet_queue import VetQueue


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n, focus=1)


@pytest.fixture
def tray(state: AppState, store: AtlasStore) -> Tray:
    return Tray(state, store)


def places(html: str) -> list[int]:
    return [int(place) for place in re.findall(r'data-index="(\d+)"', html)]


def n_children(html: str) -> int:
    """Number of elements side by side at the top of a piece of HTML."""
    depth = count = 0
    for closing, _tag, alone in re.findall(r"<(/?)(\w+)[^>]*?(/?)>", html):
        if closing:
            depth -= 1
        elif not alone:
            count += depth == 0
            depth += 1
    return count


# the list itself


def test_a_long_list_sends_one_window() -> None:
    listing = StarList()
    listing.fill(np.arange(1000), lambda place, row: f"<b>{row}</b>", focus=700)
    assert listing.total == 1000
    assert listing.active == 700
    assert places(listing.rows_html) == list(range(FIRST))
    listing._handle_msg({"type": "window", "first": 500})
    assert places(listing.rows_html) == list(range(500, 500 + WINDOW))
    listing._handle_msg({"type": "window", "first": 995})
    assert places(listing.rows_html) == [995, 996, 997, 998, 999]


def test_clicks_name_rows_of_the_atlas_and_strays_are_ignored() -> None:
    picked: list[int] = []
    opened: list[int] = []
    listing = StarList()
    listing.on_pick, listing.on_open = picked.append, opened.append
    listing.fill([50, 60, 70], lambda place, row: "")
    listing._handle_msg({"type": "pick", "index": 1})
    listing._handle_msg({"type": "open", "index": 2})
    listing._handle_msg({"type": "pick", "index": 3})
    assert (picked, opened) == ([60], [70])
    assert listing.place_of(70) == 2
    assert listing.place_of(1) == -1


def test_an_empty_list_is_no_error() -> None:
    listing = StarList()
    listing.fill([], lambda place, row: "")
    assert listing.total == 0
    listing._handle_msg({"type": "window", "first": 5})
    assert listing.rows_html == ""


# neighbours


def test_neighbours_are_the_atlas_neighbours_after_the_star_itself(
    tray: Tray, store: AtlasStore
) -> None:
    expected = store.neighbors(1, "fused", 30)["row"].tolist()
    assert tray.neighbors.list.rows.tolist() == [1, *expected]
    assert tray.state.highlighted_rows == expected
    assert "<svg" in tray.neighbors.list.rows_html
    assert re.search(r"\d of the \d+ neighbours are ", tray.neighbors.heading.object)


def test_as_many_columns_as_cells(tray: Tray) -> None:
    for tab in ("Neighbours", "Queue", "Selection"):
        tray.tabs.value = tab
        if tab == "Selection":
            tray.state.select(np.ones(tray.store.n, dtype=bool))
        listing = tray.view(tab).list
        top = re.search(r'data-index="0">(.*?)</div>', listing.rows_html)
        assert top is not None
        widths = re.sub(r"\([^)]*\)", "", listing.styles["--columns"]).split()
        assert n_children(listing.head_html) == n_children(top[1]) == len(widths), tab


def test_walking_the_list_keeps_it_and_opening_moves_it(tray: Tray, state: AppState) -> None:
    listing = tray.neighbors.list
    before = listing.rows.tolist()
    listing._handle_msg({"type": "pick", "index": 2})
    assert state.focus == before[2]
    assert listing.rows.tolist() == before
    assert listing.active == 2
    listing._handle_msg({"type": "open", "index": 2})
    assert listing.rows[0] == before[2]


def test_another_star_anywhere_makes_a_new_list(tray: Tray, state: AppState) -> None:
    away = next(row for row in range(tray.neighbors.store.n) if row not in tray.neighbors.list.rows)
    state.focus = away
    assert tray.neighbors.list.rows[0] == away
    assert tray.neighbors.list.active == 0


def test_neighbours_of_one_kind_of_data(tray: Tray, state: AppState, store: AtlasStore) -> None:
    tray.neighbors.modality.value = "spectra"
    assert state.neighbor_modality == "spectra"
    expected = store.neighbors(1, "spectra", 30)["row"].tolist()
    assert tray.neighbors.list.rows[1:].tolist() == expected


def test_a_star_without_the_data_has_no_neighbours_and_is_told_so(
    tray: Tray, state: AppState
) -> None:
    state.param.update(focus=3, neighbor_modality="spectra")
    assert tray.neighbors.list.total == 0
    assert "no spectrum" in tray.neighbors.list.empty_html
    assert state.highlighted_rows == []


def test_without_a_star_in_focus_the_list_invites(store: AtlasStore) -> None:
    tray = Tray(AppState(store.n), store)
    assert tray.neighbors.list.total == 0
    assert "Click a star" in tray.neighbors.list.empty_html


# flags


@pytest.fixture
def flags(state: AppState, store: AtlasStore) -> VetQueue:
    flags = VetQueue(state, store)
    flags.is_open = True
    return flags


def test_flags_are_the_stores_ranking_with_a_sentence(flags: VetQueue, store: AtlasStore) -> None:
    expected = store.flags(99.0, 2, 0.0, 0)
    flagged = [row for row in flags.list.rows.tolist() if row in set(expected["row"])]
    assert len(flagged) == len(expected)
    assert f"<b>{len(expected):,} flagged</b>" in flags.thresholds.count.object
    assert f"{expected['is_alone'].sum():,} apart" in flags.thresholds.count.object
    assert 'class="sentence' in flags.list.rows_html


def test_a_click_on_a_flag_focuses_the_star(flags: VetQueue, state: AppState) -> None:
    flags.list._handle_msg({"type": "pick", "index": 1})
    assert state.focus == flags.list.rows[1]
    assert flags.list.active == 1


def test_sliders_change_list_and_count(flags: VetQueue, state: AppState) -> None:
    before = flags.list.total
    sliders = flags.thresholds.sliders
    sliders["percentile"].value = 90.0
    sliders["min_modalities"].value = 1
    assert (state.percentile, state.min_modalities) == (90.0, 1)
    assert flags.list.total > before
    n_flagged = len(flags.vetting.queue.ranked)
    assert f"<b>{n_flagged:,} flagged</b>" in flags.thresholds.count.object


# selection


def test_the_selection_is_listed_in_atlas_order(state: AppState, store: AtlasStore) -> None:
    listing = SelectionList(state, store)
    listing.is_open = True
    assert "Nothing is selected" in listing.list.empty_html
    mask = np.zeros(store.n, dtype=bool)
    mask[[9, 2, 40]] = True
    state.select(mask)
    assert listing.list.rows.tolist() == [2, 9, 40]


# tabs


@pytest.mark.parametrize(
    ("mode", "tab"),
    [("Vet", "Queue"), ("Cluster", "Subclusters"), ("Report", "Model")],
)
def test_the_mode_opens_its_tab_and_the_tab_its_mode(
    tray: Tray, state: AppState, mode: str, tab: str
) -> None:
    state.mode = mode
    assert tray.tabs.value == tab
    assert [name for name, box in tray.contents.items() if box.visible] == [tab]
    tray.tabs.value = "Neighbours"
    assert state.mode == "Explore"
    tray.tabs.value = tab
    assert state.mode == mode
    tray.tabs.value = "Export"
    assert (state.mode, tray.tabs.value) == ("Report", "Export")


def test_hidden_lists_do_no_work(tray: Tray, state: AppState, store: AtlasStore) -> None:
    state.select(np.ones(store.n, dtype=bool))
    assert "Selection" not in tray.views
    tray.tabs.value = "Selection"
    assert tray.view("Selection").list.total == store.n
    tray.tabs.value = "Queue"
    state.clear_selection()
    assert tray.view("Selection").list.total == store.n
    tray.tabs.value = "Selection"
    assert tray.view("Selection").list.total == 0
    assert state.mode == "Vet", "the selection belongs to every mode"


def test_rings_follow_the_tab_in_front(tray: Tray, state: AppState) -> None:
    neighbors = state.highlighted_rows
    tray.tabs.value = "Queue"
    assert state.highlighted_rows == tray.view("Queue").list.rows[:40].tolist()
    tray.tabs.value = "Neighbours"
    assert state.highlighted_rows == neighbors


def test_a_neighbour_list_in_the_back_is_new_when_it_comes_forward(
    state: AppState, store: AtlasStore
) -> None:
    listing = NeighborList(state, store)
    state.focus = 42
    assert listing.list.total == 0
    listing.is_open = True
    assert listing.list.rows[0] == 42


# catalogue text is never HTML


def test_text_from_catalogues_is_escaped(state: AppState, store: AtlasStore) -> None:
    evil = '<img src=x onerror="alert(1)">'
    objects = store.objects.copy()
    objects.loc[1, "name"] = evil
    objects.loc[1, "class_label"] = evil
    hostile = AtlasStore(store.atlas)
    hostile.objects = objects
    hostile.labels = objects["class_label"].fillna("unlabelled").to_numpy(object)
    facts = FactsView(state, hostile)
    facts.act("all values")
    tray = Tray(state, hostile)
    for html in (facts.identity.object, facts.values.object, tray.neighbors.list.rows_html):
        assert "<img" not in html
        assert "&lt;img" in html
