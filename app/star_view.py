"""What the two maps have in common: stars of the atlas on a plane, drawn, picked, selected.

A subclass says which plane. Up to `MARKER_LIMIT` stars in view are markers that the browser zooms
by itself; more are a picture, drawn again whenever the view, the selection or the legend changes.
"""

import os
from functools import partial
from typing import Any

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, RangesUpdate, SelectionGeometry, Tap
from numpy.typing import NDArray

from app import selection
from app.atlas_store import AtlasStore
from app.background import Latest
from app.blinding import sees_class
from app.coloring import Coloring
from app.picking import PointIndex
from app.shading import Frame, Pixels
from app.star_figure import StarFigure
from app.star_picture import Painter, Rows, Scene
from app.state import AppState
from app.zoom import part_in_view, view_of, whole_view

MARKER_LIMIT = int(os.environ.get("ASTROM3_MARKER_LIMIT", "5000"))
"""More stars than this in view are drawn as a picture; a fast browser can take more markers."""
MAX_LISTED = 200
MAX_LAID_OVER = 1500
_RING_CELL = 5  # pixels


class StarView(pn.viewable.Viewer):
    """A map of the atlas's stars. Subclasses set the plane with `show_plane`."""

    figure_name = "stars"
    zoom = ""
    """Parameter of the state that holds which part of the plane is in view."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.stars = StarFigure(self.figure_name)
        self.pane = pn.pane.Bokeh(
            self.stars.fig, sizing_mode="stretch_both", margin=0, min_width=100, min_height=100
        )
        self.view = ""
        self.points = PointIndex(np.full((store.n, 2), np.nan))
        self._drawing = Latest[Rows | tuple[Pixels, Frame]](self._show_drawing, delay_s=0.02)
        self._painter = Painter(MARKER_LIMIT)
        self._marked: Rows | None = None
        self._listen()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.pane

    def show_plane(self, view: str, invert_x: bool = False, invert_y: bool = False) -> None:
        """Put the stars where "map:<modality>" or "diagram:<key>" has them, all in view.

        The first plane is shown as the address has zoomed it.
        """
        is_first, self.view = not self.view, view
        self.points = self.store.points(view)
        self._home = whole_view(self.points, invert_x, invert_y)
        self._marked = None
        self.stars.set_view(*self._home)
        if is_first and (part := getattr(self.state, self.zoom)):
            self.stars.zoom_to(*view_of(part, self._home))
        else:
            setattr(self.state, self.zoom, [])
        self.draw()
        self._ring_focus()
        self._ring_neighbors()
        self._mark_upload()
        self._lay_over()

    def show_all(self) -> None:
        """Zoom out to all stars."""
        self.stars.set_view(*self._home)
        setattr(self.state, self.zoom, [])
        self.draw()

    @property
    def coloring(self) -> Coloring:
        """The colours in force."""
        return self.store.coloring(self.state.color_by)

    @property
    def scene(self) -> Scene:
        """The stars as they are to be shown now."""
        state = self.state
        return Scene(
            self.points, self.coloring, tuple(state.hidden_classes), state.selection, state.theme
        )

    def draw(self) -> None:
        """Draw the stars in view, as markers if they are few."""
        if self._all_marked:
            self._drawing.cancel()
            self._mark(np.flatnonzero(self.points.placed))
        else:
            frames = self._frame(), self._frame(0.5)
            self._drawing.request(partial(self._painter.draw, self.scene, *frames))

    def pick(self, x: float, y: float, max_pixels: float = 14.0) -> int:
        """Row of the star under a place of the plane, or -1."""
        is_on, code = self.scene.is_on, self.coloring.code
        for reach in (0.15 * max_pixels, max_pixels):  # in a crowd the first looks at few
            rows = self.points.near(x, y, self.stars.units_per_pixel, reach)
            rows = rows[is_on[code[rows]]]
            if len(rows):
                return int(rows[0])
        return -1

    def select_geometry(self, geometry: dict[str, Any]) -> None:
        """Select what a lasso or a box encloses."""
        step = selection.step_from_geometry(self.view, geometry, self.stars.units_per_pixel)
        if step is None:
            return
        if self.state.hidden_classes:
            step |= {"without": self.state.hidden_classes, "by": self.state.color_by}
        self.state.select(selection.mask_of(step, self.store), self.state.select_mode, step)

    def _listen(self) -> None:
        fig = self.stars.fig
        fig.on_event(Tap, self._on_tap)
        fig.on_event(DoubleTap, lambda _: self.show_all())
        fig.on_event(SelectionGeometry, self._on_selection)
        fig.on_event(RangesUpdate, lambda _: self._on_zoom())
        for size in ("inner_width", "inner_height"):
            fig.on_change(size, lambda attr, old, new: self._on_view_change())
        self.stars.names.pointer.on_change("tags", lambda attr, old, new: self._name_under(new))
        watch = self.state.param.watch
        watch(lambda _: self._repaint(), "theme")
        watch(lambda _: self._recolor(), ["color_by", "blind"])
        watch(lambda _: self._relight(), ["selection", "hidden_classes"])
        watch(lambda _: self._ring_focus(), "focus")
        watch(lambda _: self._ring_neighbors(), "highlighted_rows")
        watch(lambda _: self._mark_upload(), "upload")
        watch(lambda _: self._lay_over(), "laid_over")
        self.stars.paint(self.state.theme)

    def _on_tap(self, event: Any) -> None:
        row = self.pick(event.x, event.y)
        if row >= 0:
            with pn.io.hold():
                self.state.focus = row

    def _on_selection(self, event: Any) -> None:
        if event.final and event.geometry["type"] in ("poly", "rect"):
            with pn.io.hold():
                self.select_geometry(event.geometry)

    def _on_zoom(self) -> None:
        part = part_in_view(self.stars.view, self._home, self.stars.units_per_pixel)
        with pn.io.hold():
            setattr(self.state, self.zoom, part)
            self._on_view_change()

    def _on_view_change(self) -> None:
        self._ring_neighbors()
        if self._all_marked:
            (x0, x1), (y0, y1) = self.stars.view
            self.stars.set_size(_marker_size(len(self.points.rows_in_box(x0, x1, y0, y1))))
        else:
            self.draw()

    def _name_under(self, place: list[float]) -> None:
        row = self.pick(*place) if self._marked is None and len(place) == 2 else -1
        x, y = self.points.xy[row]
        self.stars.names.write(
            x, y, f"{self.store.name(row)}\n{self._info(row)}" if row >= 0 else ""
        )

    def _repaint(self) -> None:
        self.stars.paint(self.state.theme)
        self._relight()

    def _recolor(self) -> None:
        self._marked = None
        self.draw()

    def _on_verdict(self) -> None:
        if self.state.color_by == "verdict":
            self._recolor()

    def _relight(self) -> None:
        if self._marked is not None and self._all_marked:
            self._show_parts(self._marked)
        else:
            self.draw()

    @property
    def _all_marked(self) -> bool:
        """Whether the map has so few stars that every one is a marker."""
        return self.points.n_placed <= MARKER_LIMIT

    def _mark(self, rows: Rows) -> None:
        if self._marked is None or not np.array_equal(np.sort(self._marked), rows):
            # common classes first, so that rare ones lie above them
            rows = rows[np.argsort(-self.coloring.counts[self.coloring.code[rows]], kind="stable")]
            self.stars.set_markers(self._columns(rows))
            self._marked = rows
        self.stars.set_size(_marker_size(len(rows)))
        self._show_parts(self._marked)
        self.stars.show_markers(True)

    def _show_parts(self, rows: Rows) -> None:
        visible = self.points.placed[rows] & self.scene.is_on[self.coloring.code[rows]]
        everything = None if visible.all() else np.flatnonzero(visible)
        chosen = self.state.selection
        lit = np.flatnonzero(visible & chosen[rows]) if chosen.any() else None
        self.stars.set_visible(everything, lit)

    def _columns(self, rows: Rows) -> dict[str, Any]:
        coloring = self.coloring
        styles = [coloring.styles[code] for code in coloring.code[rows]]
        return {
            "x": self.points.xy[rows, 0],
            "y": self.points.xy[rows, 1],
            "color": [style.color for style in styles],
            "marker": [style.marker for style in styles],
            "name": self.store.names(rows).tolist(),
            "info": [self._info(row) for row in rows],
        }

    def _info(self, row: int) -> str:
        period = self.store.period_days(row)
        label = self.store.label(row) if sees_class(self.state) else "class hidden"
        return f"{label} · {period:.5g} d" if np.isfinite(period) else label

    def _frame(self, margin: float = 0.15) -> Frame:
        """The part of the plane in view and a margin around it, as a fraction of the view."""
        (x0, x1), (y0, y1) = self.stars.view
        width, height = self.stars.size
        pad_x, pad_y = margin * abs(x1 - x0), margin * abs(y1 - y0)
        return Frame(
            (min(x0, x1) - pad_x, max(x0, x1) + pad_x),
            (min(y0, y1) - pad_y, max(y0, y1) + pad_y),
            round(width * (1 + 2 * margin)),
            round(height * (1 + 2 * margin)),
        )

    def _show_drawing(self, drawn: Rows | tuple[Pixels, Frame]) -> None:
        if isinstance(drawn, tuple):
            self._marked = None
            self.stars.set_picture(*drawn)
            self.stars.show_markers(False)
        else:
            self._mark(drawn)

    def _ring_focus(self) -> None:
        self.stars.ring_focus(self._placed([self.state.focus] if self.state.focus >= 0 else []))

    def _ring_neighbors(self) -> None:
        """Ring the listed stars; of those that share a few pixels one, or the rings make a blot."""
        xy = self._placed(self.state.highlighted_rows[:MAX_LISTED])
        cells = np.floor(xy / (_RING_CELL * np.abs(self.stars.units_per_pixel)))
        _, first = np.unique(cells, axis=0, return_index=True)
        self.stars.ring_neighbors(xy[np.sort(first)])

    def _lay_over(self) -> None:
        """Draw the stars of the classes laid over, in the colours of their classes."""
        wanted = np.isin(self.store.classes, self.state.laid_over)[self.store.class_code]
        rows = _evenly(np.flatnonzero(wanted & self.points.placed), MAX_LAID_OVER)
        styles = [self.store.class_styles[code] for code in self.store.class_code[rows]]
        self.stars.lay_over(
            {
                "x": self.points.xy[rows, 0],
                "y": self.points.xy[rows, 1],
                "color": [style.color for style in styles],
                "marker": [style.marker for style in styles],
            }
        )

    def _mark_upload(self) -> None:
        upload = self.state.upload
        place = None if upload is None else upload.places.get(self.view)
        self.stars.mark_upload(np.empty((0, 2)) if place is None else np.array([place]))

    def _placed(self, rows: list[int]) -> NDArray[np.float64]:
        """Places (n, 2) of those of the stars that have one here."""
        xy = self.points.xy[np.asarray(rows, dtype=int)]
        return xy[np.isfinite(xy).all(axis=1)]


def _evenly(rows: Rows, most: int) -> Rows:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]


def _marker_size(n_stars: int) -> float:
    """Smaller markers for more stars [pixels]."""
    return float(np.interp(np.log10(max(n_stars, 1)), [2, 3, 3.7], [10, 8, 6.5]))
