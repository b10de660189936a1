"""The spectrum of the star in focus: flux over its median against vacuum wavelength.

One persistent figure whose data is replaced. Lines are named after the class of the star (or a
chosen set), moved with its radial velocity; bands of the Earth's air are shaded and marked ⊕.
"""

import math
from html import escape
from typing import Any, cast

import panel as pn
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearAxis, Range1d
from bokeh.plotting import figure

from app.atlas_store import AtlasStore
from app.blinding import seen_label
from app.figures import FONT, INK, card_figure, paint, set_range
from app.formats import minus
from app.lines import LINE_SETS, line_set_name, sorted_lines
from app.spectrum_columns import (
    flux_range,
    label_columns,
    line_columns,
    spectrum_columns,
    telluric_columns,
)
from app.state import AppState
from app.styles import CONTROLS, WORDS, plot_box, plot_column, show_plot
from data_pipeline.spectra import Spectrum

AUTO, OFF = "auto", "no lines"
LABEL_ROOM_PX = 44
"""Height kept above the frame for the names of the lines."""
ELBOW = 0.1
"""Height inside the frame in which lines bend towards their names, as a share of the flux range."""

TOOLTIPS = """<div style="font-size:11px">λ <b>@x{0.0}</b> Å vacuum (@air{0.0} air)<br>
flux @flux{0.000}</div>"""
LINE_TOOLTIPS = """<div style="font-size:11px"><b>@name</b> @vacuum{0.00} Å vacuum
(@air{0.00} air) @note</div>"""


class SpectrumView(pn.viewable.Viewer):
    """Spectrum of `state.focus`; the best first where a star has several."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.spectra: list[Spectrum] = []
        self.x_range, self.y_range = Range1d(start=3800, end=9000), Range1d(start=0, end=1)
        self.source = ColumnDataSource({name: [] for name in ("x", "air", "flux", "low", "high")})
        names = ("x", "name", "vacuum", "air", "note", "bottom", "top")
        self.marks = ColumnDataSource({name: [] for name in names})
        self.labels = ColumnDataSource({name: [] for name in ("x", "mark", "name", "foot", "y")})
        self.telluric = ColumnDataSource({name: [] for name in ("x0", "x1", "x", "name", "y")})
        self.figure = self._make_figure()
        self._loading = False
        self._make_panes()
        self._load()
        state.param.watch(self._on_state, ["focus", "theme", "blind"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self.column

    def _make_figure(self) -> figure:
        fig = card_figure(
            "wavelength in vacuum [Å]", "flux / median", TOOLTIPS,
            zoom="width",  # the names of the lines stay at the top
            x_range=self.x_range, y_range=self.y_range,
        )  # fmt: skip
        self.strips = fig.vstrip("x0", "x1", source=self.telluric, line_color=None)
        self.earth = fig.text(
            "x", "y", source=self.telluric, text={"value": "⊕"}, text_align="center",
            text_font_size="11px", text_baseline="bottom",
        )  # fmt: skip
        self.stems = fig.segment("x", "bottom", "x", "top", source=self.marks, line_width=1)
        self.elbows = fig.segment("mark", "foot", "x", "y", source=self.labels, line_width=1)
        self.band = fig.varea("x", "low", "high", source=self.source)
        self.line = fig.line("x", "flux", source=self.source, line_width=1)
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

    def _make_panes(self) -> None:
        self.plot = plot_box(self.figure)
        html: dict[str, Any] = {"sizing_mode": "stretch_width", **WORDS}
        self.caption = pn.pane.HTML(css_classes=["card-caption"], **html)
        self.message = pn.pane.HTML(
            css_classes=["card-message"], **{**html, "sizing_mode": "stretch_width"}
        )
        self.line_set = pn.widgets.Select(options=[AUTO], value=AUTO, width=150, **CONTROLS)
        self.smoothed = pn.widgets.Toggle(label="smooth", width=64, **CONTROLS)
        self.which = pn.widgets.Select(width=118, visible=False, **CONTROLS)
        self.bar = pn.Row(
            self.line_set, self.smoothed, self.which,
            css_classes=["card-bar"], sizing_mode="stretch_width", **CONTROLS,
        )  # fmt: skip
        self.column = plot_column(self.bar, self.message, self.plot, self.caption)
        for widget in (self.line_set, self.smoothed, self.which):
            widget.param.watch(self._draw, "value")

    def _on_state(self, *events: Any) -> None:
        with pn.io.hold():
            if any(event.name == "focus" for event in events):
                self._load()
            else:
                self._draw()

    def _load(self) -> None:
        row = self.state.focus
        found = self.store.spectra(row) if row >= 0 else []
        self.spectra = sorted(found, key=_signal_to_noise, reverse=True)
        with pn.io.hold():
            self._offer_choices()
            self._draw()

    def _offer_choices(self) -> None:
        """What the select boxes offer for this star; nothing is drawn yet."""
        self._loading = True
        sets = {name: name for name in LINE_SETS}
        epochs = {_epoch(i, spectrum): i for i, spectrum in enumerate(self.spectra)}
        self.line_set.options = {f"lines: {line_set_name(self._label)}": AUTO, **sets, OFF: OFF}
        self.which.param.update(options=epochs, value=0 if epochs else None)
        self.which.visible = len(epochs) > 1
        self._loading = False

    @property
    def _label(self) -> str | None:
        row = self.state.focus
        return seen_label(self.state, self.store, row) if row >= 0 else None

    def _draw(self, *_: Any) -> None:
        if self._loading:
            return
        with pn.io.hold():
            show_plot(self.column, bool(self.spectra))
            self.message.object = "" if self.spectra else self._message()
            if self.spectra:
                self._draw_spectrum(self.spectra[self.which.value or 0])
            self._paint()

    def _message(self) -> str:
        if self.state.focus < 0:
            return "Click a star on a map to see its spectrum."
        lacking = self.store.missing("spectra")
        return f"{lacking}." if lacking else "No spectrum of this star."

    def _draw_spectrum(self, spectrum: Spectrum) -> None:
        columns = spectrum_columns(spectrum, self.smoothed.value)
        start, end = float(spectrum.wavelength[0]), float(spectrum.wavelength[-1])
        low, high = flux_range(columns)
        top = high + (0 if self.line_set.value == OFF else ELBOW * (high - low))
        set_range(self.x_range, start, end)
        set_range(self.y_range, low, top)
        self.source.data = columns
        telluric = telluric_columns(start, end)
        self.telluric.data = {**telluric, "y": [low] * len(telluric["x"])}
        self._draw_lines(start, end, _line_velocity(spectrum), (low, high, top))
        self.caption.object = _caption(spectrum)

    def _draw_lines(
        self, start: float, end: float, velocity: float, heights: tuple[float, float, float]
    ) -> None:
        name = line_set_name(self._label) if self.line_set.value == AUTO else self.line_set.value
        lines = () if name == OFF else sorted_lines(name)
        marks = line_columns(lines, start, end, velocity)
        labels = label_columns(marks, start, end)
        low, high, top = heights
        n_marks, n_labels = len(marks["x"]), len(labels["x"])
        self.marks.data = {**marks, "bottom": [low] * n_marks, "top": [high] * n_marks}
        self.labels.data = {**labels, "foot": [high] * n_labels, "y": [top] * n_labels}
        places = labels["x"].tolist()
        self.places.ticks = places
        self.names.major_label_overrides = dict(zip(places, labels["name"], strict=True))
        self.figure.min_border_top = 6 if name == OFF else LABEL_ROOM_PX

    def _paint(self) -> None:
        ink = INK[self.state.theme]
        paint(self.figure, self.state.theme)
        self.strips.glyph.update(fill_color=ink.muted, fill_alpha=0.12)
        self.earth.glyph.text_color = ink.muted
        self.band.glyph.update(fill_color=ink.accent, fill_alpha=0.22)
        self.line.glyph.line_color = ink.text
        for marks in (self.stems, self.elbows):
            marks.glyph.update(line_color=ink.accent, line_alpha=0.45)
        self.names.major_label_text_color = ink.muted


def _signal_to_noise(spectrum: Spectrum) -> float:
    return spectrum.snr if math.isfinite(spectrum.snr) else -math.inf


def _epoch(place: int, spectrum: Spectrum) -> str:
    when = f"MJD {spectrum.time:.0f}" if math.isfinite(spectrum.time) else "undated"
    return f"{place + 1}: {when}"


def _line_velocity(spectrum: Spectrum) -> float:
    """Velocity [km/s] by which lines are moved: none where the wavelengths are at rest."""
    known = math.isfinite(spectrum.radial_velocity_km_s) and spectrum.frame != "rest"
    return spectrum.radial_velocity_km_s if known else 0.0


def _caption(spectrum: Spectrum) -> str:
    """Where the spectrum comes from and what was done to it."""
    velocity = _line_velocity(spectrum)
    parts = [
        escape(spectrum.instrument),
        f"MJD {spectrum.time:.0f}" if math.isfinite(spectrum.time) else "",
        f"S/N {spectrum.snr:.0f}" if math.isfinite(spectrum.snr) else "",
        minus(f"lines at {velocity:+.0f} km/s") if velocity else "",
    ]
    frame = f"{spectrum.frame} wavelengths" if spectrum.frame else "frame of wavelengths unknown"
    power = f"resolution {spectrum.resolution:.0f}" if math.isfinite(spectrum.resolution) else ""
    more = escape("; ".join(part for part in (frame, power, "flux over its median") if part))
    return f'<span title="{more}">{" · ".join(part for part in parts if part)}</span>'
