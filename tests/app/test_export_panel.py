"""The tab of exports: which list, what it says of its stars, a file written beside the page."""

import asyncio
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from app import selection
from app.atlas_store import AtlasStore
from app.state import AppState
from app.verdicts.entry import Entry, new_client_id
from app.views.export_panel import ExportPanel
from app.views.search_panel import SearchPanel
from data_pipeline.schema import Column
from model.atlas import Atlas

IDS = [4481234567890123457, 4481234567890123458, 2**62 + 1]
COLUMNS = {
    "source_id": Column("source_id", "", "identifier", "meta.id;meta.main", "id", "int64"),
    "name": Column("name", "", "name of the star", "meta.id", "id", "string"),
    "parallax": Column("parallax", "mas", "Gaia parallax", "pos.parallax.trig", "feature"),
    "pmra": Column("pmra", "mas.yr-1", "proper motion", "pos.pm", "feature"),
    "n_spectra": Column("n_spectra", "", "spectra", "meta.number", "derived", "int64"),
    "is_periodic": Column("is_periodic", "", "has a period", "meta.code", "derived", "bool"),
    "period_alt_days": Column("period_alt_days", "d", "others", "time.period", "derived",
                              "list<float64>"),
    "odd": Column("odd", "not a unit", "a unit astropy does not know", "", "catalog"),
}  # fmt: skip
OBJECTS = pd.DataFrame(
    {
        "source_id": np.array(IDS, dtype=np.int64),
        "name": ["=HYPERLINK(1)", "V439 Cas", None],
        "parallax": [1.5, np.nan, -0.25],
        "pmra": [1.0, 2.0, 3.0],
        "n_spectra": pd.array([1, None, 3], dtype="Int64"),
        "is_periodic": pd.array([True, None, False], dtype="boolean"),
        "period_alt_days": [[0.25, 1.0], None, []],
        "odd": [1.0, 2.0, 3.0],
    }
)
PROVENANCE = {"survey": "Tiny", "nature": "SYNTHETIC (simulated stars)"}


@pytest.mark.parametrize("kind", ["vot", "csv"])
def test_the_panel_writes_the_selection_or_everything(store: AtlasStore, kind: str) -> None:
    state = AppState(store.n)
    panel = ExportPanel(state, store)
    panel.format.value = kind
    panel.is_open = True
    assert f"all {store.n} stars" in panel.words.object
    mask = np.zeros(store.n, dtype=bool)
    mask[[3, 8, 100]] = True
    state.select(mask, recipe={"kind": "ids", "ids": []})
    assert "3 stars selected" in panel.words.object
    assert panel.button.filename == f"tiny-sky-SYNTHETIC-3-stars.{kind}"
    name = {"vot": "votable", "csv": "ascii.ecsv"}[kind]
    content = panel.content().getvalue()
    back = Table.read(content.decode() if kind == "csv" else io.BytesIO(content), format=name)
    expected = store.source_id[[3, 8, 100]].tolist()
    assert [int(one) for one in back["source_id"]] == expected
    assert str(back["period_days"].unit) == "d"


def test_the_log_s_verdicts_go_into_lists(sky_atlas_path: Path) -> None:
    store = AtlasStore(Atlas.open(sky_atlas_path))
    for row, kind, classes in ((4, "wrong_class", "EA|EW"), (9, "right", ""), (5, "skip", "")):
        store.verdicts.append(
            Entry(
                new_client_id(), "verdict", "ana", int(store.source_id[row]), kind=kind,
                classes=classes, note="@home",
            )
        )  # fmt: skip
    panel = ExportPanel(AppState(store.n), store)
    panel.what.value = "verdicts"
    stars = panel.listed()
    assert stars.rows.tolist() == [4, 9]
    assert stars.added["verdict_classes"].tolist() == ["EA|EW", ""]
    assert panel.provenance()["vetters"] == "ana"


def test_a_search_and_a_filtered_queue_are_lists_too(store: AtlasStore) -> None:
    state = AppState(store.n, focus=13)  # it has both a light curve and a spectrum
    panel = ExportPanel(state, store)
    panel.is_open = True
    panel.what.value = "search"
    assert len(panel.listed()) == 0
    assert "Ask in the tab Search first" in panel.words.object
    panel.what.value = "subclusters"
    assert "Open the tab Subclusters first" in panel.words.object
    panel.what.value = "search"
    search = SearchPanel(state, store)
    search.is_open = True
    state.search_but = "far:spectra"
    rows = search.list.rows.tolist()
    assert len(rows) > 10
    assert f"<b>{len(rows)} stars</b>" in panel.words.object
    stars = panel.listed()
    assert stars.rows.tolist() == rows
    table = stars.table(store)
    assert {"rank", "similarity", "similarity_unwanted"} <= set(table.colnames)
    assert store.name(13) in panel.provenance()["list"]
    panel.open_file("found.vot", panel.content().getvalue())
    assert np.flatnonzero(state.selection).tolist() == sorted(rows)
    assert "search: Like" in selection.told(state.recipe, store)[0]
    state.search_by = "place"
    assert (np.diff(panel.listed().table(store)["separation"]) >= 0).all()

    panel.what.value = "flag queue"
    state.queue_filters = {"label": "EW", "order": "period"}
    rows = panel.listed().rows
    assert len(rows)
    assert set(store.labels[rows]) == {"EW"}
    assert (np.diff(store.periods_days[rows]) >= 0).all()
    told = json.loads(panel.provenance()["thresholds"])
    assert told["label"] == "EW"
    assert all(panel.listed().table(store)["sentence"])
    assert told["weights"]["probe"] > 0


def test_the_panel_lists_what_is_asked_for(store: AtlasStore) -> None:
    state = AppState(store.n, focus=12)
    panel = ExportPanel(state, store)
    panel.is_open = True
    panel.what.value = "neighbours"
    assert panel.listed().rows.tolist() == store.neighbors(12, "fused", 100)["row"].tolist()
    state.focus = 13
    assert f"neighbours of {store.name(13)}" in panel.provenance()["list"]
    verdicts = {"verdict": ["unsure", "wrong class", "catalogue right"], "vetter": "ana"}
    panel.verdicts = lambda: pd.DataFrame({"source_id": store.source_id[[7, 7, 3]], **verdicts})
    panel.what.value = "verdicts"
    assert panel.listed().rows.tolist() == [7, 3]
    panel.shown.value = "LaTeX"
    assert "tabular" in panel.facts.object
    content = panel.content().getvalue()
    panel.open_file("vetted.vot", content)
    assert np.flatnonzero(state.selection).tolist() == [3, 7]
    state.undo()
    assert not state.n_selected


def test_writing_goes_on_beside_the_page_and_can_be_stopped(store: AtlasStore) -> None:
    state = AppState(store.n)
    panel = ExportPanel(state, store)
    panel.is_open = True
    content = asyncio.run(panel.content_or_none())
    assert content is not None
    back = Table.read(content, format="votable")
    assert back["source_id"].tolist() == store.source_id.tolist()
    assert not panel.stop.visible

    async def stopped() -> io.BytesIO | None:
        writing = asyncio.ensure_future(panel.content_or_none())
        await asyncio.sleep(0)
        assert panel.stop.visible
        assert "Writing VOTable" in panel.stop.label
        panel.stop.clicks += 1
        return await writing

    assert asyncio.run(stopped()) is None
    assert "nothing was saved" in state.notice
    assert not panel.stop.visible
