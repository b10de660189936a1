"""Search: what is asked, what answers, and the panel that asks."""

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.permalink import Permalink
from app.searching import PLACE, Question, answer, ask_mean, ask_star
from app.state import AppState
from app.views.search_panel import SearchPanel, separation_text
from app.views.tray import Tray

ROW = 1  # has a light curve and a spectrum


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n, focus=ROW)


@pytest.fixture
def panel(state: AppState, store: AtlasStore) -> SearchPanel:
    panel = SearchPanel(state, store)
    panel.is_open = True
    return panel


def found(store: AtlasStore, **question: object) -> np.ndarray:
    return answer(store, Question(ask_star(store, ROW), **question)).rows  # type: ignore[arg-type]


def test_within_one_kind_of_data_the_neighbours_of_the_atlas_answer(store: AtlasStore) -> None:
    for modality in ("fused", "spectra"):
        expected = store.neighbors(ROW, modality, 20)["row"].tolist()
        assert found(store, by=modality)[:20].tolist() == expected


def test_across_kinds_of_data_only_stars_that_have_the_other_answer(store: AtlasStore) -> None:
    rows = found(store, by="photometry", among="spectra")
    assert len(rows) == 100
    assert store.has_spectrum[rows].all()
    assert ROW not in rows


def test_contrast_is_near_in_one_way_and_farthest_in_the_other_first(store: AtlasStore) -> None:
    result = answer(store, Question(ask_star(store, ROW), by="photometry", far_by="spectra"))
    assert result.far is not None
    assert (np.diff(result.far) >= 0).all()
    nearest = found(store, by="photometry", filters=("spectrum",))[:60]
    assert set(result.rows) == set(nearest)
    assert "farthest by spectrum first" in result.words


def test_unlike_another_star_puts_the_least_like_it_first(store: AtlasStore) -> None:
    other = ask_star(store, int(np.flatnonzero(store.labels == "SR")[1]))
    result = answer(store, Question(ask_star(store, ROW), unlike=other))
    similarity = store.atlas.vectors("fused")[result.rows] @ other.vectors["fused"]
    assert result.far is not None
    np.testing.assert_allclose(result.far, similarity, atol=1e-5)
    assert (np.diff(result.far) >= 0).all()


def test_the_mean_of_a_class_finds_the_rest_of_the_class(store: AtlasStore) -> None:
    half = (store.labels == "RRAB") & (np.arange(store.n) % 2 == 0)
    asked = ask_mean(store, half)
    assert asked.label == "RRAB"
    rows = answer(store, Question(asked)).rows
    assert not half[rows].any()
    assert (store.labels[rows[:20]] == "RRAB").mean() > 0.9


def test_filters_leave_out_what_they_say(store: AtlasStore) -> None:
    vetted = np.arange(store.n) % 2 == 0
    rows = found(
        store, filters=("other_class", "spectrum", "light_curve", "not_vetted"), vetted=vetted
    )
    assert len(rows)
    assert (store.labels[rows] != store.label(ROW)).all()
    assert (store.has_spectrum & store.has_light_curve & ~vetted)[rows].all()


def test_by_place_the_nearest_on_the_sky_answer(store: AtlasStore) -> None:
    result = answer(store, Question(ask_star(store, ROW), by=PLACE))
    ra, dec = (np.deg2rad(store.objects[name].to_numpy()) for name in ("ra_deg", "dec_deg"))
    cosine = np.sin(dec) * np.sin(dec[ROW]) + np.cos(dec) * np.cos(dec[ROW]) * np.cos(ra - ra[ROW])
    assert result.rows[:10].tolist() == np.argsort(-cosine)[1:11].tolist()
    assert result.near[0] == pytest.approx(np.rad2deg(np.arccos(cosine[result.rows[0]])), rel=1e-6)


def test_what_cannot_be_answered_is_told(store: AtlasStore, state: AppState) -> None:
    state.param.update(focus=3, search_by="spectra")
    panel = SearchPanel(state, store)
    panel.is_open = True
    assert panel.list.total == 0
    assert "has no spectrum" in panel.list.empty_html
    state.param.update(search_like="selection")
    assert "Select some stars" in panel.list.empty_html


def test_the_panel_shows_the_answer_and_rings_it(
    panel: SearchPanel, state: AppState, store: AtlasStore
) -> None:
    assert panel.list.rows.tolist() == found(store).tolist()
    assert panel.ringed == panel.list.rows[:60].tolist()
    panel.controls["search_by"].value = "photometry"
    panel.controls["search_among"].value = "spectra"
    assert (state.search_by, state.search_among) == ("photometry", "spectra")
    assert panel.list.rows.tolist() == found(store, by="photometry", among="spectra").tolist()
    assert "light curve against spectrum" in panel.words.object


def test_walking_keeps_the_list_and_another_star_is_asked_about(
    panel: SearchPanel, state: AppState, store: AtlasStore
) -> None:
    rows = panel.list.rows.tolist()
    panel.list._handle_msg({"type": "pick", "index": 4})
    assert (state.focus, panel.list.active) == (rows[4], 4)
    assert panel.list.rows.tolist() == rows
    away = next(row for row in range(store.n) if row not in rows)
    state.focus = away
    assert panel.list.rows.tolist() == answer(store, Question(ask_star(store, away))).rows.tolist()


def test_unlike_another_star_pins_the_first_and_takes_a_click_or_a_name(
    panel: SearchPanel, state: AppState, store: AtlasStore
) -> None:
    assert not panel.unlike.visible
    panel.controls["search_but"].value = "unlike:star"
    assert (state.search_like, state.search_pinned) == ("pinned", ROW)
    assert panel.unlike.visible
    assert "Click the star" in panel.list.empty_html
    clicked, typed = np.flatnonzero(store.labels == "SR")[1:3].tolist()
    state.focus = clicked
    assert panel.unlike.value == store.name(clicked)
    question = Question(ask_star(store, ROW), unlike=ask_star(store, clicked))
    assert panel.list.rows.tolist() == answer(store, question).rows.tolist()
    assert 'class="stack"' in panel.list.rows_html
    state.focus = int(panel.list.rows[3])
    panel.controls["search_filters"].value = ["light_curve"]
    assert state.search_unlike == clicked, "who walks along the list asks about nobody else"
    panel.controls["search_filters"].value = []
    panel.unlike.value = str(store.source_id[typed])
    assert panel.unlike.value == str(store.source_id[typed]), "what was typed stays"
    question = Question(ask_star(store, ROW), unlike=ask_star(store, typed))
    assert panel.list.rows.tolist() == answer(store, question).rows.tolist()
    panel.unlike.value = "nobody"
    assert "Nothing called" in state.notice
    panel.unlike.value = ""
    assert panel.list.total == 0


def test_unlike_the_mean_of_a_selection(
    panel: SearchPanel, state: AppState, store: AtlasStore
) -> None:
    panel.controls["search_but"].value = "unlike:selection"
    assert state.search_like == "focus"
    assert "Select the stars that others should be unlike" in panel.list.empty_html
    state.select(store.labels == "SR")
    question = Question(ask_star(store, ROW), unlike=ask_mean(store, state.selection))
    assert panel.list.rows.tolist() == answer(store, question).rows.tolist()
    panel.controls["search_like"].value = "selection"
    assert "Like and unlike the same" in panel.list.empty_html


def test_the_mode_opens_it_and_the_address_brings_it_back(
    state: AppState, store: AtlasStore
) -> None:
    written: list[str] = []
    link = Permalink(state, store, written.append)
    link.follow()
    tray = Tray(state, store)
    state.param.update(mode="Search", search_by="photometry", search_filters=["spectrum"])
    state.param.update(search_like="pinned", search_pinned=ROW, search_but="far:spectra")
    assert tray.tabs.value == "Search"
    again = AppState(store.n)
    Permalink(again, store, written.append).restore(written[-1])
    for name in ("search_by", "search_filters", "search_like", "search_pinned", "search_but"):
        assert getattr(again, name) == getattr(state, name), name
    state.param.update(search_but="unlike:star", search_unlike=7)
    Permalink(again, store, written.append).restore(written[-1])
    assert (again.search_but, again.search_unlike) == ("unlike:star", 7)
    assert SearchPanel(again, store).unlike.value == store.name(7)
    Permalink(again, store, written.append).restore("?by=moon&but=far:moon&where=5")
    assert "not understood" in again.notice


def test_separations_are_written_in_the_unit_that_reads_best() -> None:
    degrees = (3 / 3600, 0.5, 12.0, np.nan)
    assert [separation_text(value) for value in degrees] == ["3.0″", "30.0′", "12.00°", "—"]
