"""The legend: what the colours stand for, how many stars each has, which are switched on."""

from functools import partial
from html import escape
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from app.atlas_store import AtlasStore
from app.background import Latest
from app.chips import drawn
from app.chrome import static
from app.coloring import Coloring
from app.palette import UNLABELLED
from app.state import AppState, tie

_WORKING = '<span class="muted" role="status">Comparing the map with the embedding…</span>'
_ALL_UNSEEN = "\n"
"""Stands for all classes the model never saw; no class is called so."""
_ALL_RARE = "\t"
"""Stands for all rare classes, likewise."""
RARE = 0.02
"""Classes with a smaller share of the stars than this are rare."""


class LegendEntries(JSComponent):
    """The row of classes, or the steps of a scale."""

    options = param.Dict({}, doc="Groups of columns, each with its titles.")
    over_options = param.Dict({}, doc="Classes to lay over the maps, with their titles.")
    over = param.String("", doc="What is laid over: empty, a class, or all unseen.")
    color_by = param.String()
    entries_html = param.String()
    reserve_html = param.String(doc="Entries for which there is always room: the catalogue's.")
    is_scale = param.Boolean()
    hidden_labels = param.List([], item_type=str)

    _esm = static("legend.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("legend.css")]


class LegendView(pn.viewable.Viewer):
    """Legend of `state.color_by`; switches `state.hidden_classes`."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.entries = LegendEntries(
            options=store.colorings.choices,
            over_options=self._over_options(),
            over=self._over(),
            color_by=state.color_by,
            reserve_html=entries_html(store.coloring("class_label")),
            sizing_mode="stretch_width",
        )
        self._working_out = Latest[Coloring](self._take_coloring)
        tie(state, "hidden_classes", self.entries, "hidden_labels")
        self.entries.param.watch(self._on_choice, "color_by")
        self.entries.param.watch(self._on_over, "over")
        state.param.watch(lambda _: self._fill(), "color_by")
        state.param.watch(lambda _: self._on_verdict(), "vetted")
        self._fill()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.entries

    def _over_options(self) -> dict[str, str]:
        """Nothing, all classes the model never saw, all rare ones, each of them, each other."""
        unseen, rare = self.store.unseen_classes, self._rare_classes()
        options = {"": "nothing laid over"}
        if unseen:
            options[_ALL_UNSEEN] = f"all {len(unseen)} unseen classes"
        if len(rare) > 1 and rare != unseen:
            options[_ALL_RARE] = f"all {len(rare)} rare classes"
        for label in [*unseen, *(c for c in self.store.classes if c not in unseen)]:
            options[label] = f"{label} (unseen)" if label in unseen else label
        return options

    def _rare_classes(self) -> list[str]:
        """Labelled classes with less than `RARE` of the stars."""
        counts = zip(self.store.classes, self.store.class_counts.tolist(), strict=True)
        return [c for c, n in counts if c != UNLABELLED and n < RARE * self.store.n]

    def _over(self) -> str:
        """The option that stands for what is laid over."""
        laid_over = self.state.laid_over
        if len(laid_over) < 2:
            return "".join(laid_over)
        return _ALL_UNSEEN if laid_over == self.store.unseen_classes else _ALL_RARE

    def _on_over(self, event: Any) -> None:
        groups = {_ALL_UNSEEN: self.store.unseen_classes, _ALL_RARE: self._rare_classes()}
        self.state.laid_over = groups.get(event.new, [event.new] if event.new else [])

    def _on_choice(self, event: Any) -> None:
        self._working_out.cancel()
        if event.new == self.state.color_by or self.store.colorings.is_at_once(event.new):
            self.state.param.update(hidden_classes=[], color_by=event.new)
            return
        self.entries.entries_html = _WORKING
        self._working_out.request(partial(self.store.coloring, event.new))

    def _take_coloring(self, coloring: Coloring) -> None:
        self.state.param.update(hidden_classes=[], color_by=coloring.column)

    def _on_verdict(self) -> None:
        if self.state.color_by == "verdict":
            self._fill()

    def _fill(self) -> None:
        coloring = self.store.coloring(self.state.color_by)
        self.entries.param.update(
            color_by=self.state.color_by,
            is_scale=coloring.is_scale,
            entries_html=entries_html(coloring),
        )


def entries_html(coloring: Coloring) -> str:
    """One button per class or step, families of classes set apart."""
    pieces = []
    family = coloring.styles[0].family if coloring.styles else ""
    for style, count in zip(coloring.styles, coloring.counts, strict=True):
        if style.family != family:
            pieces.append('<span class="family"></span>')
            family = style.family
        swatch = f'<i style="background:{style.color}"></i>' if coloring.is_scale else drawn(style)
        pieces.append(
            f'<button data-label="{escape(style.label, quote=True)}" '
            f'title="{escape(style.name, quote=True)}: {count:,} stars">{swatch}'
            f'{escape(style.label)} <span class="count">{count:,}</span></button>'
        )
    return "".join(pieces)
