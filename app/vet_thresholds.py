"""From where on a star is flagged: sliders, and how many stars that makes, by reason."""

from functools import partial
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from app.atlas_store import AtlasStore
from app.background import Latest
from app.state import AppState, tie
from app.styles import CONTROLS, WORDS
from model.analysis.flag_weights import LEAST_VERDICTS, FlagWeights

NEW_ENTRIES = 10
"""So many more entries in the log before the ranking is learned again."""
REASONS = {
    "is_far": ("far", "far from the centre of their class in enough of the data"),
    "is_alone": ("apart", "outside the main cluster of their class on the map"),
    "is_contradicted": ("contradicted", "neighbours and classifier name the same other class"),
    "is_doubted": ("doubted", "a classifier that never saw their label is confident of another"),
    "is_between": ("between", "nearer a centre of another class than any of their own"),
    "is_split": ("split", "neighbours by different kinds of data name different classes"),
    "is_disputed": ("disputed", "another catalogue firmly gives another class"),
    "is_period_doubted": ("period", "another period would be more usual for their class"),
    "is_odd": ("odd", "their data do not go together, or few stars are like them"),
    "is_stray": ("stray", "in no cluster of all stars, whatever their labels"),
}
"""Columns of the ranking that say why a star is on it: a word, and the word explained."""


class ThresholdSliders:
    """Sliders over the thresholds of the state.

    Parameters
    ----------
    state : AppState
    store : AtlasStore
    """

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        self.state, self.store = state, store
        self.count = pn.pane.HTML(sizing_mode="stretch_width", **WORDS)
        look: dict[str, Any] = {"width": 180, **CONTROLS}
        self.sliders: dict[str, Any] = {
            "percentile": pn.widgets.FloatSlider(
                label="percentile of distance", start=80, end=99.9, step=0.1, **look
            ),
            "min_modalities": pn.widgets.IntSlider(
                label="data that must agree", start=1, end=max(len(store.modalities) - 1, 2), **look
            ),
            "dbscan_eps": pn.widgets.FloatSlider(
                label="map radius ε, 0 auto", start=0, end=3, step=0.02, **look
            ),
            "dbscan_min_samples": pn.widgets.IntSlider(
                label="stars of a core, 0 auto", start=0, end=30, **look
            ),
            "flag_margin": pn.widgets.FloatSlider(
                label="lead of another class", start=-0.5, end=1, step=0.05, **look
            ),
            "flag_split": pn.widgets.FloatSlider(
                label="how clearly data disagree", start=0, end=1, step=0.05, **look
            ),
            "flag_period": pn.widgets.FloatSlider(
                label="evidence for another period", start=0, end=12, step=0.5, **look
            ),
            "flag_external": pn.widgets.IntSlider(
                label="elsewhere: 1 class, 2 family", start=1, end=2, **look
            ),
        }
        self.ranking = pn.widgets.Select(
            label="Order of the queue", options=list(store.flags.rankings), **look
        )
        self.follow = pn.widgets.Checkbox(label="learn from the verdicts", **look)
        self.note = pn.pane.HTML("", sizing_mode="stretch_width", **WORDS)
        self._learning = Latest[FlagWeights | None](self._take_learned)
        self._n_entries = 0
        self._newest = state.ranking
        tie(state, "ranking", self.ranking, "value")
        tie(state, "follows_verdicts", self.follow, "value")
        self.ranking.param.watch(self._on_ranking, "value")
        self.follow.param.watch(lambda _: self.learn(at_once=True), "value")
        for name, slider in self.sliders.items():
            slider.value = min(max(getattr(state, name), slider.start), slider.end)
            # clustering waits for the slider to be let go, the rest follows it
            moment = "value_throttled" if name.startswith("dbscan") else "value"
            slider.param.watch(partial(self._on_slider, name), moment)

    def parts(self) -> list[Any]:
        """Everything that is adjusted, from the top."""
        return [self.ranking, self.follow, self.note, *self.sliders.values()]

    def learn(self, at_once: bool = False) -> None:
        """Learn the ranking again, off the event loop, when enough has been said since."""
        n_entries = self.store.verdicts.version
        if self.follow.value and (at_once or n_entries >= self._n_entries + NEW_ENTRIES):
            self._n_entries = n_entries
            self._learning.request(self.store.flags.learn)

    def _take_learned(self, learned: FlagWeights | None) -> None:
        """Order the queue by what was learned; the rankings before stay on the list."""
        if learned is None:
            wrong, right = self.store.flags.found_wrong_and_right()
            self.note.object = (
                f'<span class="muted">From {LEAST_VERDICTS} labels found wrong and '
                f"{LEAST_VERDICTS} found right on; so far {wrong} and {right}.</span>"
            )
            return
        if learned.name == self.state.ranking or not self.follow.value:
            return
        with pn.io.hold():
            self._newest = learned.name
            self.ranking.options = list(self.store.flags.rankings)
            self.state.ranking = learned.name
            self.note.object = f'<span class="muted">{escape(learned.made_from)}</span>'
            self.state.notice = (
                f"The queue is ordered anew, as learned from {learned.name}. "
                "Vet, thresholds: choose the order before to go back."
            )

    def _on_ranking(self, event: Any) -> None:
        """A ranking chosen by hand stays."""
        if event.new != self._newest:
            self.follow.value = False

    def show_count(self, flags: pd.DataFrame) -> None:
        """Say how many stars are flagged, and why."""
        if self.ranking.options != (known := list(self.store.flags.rankings)):
            self.ranking.options = known  # learned in another session
        counts = " · ".join(
            f'<span title="{meaning}{self._coming_back(flags, column)}">'
            f"{flags[column].sum():,} {word}</span>"
            for column, (word, meaning) in REASONS.items()
            if column in flags
        )
        self.count.object = f'<b>{len(flags):,} flagged</b><br><span class="muted">{counts}</span>'

    def _coming_back(self, flags: pd.DataFrame, column: str) -> str:
        """How often a flag comes back when the map is made again, where it hangs on the map."""
        if column != "is_alone":
            return ""
        rows = flags["row"][flags[column]].to_numpy(np.int64)
        share = self.store.evidence.recurrence[rows]
        if not np.isfinite(share).any():
            return "; on this map: an atlas built with --map-seeds 10 tells how often on others"
        return f"; on maps of other seeds {100 * np.nanmean(share):.0f} % of them again, on average"

    def _on_slider(self, name: str, event: Any) -> None:
        with pn.io.hold():
            setattr(self.state, name, event.new)
