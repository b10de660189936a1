"""Model report: labels against predictions, cell by cell, and how honest the confidences are.

A click on a cell selects its stars by a condition that can be replayed. Where `python -m model
evaluate` was written to ATLAS.report beside the atlas, its tables and figures are shown too.
"""

from typing import Any

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, Range1d
from bokeh.models.annotations import Whisker

from app.atlas_store import AtlasStore
from app.confusion_table import ConfusionTable, confusion_html
from app.diagrams import number
from app.evaluation import ABOUT, evaluation_beside
from app.figures import INK, card_figure, paint
from app.listing import TrayView
from app.palette import UNLABELLED
from app.selection import mask_of
from app.state import AppState, tie_choice
from app.styles import CARD_CSS, CONTROLS, WORDS, plot_box
from model.analysis.confusion import Confusion, Reliability, confusion, reliability

PREDICTIONS = {
    "classifier": ("predicted_class", "predicted_probability"),
    "neighbours' vote": ("vote_class_fused", "vote_fraction_fused"),
}
"""Who predicts: column of the class, and of the confidence in it."""


class ModelReport(TrayView):
    """The confusion matrix, numbers per class, reliability, and the report of an evaluation."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(state, store)
        found = {who: c for who, c in PREDICTIONS.items() if c[0] in store.objects}
        self.who = pn.widgets.Select(
            label="predictions of", options=list(found), width=186, **CONTROLS
        )
        self.part = pn.widgets.RadioButtonGroup(options=["matrix", "evaluation"], **CONTROLS)
        self.evaluation = evaluation_beside(store)
        self.part.visible = self.evaluation.exists
        self.piece = pn.widgets.Select(
            label="of the evaluation", groups=self._pieces(), visible=False, width=186, **CONTROLS
        )
        self.words = pn.pane.HTML(width=186, **WORDS)
        self.table = ConfusionTable(sizing_mode="stretch_both")
        self.table.on_cell = self.select
        self.page = pn.pane.HTML(css_classes=["provenance"], sizing_mode="stretch_both", **WORDS)
        self._make_figure()
        if not self.part.visible:  # the report went since the address was copied
            state.report_part = "matrix"
        for name, control in (
            ("report_of", self.who), ("report_part", self.part), ("report_piece", self.piece)
        ):  # fmt: skip
            tie_choice(state, name, control)
            control.param.watch(self.refresh, "value")
        state.param.watch(lambda _: self._paint(), "theme")

    def __panel__(self) -> pn.viewable.Viewable:
        side = pn.Column(
            self.part, self.who, self.piece, self.words, css_classes=["tray-side"],
            stylesheets=[CARD_CSS], width=206, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        plot = pn.Column(plot_box(self.fig), width=270, sizing_mode="stretch_height", margin=0)
        self.boxes = [
            pn.Row(self.table, plot, sizing_mode="stretch_both", margin=0),
            pn.Column(self.page, sizing_mode="stretch_both", margin=0, visible=False),
        ]
        return pn.Row(side, *self.boxes, sizing_mode="stretch_both", margin=0)

    def fill(self) -> None:
        """Show the matrix, or the report of the evaluation."""
        is_matrix = self.part.value == "matrix" or not self.part.visible
        for box, visible in zip(self.boxes, (is_matrix, not is_matrix), strict=True):
            box.visible = visible
        self.who.visible = self.words.visible = is_matrix
        self.piece.visible = not is_matrix
        if not is_matrix:
            shown = self.evaluation.html(self.piece.value or ABOUT)
            self.page.object = f'<div tabindex="0">{shown}</div>'  # it scrolls: by keys as well
            return
        found = self._confusion()
        self.table.table_html = "" if found is None else confusion_html(found)
        honest = self._reliability()
        self._draw(honest)
        self.words.object = self._words_html(found, honest)

    def _pieces(self) -> dict[str, dict[str, str]]:
        """Tables and figures of the evaluation; where it cannot be read, only what is wrong."""
        if not self.evaluation.exists:
            return {}
        try:
            return self.evaluation.pieces()
        except (ValueError, KeyError, TypeError):
            self.part.visible = False
            self.state.notice = (
                f"{self.evaluation.directory / 'report.json'} is not as this version writes it. "
                "Repeat python -m model evaluate --overwrite."
            )
            return {}

    @property
    def columns(self) -> tuple[str, str]:
        """Column of the predicted class and of its probability."""
        return PREDICTIONS[self.who.value]

    def select(self, label: str, predicted: str) -> None:
        """Select the stars of a cell; an empty name stands for all."""
        conditions = {"class_label": label, self.columns[0]: predicted}
        text = " and ".join(f"{c} == {name!r}" for c, name in conditions.items() if name)
        self.table.picked = [label, predicted]
        step = {"kind": "where", "text": text}
        with pn.io.hold():
            self.state.select(mask_of(step, self.store), self.state.select_mode, step)

    def _confusion(self) -> Confusion | None:
        if self.who.value is None:
            return None
        objects = self.store.objects
        order = [label for label in self.store.classes if label != UNLABELLED]
        known = objects["class_label"] if "class_label" in objects else np.full(len(objects), None)
        return confusion(known, objects[self.columns[0]], order)

    def _reliability(self) -> Reliability | None:
        if self.who.value is None or "class_label" not in self.store.objects:
            return None
        column, confidence = self.columns
        objects, stated = self.store.objects, number(self.store.objects, confidence)
        if stated is None:
            return None
        labelled = objects["class_label"].notna() & objects[column].notna()
        right = (objects["class_label"] == objects[column]).fillna(False).to_numpy(bool)
        return reliability(np.where(labelled, stated, np.nan), right)

    def _words_html(self, found: Confusion | None, honest: Reliability | None) -> str:
        if found is None:
            return "This atlas has no classes to compare with predictions."
        lines = {
            "stars": f"{found.counts.sum():,}",
            "accuracy": f"{found.accuracy:.3f}",
            "balanced": f"{found.balanced_accuracy:.3f}",
            "macro F₁": f"{found.macro_f1:.3f}",
        }
        if honest is not None:
            lines["calibration error"] = f"{honest.expected_error:.3f}"
        facts = "".join(
            f'<div class="fact"><span>{name}</span><b>{value}</b></div>'
            for name, value in lines.items()
        )
        return (
            f'{facts}<p class="muted">Out of fold: no model saw the label of the star it names. '
            "Agreement with a catalogue that is itself wrong for some. A cell clicked is selected."
            "</p>"
        )

    def _make_figure(self) -> None:
        self._source = ColumnDataSource({"x": [], "y": [], "low": [], "high": []})
        self.fig = card_figure(
            "stated probability", "share right", x_range=Range1d(start=0, end=1),
            y_range=Range1d(start=0, end=1.05),
        )  # fmt: skip
        self._diagonal = self.fig.line([0, 1], [0, 1], line_dash="dashed", line_width=1)
        self._dots = self.fig.scatter("x", "y", source=self._source, size=7)
        self._whisker = Whisker(
            base="x", lower="low", upper="high", source=self._source, level="annotation"
        )
        self._whisker.upper_head = self._whisker.lower_head = None
        self.fig.add_layout(self._whisker)
        self._paint()

    def _draw(self, honest: Reliability | None) -> None:
        if honest is None:
            self._source.data = {"x": [], "y": [], "low": [], "high": []}
            return
        self._source.data = {
            "x": honest.confidence, "y": honest.correct,
            "low": honest.correct - honest.error, "high": honest.correct + honest.error,
        }  # fmt: skip

    def _paint(self) -> None:
        ink: Any = INK[self.state.theme]
        paint(self.fig, self.state.theme)
        self._diagonal.glyph.line_color = ink.muted
        self._dots.glyph.update(fill_color=ink.accent, line_color=ink.panel)
        self._whisker.line_color = ink.accent
