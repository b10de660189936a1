"""The figure of a periodogram, made once: power, window function, peaks, the period of the fold."""

from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.models.annotations import Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from app.figures import FONT, INK, card_figure, paint, set_range
from app.periodogram import BOX, Periodogram, envelope

TOOLTIPS = """<div style="font-size:11px">P <b>@period{0.000000}</b> d<br>
f @x{0.000000} d⁻¹ · power @power{0.000}<br>click to fold</div>"""
NAME_ROOM = 0.16
"""Width of the name of a peak, as a share of the frame's."""
ROOM = 1.14
"""Height of the frame over the highest power: room for the peaks' names."""


class PeriodogramFigure:
    """Persistent figure whose data, ranges and inks are replaced.

    Attributes
    ----------
    fig : bokeh figure
        Frequency, logarithmic, against power.
    line, peaks : ColumnDataSource
    """

    def __init__(self) -> None:
        self.x_range: Any = Range1d(start=0.001, end=33)
        self.y_range: Any = Range1d(start=0, end=1)
        self.line = ColumnDataSource({"x": [], "power": [], "window": []})
        self.peaks = ColumnDataSource(
            {name: [] for name in ("x", "power", "period", "text", "align")}
        )
        self.multiples = ColumnDataSource({"x": []})
        self.fig = self._make_figure()

    def show(self, result: Periodogram, with_window: bool) -> None:
        """Draw another periodogram, all of it."""
        frequency = result.frequency
        self._result = result
        set_range(self.x_range, float(frequency[0]), float(frequency[-1]))
        set_range(self.y_range, 0.0, ROOM * float(result.power.max()))
        self.fig.yaxis.axis_label = "depth / error" if result.n_harmonics == BOX else "power"
        places = result.peaks()
        self.peaks.data = {
            "x": frequency[places],
            "power": result.power[places],
            "period": 1 / frequency[places],
            "text": _names(frequency[places], frequency[-1] / frequency[0]),
            "align": _aligned(frequency[places], frequency[0], frequency[-1]),
        }
        known = np.isfinite(result.false_alarm_power)
        self._alarm.update(location=result.false_alarm_power if known else -1, visible=bool(known))
        self.draw(with_window)

    def draw(self, with_window: bool) -> None:
        """Draw what the frame shows of the periodogram as finely as it can be seen."""
        if self._result is None:
            return
        columns = envelope(self._result, self.x_range.start, self.x_range.end)
        window = columns["window"] * self.y_range.end / ROOM
        if not with_window:
            window = np.full(len(window), np.nan)
        self.line.data = {**columns, "window": window}

    def mark(self, period_days: float) -> None:
        """Mark the period of the fold, its half, double, third and triple."""
        known = np.isfinite(period_days) and period_days > 0
        self._now.update(location=1 / period_days if known else 0, visible=bool(known))
        factors = np.array([1 / 3, 1 / 2, 2, 3])
        self.multiples.data = {"x": factors / period_days if known else []}

    def paint(self, theme: str) -> None:
        """Take the inks of a theme."""
        ink = INK[theme]
        paint(self.fig, theme)
        self._power.glyph.line_color = ink.text
        self._window.glyph.update(fill_color=ink.muted, fill_alpha=0.28)
        self._now.line_color = ink.accent
        self._multiples.glyph.update(line_color=ink.accent, line_alpha=0.5)
        self._alarm.line_color = ink.muted
        self._peaks.glyph.update(line_color=ink.accent, fill_color=ink.panel)
        self._names.glyph.text_color = ink.text

    def _make_figure(self) -> figure:
        fig = card_figure(
            "frequency [d⁻¹]", "power", TOOLTIPS, zoom="width", x_axis_type="log",
            x_range=self.x_range, y_range=self.y_range, name="periodogram",
        )  # fmt: skip
        self._window = fig.varea("x", y1=0, y2="window", source=self.line)
        self._multiples = fig.vspan(x="x", source=self.multiples, line_dash=[2, 4], line_width=1.2)
        self._now = Span(dimension="height", line_width=1.6, visible=False)
        self._alarm = Span(dimension="width", line_width=1, line_dash=[5, 4], visible=False)
        for span in (self._now, self._alarm):
            fig.add_layout(span)
        self._power = fig.line("x", "power", source=self.line, line_width=1)
        self._peaks = fig.scatter("x", "power", source=self.peaks, size=6, line_width=1.4)
        self._names = fig.text(
            "x", "power", text="text", source=self.peaks, text_align="align", y_offset=-5,
            text_baseline="bottom", text_font=value(FONT), text_font_size="10px",
        )  # fmt: skip
        fig.hover.renderers = [self._peaks]
        fig.add_tools(HoverTool(renderers=[self._names], tooltips=TOOLTIPS))
        return fig

    _result: Periodogram | None = None


def _aligned(frequency: NDArray[np.float64], low: float, high: float) -> list[str]:
    """On which side of a peak its name stands, so that the frame does not cut it."""
    place = np.log(frequency / low) / np.log(high / low)
    near = NAME_ROOM / 2
    return ["left" if at < near else "right" if at > 1 - near else "center" for at in place]


def _names(frequency: NDArray[np.float64], width: float) -> list[str]:
    """Periods of the peaks, highest first; none where it would touch the name of a higher one."""
    names: list[str] = []
    named: list[float] = []
    for place in np.log(frequency) / np.log(width):
        is_free = all(abs(place - other) > NAME_ROOM for other in named)
        named += [float(place)] if is_free else []
        names.append(f"{1 / frequency[len(names)]:.5g} d" if is_free else "")
    return names
