"""One Bokeh figure of stars, made once: a picture, markers, rings, a name under the pointer.

Many stars are an image, few are markers; either way rings mark the star in focus and the stars
listed beside it. Rings and names (app/star_names.py) are overlays, a canvas of their own, so that
the browser need not paint thousands of markers again when one moves. The figure knows no atlas and
no state: `StarView` feeds it. Gestures come back as Bokeh events; lasso and box select nothing by
themselves.
"""

from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import (
    BoxSelectTool,
    CDSView,
    ColumnDataSource,
    IndexFilter,
    LassoSelectTool,
    PanTool,
    Range1d,
    WheelZoomTool,
)
from bokeh.models.annotations import BoxAnnotation, PolyAnnotation
from bokeh.plotting import figure
from numpy.typing import NDArray

from app.figures import FONT, INK, paint, set_range
from app.palette import GREY
from app.shading import Frame, Pixels
from app.star_names import StarNames

_COLUMNS = ("x", "y", "color", "marker", "name", "info")
_REST_MS = 60
"""A wheel that rests so long has stopped: only then does the browser tell what is in view."""
_NO_RING_ON_CLICK = "* { --outline-width: 0px; }"


class StarFigure:
    """The figure and its layers, from the bottom: picture, markers, selected markers, rings.

    Parameters
    ----------
    name : str
        What its tools are called by: "<name>-pan", "<name>-lasso", "<name>-box".

    Attributes
    ----------
    fig : bokeh figure
    names : StarNames
        The name of the star under the pointer.
    """

    def __init__(self, name: str) -> None:
        self.x_range: Any = Range1d(start=0, end=1)  # Bokeh's ends may be dates; ours are numbers
        self.y_range: Any = Range1d(start=0, end=1)
        self._outlines = PolyAnnotation(visible=False), BoxAnnotation(visible=False)
        lasso, box = self._outlines
        self._tools = [  # by these names static/keys.js switches them, in the browser alone
            PanTool(name=f"{name}-pan"),
            LassoSelectTool(name=f"{name}-lasso", renderers=[], overlay=lasso),
            BoxSelectTool(name=f"{name}-box", renderers=[], overlay=box),
        ]
        self.fig = self._empty_figure()
        self._picture_source = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self._picture = self.fig.image_rgba(source=self._picture_source, visible=False)
        self._source = ColumnDataSource({name: [] for name in _COLUMNS})
        self._stars = self._markers()
        self._lit = self._markers()
        self._lit.visible = False
        self._over_source = ColumnDataSource({"x": [], "y": [], "color": [], "marker": []})
        self._over = self.fig.scatter(
            "x", "y", source=self._over_source, size=11, marker="marker", fill_color="color",
            line_width=1.3, level="overlay",
        )  # fmt: skip
        self._neighbor_source = ColumnDataSource({"x": [], "y": []})
        self._neighbor_rings = self._rings(self._neighbor_source, 12, 1.1, alpha=0.6)
        self._focus_source = ColumnDataSource({"x": [], "y": []})
        self._focus_halo = self._rings(self._focus_source, 21, 5)
        self._focus_ring = self._rings(self._focus_source, 21, 2.2)
        self._upload_source = ColumnDataSource({"x": [], "y": []})
        self._upload_halo = self._crosses(self._upload_source, 7)
        self._upload_cross = self._crosses(self._upload_source, 3)
        self.names = StarNames(self.fig, self._stars, self._picture)

    def paint(self, theme: str) -> None:
        """Take the inks of a theme, "light" or "dark"."""
        ink = INK[theme]
        paint(self.fig, theme)
        self.fig.outline_line_color = None
        self._grey = GREY[theme]
        for renderer in (self._stars, self._lit):
            # light outlines set crowded stars apart on white, and dark stars off a dark ground
            renderer.glyph.line_color = value(ink.panel if theme == "light" else ink.muted)
        self._over.glyph.line_color = value(ink.text)
        self._neighbor_rings.glyph.line_color = value(ink.text)
        self._focus_ring.glyph.line_color = value(ink.accent)
        self._focus_halo.glyph.line_color = value(ink.panel)
        self._upload_cross.glyph.line_color = value(ink.accent)
        self._upload_halo.glyph.line_color = value(ink.panel)
        self.names.paint(ink)
        for outline in self._outlines:
            outline.update(
                fill_color=ink.accent, fill_alpha=0.08, line_color=ink.accent, line_alpha=0.9,
                line_width=1.4, line_dash="solid",
            )  # fmt: skip
        self._fade_unlit()

    def set_view(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this part of the plane, all there is; a range may run backwards."""
        set_range(self.x_range, *x)
        set_range(self.y_range, *y)

    def zoom_to(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this part of what `set_view` has shown."""
        for axis_range, (start, end) in ((self.x_range, x), (self.y_range, y)):
            axis_range.update(start=start, end=end)

    def set_markers(self, columns: dict[str, Any]) -> None:
        """Replace the stars drawn as markers.

        Parameters
        ----------
        columns : dict
            x, y, color, marker, name, info: equal lengths.
        """
        # changes of one gesture reach the browser in this order, each with its last value: indices
        # must at no time point beyond the stars
        grows = len(columns["x"]) > len(self._source.data["x"])
        if grows:
            self._source.data = columns
        self._stars.view.filter.indices = None
        self._light(None)
        if not grows:
            self._source.data = columns

    def set_size(self, size: float) -> None:
        """Set the size of the markers [pixels]."""
        for renderer in (self._stars, self._lit):
            renderer.glyph.update(size=size, line_width=0.08 * size)

    def set_visible(
        self, visible: NDArray[np.integer] | None, lit: NDArray[np.integer] | None
    ) -> None:
        """Which markers are drawn, and which of those in colour above the grey others.

        Parameters
        ----------
        visible, lit : int arrays or None
            Places in the columns; None for all of them and for no selection.
        """
        self._stars.view.filter.indices = None if visible is None else visible.tolist()
        self._light(lit)

    def set_picture(self, pixels: Pixels, frame: Frame) -> None:
        """Show a picture of the stars of a part of the plane."""
        (x0, x1), (y0, y1) = frame.x, frame.y
        self._picture_source.data = {
            "image": [pixels], "x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0],
        }  # fmt: skip

    def show_markers(self, markers: bool) -> None:
        """Show the markers (true) or the picture."""
        self._picture.visible = not markers
        self._stars.visible = markers
        self._lit.visible = markers and self._has_lit
        self.names.hide()

    def ring_focus(self, xy: NDArray[np.float64]) -> None:
        """Ring the star in focus, shape (0 or 1, 2)."""
        self._focus_source.data = {"x": xy[:, 0], "y": xy[:, 1]}

    def ring_neighbors(self, xy: NDArray[np.float64]) -> None:
        """Ring the stars listed beside the maps, shape (n, 2)."""
        many = len(xy) > 40
        self._neighbor_rings.glyph.update(size=8 if many else 12, line_alpha=0.45 if many else 0.6)
        self._neighbor_source.data = {"x": xy[:, 0], "y": xy[:, 1]}

    def lay_over(self, columns: dict[str, Any]) -> None:
        """Draw stars large above all others: x, y, color, marker of equal lengths."""
        self._over_source.data = columns

    def mark_upload(self, xy: NDArray[np.float64]) -> None:
        """Put a cross where an uploaded star belongs, shape (0 or 1, 2)."""
        self._upload_source.data = {"x": xy[:, 0], "y": xy[:, 1]}

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame in pixels, or a likely size before the page tells."""
        try:
            return int(self.fig.inner_width), int(self.fig.inner_height)
        except UnsetValueError:
            return 460, 440

    @property
    def view(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Start and end of the x range and of the y range."""
        x, y = self.x_range, self.y_range
        return (x.start, x.end), (y.start, y.end)

    @property
    def units_per_pixel(self) -> tuple[float, float]:
        """Data units in one pixel along x and y, signed."""
        (x0, x1), (y0, y1) = self.view
        width, height = self.size
        return (x1 - x0) / width, (y1 - y0) / height

    def _empty_figure(self) -> figure:
        zoom = WheelZoomTool(zoom_on_axis=False)
        fig = figure(
            x_range=self.x_range, y_range=self.y_range, tools=[*self._tools, zoom],
            toolbar_location=None, sizing_mode="stretch_both", min_border=4, min_border_top=18,
            background_fill_alpha=0, border_fill_alpha=0, stylesheets=[_NO_RING_ON_CLICK],
            lod_threshold=None,  # else a gesture leaves a tenth of the stars
            lod_timeout=_REST_MS,
        )  # fmt: skip
        fig.toolbar.update(active_drag=self._tools[0], active_scroll=zoom, active_tap=None)
        for axis in fig.axis:
            axis.update(
                axis_label_text_font=FONT, axis_label_text_font_size="12px",
                axis_label_text_font_style="normal", axis_label_standoff=6,
                major_label_text_font=FONT, major_label_text_font_size="11px",
                major_label_standoff=5, minor_tick_line_color=None, axis_line_color=None,
                major_tick_in=0, major_tick_out=4,
            )  # fmt: skip
        return fig

    def _markers(self) -> Any:
        # a filter's indices are replaced (None: all), never the filter: a new model has Bokeh look
        # through all models of the page
        view = CDSView(filter=IndexFilter(indices=None))
        return self.fig.scatter(
            "x", "y", source=self._source, view=view, size=7, marker="marker",
            fill_color="color", line_width=0.5, fill_alpha=0.85, line_alpha=0.9,
        )  # fmt: skip

    def _rings(
        self, source: ColumnDataSource, size: float, width: float, alpha: float = 1.0
    ) -> Any:
        return self.fig.scatter(
            "x", "y", source=source, size=size, fill_color=None, line_width=width, line_alpha=alpha,
            level="overlay",
        )  # fmt: skip

    def _crosses(self, source: ColumnDataSource, width: float) -> Any:
        return self.fig.scatter(
            "x", "y", source=source, size=20, marker="cross", line_width=width, level="overlay"
        )

    def _light(self, lit: NDArray[np.integer] | None) -> None:
        self._has_lit = lit is not None
        self._lit.view.filter.indices = [] if lit is None else lit.tolist()
        self._lit.visible = self._has_lit and self._stars.visible
        self._fade_unlit()

    def _fade_unlit(self) -> None:
        if self._has_lit:
            self._stars.glyph.update(fill_color=value(self._grey), fill_alpha=0.7, line_alpha=0.0)
        else:
            self._stars.glyph.update(fill_color="color", fill_alpha=0.85, line_alpha=0.6)

    _has_lit = False
    _grey = GREY["light"]
