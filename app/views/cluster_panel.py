"""Subclusters: cut a class into parts, see what the parts are, select one.

The parts stand side by side in the colour-magnitude diagram, as median folded light curves and as
median spectra. The cutting runs in a thread; a result that comes after a newer choice is dropped.
"""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.background import Stepwise
from app.kept_parts import SPACES, keep_parts, mask_of, step_of
from app.listing import TrayView
from app.palette import UNLABELLED
from app.part_figures import PartFigures, value_label
from app.part_rows import (
    COLUMNS,
    HEAD,
    cells_html,
    sample_html,
    stability_html,
    words_html,
    working_html,
)
from app.parts import (
    MIN_STARS,
    SELECTION,
    ClusterChoice,
    Part,
    Partition,
    cut,
    described,
    divided,
    members,
    stability,
)
from app.star_list import StarList
from app.state import AppState, tie
from app.styles import CARD_CSS, CONTROLS, WORDS, plot_box
from data_pipeline.errors import InputError
from model.analysis.stability import Stability

PATIENCE_S = 0.05
"""So long the parts wait for their light curves and spectra before they are shown without."""
AT_ONCE = 3000
"""Parts of more stars than this do not wait: to describe them takes longer anyhow."""
METHODS = {"DBSCAN": "dbscan", "HDBSCAN": "hdbscan"}
PRESETS = {
    "ROT: giants, dwarfs": (("ROT",), "fused", "map"),
    "Mira: M, C": (("M", "MIRA"), "spectra", "map"),
}
"""The splits of Rizhko & Bloom (2024): classes, data and place of the cut, all else automatic."""
STABLE = "stable?"
STATE = [
    "cluster_class", "cluster_modality", "cluster_space", "cluster_method", "cluster_eps",
    "cluster_min_samples",
]  # fmt: skip


class ClusterPanel(TrayView):
    """Parts of `state.cluster_class` in the data of `state.cluster_modality`."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(state, store)
        self.partition: Partition | None = None
        self._generation = 0
        self._stable: Stability | None = None
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
        self._make_controls()
        self._stability = Stepwise(self._show_stability, self._tell_stability)
        state.param.watch(self.refresh, STATE)
        state.param.watch(self._on_selection, "selection")
        state.param.watch(lambda _: self._draw(), "theme")

    def __panel__(self) -> pn.viewable.Viewable:
        side = pn.Column(
            *self.presets, *self.controls.values(), css_classes=["tray-side"],
            stylesheets=[CARD_CSS], width=178, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        acts = pn.Row(self.prefix, *self.acts, css_classes=["card-bar"], **CONTROLS)
        parts = pn.Column(
            self.list, self.words, acts, css_classes=["parts"], stylesheets=[CARD_CSS],
            width=262, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        plots = [plot_box(fig) for fig in self.plots.figures.values()]
        return pn.Row(side, parts, *plots, sizing_mode="stretch_both", margin=0)

    def _make_controls(self) -> None:
        store, look = self.store, {"width": 158, **CONTROLS}
        classes = [label for label, n in zip(store.classes, store.class_counts, strict=True)
                   if label != UNLABELLED and n >= MIN_STARS]  # fmt: skip
        data = {MODALITY_NAMES.get(name, name): name for name in store.modalities}
        self.controls: dict[str, Any] = {
            "cluster_class": pn.widgets.Select(label="class", options=classes, **look),
            "cluster_modality": pn.widgets.Select(label="data", options=data, **look),
            "cluster_space": pn.widgets.Select(label="place of the cut", options=SPACES, **look),
            "cluster_method": pn.widgets.RadioButtonGroup(options=METHODS, **look),
            "cluster_eps": pn.widgets.FloatSlider(
                label="radius ε, 0 auto", start=0, end=3, step=0.02, **look
            ),
            "cluster_min_samples": pn.widgets.IntSlider(
                label="stars of a core", start=2, end=40, **look
            ),
        }
        self.controls["cluster_class"].options = {
            **{label: label for label in classes}, "the selection": SELECTION,
        }  # fmt: skip
        self._make_acts(classes)
        if self.state.cluster_class not in (*classes, SELECTION):
            self.state.cluster_class = self._first_class(classes)
        for name in ("cluster_class", "cluster_modality", "cluster_space", "cluster_method"):
            tie(self.state, name, self.controls[name], "value")
        for name in ("cluster_eps", "cluster_min_samples"):
            self.controls[name].value = getattr(self.state, name)
            self.controls[name].param.watch(partial(self._on_slider, name), "value_throttled")

    def _make_acts(self, classes: list[str]) -> None:
        """Buttons: the paper's splits, stability, keeping the parts by name."""
        self.presets = []
        for text, (labels, modality, space) in PRESETS.items():
            label = next((one for one in labels if one in classes), None)
            if label is not None and modality in self.store.modalities:
                button = pn.widgets.Button(label=text, width=158, **CONTROLS)
                button.on_click(partial(self._take_preset, label, modality, space))
                self.presets.append(button)
        self.words = pn.pane.HTML(css_classes=["search-words"], **WORDS)
        self.prefix = pn.widgets.TextInput(placeholder="name of the parts", width=112, **CONTROLS)
        self.stable = pn.widgets.Button(label=STABLE, width=58, **CONTROLS)
        self.stable.on_click(lambda _: self.measure_stability())
        keep = pn.widgets.Button(label="keep", width=44, **CONTROLS)
        keep.on_click(lambda _: self.keep())
        self.acts = [keep, self.stable]

    def _take_preset(self, label: str, modality: str, space: str, *_: Any) -> None:
        with pn.io.hold():
            self.state.param.update(
                cluster_class=label, cluster_modality=modality, cluster_space=space,
                cluster_method="dbscan", cluster_eps=0.0, cluster_min_samples=5,
                map_modality=modality,
            )  # fmt: skip

    def _on_selection(self, *_: Any) -> None:
        """Cut the new selection, unless it is a part of the old one, picked in the list."""
        if self.state.cluster_class == SELECTION and not self._is_picking:
            self.refresh()

    def _on_slider(self, name: str, event: Any) -> None:
        setattr(self.state, name, event.new)

    def _first_class(self, classes: list[str]) -> str:
        """The class of the star in focus, else the largest."""
        label = self.store.label(self.state.focus) if self.state.focus >= 0 else ""
        counts = dict(zip(self.store.classes, self.store.class_counts.tolist(), strict=True))
        return label if label in classes else max(classes, key=lambda c: counts[c], default="")

    @property
    def choice(self) -> ClusterChoice:
        """What the controls say."""
        return ClusterChoice(
            label=self.state.cluster_class,
            selected=self._selected,
            modality=self.state.cluster_modality,
            space=self.state.cluster_space,
            method=self.state.cluster_method,
            eps=self.state.cluster_eps,
            min_samples=self.state.cluster_min_samples,
        )

    def fill(self) -> None:
        """Cut the class again if the choice is another."""
        if self.state.cluster_class != SELECTION:
            self._selected = ()
        elif not self._is_picking:
            self._selected = tuple(np.flatnonzero(self.state.selection).tolist())
        choice = self.choice
        self.controls["cluster_eps"].disabled = choice.method == "hdbscan"
        if self.partition is not None and self.partition.choice == choice:
            return
        self._generation += 1
        self.list.empty_html = self._lacking(choice) or "Clustering…"
        self.list.fill([], self._cells)
        if self._lacking(choice):
            return
        if pn.state.curdoc is None:  # no page to keep alive: at once
            self.show_parts(cut(self.store, choice))
        else:
            pn.state.onload(partial(self._cut, choice, self._generation))

    def _lacking(self, choice: ClusterChoice) -> str:
        if not choice.label:
            return f"No class has {MIN_STARS} stars or more."
        if choice.label == SELECTION and choice.space == "class_map":
            return "A selection has no map of its own; cut it on the map or in the embedding."
        n = len(members(self.store, choice.label, choice.modality, choice.selected))
        return "" if n >= MIN_STARS else f"Only {n} {choice.what} have these data."

    async def _cut(self, choice: ClusterChoice, generation: int) -> None:
        """Show the parts; then again, with what is known of them, unless another cut is wanted."""
        partition = await asyncio.to_thread(divided, self.store, choice)
        is_large = len(partition.rows) > AT_ONCE
        if is_large:
            self._show_if_wanted(partition, generation)
        describing = asyncio.ensure_future(self._describe(partition, generation))
        if not is_large and not (await asyncio.wait({describing}, timeout=PATIENCE_S))[0]:
            self._show_if_wanted(partition, generation)
        self._show_if_wanted(await describing, generation)

    async def _describe(self, partition: Partition, generation: int) -> Partition:
        parts = []
        for part in partition.parts:
            if generation != self._generation:
                break
            parts.append(await asyncio.to_thread(described, self.store, partition, part))
        return replace(partition, parts=parts)

    def _show_if_wanted(self, partition: Partition, generation: int) -> None:
        if generation == self._generation:
            with pn.io.hold():
                self.show_parts(partition)

    def show_parts(self, partition: Partition) -> None:
        """Put the parts into the table and the figures."""
        self.partition = partition
        self.list.fill(np.arange(len(partition.parts)), self._cells)
        self.ringed = []
        self._stable = None
        self._end_measuring()
        self.words.object = self._words_html()
        self._draw()

    def _words_html(self, chosen: Part | None = None) -> str:
        if self.partition is None:
            return words_html([])
        n_sampled = int(self.partition.params.get("n_sampled", 0))
        return words_html(self.partition.parts, chosen) + sample_html(n_sampled)

    def _draw(self) -> None:
        parts = self.partition.parts if self.partition else []
        self.plots.show(parts, self.state.theme)

    def select(self, place: int) -> None:
        """Select the stars of one part."""
        if self.partition is None:
            return
        part = self.partition.parts[place]
        self.list.active = place
        self._is_picking = True
        try:
            step = step_of(self.store, self.partition, part)
            self.state.select(mask_of(self.store, part), self.state.select_mode, step)
        finally:
            self._is_picking = False
        self.words.object = self._words_html(part)

    def measure_stability(self) -> None:
        """Cut the class again on maps with other seeds; asked again while it runs, stop that."""
        if self.is_measuring:
            self._end_measuring()
            self.words.object = self._words_html()
        elif self.partition is not None and self.partition.parts:
            self.stable.label = "stop"
            self._tell_stability(0.0)
            self._stability.request(stability(self.store, self.partition))

    @property
    def is_measuring(self) -> bool:
        """Whether maps with other seeds are being made."""
        return self.stable.label == "stop"

    def _end_measuring(self) -> None:
        self._stability.cancel()
        self.stable.label = STABLE

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
            self.state.notice = keep_parts(self.store, self.partition, self.prefix.value or "")
        except InputError as error:
            self.state.notice = str(error)

    def _cells(self, place: int, _: int) -> str:
        assert self.partition is not None
        parts = self.partition.parts
        n_all = sum(len(part.rows) for part in parts)
        return cells_html(parts[place], n_all, self.store.periods_days, self._stable)
