"""Small figures of where a star lies: the map of each kind of data, and a diagram with errors.

Made once; the crowd of all stars is a picture that changes with the theme alone, the stars of the
two classes in question are pictures above it, the star itself a ring with error bars.
"""

from typing import Any

import numpy as np
from bokeh.models import BasicTicker, ColumnDataSource, Range1d
from bokeh.models.annotations import Arrow, Label, NormalHead, Title
from bokeh.plotting import figure

from app.figures import FONT, INK, card_figure, paint, set_range
from app.places import Floats, Frame, Pixels

LAYERS = ("crowd", "first", "second")


class PlaceFigure:
    """One figure; `is_small` leaves the axes out and names it by a title.

    Attributes
    ----------
    fig : bokeh figure
    star, other : ColumnDataSource
        The star in focus with its errors; the one it is compared with.
    """

    def __init__(self, name: str, title: str, is_small: bool) -> None:
        self.x_range: Any = Range1d(start=0, end=1)
        self.y_range: Any = Range1d(start=0, end=1)
        self.star = ColumnDataSource({n: [] for n in ("x", "y", "x0", "x1", "y0", "y1")})
        self.other = ColumnDataSource({"x": [], "y": []})
        self.pictures = {
            layer: ColumnDataSource({n: [] for n in ("image", "x", "y", "dw", "dh")})
            for layer in LAYERS
        }
        self.is_small = is_small
        self.fig = self._make_figure(name, title)

    def set_frame(self, frame: Frame) -> None:
        """Show this part of the plane."""
        self.frame = frame
        set_range(self.x_range, *frame.x)
        set_range(self.y_range, *frame.y)

    def set_picture(self, layer: str, pixels: Pixels | None) -> None:
        """Replace the picture of one of `LAYERS`; None for none."""
        (x0, x1), (y0, y1) = self.frame
        self.pictures[layer].data = {
            # laid out from the lower ends of the axes, whichever way those run
            "image": [] if pixels is None else [pixels[:: _sign(y0, y1), :: _sign(x0, x1)]],
            "x": [] if pixels is None else [min(x0, x1)],
            "y": [] if pixels is None else [min(y0, y1)],
            "dw": [] if pixels is None else [abs(x1 - x0)],
            "dh": [] if pixels is None else [abs(y1 - y0)],
        }

    def set_star(self, xy: Floats, errors: tuple[float, float] = (0.0, 0.0)) -> None:
        """Ring a place, shape (2,), with error bars; nothing where it is not finite."""
        (x, y), (dx, dy) = xy, errors
        known = bool(np.isfinite(xy).all())
        row = {"x": x, "y": y, "x0": x - dx, "x1": x + dx, "y0": y - dy, "y1": y + dy}
        self.star.data = {name: [float(value)] if known else [] for name, value in row.items()}
        self.nowhere.visible = not known

    def set_other(self, xy: Floats | None) -> None:
        """Mark the place of the compared star, shape (2,)."""
        known = xy is not None and bool(np.isfinite(xy).all())
        x, y = xy if known and xy is not None else (0.0, 0.0)
        self.other.data = {"x": [float(x)] if known else [], "y": [float(y)] if known else []}

    def set_reddening(self, shift: tuple[float, float] | None) -> None:
        """Draw an arrow for one magnitude of A_V in a corner, or none."""
        self.arrow.visible = self.arrow_name.visible = shift is not None
        if shift is None:
            return
        (x0, x1), (y0, y1) = self.frame
        x, y = x0 + 0.7 * (x1 - x0), y0 + 0.86 * (y1 - y0)
        self.arrow.update(x_start=x, y_start=y, x_end=x + shift[0], y_end=y + shift[1])
        self.arrow_name.update(x=x, y=y)

    def paint(self, theme: str) -> None:
        """Take the inks of a theme."""
        if theme == self._theme:
            return
        self._theme = theme
        ink = INK[theme]
        paint(self.fig, theme)
        self._halo.glyph.line_color = ink.panel
        self._ring.glyph.line_color = ink.accent
        self._cross.glyph.line_color = ink.accent
        for bars in self._bars:
            bars.glyph.line_color = ink.accent
        self.arrow.update(line_color=ink.text)
        self._head.update(fill_color=ink.text, line_color=ink.text)
        for words in (self.arrow_name, self.nowhere):
            words.text_color = ink.text if words is self.arrow_name else ink.muted
        self._title.text_color = ink.muted

    def _make_figure(self, name: str, title: str) -> figure:
        fig = card_figure("", "", x_range=self.x_range, y_range=self.y_range, name=name)
        for layer in LAYERS:
            fig.image_rgba(source=self.pictures[layer])
        self._bars = [
            fig.segment("x0", "y", "x1", "y", source=self.star, line_width=1.6),
            fig.segment("x", "y0", "x", "y1", source=self.star, line_width=1.6),
        ]
        size = 11 if self.is_small else 13
        self._halo = fig.scatter(
            "x", "y", source=self.star, size=size, fill_color=None, line_width=5
        )
        self._ring = fig.scatter(
            "x", "y", source=self.star, size=size, fill_color=None, line_width=2.2
        )
        self._cross = fig.scatter("x", "y", source=self.other, marker="x", size=9, line_width=2)
        words: dict[str, Any] = {"text_font": FONT, "text_font_size": "10px", "visible": False}
        self._head = NormalHead(size=6)
        self.arrow = Arrow(end=self._head, visible=False, x_start=0, y_start=0, x_end=0, y_end=0)
        self.arrow.update(line_width=1.3)
        self.arrow_name = Label(
            x=0, y=0, text="A(V) = 1", text_align="right", x_offset=8, y_offset=4, **words
        )
        self.nowhere = Label(
            x=6, y=4, x_units="screen", y_units="screen", text="not placed here", **words
        )
        for one in (self.arrow, self.arrow_name, self.nowhere):
            fig.add_layout(one)
        self._title = Title(
            text=title, text_font=FONT, text_font_size="10.5px", text_font_style="normal",
            standoff=2,
        )  # fmt: skip
        if self.is_small:
            fig.title = self._title
            fig.axis.visible = False
            fig.grid.visible = False
            fig.update(min_border=2, min_border_left=2, min_border_right=2, min_border_top=2)
        else:
            fig.xaxis.ticker = BasicTicker(desired_num_ticks=4)
        return fig

    _theme = ""


def _sign(start: float, end: float) -> int:
    return 1 if end > start else -1
