"""Vet mode without a browser: the queue and its filters, verdicts, undo, blindness."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.atlas_store import AtlasStore
from app.blinding import hide_class_colors, sees_class
from app.state import AppState
from app.verdicts.book import VerdictBook
from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog
from app.vet_star import pad_view
from app.views.facts import FactsView
from app.views.light_curve import LightCurveView
from app.views.vet_queue import VetQueue


@pytest.fixture
def state(store: AtlasStore) -> Iterator[AppState]:
    """Of a session whose log nobody else sees."""
    shared, store.verdicts = store.verdicts, VerdictBook(VerdictLog())
    yield AppState(store.n, mode="Vet")
    store.verdicts = shared


@pytest.fixture
def vet(state: AppState, store: AtlasStore) -> VetQueue:
    hide_class_colors(state)
    vet = VetQueue(state, store)
    vet.__panel__()
    state.vetter = "ada"
    vet.is_open = True
    return vet


def press(vet: VetQueue, kind: str, **more: Any) -> str:
    """What the browser sends for a verdict on the star in focus; returns its identifier."""
    message = {
        "act": "verdict", "client_id": new_client_id(), "kind": kind,
        "source_id": str(vet.store.source_id[vet.state.focus]), **more,
    }  # fmt: skip
    vet.act(message)
    return str(message["client_id"])


def other(vet: VetQueue, row: int, kind: str, classes: str = "", vetter: str = "bob") -> None:
    source_id = int(vet.store.source_id[row])
    vet.vetting.book.append(
        Entry(new_client_id(), "verdict", vetter, source_id, kind=kind, classes=classes)
    )


def test_a_verdict_is_written_and_the_next_star_comes(
    vet: VetQueue, state: AppState, store: AtlasStore
) -> None:
    rows = vet.list.rows.tolist()
    assert state.focus == rows[0]
    press(vet, "right", seconds=3.5, note=" fine ")
    assert state.focus == rows[1]
    press(vet, "wrong_class", classes=["EW", "RRC"], is_sure=False, reason="period")
    assert state.focus == rows[2]
    first, second = vet.vetting.book.log.read()
    assert (first.kind, first.note, first.seconds, first.vetter) == ("right", "fine", 3.5, "ada")
    assert first.source_id == vet.store.source_id[rows[0]]
    assert (second.classes, second.is_sure, second.reason) == ("EW|RRC", False, "period")
    assert first.atlas_hash == vet.store.atlas.hash
    assert first.model_hash == vet.store.atlas.embeddings.manifest["checkpoint_hash"]
    told = json.loads(first.shown)
    assert told["label"] == vet.store.label(rows[0])
    assert told["place"] == 1
    ranking = store.flags()["row"].tolist()
    assert told.get("rank") == (ranking.index(rows[0]) + 1 if rows[0] in ranking else None)
    assert told["why"].startswith("Labelled")
    assert told["thresholds"]["percentile"] == 99.0
    assert vet.list.rows.tolist() == rows, "a list in use does not jump"
    assert "verdict-mark" in vet.list.rows_html
    assert "<b>2</b> of" in vet.count.object
    assert state.vetted is not None
    assert np.flatnonzero(state.vetted).tolist() == sorted(rows[:2])


def test_undo_and_redo_go_back_to_the_star(vet: VetQueue, state: AppState) -> None:
    rows = vet.list.rows.tolist()
    for kind in ("right", "artefact", "unsure"):
        press(vet, kind)
    for expected in (rows[2], rows[1], rows[0]):
        vet.act({"act": "undo", "client_id": new_client_id()})
        assert state.focus == expected
    assert "<b>0</b> of" in vet.count.object
    vet.act({"act": "redo", "client_id": new_client_id()})
    vet.act({"act": "redo", "client_id": new_client_id()})
    assert state.focus == rows[2]
    given = [entry.kind for entry in vet.vetting.book.standing("ada")]
    assert given == ["right", "artefact"]
    for _ in range(3):
        vet.act({"act": "undo", "client_id": new_client_id()})
    assert "no verdict to undo" in state.notice


def test_a_verdict_sent_again_counts_once_and_moves_nobody(vet: VetQueue, state: AppState) -> None:
    first = state.focus
    client_id = press(vet, "right")
    now = state.focus
    again = {"client_id": client_id, "source_id": str(vet.store.source_id[first]), "kind": "right"}
    vet.act({"act": "verdict", "resent": True, **again})
    vet.act({"act": "verdict", **again})
    assert state.focus == now
    assert len(vet.vetting.book.log) == 1


def test_skipped_stars_come_back_at_the_end(vet: VetQueue, state: AppState) -> None:
    rows = vet.list.rows.tolist()
    press(vet, "skip")
    for _ in rows[1:]:
        press(vet, "right")
    assert state.focus == rows[0]
    press(vet, "right")
    assert "last star" in state.notice
    vet.refresh()
    assert vet.list.total == 0
    assert "Well done" in vet.list.empty_html


def test_the_period_on_the_card_goes_with_the_verdict(vet: VetQueue, state: AppState) -> None:
    base = vet.store.period_days(state.focus)
    offered = {of["name"]: of["days"] for of in vet.pad.view["periods"]}
    assert offered["2P"] == pytest.approx(2 * base)
    assert 1 / offered["f+1 d⁻¹"] == pytest.approx(1 / base + 1)
    vet.act({"act": "fold", "days": offered["2P"]})
    assert state.fold_factor == pytest.approx(2)
    assert vet.pad.view["folded_days"] == pytest.approx(2 * base)
    vet.act({"act": "fold", "days": "1; DROP TABLE"})
    vet.act({"act": "fold", "days": math.inf})
    assert vet.pad.view["folded_days"] == pytest.approx(2 * base)


def test_the_ephemeris_kept_on_the_card_goes_with_the_verdict(
    vet: VetQueue, state: AppState, store: AtlasStore
) -> None:
    card = LightCurveView(state, store)
    while store.light_curve(state.focus) is None:
        state.focus += 1
    card.use_period(0.75)
    card.keep()
    assert vet.pad.view["folded_days"] == state.chosen_period_days == pytest.approx(0.75)
    assert vet.pad.view["epoch_days"] == state.chosen_epoch
    view = vet.pad.view
    press(vet, "wrong_period", period_days=view["folded_days"], epoch_days=view["epoch_days"])
    (entry,) = vet.vetting.book.log.read()
    assert entry.period_days == pytest.approx(0.75)
    assert math.isfinite(entry.epoch_days)
    assert "reference" in json.loads(entry.shown)["ephemeris"]
    assert state.chosen_period_days is None, "another star, another period"


def test_filters(vet: VetQueue, state: AppState, store: AtlasStore) -> None:
    choose = vet.filters.choose
    choose("label", "EW")
    assert vet.list.total > 0
    assert set(store.labels[vet.list.rows]) == {"EW"}
    assert state.focus in vet.list.rows
    choose("label", "")
    choose("with_controls", False)
    flags = store.flags()
    assert vet.list.rows.tolist() == flags["row"].tolist()
    choose("flag", "is_odd")
    assert vet.list.rows.tolist() == flags["row"][flags["is_odd"]].tolist()
    choose("flag", "")
    choose("order", "period")
    periods = store.periods_days[vet.list.rows]
    assert (np.diff(periods[np.isfinite(periods)]) >= 0).all()
    for order in ("class", "brightness", "random"):
        choose("order", order)
        assert sorted(vet.list.rows) == sorted(flags["row"])
    chosen = np.zeros(store.n, dtype=bool)
    chosen[flags["row"][:7]] = True
    choose("only_selected", True)
    assert vet.list.total == 0
    state.select(chosen)
    assert sorted(vet.list.rows) == np.flatnonzero(chosen).tolist()
    vet.filters._act({"name": "label", "place": 999})
    vet.filters._act({"name": "__class__", "place": 0})


def test_stars_of_other_catalogues(
    state: AppState, store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = store.flags()["row"].to_numpy()[:3]
    table = pd.DataFrame({
        "source_id": store.source_id[rows], "catalog": "VSX",
        "class_label": ["M", "M", store.label(rows[2])], "period_days": [1.5, np.nan, 2.5],
    })  # fmt: skip
    monkeypatch.setitem(store.survey.__dict__, "external", table)
    vet = VetQueue(state, store)
    vet.is_open = True
    vet.filters.choose("with_controls", False)
    for wanted, found in (("M", rows[:2]), ("any", rows), ("differs", rows[:2])):
        vet.filters.choose("external", wanted)
        assert sorted(vet.list.rows) == sorted(found)


def test_who_has_vetted_what(vet: VetQueue, state: AppState) -> None:
    rows = vet.list.rows.tolist()
    press(vet, "right")
    other(vet, rows[0], "wrong_class", "RRC")
    other(vet, rows[3], "right")
    vet.refresh()
    assert rows[0] not in vet.list.rows
    assert rows[3] in vet.list.rows
    vet.filters.choose("show", "nobody")
    assert {rows[0], rows[3]}.isdisjoint(vet.list.rows.tolist())
    vet.filters.choose("show", "mine")
    assert vet.list.rows.tolist() == [rows[0]]
    vet.filters.choose("show", "disputed")
    assert vet.list.rows.tolist() == [rows[0]]
    state.focus = rows[0]
    assert "bob</b> RRC" in vet.pad.view["others_html"]
    assert "1 other" in vet.count.object


def test_results_say_what_can_be_said(vet: VetQueue) -> None:
    vet.side.value = "results"
    assert "not estimable" in vet.results.object
    vet.side.value = "filters"
    for _ in range(vet.list.total):
        press(vet, "right")
    vet.side.value = "results"
    (everything, *_) = vet.vetting.shares()
    assert everything.value == 0.0
    assert 0 < everything.high < 1
    assert "0.0 %" in vet.results.object
    assert "No star has verdicts of several vetters" in vet.results.object


def test_blind_hides_what_would_sway(
    vet: VetQueue, state: AppState, store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        store.evidence, "suggestion", lambda row: "SR" if store.label(row) != "SR" else "EW"
    )
    facts = FactsView(state, store)
    row = int(vet.vetting.queue.ranked[1])  # not the one in focus already
    other(vet, row, "wrong_class", "RRC", vetter="secret-bob")
    state.focus = row
    suggestion, label = str(store.evidence.suggestion(row)), store.label(row)
    # without blindness all of it is there
    assert "Flag" in facts.identity.object
    assert vet.pad.view["suggestion"] == vet.pad.view["candidates"][0] == suggestion
    assert "secret-bob" in vet.pad.view["others_html"]

    vet.filters.choose("blind", "others")
    state.focus = row
    assert "Flag" not in facts.identity.object
    assert f">{suggestion}" not in facts.identity.object.replace(f">{label}", "")
    assert "all values" not in facts.values.object
    assert vet.pad.view["suggestion"] == ""
    assert vet.pad.view["others_html"] == ""
    assert label not in vet.pad.view["candidates"]
    assert state.highlighted_rows == []
    assert vet.vetting.progress().others == {}
    assert "secret-bob" not in repr(vet.pad.view) + vet.count.object + vet.list.rows_html
    assert "suspicion" not in vet.list.rows_html
    told = vet.vetting.shown(row)
    assert {"suggestion", "why", "rank", "others"}.isdisjoint(told)
    assert told["blind"] == "others"

    vet.filters.choose("blind", "class")
    state.focus = row
    assert not sees_class(state)
    assert f"{label}<" not in facts.identity.object
    assert "class hidden" in facts.identity.object
    assert label in vet.pad.view["candidates"], "leaving it out would tell it"
    assert f"{label}</span>" not in vet.list.rows_html
    assert state.color_by == "none"
    assert vet.vetting.shown(row)["label"] is None
    vet.filters.choose("blind", "no")
    assert state.color_by == "class_label"
    assert "Flag" in facts.identity.object


def test_who_vets_can_be_said_unless_the_server_knows(vet: VetQueue, state: AppState) -> None:
    vet.act({"act": "name", "name": "  Cecilia Payne "})
    press(vet, "right")
    assert [entry.vetter for entry in vet.vetting.book.log.read()] == ["Cecilia Payne"]
    vet.vetting.is_signed_in = True
    vet.act({"act": "name", "name": "somebody else"})
    assert state.vetter == "Cecilia Payne"


def test_another_process_is_seen(vet: VetQueue, store: AtlasStore, tmp_path: Any) -> None:
    log = VerdictLog(tmp_path / "team.sqlite")
    vet.vetting.book = VerdictBook(log)
    row = int(vet.list.rows[0])
    elsewhere = VerdictBook(VerdictLog(tmp_path / "team.sqlite"))
    entry = Entry(new_client_id(), "verdict", "bob", int(store.source_id[row]), kind="right")
    elsewhere.append(entry)
    assert vet.vetting.others_on(row) == {}
    vet.vetting.book.refresh()
    assert list(vet.vetting.others_on(row)) == ["bob"]
    assert "bob" in pad_view(vet.vetting, row)["others_html"]
