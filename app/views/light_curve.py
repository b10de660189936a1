"""The light curve of the star in focus: against time, or folded over two cycles.

One persistent figure whose data is replaced. Points keep their error bars; upper limits are open
triangles, points marked bad are hollow, the second cycle is paler, the line is the running median.
"""

from html import escape
from typing import Any

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from app.atlas_store import AtlasStore
from app.curves import visible_range
from app.figures import INK, card_figure, paint, readable, set_range
from app.formats import other_time_unit
from app.light_curve_columns import COLUMNS, light_curve_columns, median_columns
from app.period_bar import PeriodBar, known_periods
from app.photometry import Fold, Photometry, fold, photometry
from app.state import AppState
from app.styles import WORDS, plot_box, plot_column, show_plot

TOOLTIPS = """<div style="font-size:11px"><b>@value{0.000}</b> ± @err{0.000} @band<br>
@time{0.00000} d @camera<br>@note</div>"""


class LightCurveView(pn.viewable.Viewer):
    """Light curve of `state.focus`, folded as `PeriodBar` says."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.points: Photometry | None = None
        self.fold: Fold | None = None
        self.frame = 0.0, 1.0
        self.bar = PeriodBar(state, on_base_period=self._draw)
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self.median = ColumnDataSource({"x": [], "y": []})
        self.x_range, self.y_range = Range1d(start=0, end=1), Range1d(start=0, end=1)
        self.figure = self._make_figure()
        self.plot = plot_box(self.figure)
        self.caption = pn.pane.HTML(
            sizing_mode="stretch_width", css_classes=["card-caption"], **WORDS
        )
        self.message = pn.pane.HTML(
            sizing_mode="stretch_width", css_classes=["card-message"], **WORDS
        )
        self.column = plot_column(self.bar, self.message, self.plot, self.caption)
        self._load()
        self._draw()
        state.param.watch(self._on_state, ["focus", "fold", "fold_factor", "theme"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self.column

    def _make_figure(self) -> figure:
        fig = card_figure("", "", TOOLTIPS, x_range=self.x_range, y_range=self.y_range)
        fig.segment(
            "x", "low", "x", "high",
            source=self.source, line_color="color", line_alpha="alpha", line_width=0.8,
        )  # fmt: skip
        dots = fig.scatter(
            "x", "value", marker="marker", size=4.2, source=self.source,
            line_color="color", line_alpha="alpha", fill_color="color", fill_alpha="fill_alpha",
        )  # fmt: skip
        self.median_line = fig.line("x", "y", source=self.median, line_width=1.6)
        fig.hover.renderers = [dots]
        return fig

    def _on_state(self, *events: Any) -> None:
        changed = {event.name for event in events}
        with pn.io.hold():
            if "focus" in changed:
                self._load()
                if "fold_factor" not in changed and self.state.fold_factor != 1:
                    self.state.fold_factor = 1.0  # a new star starts at P; this draws
                    return
            self._draw()

    def _load(self) -> None:
        row = self.state.focus
        light_curve = self.store.light_curve(row) if row >= 0 else None
        self.points = photometry(light_curve, self.store.survey.bands) if light_curve else None
        self.bar.offer(known_periods(self.store.objects, row) if row >= 0 else {})

    def _draw(self) -> None:
        with pn.io.hold():
            self.message.object = self._message()
            show_plot(self.column, self.points is not None)
            if self.points is not None:
                self._draw_points(self.points)
            self.bar.sync()

    def _message(self) -> str:
        if self.state.focus < 0:
            return "Click a star on a map to see its light curve."
        lacking = self.store.missing("photometry")
        return f"{lacking}." if lacking else "No light curve of this star."

    def _draw_points(self, points: Photometry) -> None:
        wanted = self.state.fold and self.bar.can_fold
        label = self.store.label(self.state.focus)
        self.fold = fold(points, self.bar.period_days, label) if wanted else None
        bands = self.store.survey.bands.items()
        colors = {name: readable(band.color, self.state.theme) for name, band in bands}
        self.source.data = light_curve_columns(points, self.fold, colors)
        self.median.data = median_columns(points, self.fold)
        self._set_axes(points)
        paint(self.figure, self.state.theme)
        self.median_line.glyph.line_color = INK[self.state.theme].text
        self.caption.object = self._caption(points, colors)

    def _set_axes(self, points: Photometry) -> None:
        detected = ~points.is_limit
        value = points.value[detected] if detected.any() else points.value
        self.frame = low, high = visible_range(value)
        bottom, top = (high, low) if points.quantity == "mag" else (low, high)
        set_range(self.y_range, bottom, top)
        if self.fold:
            start, end, label = 0.0, 2.0, "phase [cycles]"
        else:
            margin = 0.02 * max(float(np.ptp(points.time)), 1e-3)
            start, end = points.time.min() - margin, points.time.max() + margin
            label = points.axis_label
        set_range(self.x_range, float(start), float(end))
        self.figure.xaxis.axis_label = label
        self.figure.yaxis.axis_label = points.value_label

    def _caption(self, points: Photometry, colors: dict[str, str]) -> str:
        marks = [
            f'<span style="color:{colors[band]}">●</span> {escape(band)} {count}'
            for band, count in zip(
                *np.unique(points.band[points.good], return_counts=True), strict=True
            )
        ]
        low, high = self.frame
        outside = int(((points.value < low) | (points.value > high))[~points.is_limit].sum())
        counted = {
            "▽ {} limits": int(points.is_limit.sum()),
            "○ {} bad": int(points.is_bad.sum()),
            "{} off the frame": outside,
            "{} in another unit left out": points.left_out,
        }
        marks += [text.format(count) for text, count in counted.items() if count]
        if self.fold and other_time_unit(self.fold.period_days):
            marks.append(f"P {other_time_unit(self.fold.period_days)}")
        return f"<div>{' · '.join(marks)}</div><div>{self._fold_words(points)}</div>"

    def _fold_words(self, points: Photometry) -> str:
        if self.fold is None:
            span = f"{np.ptp(points.time):,.0f} d from first to last point"
            return span if self.bar.can_fold else f"No period is known: type one to fold. {span}"
        extremum = "minimum" if self.fold.at_minimum else "maximum"
        words = [
            f"f {1 / self.fold.period_days:.6g} d⁻¹",
            f"phase 0: {extremum}, {escape(points.date_text(self.fold.zero))}",
        ]
        return " · ".join(words)
