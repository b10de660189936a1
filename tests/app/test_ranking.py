"""A ranking learned from verdicts: named, offered beside the old one, taken back by choosing."""

import asyncio
from pathlib import Path

import numpy as np

from app.atlas_store import AtlasStore
from app.state import AppState
from app.verdicts.entry import Entry, new_client_id
from app.vet_thresholds import ThresholdSliders
from model.analysis.flag_weights import DEFAULT_WEIGHTS, LEAST_VERDICTS
from model.atlas import Atlas


def test_a_ranking_is_learned_named_and_taken_back(sky_atlas_path: Path) -> None:
    store = AtlasStore(Atlas.open(sky_atlas_path))
    state = AppState(store.n)
    sliders = ThresholdSliders(state, store)
    asyncio.run(sliders._on_learn(None))
    assert str(LEAST_VERDICTS) in sliders.note.object
    assert state.ranking == DEFAULT_WEIGHTS.name
    order = np.argsort(-np.nan_to_num(store.evidence.scores["vote"], nan=-9))
    for kind, rows in (("wrong_class", order[:25]), ("right", order[100:130])):
        classes = "RRAB" if kind == "wrong_class" else ""
        for row in rows.tolist():
            source_id = int(store.source_id[row])
            store.verdicts.append(
                Entry(new_client_id(), "verdict", "ana", source_id, kind=kind, classes=classes)
            )
    before = store.flags(ranking=state.ranking)
    asyncio.run(sliders._on_learn(None))
    assert state.ranking == "55 verdicts"
    assert sliders.ranking.options == [DEFAULT_WEIGHTS.name, "55 verdicts"]
    assert "25 labels found wrong and 30 right" in sliders.note.object
    assert store.rankings["55 verdicts"].weights["vote"] > 0
    after = store.flags(ranking=state.ranking)
    assert set(after["row"]) == set(before["row"]), "thresholds, not the ranking, flag stars"
    assert after["row"].tolist() != before["row"].tolist()
    sliders.ranking.value = DEFAULT_WEIGHTS.name
    assert store.flags(ranking=state.ranking)["row"].tolist() == before["row"].tolist()
