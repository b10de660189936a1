"""The figure of a light curve, made once: points with errors, a paler repeat, a median, limits.

Beside the star: ticks where its spectra were taken, and the points of a star it is compared with.
The browser folds the sources named here by itself while a dial turns (static/ephemeris_bar.js).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import CategoricalColorMapper, ColumnDataSource, HoverTool, Range1d
from bokeh.transform import transform
from numpy.typing import NDArray

from app.figures import INK, card_figure, paint, readable, set_range
from app.light_curve_columns import (
    COLUMNS,
    DOUBTFUL_COLUMNS,
    doubtful_columns,
    epoch_columns,
    light_curve_columns,
    median_columns,
    point_alpha,
    value_range,
)
from app.photometry import Fold, Photometry
from data_pipeline.schema import Band

Floats = NDArray[np.float64]
REPEAT_ALPHA = 0.4
"""How much paler the second cycle of a fold is than the first."""

OWN_COLORS = ("#2b6cb0", "#c0392b", "#2f855a", "#805ad5", "#b7791f", "#4a5568")
"""For bands to which the survey gives one and the same colour."""

TOOLTIPS = """<div style="font-size:11px"><b>@value{0.000}</b> ± @err{0.000} @band<br>
@time{0.00000} d @camera @note</div>"""
EPOCH_TOOLTIPS = """<div style="font-size:11px">spectrum @name</div>"""


class LightCurveFigure:
    """Persistent figure whose data, ranges and inks are replaced.

    Attributes
    ----------
    figure : bokeh figure
    source, doubtful, median : ColumnDataSource
        Good points; upper limits and points marked bad; the running median.
    frame : (float, float)
        Lowest and highest value that is shown.
    """

    def __init__(self, bands: Mapping[str, Band]) -> None:
        self._bands = dict(sorted(bands.items(), key=lambda item: item[1].wavelength_angstrom or 0))
        self.frame = 0.0, 1.0
        self.x_range, self.y_range = Range1d(start=0, end=1), Range1d(start=0, end=1)
        self.source = ColumnDataSource({n: [] for n in COLUMNS}, name="light-curve-points")
        self.doubtful = ColumnDataSource(
            {name: [] for name in DOUBTFUL_COLUMNS}, name="light-curve-doubtful"
        )
        self.median = ColumnDataSource({"x": [], "y": []})
        self.epochs = ColumnDataSource({"x": [], "name": []})
        self.other = ColumnDataSource({"x": [], "repeat": [], "value": []})
        palette = list(self.colors("light").values())
        self._mapper = CategoricalColorMapper(factors=list(self._bands), palette=palette)
        self.figure = card_figure(
            "", "", TOOLTIPS, x_range=self.x_range, y_range=self.y_range, name="light-curve"
        )
        self.epoch_marks = self.figure.vspan(
            x="x", source=self.epochs, line_dash=[4, 3], line_width=1.3, name="light-curve-epochs"
        )
        self._layers = [self._draw_cycle("x"), self._draw_cycle("repeat")]
        self._others = [
            self.figure.scatter(
                x, "value", source=self.other, marker="circle", size=4.2, fill_color=None,
                line_alpha=0.6 if x == "x" else 0.3,
            )
            for x in ("x", "repeat")
        ]  # fmt: skip
        self.median_line = self.figure.line(
            "x", "y", source=self.median, line_width=1.6, name="light-curve-median"
        )
        self.figure.hover.renderers = [layer for layers in self._layers for layer in layers[1:]]
        self.figure.add_tools(
            HoverTool(tooltips=EPOCH_TOOLTIPS, renderers=[self.epoch_marks], line_policy="nearest")
        )

    def _draw_cycle(self, x: str) -> tuple[Any, Any, Any]:
        """Error bars, good points and doubtful points of one cycle."""
        color = transform("group", self._mapper)
        bars = self.figure.segment(
            x, "low", x, "high", source=self.source, line_color=color, line_width=0.8
        )
        dots = self.figure.scatter(
            x, "value", source=self.source, marker="circle", size=4.2, color=color
        )
        hollow = self.figure.scatter(
            x, "value", source=self.doubtful, marker="marker", size=5, line_color=color,
            fill_color=None,
        )  # fmt: skip
        return bars, dots, hollow

    def colors(self, theme: str) -> dict[str, str]:
        """Colour of each band in a theme."""
        given = [band.color for band in self._bands.values()]
        if len(set(given)) < len(given):
            given = [OWN_COLORS[i % len(OWN_COLORS)] for i in range(len(given))]
        return {
            name: readable(color, theme) for name, color in zip(self._bands, given, strict=True)
        }

    def camera_colors(self, points: Photometry, theme: str) -> dict[str, str]:
        """Colour of each camera of a star in a theme."""
        names = np.unique(points.camera).tolist()
        return {
            name: readable(OWN_COLORS[i % len(OWN_COLORS)], theme) for i, name in enumerate(names)
        }

    def show(
        self, points: Photometry, fold: Fold | None, theme: str, by_camera: bool = False
    ) -> None:
        """Draw a star, folded or, without a fold, against time; coloured by band or by camera."""
        colors = self.camera_colors(points, theme) if by_camera else self.colors(theme)
        self._mapper.update(factors=list(colors), palette=list(colors.values()))
        self.source.data = light_curve_columns(points, fold, points.good, by_camera)
        self.doubtful.data = doubtful_columns(points, fold, by_camera)
        self.median.data = median_columns(points, fold)
        alpha = point_alpha(int(points.good.sum()))
        for layers, share in zip(self._layers, (1.0, REPEAT_ALPHA), strict=True):
            bars, dots, hollow = layers
            bars.glyph.line_alpha = hollow.glyph.line_alpha = alpha * share
            dots.glyph.update(fill_alpha=alpha * share, line_alpha=alpha * share)
        self._set_axes(points, fold)
        self.paint(theme)

    def mark_epochs(self, times: Floats, names: list[str], fold: Fold | None) -> None:
        """Mark when spectra were taken, shape (n,), in the time of the points."""
        self.epochs.data = epoch_columns(times, names, fold)

    def lay_over(self, columns: dict[str, Any] | None) -> None:
        """Draw the points of another star (x, repeat, value), or none."""
        self.other.data = columns or {"x": [], "repeat": [], "value": []}

    def paint(self, theme: str) -> None:
        """Take the inks of a theme."""
        if theme == self._theme:
            return
        self._theme = theme
        ink = INK[theme]
        paint(self.figure, theme)
        self.median_line.glyph.line_color = ink.text
        self.epoch_marks.glyph.line_color = ink.muted
        for other in self._others:
            other.glyph.line_color = ink.accent

    def _set_axes(self, points: Photometry, fold: Fold | None) -> None:
        self.frame = low, high = value_range(points)
        bottom, top = (high, low) if points.quantity == "mag" else (low, high)
        set_range(self.y_range, bottom, top)
        if fold is not None:
            start, end = 0.0, 2.0
        else:
            margin = 0.02 * max(float(np.ptp(points.time)), 1e-3)
            start, end = points.time.min() - margin, points.time.max() + margin
        set_range(self.x_range, float(start), float(end))
        self.figure.xaxis.axis_label = "phase [cycles]" if fold else points.axis_label
        self.figure.yaxis.axis_label = points.value_label

    _theme = ""
