"""The model's report: the matrix, its cells that select, reliability, the evaluation's text."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.atlas_store import AtlasStore
from app.evaluation import Evaluation
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


def test_tables_and_figures_of_an_evaluation_are_shown_where_there_is_one(
    state: AppState, store: AtlasStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not opened(state, store).part.visible
    write_evaluation(tmp_path)
    monkeypatch.setattr(model_report, "evaluation_beside", lambda store: Evaluation(tmp_path))
    panel = opened(state, store)
    assert panel.part.visible
    panel.part.value = "evaluation"
    assert "A &lt;tiny&gt; sky: 12 stars" in panel.page.object
    assert list(panel.piece.groups["Tables"]) == ["about", "accuracy", "calibration"]
    panel.piece.value = "table accuracy"
    assert "<td>91.0 ± 2.0</td>" in panel.page.object
    assert panel.piece.groups["Figures"] == {"confusion, all": "figure confusion_all"}
    panel.piece.value = "figure confusion_all"
    assert 'src="data:image/png;base64,' in panel.page.object
    assert 'download="confusion_all.pdf"' in panel.page.object
    assert panel.page.object.count("base64,") == 2


def test_a_report_of_another_version_is_told(
    state: AppState, store: AtlasStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(model_report, "evaluation_beside", lambda store: Evaluation(tmp_path))
    assert not opened(state, store).part.visible
    assert "report.json is not as this version writes it" in state.notice


def write_evaluation(directory: Path) -> None:
    """Write a report of one table row and one figure, as `evaluate` does."""
    known = {"mean": 0.91, "std": 0.02, "n": 2}
    row = {
        "mode": "all", "subset": "full", "pretrained_accuracy": known,
        "nuisance_accuracy": {**known, "n": 0}, "n_test": 5,
    }  # fmt: skip
    about = {
        "survey": "A <tiny> sky", "n": 12, "synthetic": "", "modalities": "all", "preset": "x",
        "given": "y", "n_seen": 0, "bases": "seed-1",
    }  # fmt: skip
    nothing = {
        key: [] for key in
        ("combinations", "zero_shot", "retrieval", "matched_retrieval", "numeric")
    }  # fmt: skip
    report = {"about": about, "accuracy": [row], **nothing}
    (directory / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (directory / "plots").mkdir()
    Image.new("RGB", (60, 40), "white").save(directory / "plots" / "confusion_all.png")
    (directory / "plots" / "confusion_all.pdf").write_bytes(b"%PDF-1.4")
