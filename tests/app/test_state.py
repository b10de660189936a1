"""The session's state: selections combine, have a recipe, and can be undone."""

import numpy as np
import pytest

from app.state import AppState, tie


def mask(*rows: int) -> np.ndarray:
    return np.isin(np.arange(6), rows)


def rows_of(state: AppState) -> list[int]:
    return np.flatnonzero(state.selection).tolist()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("replace", [2, 3]), ("add", [1, 2, 3]), ("subtract", [1]), ("intersect", [2])],
)
def test_modes_combine_with_the_selection(mode: str, expected: list[int]) -> None:
    state = AppState(6)
    state.select(mask(1, 2))
    state.select(mask(2, 3), mode)
    assert rows_of(state) == expected
    assert state.n_selected == len(expected)


def test_undo_and_redo_walk_the_history() -> None:
    state = AppState(6)
    state.select(mask(1), recipe={"kind": "ids", "ids": ["1"]})
    state.select(mask(2), "add", {"kind": "ids", "ids": ["2"]})
    assert [step["mode"] for step in state.recipe] == ["replace", "add"]
    state.undo()
    assert rows_of(state) == [1]
    assert [step["ids"] for step in state.recipe] == [["1"]]
    state.undo()
    assert rows_of(state) == []
    assert not state.can_undo
    state.redo()
    state.redo()
    assert rows_of(state) == [1, 2]
    assert not state.can_redo
    state.undo()
    state.select(mask(5))
    assert not state.can_redo, "a new selection ends what could be redone"


def test_history_is_bounded() -> None:
    state = AppState(6)
    for _ in range(150):
        state.select(mask(1))
    for _ in range(150):
        state.undo()
    assert rows_of(state) == [1], "the oldest hundred are kept, not the beginning"


def test_selection_is_replaced_and_cannot_be_changed_in_place() -> None:
    state = AppState(6)
    given = mask(1)
    state.select(given)
    given[3] = True
    assert rows_of(state) == [1]
    with pytest.raises(ValueError, match="read-only"):
        state.selection[0] = True


def test_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected shape \(6,\), found \(5,\)"):
        AppState(6).select(np.ones(5, dtype=bool))


def test_clear_can_be_undone() -> None:
    state = AppState(6)
    state.clear_selection()
    assert not state.can_undo, "clearing nothing is not a step"
    state.select(mask(4))
    state.clear_selection()
    assert state.n_selected == 0
    state.undo()
    assert rows_of(state) == [4]


def test_restored_selection_has_no_history() -> None:
    state = AppState(6)
    state.select(mask(1))
    state.restore_selection(mask(2), [{"kind": "ids", "ids": ["2"], "mode": "replace"}])
    assert rows_of(state) == [2]
    assert not state.can_undo


def test_tie_keeps_both_sides_equal() -> None:
    one, other = AppState(1, mode="Vet"), AppState(1)
    tie(one, "mode", other, "mode")
    assert other.mode == "Vet"
    other.mode = "Report"
    assert one.mode == "Report"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 1.0])
def test_the_history_keeps_masks_packed_and_brings_them_back(share: float) -> None:
    n = 100_003
    first = np.random.default_rng(1).random(n) < share
    state = AppState(n)
    state.select(first)
    state.select(~first)
    kept = sum(packed.kept.nbytes for packed, _ in state._past)
    assert kept <= n / 8 + 1, "at most a bit a star"
    state.undo()
    np.testing.assert_array_equal(state.selection, first)
    state.redo()
    np.testing.assert_array_equal(state.selection, ~first)
