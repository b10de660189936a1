"""The selection: its stars, what makes it different, how it was made; other ways to make one."""

from html import escape
from typing import Any

import numpy as np
import panel as pn

from app import selection
from app.atlas_store import AtlasStore
from app.background import Stepwise
from app.diagrams import number
from app.different import AGAINST, Compared, compare_steps, table_html, words_html
from app.listing import Listing
from app.predicate import SHORT_NAMES
from app.saved_selections import restored, saved_beside
from app.select_form import SelectForm
from app.star_rows import class_cell, name_cell, number_cell, thumbnail
from app.state import AppState, tie_choice
from app.styles import CARD_CSS, CONTROLS, WORDS
from data_pipeline.errors import InputError

HEAD = "<span></span><span>folded</span><span>star</span><span>class → classifier</span>"
COLUMNS = "36px 132px minmax(130px, 1.2fr) minmax(150px, 1fr)"
NUMBERS = {
    "G": ("phot_g_mean_mag", "mean_vmag"),
    "BP − RP": ("bp_rp",),
    "amplitude": ("lc_amplitude", "amplitude"),
}
"""Columns of numbers, each from the first of these that the survey has."""

EMPTY = (
    "Nothing is selected. Draw a lasso or a box on a map; Shift adds, Alt takes away. Or type a "
    "condition, choose a class, paste identifiers."
)
PARTS = {"stars": "list", "what differs": "differences", "recipe": "recipe"}


class SelectionList(Listing):
    """Rows of `state.selection`, or what is said about them."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        found = {name: number(store.objects, *columns) for name, columns in NUMBERS.items()}
        self._numbers = {name: values for name, values in found.items() if values is not None}
        head = HEAD + "".join(f"<span>{name}</span>" for name in self._numbers)
        columns = COLUMNS + " 64px" * len(self._numbers)
        super().__init__(
            state, store, head_html=head, label="selected stars", columns=(columns, columns),
            empty_html=EMPTY,
        )  # fmt: skip
        self.saved = saved_beside(store)
        self.form = SelectForm(
            columns=sorted({*store.objects.columns, *SHORT_NAMES}), classes=store.classes,
            saved=self.saved.names(), width=206,
        )  # fmt: skip
        self.form.on_act = self.act
        self.part = pn.widgets.RadioButtonGroup(options=PARTS, **CONTROLS)
        self.against = pn.widgets.Select(
            label="compared with", options=AGAINST, width=170, **CONTROLS
        )
        self.words = pn.pane.HTML(css_classes=["search-words"], **WORDS)
        self.page = pn.pane.HTML(css_classes=["provenance"], sizing_mode="stretch_both", **WORDS)
        # boxes are hidden, not what they hold: a component that was invisible keeps its place
        self.boxes = [
            pn.Column(part, sizing_mode="stretch_both", margin=0) for part in (self.list, self.page)
        ]
        self.stop = pn.widgets.Button(label="stop", width=50, visible=False, **CONTROLS)
        self.stop.on_click(lambda _: self._stop())
        self._differences = Stepwise[Compared](self._show_differences, self._tell_progress)
        tie_choice(state, "selection_part", self.part)
        tie_choice(state, "selection_against", self.against)
        for control in (self.part, self.against):
            control.param.watch(self.refresh, "value")
        state.param.watch(self.refresh, "selection")

    def __panel__(self) -> pn.viewable.Viewable:
        side = pn.Column(
            self.form, css_classes=["tray-side"], stylesheets=[CARD_CSS], width=226,
            sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        bar = pn.Row(
            self.part, self.against, self.stop, css_classes=["card-bar", "inset"], **CONTROLS
        )
        shown = pn.Column(bar, self.words, *self.boxes, sizing_mode="stretch_both", margin=0)
        return pn.Row(side, shown, sizing_mode="stretch_both", margin=0)

    def fill(self) -> None:
        """Show the part that is asked for."""
        part, n = self.part.value, self.state.n_selected
        self._differences.cancel()
        self.stop.visible = False
        self.form.has_selection = n > 0
        is_list = part == "list" or n == 0
        for box, visible in zip(self.boxes, (is_list, not is_list), strict=True):
            box.visible = visible
        self.words.visible = self.against.visible = part == "differences" and n > 0
        if is_list:
            self.list.fill(np.flatnonzero(self.state.selection), self._cells, self.state.focus)
        elif part == "recipe":
            self.page.object = self._recipe_html()
        else:
            self.page.object = ""
            self._tell_progress(0.0)
            self._differences.request(
                compare_steps(self.store, self.state.selection, self.against.value)
            )

    def act(self, message: dict[str, Any]) -> None:
        """Do what the form asks; what is wrong with it is said there."""
        self.form.error = ""
        with pn.io.hold():
            try:
                self._do(message)
            except InputError as error:
                self.form.error = str(error)

    def _do(self, message: dict[str, Any]) -> None:
        match message["act"]:
            case "where":
                self._select({"kind": "where", "text": str(message["text"])})
            case "class":
                self._select({"kind": "classes", "classes": [str(message["label"])]})
            case "ids":
                step, missing = selection.step_from_names(self.store, str(message["text"]))
                self._select(step)
                if missing:
                    self.form.error = f"{len(missing):,} not here: {', '.join(missing[:3])[:60]} …"
            case "save":
                state, saved = self.state, self.saved
                kept = saved.save(self.store, str(message["name"]), state.selection, state.recipe)
                self.form.saved = saved.names()
                state.notice = f"Kept “{kept.name}”: {kept.n_stars:,} stars."
            case "restore":
                mask, recipe, note = restored(self.saved.get(int(message["id"])), self.store)
                self.state.take_selection(mask, recipe)
                self.state.notice = note
            case "delete":
                self.saved.delete(int(message["id"]))
                self.form.saved = self.saved.names()

    def _select(self, step: selection.Step) -> None:
        mask = selection.mask_of(step, self.store)
        if not mask.any():
            raise InputError("No star fulfils this.")
        self.state.select(mask, self.state.select_mode, step)

    def _tell_progress(self, share: float) -> None:
        self.stop.visible = True
        self.words.object = f"Comparing… {100 * share:.0f} %"

    def _stop(self) -> None:
        self._differences.cancel()
        self.stop.visible = False
        self.words.object = "Stopped. Choose what to compare with, to begin again."

    def _show_differences(self, compared: Compared | None) -> None:
        self.stop.visible = False
        if compared is None:
            return
        self.words.object = words_html(compared)
        self.page.object = table_html(compared)

    def _recipe_html(self) -> str:
        steps = selection.told(self.state.recipe, self.store)
        told = "".join(f"<li>{escape(step.strip())}</li>" for step in steps)
        return (
            f"<div class='muted'>How the {self.state.n_selected:,} stars were selected, on atlas "
            f"{self.store.atlas.hash[:12]}; the address of the page holds it too.</div>"
            f"<ol>{told}</ol>"
        )

    def _cells(self, place: int, row: int) -> str:
        cells = (
            f'<span class="num muted">{place + 1}</span>',
            thumbnail(self.store, row),
            name_cell(self.store, row),
            class_cell(self.store, row),
            *(number_cell(float(values[row]), 2) for values in self._numbers.values()),
        )
        return "".join(cells)
