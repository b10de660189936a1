"""Where the star in focus lies: in the map of each kind of data, and in a diagram with its errors.

Grey are all stars, in colour those of the catalogue's class and of the suggested one.
"""

from html import escape
from typing import Any

import numpy as np
import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.blinding import two_classes
from app.diagrams import Diagram
from app.figures import readable
from app.palette import GREY, class_style
from app.place_figures import PlaceFigure
from app.places import REDDENING, Floats, crowd, errors_in, frame_of
from app.state import AppState
from app.styles import plot_box
from app.words import Words

ALPHA = {"crowd": 0.35, "first": 0.55, "second": 0.55}


class PlacesView(pn.viewable.Viewer):
    """Places of `state.focus` while `is_open`."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self._is_open = False
        self._drawn: dict[tuple[str, str], tuple[str, str]] = {}
        self.diagram = _best_diagram(store.diagrams)
        self.figures: dict[str, PlaceFigure] = {}
        self.xy: dict[str, Floats] = {}
        if self.diagram is not None:
            self._add("diagram", np.column_stack([self.diagram.x, self.diagram.y]), self.diagram)
        for modality in store.modalities:
            self._add(modality, store.xy(modality), None)
        self.caption = Words("card-caption")
        state.param.watch(self._draw, ["focus", "theme", "compared", "blind"])

    def __panel__(self) -> pn.viewable.Viewable:
        look: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}
        boxes = {name: plot_box(one.fig) for name, one in self.figures.items()}
        big = [boxes.pop("diagram")] if "diagram" in boxes else []
        small = list(boxes.values())
        half = -(-len(small) // 2)
        rows = [pn.Row(*small[:half], **look), pn.Row(*small[half:], **look)]
        grid = pn.Column(*[row for row in rows if len(row)], **look)
        return pn.Row(*big, grid, **look)

    @property
    def is_open(self) -> bool:
        """Whether it is looked at; only then is anything drawn."""
        return self._is_open

    @is_open.setter
    def is_open(self, is_open: bool) -> None:
        self._is_open = is_open
        self._draw()

    def _add(self, name: str, xy: Floats, diagram: Diagram | None) -> None:
        drawing = PlaceFigure(
            f"place-{name}", MODALITY_NAMES.get(name, name), is_small=diagram is None
        )
        if diagram is not None:
            drawing.fig.xaxis.axis_label, drawing.fig.yaxis.axis_label = (
                diagram.x_label, diagram.y_label
            )  # fmt: skip
            drawing.set_frame(frame_of(xy, diagram.invert_x, diagram.invert_y))
            drawing.set_reddening(REDDENING.get(diagram.x_label))
        else:
            drawing.set_frame(frame_of(xy))
        self.figures[name], self.xy[name] = drawing, xy

    def _draw(self, *_: Any) -> None:
        if not self._is_open:
            return
        row, theme = self.state.focus, self.state.theme
        label, suggested = two_classes(self.state, self.store, row)
        with pn.io.hold():
            for name, drawing in self.figures.items():
                self._draw_crowd(name, "crowd", "", GREY[theme])
                for layer, one in (("first", label), ("second", suggested)):
                    self._draw_crowd(name, layer, one, readable(class_style(one).color, theme))
                self._ring(name, drawing, row)
                drawing.paint(theme)
            self.caption.object = self._caption(label, suggested)

    def _draw_crowd(self, name: str, layer: str, label: str, color: str) -> None:
        """Draw all stars (the crowd) or those of one class; nothing that is drawn already."""
        if self._drawn.get((name, layer)) == (label, color):
            return
        self._drawn[name, layer] = label, color
        drawing, xy = self.figures[name], self.xy[name]
        if layer != "crowd":
            xy = xy[self.store.of_class(label)] if label else xy[:0]
        pixels = 150 if name == "diagram" else 96
        picture = crowd(xy, drawing.frame, color, pixels, ALPHA[layer]) if len(xy) else None
        drawing.set_picture(layer, picture)

    def _ring(self, name: str, drawing: PlaceFigure, row: int) -> None:
        place = self.xy[name][row] if row >= 0 else np.full(2, np.nan)
        errors = (0.0, 0.0)
        if name == "diagram" and self.diagram is not None and row >= 0:
            errors = errors_in(self.diagram, self.store.objects.iloc[row])
        drawing.set_star(place, errors)
        compared = self.state.compared
        drawing.set_other(self.xy[name][compared] if compared >= 0 else None)

    def _caption(self, label: str, suggested: str) -> str:
        theme = self.state.theme
        marks = []
        for one in (label, suggested):
            if one:
                color = readable(class_style(one).color, theme)
                marks.append(f'<span style="color:{color}">■</span> {escape(one)}')
        if self.state.compared >= 0:
            name = escape(self.store.name(self.state.compared))
            marks.append(f'<b class="other">×</b> {name}')
        explained = "grey: all stars"
        if self.diagram is not None and self.diagram.x_label in REDDENING:
            explained += "; arrow: reddening by one magnitude of A(V), R(V) = 3.1"
        return f'<div class="one-line" title="{explained}">{" · ".join(marks)}</div>'


def _best_diagram(diagrams: dict[str, Diagram]) -> Diagram | None:
    """Colour against magnitude where there is one, else the first."""
    for key in ("color-magnitude", "apparent-color-magnitude"):
        if key in diagrams:
            return diagrams[key]
    return next(iter(diagrams.values()), None)
