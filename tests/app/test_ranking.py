"""A ranking learned from verdicts: named, offered beside the old one, taken back by choosing."""

from pathlib import Path

import numpy as np

from app.atlas_store import AtlasStore
from app.state import AppState
from app.verdicts.entry import Entry, new_client_id
from app.vet_thresholds import ThresholdSliders
from app.views.vet_queue import VetQueue
from model.analysis.flag_weights import DEFAULT_WEIGHTS, LEAST_VERDICTS
from model.analysis.flags import DEFAULTS
from model.atlas import Atlas


def test_a_ranking_is_learned_named_and_taken_back(sky_atlas_path: Path) -> None:
    store = AtlasStore(Atlas.open(sky_atlas_path))
    state = AppState(store.n)
    sliders = ThresholdSliders(state, store)
    sliders.learn(at_once=True)
    assert f"From {LEAST_VERDICTS} labels" in sliders.note.object
    assert state.ranking == DEFAULT_WEIGHTS.name
    order = np.argsort(-np.nan_to_num(store.evidence.scores["vote"], nan=-9))
    for kind, rows in (("wrong_class", order[:25]), ("right", order[100:130])):
        classes = "RRAB" if kind == "wrong_class" else ""
        for row in rows.tolist():
            source_id = int(store.source_id[row])
            store.verdicts.append(
                Entry(new_client_id(), "verdict", "ana", source_id, kind=kind, classes=classes)
            )
    before = store.flags(*DEFAULTS, state.ranking)
    sliders.learn()
    assert state.ranking == "55 verdicts"
    assert "55 verdicts" in state.notice
    assert sliders.ranking.options == [DEFAULT_WEIGHTS.name, "55 verdicts"]
    assert "25 labels found wrong and 30 right" in sliders.note.object
    assert store.flags.rankings["55 verdicts"].weights["vote"] > 0
    after = store.flags(*DEFAULTS, state.ranking)
    assert set(after["row"]) == set(before["row"]), "thresholds, not the ranking, flag stars"
    assert after["row"].tolist() != before["row"].tolist()
    sliders.ranking.value = DEFAULT_WEIGHTS.name
    assert store.flags(*DEFAULTS, state.ranking)["row"].tolist() == before["row"].tolist()
    assert not state.follows_verdicts, "what was chosen by hand stays"
    sliders.learn(at_once=True)
    assert state.ranking == DEFAULT_WEIGHTS.name

    first = store.flags.rankings["55 verdicts"]
    store.verdicts.append(store.verdicts.undo("ana"))
    for row in order[130:131].tolist():
        source_id = int(store.source_id[row])
        store.verdicts.append(Entry(new_client_id(), "verdict", "ana", source_id, kind="right"))
    state.follows_verdicts = True
    assert state.ranking.startswith("55 verdicts, log ")
    assert store.flags.rankings["55 verdicts"] is first, "a name stands for one ranking"


def test_the_queue_goes_on_from_the_top_of_a_new_order(sky_atlas_path: Path) -> None:
    store = AtlasStore(Atlas.open(sky_atlas_path))
    state = AppState(store.n, mode="Vet", percentile=80.0, min_modalities=1)
    vet = VetQueue(state, store)
    vet.is_open = True

    def give(kind: str, **more: object) -> None:
        star = str(store.source_id[state.focus])
        vet.act({"act": "verdict", "client_id": new_client_id(), "source_id": star, "kind": kind,
                 **more})  # fmt: skip

    for place in range(60):
        give("artefact" if place < 30 else "right")  # as suspicion says, or nothing is learned
    assert state.ranking.endswith(" verdicts")
    give("right")
    assert state.focus == next(
        row for row in vet.vetting.rows if vet.vetting.verdict_on(row) is None
    )
