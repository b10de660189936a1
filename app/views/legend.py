"""The legend: what the colours stand for, how many stars each has, which are switched on."""

from html import escape
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from app.atlas_store import AtlasStore
from app.chips import marker
from app.chrome import static
from app.coloring import Coloring, available
from app.state import AppState, tie


class LegendEntries(JSComponent):
    """The row of classes, or the steps of a scale."""

    options = param.Dict({})
    color_by = param.String()
    entries_html = param.String()
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
            options=available(store.objects),
            color_by=state.color_by,
            sizing_mode="stretch_width",
        )
        tie(state, "hidden_classes", self.entries, "hidden_labels")
        self.entries.param.watch(self._on_choice, "color_by")
        state.param.watch(lambda _: self._fill(), "color_by")
        self._fill()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.entries

    def _on_choice(self, event: Any) -> None:
        self.state.param.update(hidden_classes=[], color_by=event.new)

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
        drawn = (
            f'<i style="background:{style.color}"></i>'
            if coloring.is_scale
            else marker(style.label)
        )
        pieces.append(
            f'<button data-label="{escape(style.label, quote=True)}" '
            f'title="{escape(style.name, quote=True)}: {count:,} stars">{drawn}'
            f'{escape(style.label)} <span class="count">{count:,}</span></button>'
        )
    return "".join(pieces)
