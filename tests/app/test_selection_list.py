"""The selection's panel: conditions, classes, pasted names, kept selections, what differs."""

from pathlib import Path

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.different import compare_steps
from app.saved_selections import SavedSelections, restored
from app.selection import mask_of, replay, step_from_names, told
from app.state import AppState
from app.views.selection_list import SelectionList
from data_pipeline.errors import InputError


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n)


@pytest.fixture
def panel(state: AppState, store: AtlasStore, tmp_path: Path) -> SelectionList:
    panel = SelectionList(state, store)
    panel.saved = SavedSelections(tmp_path / "kept.sqlite")
    panel.is_open = True
    return panel


def test_a_condition_selects_by_a_recipe_that_replays(
    panel: SelectionList, state: AppState, store: AtlasStore
) -> None:
    panel.act({"act": "where", "text": "period_days < 1 and amplitude > 0.3"})
    objects = store.objects
    expected = (objects["period_days"] < 1) & (objects["lc_amplitude"] > 0.3)
    np.testing.assert_array_equal(state.selection, expected)
    assert panel.list.rows.tolist() == np.flatnonzero(expected).tolist()
    state.select_mode = "subtract"
    panel.act({"act": "class", "label": "EW"})
    np.testing.assert_array_equal(state.selection, expected & (store.labels != "EW"))
    np.testing.assert_array_equal(replay(state.recipe, store), state.selection)
    panel.part.value = "recipe"
    assert "stars with period_days &lt; 1 and amplitude &gt; 0.3" in panel.page.object
    assert "but not class (catalogue) EW" in panel.page.object


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"act": "where", "text": "perod < 1"}, "There is no column 'perod'"),
        ({"act": "where", "text": "period_days < -5"}, "No star fulfils"),
        ({"act": "ids", "text": "nobody\nnothing"}, "None of these"),
        ({"act": "save", "name": "empty"}, "Nothing is selected"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_changes(
    panel: SelectionList, state: AppState, message: dict[str, str], words: str
) -> None:
    panel.act(message)
    assert panel.form.error.startswith(words)
    assert not state.can_undo


def test_pasted_identifiers_and_names_are_found_and_the_missing_told(
    panel: SelectionList, state: AppState, store: AtlasStore
) -> None:
    panel.act({"act": "ids", "text": f"Gaia DR3 {store.source_id[7]}\nSky V00009, sky v3x\n"})
    assert np.flatnonzero(state.selection).tolist() == [7, 9]
    assert "1 not here: sky v3x" in panel.form.error
    step, missing = step_from_names(store, " ".join(map(str, store.source_id[:3])))
    assert not missing
    assert np.flatnonzero(mask_of(step, store)).tolist() == [0, 1, 2]


def test_a_kept_selection_comes_back_and_can_be_undone(
    panel: SelectionList, state: AppState, store: AtlasStore
) -> None:
    panel.act({"act": "class", "label": "SR"})
    chosen, recipe = state.selection, state.recipe
    panel.act({"act": "save", "name": "red giants"})
    (key,) = panel.form.saved.values()
    state.clear_selection()
    panel.act({"act": "restore", "id": key})
    np.testing.assert_array_equal(state.selection, chosen)
    assert state.recipe == recipe
    state.undo()
    assert state.n_selected == 0
    state.redo()
    panel.act({"act": "save", "name": "red giants"})
    assert len(panel.form.saved) == 1, "the newer one of a name steps in"
    panel.act({"act": "delete", "id": next(iter(panel.form.saved.values()))})
    assert panel.form.saved == {}


def test_on_another_atlas_the_same_stars_are_found_by_identifier(
    store: AtlasStore, tmp_path: Path
) -> None:
    kept = SavedSelections(tmp_path / "kept.sqlite")
    assert kept.names() == {}
    assert not (tmp_path / "kept.sqlite").exists(), "looking makes no file"
    mask = np.arange(store.n) < 4
    untold = [{"kind": "untold", "mode": "replace"}]
    saved = kept.save(store, "four", mask, untold)
    found, recipe, note = restored(saved, store)
    np.testing.assert_array_equal(found, mask)
    np.testing.assert_array_equal(replay(recipe, store), mask)
    assert note == ""
    other = kept.get(saved.id)
    object.__setattr__(other, "atlas_hash", "another")
    object.__setattr__(other, "source_id", np.append(saved.source_id[:3], 5))
    found, _, note = restored(other, store)
    assert found.sum() == 3
    assert "3 of the 4 stars" in note
    with pytest.raises(InputError, match="needs a name"):
        kept.save(store, "  ", mask, untold)


def test_what_makes_a_class_different_is_what_the_sky_was_made_with(
    panel: SelectionList, store: AtlasStore
) -> None:
    panel.act({"act": "class", "label": "SR"})
    panel.part.value = "differences"
    assert "AUC <b>" in panel.words.object
    assert "plainly different" in panel.words.object
    assert 'class="differences"' in panel.page.object
    steps = list(compare_steps(store, store.labels == "SR"))
    shares = [share for share, _ in steps]
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert [found for share, found in steps if share < 1] == [None] * (len(steps) - 1)
    compared = steps[-1][1]
    assert compared is not None
    table = compared.found.table.set_index("column")
    assert table.loc["bp_rp", "auc"] > 0.99, "the reddest"
    assert table.loc["Hα", "auc"] < 0.2, "with the weakest Balmer lines"
    half = (store.labels == "SR") & (np.arange(store.n) % 2 == 0)
    *_, (_, within) = compare_steps(store, half, "class")
    assert within is not None
    assert within.found.n_rest < (store.labels == "SR").sum()
    assert within.found.table["p"].min() > 0.001


def test_every_kind_of_step_can_be_told(store: AtlasStore) -> None:
    steps = [
        {"kind": "box", "view": "diagram:color-magnitude", "ends": [0, 1, 2, 3]},
        {"kind": "polygon", "view": "map:fused", "outline": [[0, 0]] * 5, "mode": "add"},
        {"kind": "ids", "ids": ["1", "2"], "mode": "intersect", "without": ["EW"]},
        {"kind": "rows", "bits": "", "mode": "subtract"},
    ]
    words = told(steps, store)
    assert words[0].strip() == "a box on colour–magnitude: 0 to 1, 2 to 3"
    assert words[1] == "and also a lasso of 5 corners on the map of all data"
    assert words[2] == "and in 2 stars by identifier, without EW"
    assert words[3] == "but not stars picked on this atlas"
