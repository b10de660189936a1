"""The stars that do not fit their class, worst first, with the thresholds under sliders."""

from functools import partial
from html import escape
from typing import Any

import pandas as pd
import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.listing import Listing
from app.star_rows import bar_cell, class_cell, name_cell, thumbnail
from app.state import AppState
from app.styles import CARD_CSS, CONTROLS, WORDS

HEAD = (
    "<span></span><span>two cycles</span><span>star</span><span>class → classifier</span>"
    '<span title="share of the stars that are less suspicious">suspicion</span>'
    '<span class="wide-only">distance</span><span>why</span>'
)
COLUMNS_NARROW = "20px 96px minmax(84px, 0.8fr) 124px 56px minmax(110px, 2fr)"
COLUMNS = "22px 112px minmax(100px, 0.8fr) 132px 58px 96px minmax(120px, 2fr)"
MAX_RINGS = 300
REASONS = {
    "is_far": ("far", "far from the centre of their class in enough of the data"),
    "is_alone": ("apart", "outside the main cluster of their class on the map"),
    "is_contradicted": ("contradicted", "neighbours and classifier name the same other class"),
    "is_odd": ("odd", "their data do not go together, or few stars are like them"),
}
"""Columns of the ranking that say why a star is on it: a word, and the word explained."""


class FlagList(Listing):
    """Ranked outliers at the thresholds of the state."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(
            state, store, head_html=HEAD, label="flagged stars", columns=(COLUMNS, COLUMNS_NARROW),
            empty_html="No star is flagged at these thresholds.",
        )  # fmt: skip
        self.flags = pd.DataFrame()
        self.count = pn.pane.HTML(sizing_mode="stretch_width", **WORDS)
        self.sliders = self._make_sliders()
        state.param.watch(self.refresh, list(self.sliders))

    def __panel__(self) -> pn.viewable.Viewable:
        side = pn.Column(
            self.count,
            *self.sliders.values(),
            css_classes=["tray-side"],
            stylesheets=[CARD_CSS],
            width=178,
            sizing_mode="stretch_height",
            margin=0,
        )
        return pn.Row(side, self.list, sizing_mode="stretch_both", margin=0)

    def _make_sliders(self) -> dict[str, Any]:
        n_own = max(len(self.store.modalities) - 1, 1)
        look: dict[str, Any] = {"width": 160, **CONTROLS}
        sliders: dict[str, Any] = {
            "percentile": pn.widgets.FloatSlider(
                label="percentile of distance", start=80, end=99.9, step=0.1, **look
            ),
            "min_modalities": pn.widgets.IntSlider(
                label="data that must agree", start=1, end=max(n_own, 2), **look
            ),
            "dbscan_eps": pn.widgets.FloatSlider(
                label="map radius ε, 0 auto", start=0, end=3, step=0.02, **look
            ),
            "dbscan_min_samples": pn.widgets.IntSlider(
                label="stars of a core, 0 auto", start=0, end=30, **look
            ),
        }
        for name, slider in sliders.items():
            slider.value = min(max(getattr(self.state, name), slider.start), slider.end)
            # clustering waits for the slider to be let go, the rest follows it
            moment = "value_throttled" if name.startswith("dbscan") else "value"
            slider.param.watch(partial(self._on_slider, name), moment)
        return sliders

    def _on_slider(self, name: str, event: Any) -> None:
        with pn.io.hold():
            setattr(self.state, name, event.new)

    def fill(self) -> None:
        """Rank the stars again and say how many there are."""
        self.flags = self.store.flags(*(getattr(self.state, name) for name in self.sliders))
        self.list.fill(self.flags["row"], self._cells, self.state.focus)
        self.ringed = self.flags["row"].head(MAX_RINGS).tolist()
        self.count.object = self._count_html()

    def _count_html(self) -> str:
        counts = " · ".join(
            f'<span title="{meaning}">{self.flags[column].sum():,} {word}</span>'
            for column, (word, meaning) in REASONS.items()
            if column in self.flags
        )
        return f'<b>{len(self.flags):,} flagged</b><br><span class="muted">{counts}</span>'

    def _cells(self, place: int, row: int) -> str:
        flag = self.flags.iloc[place]
        sentence, known = escape(flag["sentence"]), flag["suspicion"] == flag["suspicion"]
        cells = (
            f'<span class="num muted">{place + 1}</span>',
            thumbnail(self.store, row),
            name_cell(self.store, row),
            class_cell(self.store, row),
            bar_cell(flag["suspicion"], f"{flag['suspicion']:.2f}" if known else "—"),
            self._percentiles(row),
            f'<span class="sentence" title="{sentence}">{sentence}</span>',
        )
        return "".join(cells)

    def _percentiles(self, row: int) -> str:
        """How far out the star lies by each kind of data, as bars that share a scale."""
        lines = []
        for modality, percentile in self.store.evidence.percentiles.items():
            value = float(percentile[row])
            known = value == value
            beyond = ' class="beyond"' if known and value >= self.state.percentile else ""
            lines.append(
                f'<span{beyond} title="{f"{value:.1f} %" if known else "no data"}">'
                f"{MODALITY_NAMES.get(modality, modality)}"
                f'<i style="--share:{value if known else 0:.0f}%"></i></span>'
            )
        return f'<span class="minis wide-only">{"".join(lines)}</span>'
