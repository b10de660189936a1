"""Subclusters: cut a class into parts, see what the parts are, select one.

The parts stand side by side in the colour-magnitude diagram, as median folded light curves and as
median spectra. The cutting runs in a thread; a result that comes after a newer choice is dropped.
"""

import asyncio
from functools import partial
from typing import Any

import numpy as np
import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.diagrams import number
from app.listing import TrayView
from app.palette import UNLABELLED
from app.part_figures import PartFigures
from app.parts import ClusterChoice, Part, Partition, cut, members
from app.selection import step_from_rows
from app.star_list import StarList
from app.star_rows import number_cell
from app.state import AppState, tie
from app.styles import CARD_CSS, CONTROLS, WORDS, plot_box

HEAD = "<span></span><span></span><span>stars</span><span>P [d]</span><span>amp.</span>"
COLUMNS = "10px 32px minmax(64px, 1fr) 52px 34px"
MIN_STARS = 10
METHODS = {"DBSCAN": "dbscan", "HDBSCAN": "hdbscan"}
SPACES = {"on its map": "map", "in its embedding": "embedding"}
STATE = ["cluster_class", "cluster_modality", "cluster_eps", "cluster_min_samples"]


class ClusterPanel(TrayView):
    """Parts of `state.cluster_class` in the data of `state.cluster_modality`."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(state, store)
        self.partition: Partition | None = None
        self._generation = 0
        self._amplitude = number(store.objects, "lc_amplitude", "amplitude")
        self.list = StarList(
            head_html=HEAD, label="parts", row_height=34, width=262, sizing_mode="stretch_height",
            styles={"--columns": COLUMNS, "min-height": "0"},
        )  # fmt: skip
        self.list.on_pick = self.select
        self.plots = PartFigures(
            store.cmd or next(iter(store.diagrams.values()), None),
            self._value_label(),
            has_spectra=not store.missing("spectra"),
        )
        self._make_controls()
        state.param.watch(self.refresh, STATE)
        state.param.watch(lambda _: self._draw(), "theme")

    def __panel__(self) -> pn.viewable.Viewable:
        hint = pn.pane.HTML('<span class="muted">A part clicked is selected.</span>', **WORDS)
        side = pn.Column(
            *self.controls.values(), hint, css_classes=["tray-side"], stylesheets=[CARD_CSS],
            width=178, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        plots = [plot_box(fig) for fig in self.plots.figures.values()]
        return pn.Row(side, self.list, *plots, sizing_mode="stretch_both", margin=0)

    def _value_label(self) -> str:
        """Label of the light curves about their medians; empty where the survey has none."""
        kinds = {band.native for band in self.store.survey.bands.values()}
        if self.store.missing("photometry"):
            return ""
        return "Δ mag" if "mag" in kinds else "Δ flux"

    def _make_controls(self) -> None:
        store, look = self.store, {"width": 158, **CONTROLS}
        classes = [label for label, n in zip(store.classes, store.class_counts, strict=True)
                   if label != UNLABELLED and n >= MIN_STARS]  # fmt: skip
        data = {MODALITY_NAMES.get(name, name): name for name in store.modalities}
        self.controls: dict[str, Any] = {
            "cluster_class": pn.widgets.Select(options=classes, **look),
            "cluster_modality": pn.widgets.Select(options=data, **look),
            "space": pn.widgets.Select(options=SPACES, **look),
            "method": pn.widgets.RadioButtonGroup(options=METHODS, **look),
            "cluster_eps": pn.widgets.FloatSlider(
                label="radius ε, 0 auto", start=0, end=3, step=0.02, **look
            ),
            "cluster_min_samples": pn.widgets.IntSlider(
                label="stars of a core", start=2, end=40, **look
            ),
        }
        if self.state.cluster_class not in classes:
            self.state.cluster_class = self._first_class(classes)
        for name in ("cluster_class", "cluster_modality"):
            tie(self.state, name, self.controls[name], "value")
        for name in ("cluster_eps", "cluster_min_samples"):
            self.controls[name].value = getattr(self.state, name)
            self.controls[name].param.watch(partial(self._on_slider, name), "value_throttled")
        for name in ("space", "method"):
            self.controls[name].param.watch(self.refresh, "value")

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
            modality=self.state.cluster_modality,
            space=self.controls["space"].value,
            method=self.controls["method"].value,
            eps=self.state.cluster_eps,
            min_samples=self.state.cluster_min_samples,
        )

    def fill(self) -> None:
        """Cut the class again if the choice is another."""
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
        n = len(members(self.store, choice.label, choice.modality))
        return "" if n >= MIN_STARS else f"Only {n} {choice.label} have these data."

    async def _cut(self, choice: ClusterChoice, generation: int) -> None:
        partition = await asyncio.to_thread(cut, self.store, choice)
        if generation == self._generation:
            with pn.io.hold():
                self.show_parts(partition)

    def show_parts(self, partition: Partition) -> None:
        """Put the parts into the table and the figures."""
        self.partition = partition
        self.list.fill(np.arange(len(partition.parts)), self._cells)
        self.ringed = []
        self._draw()

    def _draw(self) -> None:
        parts = self.partition.parts if self.partition else []
        self.plots.show(parts, self.state.theme)

    def select(self, place: int) -> None:
        """Select the stars of one part."""
        if self.partition is None:
            return
        mask = np.zeros(self.store.n, dtype=bool)
        mask[self.partition.parts[place].rows] = True
        self.list.active = place
        self.state.select(mask, self.state.select_mode, step_from_rows(self.store, mask))

    def _cells(self, place: int, _: int) -> str:
        assert self.partition is not None
        part = self.partition.parts[place]
        whole = sum(len(other.rows) for other in self.partition.parts)
        cells = (
            f'<i class="swatch" style="background:{part.color}"></i>',
            f"<b>{part.name}</b>",
            f'<span class="num">{len(part.rows):,} '
            f'<span class="muted">{100 * len(part.rows) / whole:.0f} %</span></span>',
            number_cell(self._median(self.store.periods_days, part), 3),
            number_cell(self._median(self._amplitude, part), 2),
        )
        return "".join(cells)

    @staticmethod
    def _median(values: np.ndarray | None, part: Part) -> float:
        known = values[part.rows] if values is not None else np.empty(0)
        known = known[np.isfinite(known)]
        return float(np.median(known)) if len(known) else float("nan")
