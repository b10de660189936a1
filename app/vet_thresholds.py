"""From where on a star is flagged: sliders, and how many stars that makes, by reason."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import panel as pn

from app.state import AppState
from app.styles import CONTROLS, WORDS

REASONS = {
    "is_far": ("far", "far from the centre of their class in enough of the data"),
    "is_alone": ("apart", "outside the main cluster of their class on the map"),
    "is_contradicted": ("contradicted", "neighbours and classifier name the same other class"),
    "is_odd": ("odd", "their data do not go together, or few stars are like them"),
}
"""Columns of the ranking that say why a star is on it: a word, and the word explained."""


class ThresholdSliders:
    """Sliders over the thresholds of the state.

    Parameters
    ----------
    state : AppState
    modalities : sequence of str
        Those of the atlas, "fused" among them.
    """

    def __init__(self, state: AppState, modalities: Sequence[str]) -> None:
        self.state = state
        self.count = pn.pane.HTML(sizing_mode="stretch_width", **WORDS)
        look: dict[str, Any] = {"width": 180, **CONTROLS}
        self.sliders: dict[str, Any] = {
            "percentile": pn.widgets.FloatSlider(
                label="percentile of distance", start=80, end=99.9, step=0.1, **look
            ),
            "min_modalities": pn.widgets.IntSlider(
                label="data that must agree", start=1, end=max(len(modalities) - 1, 2), **look
            ),
            "dbscan_eps": pn.widgets.FloatSlider(
                label="map radius ε, 0 auto", start=0, end=3, step=0.02, **look
            ),
            "dbscan_min_samples": pn.widgets.IntSlider(
                label="stars of a core, 0 auto", start=0, end=30, **look
            ),
        }
        for name, slider in self.sliders.items():
            slider.value = min(max(getattr(state, name), slider.start), slider.end)
            # clustering waits for the slider to be let go, the rest follows it
            moment = "value_throttled" if name.startswith("dbscan") else "value"
            slider.param.watch(partial(self._on_slider, name), moment)

    def show_count(self, flags: pd.DataFrame) -> None:
        """Say how many stars are flagged, and why."""
        counts = " · ".join(
            f'<span title="{meaning}">{flags[column].sum():,} {word}</span>'
            for column, (word, meaning) in REASONS.items()
            if column in flags
        )
        self.count.object = f'<b>{len(flags):,} flagged</b><br><span class="muted">{counts}</span>'

    def _on_slider(self, name: str, event: Any) -> None:
        with pn.io.hold():
            setattr(self.state, name, event.new)
