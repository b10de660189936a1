"""The diagram beside the map: colour and magnitude where the survey has them, else what it has."""

from typing import Any

import panel as pn

from app.atlas_store import AtlasStore
from app.star_view import StarView
from app.state import AppState

_NOTHING = """<p style="padding: 12px 16px">This survey has no colours, no amplitudes or periods,
and no positions on the sky: there is nothing to draw beside the map.</p>"""


class ScatterView(StarView):
    """The diagram in `state.diagram`, magnitudes upward to brighter."""

    figure_name = "scatter"
    zoom = "diagram_zoom"

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(state, store, **params)
        state.param.watch(lambda _: self._show(), "diagram")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        if self.store.diagrams:
            return self.pane
        return pn.pane.HTML(_NOTHING, sizing_mode="stretch_both", styles={"color": "var(--muted)"})

    def _show(self) -> None:
        diagram = self.store.diagram(self.state.diagram)
        if diagram is None:
            return
        fig = self.stars.fig
        fig.xaxis.axis_label, fig.yaxis.axis_label = diagram.x_label, diagram.y_label
        self.show_plane(f"diagram:{diagram.key}", diagram.invert_x, diagram.invert_y)

    @property
    def note(self) -> str:
        """How many stars are not drawn and why, and what the survey lacks."""
        diagram = self.store.diagram(self.state.diagram)
        if diagram is None:
            return ""
        counted = f"{self.points.n_placed:,} of {self.store.n:,} · {diagram.left_out}"
        lacks = self.store.missing("colors") or self.store.missing("parallaxes")
        return " ".join(filter(None, [f"{lacks}." * bool(lacks), counted * bool(diagram.left_out)]))
