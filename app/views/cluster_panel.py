"""Subclusters: cut a class into parts, see what the parts are, select one.

The parts stand side by side in the colour-magnitude diagram, as median folded light curves and as
median spectra. They can be named, kept and exported. The cutting runs off the event loop and can be
stopped (app/cutting.py).
"""

from dataclasses import replace
from typing import Any

import numpy as np
import panel as pn

from app.atlas_store import AtlasStore
from app.background import Stepwise
from app.cut_controls import STATE, CutControls
from app.cutting import Cutting
from app.kept_parts import keep_parts, mask_of, step_of
from app.listing import TrayView
from app.part_figures import PartFigures, value_label
from app.part_rows import (
    COLUMNS,
    HEAD,
    cells_html,
    cutting_html,
    sample_html,
    stability_html,
    words_html,
    working_html,
)
from app.parts import (
    MAX_CALLED,
    SELECTION,
    Part,
    Partition,
    stability,
)
from app.star_list import StarList
from app.state import AppState
from app.styles import CARD_CSS, CONTROLS, WORDS, plot_box
from data_pipeline.errors import InputError
from model.analysis.stability import Stability

STABLE, STOP, AGAIN = "stable?", "stop", "cut"
"""What the button of long work says: measure stability, end what is under way, cut again."""


class ClusterPanel(TrayView):
    """Parts of `state.cluster_class` in the data of `state.cluster_modality`."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(state, store)
        self.partition: Partition | None = None
        self._chosen: int | None = None
        self._stable: Stability | None = None
        self.is_measuring = False
        self._selected: tuple[int, ...] = ()
        self._is_picking = False
        self.list = StarList(
            head_html=HEAD, label="parts", row_height=30, sizing_mode="stretch_both",
            styles={"--columns": COLUMNS, "min-height": "0"},
        )  # fmt: skip
        self.list.on_pick = self.select
        self.plots = PartFigures(
            store.cmd or next(iter(store.diagrams.values()), None),
            value_label(store),
            has_spectra=not store.missing("spectra"),
        )
        self.shown = pn.Column(sizing_mode="stretch_both", margin=0)
        self.controls = CutControls(state, store)
        self._make_acts()
        self._cutting = Cutting(store, self.show_parts, self._tell_cutting)
        self._stability = Stepwise(self._show_stability, self._tell_stability)
        state.param.watch(self.refresh, STATE)
        state.param.watch(self._on_selection, "selection")
        state.param.watch(lambda _: self._draw(), "theme")

    def __panel__(self) -> pn.viewable.Viewable:
        acts = pn.Row(self.naming, *self.acts, css_classes=["card-bar"], **CONTROLS)
        parts = pn.Column(
            self.list, acts, css_classes=["parts"], stylesheets=[CARD_CSS],
            width=262, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        boxes = [plot_box(fig) for fig in self.plots.figures.values()]
        plots = pn.Row(*boxes, sizing_mode="stretch_both", margin=0)
        # hidden while nothing is known: empty axes would say that there is nothing
        self.shown.objects = [self.words, plots]
        return pn.Row(
            self.controls.column(), parts, self.shown, sizing_mode="stretch_both", margin=0
        )

    def _make_acts(self) -> None:
        """Below the list: name a part, end or repeat long work, keep the parts, export them."""
        self.words = pn.pane.HTML(
            css_classes=["search-words", "of-parts"], sizing_mode="stretch_width", **WORDS
        )
        self.naming = pn.widgets.TextInput(label="Name of the part", width=84, **CONTROLS)
        self.naming.param.watch(self._on_name, "value")
        self.work = pn.widgets.Button(label=STABLE, width=56, **CONTROLS)
        self.work.on_click(lambda _: self.do_work())
        keep = pn.widgets.Button(
            label="keep", description="every part as a selection with its name", width=42,
            **CONTROLS,
        )  # fmt: skip
        keep.on_click(lambda _: self.keep())
        export = pn.widgets.Button(label="export", width=50, **CONTROLS)
        export.on_click(self._export)
        self.acts = [self.work, keep, export]

    def _on_selection(self, *_: Any) -> None:
        """Cut the new selection, unless it is a part of the old one, picked in the list."""
        if self.state.cluster_class == SELECTION and not self._is_picking:
            self.refresh()

    def fill(self) -> None:
        """Cut the class again if the choice is another."""
        if self.state.cluster_class != SELECTION:
            self._selected = ()
        elif not self._is_picking:
            self._selected = tuple(np.flatnonzero(self.state.selection).tolist())
        choice = self.controls.choice(self._selected)
        if self.partition is not None and self.partition.choice == choice:
            return
        self._cutting.stop()
        self._end_measuring()
        if self.partition is not None:  # not those that come with an address
            self.state.part_names = {}
        self._chosen = None
        self.partition = self.state.partition = None
        lacking = self.controls.lacking(choice)
        self.list.empty_html = lacking or "Clustering…"
        self.list.fill([], self._cells)
        self._show_naming()
        if not lacking:
            self.work.label = STOP
            self.shown.visible = False
            self._cutting.request(choice)

    def _tell_cutting(self, share: float | None) -> None:
        """Say how far the cutting is; None when it has ended."""
        if share is not None:
            self.list.empty_html = cutting_html(share)
            self.shown.visible = False
        elif not self.is_measuring:
            self.work.label = STABLE

    def show_parts(self, partition: Partition) -> None:
        """Put the parts into the table and the figures."""
        self._stable = None
        self.ringed = []
        self._set_partition(partition)
        if not self._cutting.is_running:
            self._end_measuring()
        self._draw()

    def _set_partition(self, partition: Partition) -> None:
        """Take the parts with the names given to them."""
        parts = [
            replace(p, called=self.state.part_names.get(str(p.number), "")) for p in partition.parts
        ]
        self.partition = self.state.partition = replace(partition, parts=parts)
        self.shown.visible = True
        active = self.list.active
        self.list.fill(np.arange(len(parts)), self._cells)
        self.list.active = active
        self._show_naming()
        self.words.object = self._words_html(self._picked())

    def _words_html(self, chosen: Part | None = None) -> str:
        columns = self.store.atlas.columns
        if self.partition is None:
            return words_html([], columns)
        n_sampled = int(self.partition.params.get("n_sampled", 0))
        return words_html(self.partition.parts, columns, chosen) + sample_html(n_sampled)

    def _draw(self) -> None:
        parts = self.partition.parts if self.partition else []
        self.plots.show(parts, self.state.theme)

    def select(self, place: int) -> None:
        """Select the stars of one part."""
        if self.partition is None:
            return
        part = self.partition.parts[place]
        self.list.active = place
        self._chosen = part.number
        self._show_naming()
        self._is_picking = True
        try:
            step = step_of(self.store, self.partition, part)
            self.state.select(mask_of(self.store, part), self.state.select_mode, step)
        finally:
            self._is_picking = False
        self.words.object = self._words_html(part)

    def _picked(self) -> Part | None:
        """The part that was picked in the list."""
        parts = self.partition.parts if self.partition else []
        return next((part for part in parts if part.number == self._chosen), None)

    def _show_naming(self) -> None:
        part = self._picked()
        self.naming.disabled = part is None
        self.naming.placeholder = f"name {part.name}" if part else "pick, name"
        self.naming.value = part.called if part else ""

    def _on_name(self, event: Any) -> None:
        part, name = self._picked(), event.new.strip()[:MAX_CALLED]
        if self.partition is not None and part is not None and name != part.called:
            names = {**self.state.part_names, str(part.number): name}
            self.state.part_names = {number: text for number, text in names.items() if text}
            self._set_partition(self.partition)

    def do_work(self) -> None:
        """What the button of long work says."""
        if self.is_measuring:
            self._end_measuring()
            self.words.object = self._words_html(self._picked())
        elif self._cutting.is_running:
            self._cutting.stop()
            self.work.label = AGAIN if self.partition is None else STABLE
            self.list.empty_html = "Stopped."
        elif self.work.label == AGAIN:
            self.refresh()
        else:
            self.measure_stability()

    def measure_stability(self) -> None:
        """Cut the class again on maps with other seeds."""
        if self.partition is not None and self.partition.parts:
            self.is_measuring = True
            self.work.label = STOP
            self._tell_stability(0.0)
            self._stability.request(stability(self.store, self.partition))

    def _end_measuring(self) -> None:
        self._stability.cancel()
        self.is_measuring = False
        self.work.label = STABLE

    def _tell_stability(self, share: float) -> None:
        self.words.object = working_html(share)

    def _show_stability(self, stable: Stability | None) -> None:
        self._end_measuring()
        if stable is None or self.partition is None:
            return
        self._stable = stable
        self.list.fill(np.arange(len(self.partition.parts)), self._cells)
        self.words.object = stability_html(stable)

    def keep(self) -> None:
        """Keep every part as a selection with a name, beside the atlas."""
        if self.partition is None or not self.partition.parts:
            return
        try:
            self.state.notice = keep_parts(self.store, self.partition)
        except InputError as error:
            self.state.notice = str(error)

    def _export(self, *_: Any) -> None:
        """Open the list of all parts where lists are exported."""
        with pn.io.hold():
            self.state.param.update(exported="subclusters", tab="Export")

    def _cells(self, place: int, _: int) -> str:
        assert self.partition is not None
        parts = self.partition.parts
        n_all = sum(len(part.rows) for part in parts)
        return cells_html(parts[place], n_all, self.store.periods_days, self._stable)
