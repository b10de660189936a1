"""The model's report: the matrix, its cells that select, reliability, the evaluation's text."""

import re
from pathlib import Path

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.selection import replay
from app.state import AppState
from app.views import model_report
from app.views.model_report import ModelReport


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n)


def opened(state: AppState, store: AtlasStore) -> ModelReport:
    panel = ModelReport(state, store)
    panel.__panel__()
    panel.is_open = True
    return panel


def test_the_cells_are_the_atlas_counts_and_a_click_selects_them(
    state: AppState, store: AtlasStore
) -> None:
    panel = opened(state, store)
    predicted = store.objects["predicted_class"].to_numpy(object)
    cell = r'data-label="EW" data-predicted="EW"[^>]*>(\d+)<'
    found = re.search(cell, panel.table.table_html)
    assert found is not None
    expected = (store.labels == "EW") & (predicted == "EW")
    assert int(found[1]) == expected.sum()
    panel.table._handle_msg({"label": "EW", "predicted": "EW"})
    np.testing.assert_array_equal(state.selection, expected)
    np.testing.assert_array_equal(replay(state.recipe, store), expected)
    state.select_mode = "subtract"
    panel.table._handle_msg({"label": "", "predicted": "EW"})
    assert state.n_selected == 0


def test_numbers_and_reliability_are_shown(state: AppState, store: AtlasStore) -> None:
    panel = opened(state, store)
    assert "accuracy" in panel.words.object
    assert len(panel._source.data["x"]) == 10
    panel.who.value = "neighbours' vote"
    assert panel.columns[0] == "vote_class_fused"
    assert 'data-predicted="SR"' in panel.table.table_html


def test_the_report_of_an_evaluation_is_shown_where_there_is_one(
    state: AppState, store: AtlasStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not opened(state, store).part.visible
    (tmp_path / "report.txt").write_text("accuracy <of> all", encoding="utf-8")
    monkeypatch.setattr(model_report, "report_directory", lambda store: tmp_path)
    panel = opened(state, store)
    assert panel.part.visible
    panel.part.value = "evaluation"
    assert "accuracy &lt;of&gt; all" in panel.page.object
