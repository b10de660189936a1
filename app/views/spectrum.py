"""The spectrum of the star in focus: flux over its median against vacuum wavelength.

Lines are named after the class of the star (or a chosen set), moved with its radial velocity unless
the spectrum is shown at rest; bands of the Earth's air are shaded and marked ⊕. With it come the
median spectra of the catalogue's class and of the suggested one, other epochs, a compared star.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import panel as pn

from app import spectrum_words
from app.atlas_store import AtlasStore
from app.background import Latest
from app.blinding import seen_label, two_classes
from app.lines import AUTO, OFF, Line, line_choices, line_set_name, shifted, sorted_lines
from app.palette import class_style
from app.spectrum_columns import spectrum_columns
from app.spectrum_figure import Curve, SpectrumFigure
from app.spectrum_words import Reference, line_velocity
from app.state import AppState, tie
from app.styles import CONTROLS, plot_box, plot_column, show_plot
from app.words import Words
from data_pipeline.spectra import Spectrum

ALL = -1
SWITCHES = ("line_set", "is_smoothed", "at_rest", "with_classes")
"""Of the state, each with a control above the spectrum."""


class SpectrumView(pn.viewable.Viewer):
    """Spectrum of `state.focus`; the best first where a star has several."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.spectra: list[Spectrum] = []
        self.other: Spectrum | None = None
        self.references: list[Reference | None] = [None, None]
        self._is_open = True
        self._row = -2
        self._loading = False
        self._find_references = Latest(self._show_references)
        self.drawing = SpectrumFigure()
        self._make_panes()
        self._load()
        state.param.watch(self._on_state, ["focus", "theme", "compared", "blind"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self.column

    @property
    def is_open(self) -> bool:
        """Whether it is looked at; only then is anything drawn."""
        return self._is_open

    @is_open.setter
    def is_open(self, is_open: bool) -> None:
        self._is_open = is_open
        if is_open and self._row != self.state.focus:
            self._load()

    def act(self, name: str) -> None:
        """Switch "rest" or "smooth", or show the "next epoch"."""
        if name == "rest":
            self.state.at_rest = not self.state.at_rest
        elif name == "smooth":
            self.state.is_smoothed = not self.state.is_smoothed
        elif name == "next epoch" and len(self.which.options) > 1:
            places = list(self.which.options.values())
            self.which.value = places[(places.index(self.which.value) + 1) % len(places)]

    def _make_panes(self) -> None:
        self.plot = plot_box(self.drawing.fig)
        self.caption, self.origin = (
            Words("card-caption"),
            Words("card-caption", css_classes=["card-caption", "origin"], align="center"),
        )
        self.message = Words("card-message")
        self.line_set = pn.widgets.Select(
            label="Lines",
            options=line_choices(),
            value=AUTO,
            sizing_mode="stretch_width",
            min_width=80,
            max_width=122,
            **CONTROLS,
        )
        self.smoothed = pn.widgets.Toggle(label="smooth", width=54, **CONTROLS)
        self.at_rest = pn.widgets.Toggle(label="rest", width=36, **CONTROLS)
        self.with_classes = pn.widgets.Toggle(label="classes", value=True, width=54, **CONTROLS)
        self.which = pn.widgets.Select(
            label="Epoch", sizing_mode="stretch_width", min_width=92, max_width=130, visible=False,
            **CONTROLS,
        )  # fmt: skip
        widgets = (self.line_set, self.smoothed, self.at_rest, self.with_classes, self.which)
        self.bar = pn.Row(
            *widgets, self.origin,
            css_classes=["card-bar"], sizing_mode="stretch_width", **CONTROLS,
        )  # fmt: skip
        self.column = plot_column(self.bar, self.message, self.plot)
        for name, widget in zip(SWITCHES, widgets, strict=False):
            tie(self.state, name, widget, "value")
        self.which.param.watch(self._on_epoch, "value")
        self.state.param.watch(self._draw, [*SWITCHES, "spectrum_epoch"])

    def _on_epoch(self, event: Any) -> None:
        if not self._loading and event.new is not None:
            self.state.spectrum_epoch = event.new

    def _on_state(self, *events: Any) -> None:
        if not self._is_open:
            return
        with pn.io.hold():
            if {event.name for event in events} & {"focus", "compared", "blind"}:
                self._load()
            else:
                self._draw()

    def _load(self) -> None:
        self._row = row = self.state.focus
        found = self.store.spectra(row) if row >= 0 else []
        self.spectra = sorted(found, key=_signal_to_noise, reverse=True)
        compared = self.state.compared
        self.other = self.store.best_spectrum(compared) if compared not in (-1, row) else None
        labels = two_classes(self.state, self.store, row)
        known = all(self.store.class_spectrum.is_known(label) for label in labels)
        self.references = _references(self.store, row, labels)[1] if known else [None, None]
        with pn.io.hold():
            self._offer_choices()
            self._draw()
        if row >= 0 and not known:
            self._find_references.request(partial(_references, self.store, row, labels))

    def _offer_choices(self) -> None:
        """What the select boxes offer for this star; nothing is drawn yet."""
        self._loading = True
        self.origin.visible = len(self.spectra) < 2
        epochs = _epochs(self.spectra)
        if len(epochs) > 1:
            epochs[f"all {len(epochs)}"] = ALL
        sets = line_choices(self._label)
        if self.line_set.options != sets:
            self.line_set.options = sets
        if self.which.options != epochs:
            self.which.options = epochs
        wanted = self.state.spectrum_epoch
        self.which.value = (wanted if wanted in epochs.values() else 0) if epochs else None
        self.which.visible = len(epochs) > 1
        self.at_rest.disabled = not any(line_velocity(spectrum) for spectrum in self.spectra)
        self._loading = False

    @property
    def _label(self) -> str | None:
        row = self.state.focus
        return seen_label(self.state, self.store, row) if row >= 0 else None

    def _draw(self, *_: Any) -> None:
        if self._loading or not self._is_open:
            return
        with pn.io.hold():
            classes = any(self.references) and self.with_classes.value
            show_plot(self.column, bool(self.spectra or classes))
            self.message.object = "" if self.spectra or classes else self._message()
            if self.spectra:
                self._draw_spectrum(self.spectra[max(self.which.value or 0, 0)])
            elif classes:
                self._draw_classes()
            else:
                self.caption.object = self.origin.object = ""

    def _message(self) -> str:
        if self.state.focus < 0:
            return "Click a star on a map to see its spectrum."
        lacking = self.store.missing("spectra")
        return f"{lacking}." if lacking else "No spectrum of this star."

    def _draw_spectrum(self, spectrum: Spectrum) -> None:
        shown = self._in_frame(spectrum)
        velocity = line_velocity(shown)
        self.drawing.show(spectrum_columns(shown, self.smoothed.value), self._lines, velocity)
        self._lay_under(velocity, self._other_epochs(spectrum))
        # where there is a choice of spectra, it takes the room beside the switches
        is_crowded, origin = self.which.visible, spectrum_words.origin(shown)
        self.caption.object = self._keys(*[origin] * is_crowded)
        self.origin.object = "" if is_crowded else spectrum_words.one_line(*origin)

    def _draw_classes(self) -> None:
        """What the spectrum of a star that has none may look like: the medians of its classes."""
        _, wavelength, flux, _ = next(one for one in self.references if one is not None)
        median = Spectrum(
            0, wavelength, flux, np.zeros(len(flux)), ~np.isfinite(flux), frame="rest"
        )
        self.drawing.show(spectrum_columns(median, self.smoothed.value), self._lines, 0.0)
        self.drawing.take_away(self._message())
        self._lay_under(0.0, [])
        self.caption.object = self._keys()
        self.origin.object = spectrum_words.one_line(
            "class medians", "No spectrum of this star: the medians of these classes, at rest"
        )

    @property
    def _lines(self) -> Sequence[Line]:
        """The lines to mark."""
        chosen = self.line_set.value
        name = line_set_name(self._label) if chosen == AUTO else chosen
        return () if name == OFF else sorted_lines(name)

    @property
    def _colors(self) -> list[str]:
        """Color of each of the classes' medians."""
        return [class_style(one[0] if one else None).color for one in self.references]

    def _lay_under(self, velocity: float, other_epochs: list[Spectrum]) -> None:
        self.drawing.lay_under(
            [self._moved(reference, velocity) for reference in self.references],
            [self._curve(other) for other in other_epochs],
            self._compared(velocity),
        )
        self.drawing.paint(self.state.theme, self._colors)

    def _in_frame(self, spectrum: Spectrum) -> Spectrum:
        return spectrum.rest_frame() if self.at_rest.value else spectrum

    def _curve(self, spectrum: Spectrum) -> Curve:
        columns = spectrum_columns(self._in_frame(spectrum), self.smoothed.value)
        return columns["x"], columns["flux"]

    def _other_epochs(self, spectrum: Spectrum) -> list[Spectrum]:
        if self.which.value != ALL:
            return []
        return [other for other in self.spectra if other is not spectrum]

    def _moved(self, reference: Reference | None, velocity: float) -> Curve | None:
        """A median spectrum in the frame of what is shown."""
        if reference is None or not self.with_classes.value:
            return None
        return shifted(reference[1], velocity), reference[2]

    def _compared(self, velocity: float) -> Curve | None:
        """The compared star's spectrum, brought to the velocity of this one."""
        if self.other is None:
            return None
        columns = spectrum_columns(self.other.rest_frame(), self.smoothed.value)
        return shifted(columns["x"], velocity), columns["flux"]

    def _show_references(self, found: tuple[int, list[Reference | None]]) -> None:
        row, self.references = found
        if row == self.state.focus and any(self.references):
            self._draw()

    def _keys(self, *more: tuple[str, str]) -> str:
        """What lies under the spectrum, and more words with what they say at length."""
        with_classes = self.with_classes.value
        shown = [one if with_classes else None for one in self.references]
        other = self.store.name(self.state.compared) if self.other is not None else ""
        keys = spectrum_words.keys(shown, self._colors, self.state.theme, other)
        words = [keys, *(short for short, _ in more)]
        return spectrum_words.one_line(" · ".join(filter(None, words)), *(long for _, long in more))


def _references(
    store: AtlasStore, row: int, labels: tuple[str, str]
) -> tuple[int, list[Reference | None]]:
    """Median spectra of two classes for a star; None where there is none."""
    found: list[Reference | None] = []
    for label in labels:
        wavelength, flux, count = store.class_spectrum(label)
        found.append((label, wavelength, flux, count) if count else None)
    return row, found


def _signal_to_noise(spectrum: Spectrum) -> float:
    return spectrum.snr if math.isfinite(spectrum.snr) else -math.inf


def _epochs(spectra: Sequence[Spectrum]) -> dict[str, int]:
    """Name and place of each spectrum: its date, and which one of that night."""
    found: dict[str, int] = {}
    for place, spectrum in enumerate(spectra):
        when = f"MJD {spectrum.time:.0f}" if math.isfinite(spectrum.time) else "undated"
        same = sum(name.split(" (")[0] == when for name in found)
        found[f"{when} ({same + 1})" if same else when] = place
    return found
