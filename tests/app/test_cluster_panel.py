"""Subclusters: parts of a class with their stars, curves and spectra; selecting one."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from bokeh.document import Document

from app import cutting, kept_parts
from app.atlas_store import AtlasStore
from app.part_figures import FEWEST
from app.parts import SELECTION, ClusterChoice, Partition, cut, members
from app.saved_selections import SavedSelections
from app.selection import replay
from app.state import AppState
from app.views.cluster_panel import ClusterPanel
from app.views.export_panel import ExportPanel
from model.analysis import clusters
from model.analysis.clusters import NOISE


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n, cluster_class="EW")


@pytest.fixture
def panel(state: AppState, store: AtlasStore) -> ClusterPanel:
    panel = ClusterPanel(state, store)
    panel.is_open = True
    return panel


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
@pytest.mark.parametrize("space", ["map", "embedding"])
def test_parts_share_the_class_between_them(store: AtlasStore, method: str, space: str) -> None:
    partition = cut(store, ClusterChoice("EW", space=space, method=method))  # type: ignore[arg-type]
    rows = np.concatenate([part.rows for part in partition.parts])
    assert sorted(rows.tolist()) == members(store, "EW", "fused").tolist()
    sizes = [len(part.rows) for part in partition.parts if part.number != NOISE]
    assert sizes == sorted(sizes, reverse=True)


def test_a_part_has_the_median_of_its_curves_and_spectra(store: AtlasStore) -> None:
    part = cut(store, ClusterChoice("RRAB")).parts[0]
    assert part.n_curves > 10
    assert part.n_spectra > 10
    assert np.ptp(part.curve[1]) == pytest.approx(0.9, abs=0.25)
    assert part.curve[1][[0, -1]].mean() < 0, "aligned at maximum light, in magnitudes"
    assert np.mean(part.flux[1]) == pytest.approx(1)
    assert (np.diff(part.flux, axis=0) >= 0).all(), "16 %, 50 %, 84 % of the spectra"
    assert (part.flux[2] - part.flux[0]).mean() > 0.01
    assert (part.name, part.color) == ("A", "#4477aa")


def test_stars_without_the_data_are_left_out(store: AtlasStore) -> None:
    rows = members(store, "EW", "spectra")
    assert store.has_spectrum[rows].all()
    assert len(rows) < len(members(store, "EW", "fused"))


def test_the_panel_shows_the_parts(panel: ClusterPanel) -> None:
    assert panel.partition is not None
    assert panel.list.total == len(panel.partition.parts)
    several = [part for part in panel.partition.parts if part.n_curves >= FEWEST]
    assert len(panel.plots._curves.data["xs"]) == len(several) > 0
    drawn = panel.plots._points.data
    assert len(drawn["x"]) == len(drawn["color"]) == sum(len(p.rows) for p in panel.partition.parts)


def test_selecting_a_part_selects_its_stars_by_a_recipe_that_replays(
    panel: ClusterPanel, state: AppState, store: AtlasStore
) -> None:
    assert panel.partition is not None
    panel.list._handle_msg({"type": "pick", "index": 0})
    assert np.flatnonzero(state.selection).tolist() == sorted(panel.partition.parts[0].rows)
    assert panel.list.active == 0
    np.testing.assert_array_equal(replay(state.recipe, store), state.selection)
    state.undo()
    assert state.n_selected == 0


def test_another_class_and_method_cut_again(panel: ClusterPanel, state: AppState) -> None:
    first = panel.partition
    panel.controls.controls["cluster_class"].value = "SR"
    assert state.cluster_class == "SR"
    assert panel.partition is not first
    assert panel.partition is not None
    assert panel.partition.choice.label == "SR"
    panel.controls.controls["cluster_method"].value = "hdbscan"
    assert panel.partition.choice.method == "hdbscan"
    assert panel.controls.controls["cluster_eps"].disabled


def test_the_same_choice_is_not_cut_twice(panel: ClusterPanel) -> None:
    first = panel.partition
    panel.is_open = False
    panel.is_open = True
    assert panel.partition is first


def test_cutting_tells_how_far_it_is_and_can_be_stopped(
    store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "TELL_S", 0.002)  # this class is small and done in no time
    shown: list[Partition] = []
    told: list[float | None] = []
    cut_off = cutting.Cutting(store, shown.append, told.append)
    document = Document()

    async def work(stop_after_s: float | None) -> None:
        cut_off._generation += 1
        running = asyncio.ensure_future(
            cut_off._run(document, ClusterChoice("EW"), cut_off._generation)
        )
        if stop_after_s is not None:
            await asyncio.sleep(stop_after_s)
            cut_off.stop()
        await running

    asyncio.run(work(0.02))
    _run_callbacks(document)
    assert shown == told == []
    asyncio.run(work(None))
    _run_callbacks(document)
    assert told.count(None) == 1, "it says that it has ended"
    assert len({share for share in told if share is not None and 0 <= share < 1}) > 2
    assert max(partition.parts[0].n_curves for partition in shown) > 10


def _run_callbacks(document: Document) -> None:
    """Do what a server does with a document after each message."""
    for callback in document.session_callbacks:
        callback.callback()


def test_a_large_class_says_that_it_was_cut_on_a_sample(
    panel: ClusterPanel, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Cut on" not in panel.words.object
    monkeypatch.setattr(clusters, "MOST", 60)
    state.cluster_min_samples = 4
    assert "Cut on 60 of these stars" in panel.words.object


def test_a_class_with_too_few_stars_of_the_data_says_so(
    panel: ClusterPanel, state: AppState
) -> None:
    state.cluster_class = "not a class"
    assert "Only 0" in panel.list.empty_html
    assert panel.list.total == 0


def test_the_class_of_the_star_in_focus_comes_first(store: AtlasStore) -> None:
    row = int(np.flatnonzero(store.labels == "SR")[0])
    state = AppState(store.n, focus=row)
    ClusterPanel(state, store)
    assert state.cluster_class == "SR"


def test_the_selection_can_be_cut_and_its_parts_picked(
    panel: ClusterPanel, state: AppState, store: AtlasStore
) -> None:
    mask = np.isin(store.labels, ["SR", "DSCT"])
    state.select(mask)
    panel.controls.controls["cluster_class"].value = SELECTION
    assert panel.partition is not None
    cut_rows = np.sort(panel.partition.rows)
    assert cut_rows.tolist() == np.flatnonzero(mask & store.atlas.present("fused")).tolist()
    kinds = {frozenset(store.labels[p.rows]) for p in panel.partition.parts if p.number >= 0}
    assert {frozenset(["SR"]), frozenset(["DSCT"])} <= kinds
    apart = {one.column: one for one in panel.partition.parts[0].apart_by}
    assert apart["bp_rp"].median == pytest.approx(3.0, abs=0.1), "the red ones are more"
    assert apart["bp_rp"].others == pytest.approx(0.35, abs=0.1)
    assert "bp_rp <b>3.0" in panel.words.object
    assert "<b>A</b>" in panel.words.object
    before = panel.partition
    panel.list._handle_msg({"type": "pick", "index": 0})
    assert panel.partition is before, "a part picked is not cut again"
    assert "part A of selection (dbscan on the map" in state.recipe[-1]["what"]


def test_parts_are_measured_on_other_maps_and_kept_by_name(
    panel: ClusterPanel, state: AppState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = SavedSelections(tmp_path / "kept.sqlite")
    monkeypatch.setattr(kept_parts, "saved_beside", lambda store: kept)
    state.cluster_class = "RRAB"
    panel.measure_stability()
    assert panel._stable is not None
    assert panel._stable.n_maps == 4
    assert "Rand index" in panel.words.object
    assert panel.naming.disabled
    panel.list._handle_msg({"type": "pick", "index": 0})
    panel.naming.value = " <tidy> "
    assert panel.partition is not None
    assert panel.partition.parts[0].name == "<tidy>"
    assert "&lt;tidy&gt;" in panel.list.rows_html
    assert panel.list.active == 0
    panel.keep()
    names = {"<tidy>", *(part.name for part in panel.partition.parts[1:])}
    assert set(kept.names()) == {f"RRAB {name}" for name in names}
    assert "Kept RRAB <tidy>" in state.notice
    again = AppState(panel.store.n, cluster_class="RRAB", part_names=state.part_names)
    opened = ClusterPanel(again, panel.store)
    opened.is_open = True
    assert opened.partition is not None
    assert opened.partition.parts[0].name == "<tidy>", "as the address says"
    state.cluster_class = "EW"
    assert panel.partition.parts[0].name == "A", "another class has parts of its own"
    assert state.part_names == {}


def test_all_parts_are_a_list_to_export(
    panel: ClusterPanel, state: AppState, store: AtlasStore
) -> None:
    exporting = ExportPanel(state, store)
    exporting.is_open = True
    panel.list._handle_msg({"type": "pick", "index": 0})
    panel.naming.value = "near"
    panel._export()
    assert (exporting.what.value, state.tab) == ("subclusters", "Export")
    listed = exporting.listed()
    table = listed.table(store)
    assert panel.partition is not None
    for part in panel.partition.parts:
        here = store.source_id[listed.rows[np.asarray(table["part"]) == part.name]]
        assert sorted(here.tolist()) == sorted(store.source_id[part.rows].tolist())
    assert table["part"][0] == "near"
    told = exporting.provenance(listed)
    assert any("EW (dbscan on the map" in text for text in told.values())


def test_one_click_makes_the_splits_of_the_paper(panel: ClusterPanel, state: AppState) -> None:
    (button,) = panel.controls.presets
    state.param.update(cluster_eps=1.0, cluster_modality="spectra")
    button.clicks += 1
    assert (state.cluster_class, state.cluster_modality) == ("ROT", "fused")
    assert state.cluster_eps == panel.controls.controls["cluster_eps"].value == 0.0
    assert panel.partition is not None
    assert panel.partition.choice.label == "ROT"
