"""Three small figures of the parts of a class: a diagram, light curves, spectra, with spreads."""

from collections.abc import Sequence

import numpy as np
from bokeh.models import BasicTicker, ColumnDataSource, Range1d
from bokeh.plotting import figure

from app.atlas_store import AtlasStore
from app.curves import visible_range
from app.diagrams import Diagram
from app.figures import card_figure, paint, readable, set_range
from app.parts import Part, is_relative

MAX_POINTS = 3000
"""Stars drawn in the diagram, evenly through the class."""

FEWEST = 3
"""The median of fewer stars says nothing of a part and is not drawn."""


class PartFigures:
    """Persistent figures whose data is replaced.

    Attributes
    ----------
    figures : dict of str to bokeh figure
        "diagram", "curves", "spectra"; those the survey has data for.

    Parameters
    ----------
    diagram : Diagram or None
    value_label : str
        Label of the light curves' axis; empty without light curves.
    has_spectra : bool
    """

    def __init__(
        self, diagram: Diagram | None, value_label: str = "", has_spectra: bool = True
    ) -> None:
        self._diagram = diagram
        self._points = ColumnDataSource({"x": [], "y": [], "color": []})
        self._bands = ColumnDataSource({"xs": [], "ys": [], "color": []})
        self._curves = ColumnDataSource({"xs": [], "ys": [], "color": []})
        self._spectra = ColumnDataSource({"xs": [], "ys": [], "color": []})
        self._spreads = ColumnDataSource({"xs": [], "ys": [], "color": []})
        self._ranges = {
            name: (Range1d(start=0, end=1), Range1d(start=0, end=1))
            for name in ("diagram", "curves", "spectra")
        }
        labels: dict[str, tuple[str, str]] = {}
        if diagram is not None:
            labels["diagram"] = diagram.x_label, diagram.y_label
        if value_label:
            labels["curves"] = "phase", value_label
        if has_spectra:
            labels["spectra"] = "λ vacuum [Å]", "flux / mean"
        self.figures = {name: self._figure(name, *pair) for name, pair in labels.items()}
        self._is_magnitude = "mag" in value_label
        self._draw_glyphs()

    def _figure(self, name: str, x_label: str, y_label: str) -> figure:
        x_range, y_range = self._ranges[name]
        fig = card_figure(x_label, y_label, x_range=x_range, y_range=y_range)
        fig.min_border_left = 40
        fig.xaxis.ticker = BasicTicker(desired_num_ticks=4)
        return fig

    def _draw_glyphs(self) -> None:
        if diagram := self.figures.get("diagram"):
            diagram.scatter("x", "y", source=self._points, size=4, fill_color="color",
                            fill_alpha=0.55, line_color=None)  # fmt: skip
        if curves := self.figures.get("curves"):
            curves.patches("xs", "ys", source=self._bands, fill_color="color", fill_alpha=0.13,
                           line_color=None)  # fmt: skip
            curves.multi_line("xs", "ys", source=self._curves, line_color="color", line_width=1.6)
        if spectra := self.figures.get("spectra"):
            spectra.patches("xs", "ys", source=self._spreads, fill_color="color", fill_alpha=0.16,
                            line_color=None)  # fmt: skip
            spectra.multi_line("xs", "ys", source=self._spectra, line_color="color", line_width=1)

    def show(self, parts: Sequence[Part], theme: str) -> None:
        """Draw the parts in their colours."""
        colors = {part.number: readable(part.color, theme) for part in parts}
        self._show_diagram(parts, colors)
        self._show_curves([part for part in parts if part.n_curves >= FEWEST], colors)
        self._show_spectra([part for part in parts if part.n_spectra >= FEWEST], colors)
        for fig in self.figures.values():
            paint(fig, theme)

    def _show_diagram(self, parts: Sequence[Part], colors: dict[int, str]) -> None:
        if self._diagram is None:
            return
        ordered = sorted(parts, key=lambda part: part.number)  # the rest below, then by size
        rows = np.concatenate([part.rows for part in ordered] or [np.empty(0, dtype=np.int64)])
        color = np.repeat([colors[part.number] for part in ordered], [len(p.rows) for p in ordered])
        step = -(-len(rows) // MAX_POINTS) or 1
        x, y = self._diagram.x[rows], self._diagram.y[rows]
        self._points.data = {"x": x[::step], "y": y[::step], "color": color[::step].astype(object)}
        for axis, values, backwards in zip(
            self._ranges["diagram"], (x, y), (self._diagram.invert_x, self._diagram.invert_y),
            strict=True,
        ):  # fmt: skip
            _show_all(axis, values, backwards)

    def _show_curves(self, parts: Sequence[Part], colors: dict[int, str]) -> None:
        phase = [np.concatenate([part.phase, part.phase + 1]) for part in parts]
        median = [np.tile(part.curve[1], 2) for part in parts]
        outline = [
            np.concatenate([np.tile(p.curve[0], 2), np.tile(p.curve[2], 2)[::-1]]) for p in parts
        ]
        color = [colors[part.number] for part in parts]
        self._curves.data = {"xs": phase, "ys": median, "color": color}
        around = [np.concatenate([x, x[::-1]]) for x in phase]
        self._bands.data = {"xs": around, "ys": outline, "color": color}
        set_range(self._ranges["curves"][0], 0.0, 2.0)
        _show_all(
            self._ranges["curves"][1], np.concatenate(outline or [np.empty(0)]), self._is_magnitude
        )

    def _show_spectra(self, parts: Sequence[Part], colors: dict[int, str]) -> None:
        color = [colors[part.number] for part in parts]
        wavelength = [part.wavelength for part in parts]
        self._spectra.data = {
            "xs": wavelength, "ys": [part.flux[1] for part in parts], "color": color,
        }  # fmt: skip
        outline = [np.concatenate([part.flux[0], part.flux[2][::-1]]) for part in parts]
        around = [np.concatenate([x, x[::-1]]) for x in wavelength]
        self._spreads.data = {"xs": around, "ys": outline, "color": color}
        x, y = self._ranges["spectra"]
        _show_all(x, np.concatenate(wavelength or [np.empty(0)]), False)
        _show_all(y, np.concatenate(outline or [np.empty(0)]), False)


def _show_all(axis_range: Range1d, values: np.ndarray, backwards: bool) -> None:
    """Set a range to all values; it stays where it is while there are none."""
    if not np.isfinite(values).any():
        return
    low, high = visible_range(values, margin=0.06)
    set_range(axis_range, *((high, low) if backwards else (low, high)))


def value_label(store: AtlasStore) -> str:
    """Label of the light curves about their medians; empty where the survey has none."""
    if store.missing("photometry"):
        return ""
    if any(band.native == "mag" for band in store.survey.bands.values()):
        return "Δ mag"
    return "Δ flux / median" if is_relative(store) else "Δ flux"
