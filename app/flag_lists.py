"""Lists of the stars that do not fit their class, by thresholds, and what learns their order."""

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.state import AppState
from app.thresholds import THRESHOLDS
from app.verdicts.book import wrong_by_majority
from model.analysis.flag_weights import DEFAULT_WEIGHTS, FlagWeights, learn_from_verdicts
from model.analysis.flags import DEFAULTS, Thresholds

if TYPE_CHECKING:
    from app.atlas_store import AtlasStore


class FlagLists:
    """Who is flagged among the stars of a store; each list is made once.

    Attributes
    ----------
    rankings : dict of str to FlagWeights
        Orders there are, by name.
    """

    def __init__(self, store: "AtlasStore") -> None:
        self._store = store
        self._made = lru_cache(maxsize=64)(self._make)
        self.rankings: dict[str, FlagWeights] = {DEFAULT_WEIGHTS.name: DEFAULT_WEIGHTS}

    def __call__(self, *thresholds: Any) -> pd.DataFrame:
        """Stars that do not fit, most suspicious first, see `Evidence.rank`.

        Parameters
        ----------
        *thresholds
            In the order of `app.thresholds.THRESHOLDS`: those of `Thresholds`, then the name of a
            ranking; those not given are the usual.
        """
        return self._made(*thresholds)

    def usual(self) -> pd.DataFrame:
        """The list that a new session asks for."""
        return self(*(AppState.param[name].default for name in THRESHOLDS))

    def told(self, ranked: pd.DataFrame, *thresholds: Any) -> pd.DataFrame:
        """What another class may be, and why, of some rows of a list of the same thresholds."""
        wanted = Thresholds(*thresholds[: len(DEFAULTS)])
        return self._store.evidence.told(ranked, wanted)

    def learn(self) -> FlagWeights | None:
        """Learn a ranking from the verdicts so far and offer it; None while they are too few."""
        store = self._store
        verdict = wrong_by_majority(store.verdicts, store.source_id)
        name = f"{int((verdict >= 0).sum()):,} verdicts"
        learned = learn_from_verdicts(store.evidence.scores, verdict, name)
        if learned is None:
            return None
        for known in self.rankings.values():
            if known.weights == learned.weights:
                return known
        if name in self.rankings:  # as many, but others: a name stands for one ranking
            learned = replace(learned, name=f"{name}, log {store.verdicts.version:,}")
        self.rankings[learned.name] = learned
        return learned

    def found_wrong_and_right(self) -> tuple[int, int]:
        """How many labels people have found wrong, and right."""
        verdict = wrong_by_majority(self._store.verdicts, self._store.source_id)
        return int((verdict == 1).sum()), int((verdict == 0).sum())

    def _make(self, *thresholds: Any) -> pd.DataFrame:
        n = len(DEFAULTS)
        name = thresholds[n] if len(thresholds) > n else DEFAULT_WEIGHTS.name
        weights = self.rankings.get(name, DEFAULT_WEIGHTS)
        return self._store.evidence.with_weights(weights).rank(Thresholds(*thresholds[:n]))
