"""The selection as a file: VOTable or CSV, with units, descriptions and provenance."""

import io
import re
from html import escape
from typing import Any

import numpy as np
import panel as pn
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.export import describe_export, star_table, to_csv, to_votable
from app.listing import TrayView
from app.state import AppState
from app.styles import CARD_CSS, CONTROLS, WORDS

THRESHOLDS = ("percentile", "min_modalities", "dbscan_eps", "dbscan_min_samples")
WRITERS = {"vot": to_votable, "csv": to_csv}


class ExportPanel(TrayView):
    """Download the selected stars, or all of them while nothing is selected."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(state, store)
        self.words = pn.pane.HTML(sizing_mode="stretch_width", **WORDS)
        self.facts = pn.pane.HTML(sizing_mode="stretch_both", css_classes=["provenance"], **WORDS)
        self.buttons = {
            "vot": self._button("vot", "Download VOTable"),
            "csv": self._button("csv", "Download CSV"),
        }
        state.param.watch(self.refresh, ["selection", *THRESHOLDS])

    def __panel__(self) -> pn.viewable.Viewable:
        side = pn.Column(
            self.words, *self.buttons.values(), css_classes=["tray-side", "wide"],
            stylesheets=[CARD_CSS], width=250, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        return pn.Row(side, self.facts, sizing_mode="stretch_both", margin=0)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Atlas rows that go into the file."""
        selected = np.flatnonzero(self.state.selection)
        return selected if len(selected) else np.arange(self.store.n)

    def fill(self) -> None:
        """Say what the file will hold."""
        n = len(self.rows)
        what = f"{n:,} selected stars" if self.state.n_selected else f"all {n:,} stars"
        self.words.object = (
            f"<b>{what}</b><br><span class='muted'>{len(self.store.atlas.columns)} columns with "
            f"units and descriptions. {'' if self.state.n_selected else 'Nothing is selected.'}"
            "</span>"
        )
        lines = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
            for name, text in self.provenance().items()
        )
        self.facts.object = f"<div class='muted'>Written into the file</div><dl>{lines}</dl>"
        for kind, button in self.buttons.items():
            button.filename = self.file_name(kind)

    def provenance(self) -> dict[str, str]:
        """What the file says about itself."""
        thresholds = {name: getattr(self.state, name) for name in THRESHOLDS}
        recipe = self.state.recipe if self.state.n_selected else []
        return describe_export(self.store.atlas, len(self.rows), recipe, thresholds)

    def file_name(self, kind: str) -> str:
        """Name of the survey and the number of stars; SYNTHETIC where they are simulated."""
        survey = re.sub(r"[^A-Za-z0-9]+", "-", self.store.atlas.name).strip("-").lower()
        nature = "-SYNTHETIC" if self.store.atlas.is_synthetic else ""
        return f"{survey or 'atlas'}{nature}-{len(self.rows)}-stars.{kind}"

    def content(self, kind: str) -> io.BytesIO:
        """The file itself, kind "vot" or "csv"."""
        atlas = self.store.atlas
        table = star_table(atlas.objects, atlas.columns, self.rows)
        return io.BytesIO(WRITERS[kind](table, self.provenance()))

    def _button(self, kind: str, label: str) -> Any:
        return pn.widgets.FileDownload(
            callback=lambda: self.content(kind),
            filename=self.file_name(kind),
            label=label,
            css_classes=["download"],
            sizing_mode="stretch_width",
            **CONTROLS,
        )
