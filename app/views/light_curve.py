"""The light curve of the star in focus: against time, or folded over two cycles.

Points keep their error bars; upper limits are open triangles, points marked bad are hollow, the
second cycle is paler, the line is the running median. The caption counts them and says where phase
zero is.
"""

from html import escape
from typing import Any

import numpy as np
import panel as pn

from app.atlas_store import AtlasStore
from app.formats import other_time_unit
from app.light_curve_figure import LightCurveFigure
from app.period_bar import PeriodBar, known_periods
from app.photometry import Fold, Photometry, fold, photometry
from app.state import AppState
from app.styles import WORDS, plot_box, plot_column, show_plot


class LightCurveView(pn.viewable.Viewer):
    """Light curve of `state.focus`, folded as `PeriodBar` says."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.points: Photometry | None = None
        self.fold: Fold | None = None
        self.bar = PeriodBar(state, on_base_period=self._draw)
        self.drawing = LightCurveFigure(store.survey.bands)
        self.plot = plot_box(self.drawing.figure)
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
        self.drawing.show(points, self.fold, self.state.theme)
        self.caption.object = self._caption(points)

    def _caption(self, points: Photometry) -> str:
        colors = self.drawing.colors(self.state.theme)
        marks = [
            f'<span style="color:{colors[band]}">●</span> {escape(band)} {count}'
            for band, count in zip(
                *np.unique(points.band[points.good], return_counts=True), strict=True
            )
        ]
        low, high = self.drawing.frame
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
