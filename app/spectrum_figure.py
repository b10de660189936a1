"""The figure of a spectrum, made once: flux and its error, named lines, bands of the air.

Below the star's own spectrum lie the medians of two classes, other epochs of the same star, and a
star it is compared with, all on the same scale: flux over its median.
"""

from collections.abc import Sequence
from typing import Any, cast

from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearAxis, Range1d
from bokeh.models.annotations import Label
from bokeh.plotting import figure

from app.figures import FONT, INK, card_figure, paint, readable, set_range
from app.lines import Line
from app.spectrum_columns import flux_range, label_columns, line_columns, telluric_columns

LABEL_ROOM_PX = 44
"""Height kept above the frame for the names of the lines."""
ELBOW = 0.1
"""Height inside the frame in which lines bend towards their names, as a share of the flux range."""

TOOLTIPS = """<div style="font-size:11px">λ <b>@x{0.0}</b> Å vacuum (@air{0.0} air)<br>
flux @flux{0.000}</div>"""
LINE_TOOLTIPS = """<div style="font-size:11px"><b>@name</b> @vacuum{0.00} Å vacuum
(@air{0.00} air) @note</div>"""
_FLUX = ("x", "air", "flux", "low", "high")

Curve = tuple[Any, Any]
"""Wavelength and flux, equal lengths."""


class SpectrumFigure:
    """Persistent figure whose data, ranges and inks are replaced.

    Attributes
    ----------
    fig : bokeh figure
    source, marks : ColumnDataSource
        The spectrum; the lines.
    references : list of ColumnDataSource
        Medians of the catalogue's class and of the suggested one.
    others, compared : ColumnDataSource
        Other epochs; the star it is compared with.
    """

    def __init__(self) -> None:
        self.x_range: Any = Range1d(start=3800, end=9000)
        self.y_range: Any = Range1d(start=0, end=1)
        self.source = ColumnDataSource({name: [] for name in _FLUX})
        names = ("x", "name", "vacuum", "air", "note", "bottom", "top")
        self.marks = ColumnDataSource({name: [] for name in names})
        self.labels = ColumnDataSource({name: [] for name in ("x", "mark", "name", "foot", "y")})
        self.telluric = ColumnDataSource({name: [] for name in ("x0", "x1", "x", "name", "y")})
        self.references = [ColumnDataSource({"x": [], "flux": []}) for _ in range(2)]
        self.others = ColumnDataSource({"xs": [], "ys": []})
        self.compared = ColumnDataSource({"x": [], "flux": []})
        self.fig = self._make_figure()

    def show(self, columns: dict[str, Any], lines: Sequence[Line], velocity_km_s: float) -> None:
        """Draw another spectrum with these lines, moved by a velocity; all of it is seen."""
        start, end = float(columns["x"][0]), float(columns["x"][-1])
        low, high = flux_range(columns)
        top = high + (ELBOW * (high - low) if lines else 0)
        set_range(self.x_range, start, end)
        set_range(self.y_range, low, top)
        self.source.data = columns
        self.note.text = ""
        telluric = telluric_columns(start, end)
        self.telluric.data = {**telluric, "y": [low] * len(telluric["x"])}
        marks = line_columns(lines, start, end, velocity_km_s)
        labels = label_columns(marks, start, end)
        n_marks, n_labels = len(marks["x"]), len(labels["x"])
        self.marks.data = {**marks, "bottom": [low] * n_marks, "top": [high] * n_marks}
        self.labels.data = {**labels, "foot": [high] * n_labels, "y": [top] * n_labels}
        places = labels["x"].tolist()
        self.places.ticks = places
        self.names.major_label_overrides = dict(zip(places, labels["name"], strict=True))
        self.fig.min_border_top = LABEL_ROOM_PX if lines else 6

    def take_away(self, words: str) -> None:
        """Leave the axes and the lines, without the spectrum, and say so in the frame."""
        self.source.data = {name: [] for name in _FLUX}
        self.note.text = words

    def lay_under(
        self, references: Sequence[Curve | None], others: Sequence[Curve], compared: Curve | None
    ) -> None:
        """Draw medians of two classes, other epochs and another star below the spectrum."""
        nothing: Curve = ([], [])
        for source, reference in zip(self.references, references, strict=True):
            source.data = dict(zip(("x", "flux"), reference or nothing, strict=True))
        self.others.data = {"xs": [x for x, _ in others], "ys": [flux for _, flux in others]}
        self.compared.data = dict(zip(("x", "flux"), compared or nothing, strict=True))

    def paint(self, theme: str, colors: Sequence[str]) -> None:
        """Take the inks of a theme; the two references have colours of their own."""
        for line, color in zip(self.reference_lines, colors, strict=True):
            line.glyph.line_color = readable(color, theme)
        if theme == self._theme:
            return
        self._theme = theme
        ink = INK[theme]
        paint(self.fig, theme)
        self.note.text_color = ink.text
        self.strips.glyph.update(fill_color=ink.muted, fill_alpha=0.12)
        self.earth.glyph.text_color = ink.muted
        self.band.glyph.update(fill_color=ink.accent, fill_alpha=0.22)
        self.line.glyph.line_color = ink.text
        for marks in (self.stems, self.elbows):
            marks.glyph.update(line_color=ink.accent, line_alpha=0.45)
        self.names.major_label_text_color = ink.muted
        self.other_lines.glyph.line_color = ink.muted
        self.compared_line.glyph.line_color = ink.accent

    def _make_figure(self) -> figure:
        fig = card_figure(
            "wavelength in vacuum [Å]", "flux / median", TOOLTIPS,
            zoom="width",  # the names of the lines stay at the top
            x_range=self.x_range, y_range=self.y_range, name="spectrum",
        )  # fmt: skip
        self.note = Label(
            x=8, y=5, x_units="screen", y_units="screen", text="", text_font=FONT,
            text_font_size="11.5px", text_font_style="bold",
        )  # fmt: skip
        fig.add_layout(self.note)
        self.strips = fig.vstrip("x0", "x1", source=self.telluric, line_color=None)
        self.earth = fig.text(
            "x", "y", source=self.telluric, text={"value": "⊕"}, text_align="center",
            text_font_size="11px", text_baseline="bottom",
        )  # fmt: skip
        self.stems = fig.segment("x", "bottom", "x", "top", source=self.marks, line_width=1)
        self.elbows = fig.segment("mark", "foot", "x", "y", source=self.labels, line_width=1)
        self.band = fig.varea("x", "low", "high", source=self.source)
        self.other_lines = fig.multi_line("xs", "ys", source=self.others, line_alpha=0.55)
        self.line = fig.line("x", "flux", source=self.source, line_width=1)
        self.compared_line = fig.line("x", "flux", source=self.compared, line_width=1.2)
        self.reference_lines = [
            fig.line("x", "flux", source=source, line_width=1.8, line_dash=dash)
            for source, dash in zip(self.references, ("solid", "dashed"), strict=True)
        ]
        self.places = FixedTicker(ticks=[])
        self.names = LinearAxis(
            ticker=cast(Any, self.places), major_label_orientation="vertical",
            major_label_text_font=FONT, major_label_text_font_size="10px", major_label_standoff=2,
            major_tick_line_color=None, minor_tick_line_color=None, axis_line_color=None,
        )  # fmt: skip
        fig.add_layout(self.names, "above")
        fig.hover.update(renderers=[self.line], mode="vline", line_policy="nearest")
        fig.add_tools(HoverTool(tooltips=LINE_TOOLTIPS, renderers=[self.stems]))
        return fig

    _theme = ""
