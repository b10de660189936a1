"""The light curve of the star in focus: against time, or folded over two cycles.

Points keep their error bars; upper limits are open triangles, points marked bad are hollow, the
second cycle is paler, the line is the running median, dashes mark the epochs of spectra. Above the
plot the period is chosen, below it turned and kept; the caption counts the points.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import panel as pn

from app import light_curve_words
from app.atlas_store import AtlasStore
from app.blinding import seen_label
from app.ephemeris import Ephemeris, at_extremum, find_ephemeris, refined_period
from app.fold_bar import EphemerisBar, FoldBar, thumbnail_points
from app.light_curve_columns import other_star_columns, residuals
from app.light_curve_data import compared_star, points_of, spectrum_epochs
from app.light_curve_figure import LightCurveFigure
from app.named_periods import daily_aliases, known_periods
from app.period_units import read_period
from app.photometry import Fold, Photometry, fold
from app.state import OF_STAR, AppState
from app.styles import plot_box, plot_column, show_plot
from app.words import Words

DRAWN_BY = [
    "focus", "theme", "fold", "fold_factor", "fold_period_days", "fold_shift", "compared", "blind",
    "residuals", "by_camera", "hidden_bands",
]  # fmt: skip
CHOSEN = {
    "chosen_period_days": "period_days",
    "chosen_period_err_days": "period_err_days",
    "chosen_epoch": "epoch",
    "chosen_epoch_err": "epoch_err",
    "chosen_epoch_reference": "reference",
}
"""Where the state keeps an ephemeris."""
STEPS = {"half": 1 / 2, "double": 2.0, "third": 1 / 3, "triple": 3.0}
"""What the keys do to the period of the fold."""


class LightCurveView(pn.viewable.Viewer):
    """Light curve of `state.focus`, folded as the state says.

    Attributes
    ----------
    points : Photometry or None
    fold : Fold or None
        None while it is drawn against time.
    ephemeris : Ephemeris or None
        Of the fold; None where no period is known.
    other : (Photometry, Fold) or None
        The star it is compared with; `shift` moves it to the level of this one.
    periods : dict of str to float
        Known periods [d] by who says so.
    """

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.points: Photometry | None = None
        self.fold: Fold | None = None
        self.ephemeris: Ephemeris | None = None
        self.other: tuple[Photometry, Fold] | None = None
        self.shift = 0.0
        self.periods: dict[str, float] = {}
        self.drawing = LightCurveFigure(store.survey.bands)
        self.bar = FoldBar(sizing_mode="stretch_width", margin=0)
        self.line = EphemerisBar(sizing_mode="stretch_width", margin=0)
        self.bar.on_act = self.line.on_act = self._act_at_once
        self.plot = plot_box(self.drawing.figure)
        self.caption = Words("card-caption", css_classes=["card-caption", "lines"])
        self.message = Words("card-message")
        self.below = pn.Column(self.line, self.caption, sizing_mode="stretch_width", margin=0)
        self.column = plot_column(self.bar, self.message, self.plot, self.below)
        self._load()
        self._draw()
        state.param.watch(self._on_state, DRAWN_BY)
        state.param.watch(self._show_kept, "chosen_period_days")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.column

    @property
    def base_period(self) -> float:
        """P [d]: the one chosen for the fold, else the first that is known; NaN without any."""
        chosen = self.state.fold_period_days
        return next(iter(self.periods.values()), math.nan) if chosen is None else float(chosen)

    @property
    def period_days(self) -> float:
        """Period of the fold [d]; NaN without any."""
        return self.base_period * self.state.fold_factor

    @property
    def can_fold(self) -> bool:
        """Whether there is a period to fold at."""
        return 0 < self.period_days < math.inf

    def act(self, message: dict[str, Any]) -> None:
        """Do what a button, a dial or a key asks: {"act": name, ...}."""
        state = self.state
        match message["act"]:
            case "view":
                state.fold = message["view"] == "fold"
            case "fold":
                state.fold = not state.fold
            case "factor":
                state.param.update(fold=True, fold_factor=float(message["factor"]))
            case "half" | "double" | "third" | "triple" if self.can_fold:
                factor = state.fold_factor * STEPS[message["act"]]
                state.param.update(fold=True, fold_factor=float(f"{factor:.12g}"))
            case "period":
                self.use_period(float(message["days"]))
            case "typed":
                self._use_typed(str(message["text"]), str(message["unit"]))
            case "turned":
                self._turn(message)
            case "refine" if self.points is not None and self.fold is not None:
                days = refined_period(self.points, self.period_days)
                state.fold_period_days = days / state.fold_factor
            case "keep":
                self.keep()
            case "residuals":
                state.residuals = not state.residuals
            case "cameras":
                state.by_camera = not state.by_camera
            case "band":
                hidden = set(state.hidden_bands) ^ {str(message["band"])}
                state.hidden_bands = sorted(hidden)
            case "folds":
                self.bar._send_msg({"act": "all"})

    def use_period(self, days: float) -> None:
        """Make this period P and fold at it."""
        self.state.param.update(fold=True, fold_factor=1.0, fold_period_days=days)

    def keep(self) -> None:
        """Keep the ephemeris of the fold for this star; let it go where it is kept already."""
        if self.ephemeris is None:
            return
        kept = {name: getattr(self.ephemeris, of) for name, of in CHOSEN.items()}
        gone = {name: OF_STAR[name] for name in CHOSEN}
        self.state.param.update(gone if self.line.kept else kept)

    def _act_at_once(self, message: dict[str, Any]) -> None:
        with pn.io.hold():
            self.act(message)

    def _use_typed(self, text: str, unit: str) -> None:
        days = read_period(text, unit)
        if math.isfinite(days):
            self.use_period(days)
            return
        self.state.notice = f"A period is a positive number, of d, h, min or c/d; “{text}” is not."
        self.bar._send_msg({"act": "undo"})

    def _turn(self, message: dict[str, Any]) -> None:
        """Take what a dial was turned to."""
        if message["dial"] == "period":
            self.state.fold_period_days = float(message["days"]) / self.state.fold_factor
        else:
            self.state.fold_shift = (self.state.fold_shift + float(message["shift"])) % 1.0

    def _on_state(self, *events: Any) -> None:
        changed = {event.name for event in events}
        with pn.io.hold():
            if changed & {"focus", "compared"}:
                self._load()
            self._draw()

    def _load(self) -> None:
        row = self.state.focus
        self.points = points = points_of(self.store, row)
        self.periods = (
            known_periods(self.store.objects, row, self.store.external(row)) if row >= 0 else {}
        )
        self.bar.points = thumbnail_points(points)
        self.epochs, self.epoch_names = spectrum_epochs(self.store, row, points)
        self.other = compared_star(self.state, self.store, points)

    def _draw(self) -> None:
        with pn.io.hold():
            self.message.object = light_curve_words.lacking(self.store, self.state.focus)
            show_plot(self.column, self.points is not None)
            if self.points is not None:
                self._draw_points(self.points)
            self._show_controls()

    def _draw_points(self, points: Photometry) -> None:
        by, self.ephemeris = self._folded(points) if self.can_fold else (None, None)
        self.fold = by if self.state.fold else None
        over = None
        if by is not None and self.state.residuals:
            points = residuals(points, by, self.other)
        if self.fold is not None and self.other is not None and not self.state.residuals:
            level = float(np.median(points.value[points.main_band()]))
            over, self.shift = other_star_columns(*self.other, level)
        shown = points.without(self.state.hidden_bands)
        self.drawing.show(shown, self.fold, self.state.theme, self._by_camera)
        self.drawing.mark_epochs(self.epochs, self.epoch_names, self.fold)
        self.drawing.lay_over(over)
        self.caption.object = self._caption(points, shown, over is not None)

    def _folded(self, points: Photometry) -> tuple[Fold, Ephemeris]:
        """The fold with phase zero at the extremum and the shift asked for, and its ephemeris."""
        by = fold(points, self.period_days, seen_label(self.state, self.store, self.state.focus))
        by, epoch_err = at_extremum(points, by)
        if shift := self.state.fold_shift:
            by, epoch_err = replace(by, zero=by.zero + shift * by.period_days), 0.0
        return by, find_ephemeris(points, by, epoch_err or math.nan)

    @property
    def _by_camera(self) -> bool:
        return self.state.by_camera and self._has_cameras

    @property
    def _has_cameras(self) -> bool:
        return self.points is not None and len(np.unique(self.points.camera)) > 1

    def _show_controls(self) -> None:
        points, found = self.points, self.ephemeris
        known = self.can_fold and points is not None and found is not None
        offered = self._other_periods() if known else {}
        by_now = found.epoch - points.time_offset if found is not None and points else 0.0
        self.bar.param.update(
            folded=self.state.fold and known,
            period_days=self.base_period if known else 0.0,
            factor=self.state.fold_factor,
            zero=by_now,
            others=list(map(list, offered.items())),
            has_cameras=self._has_cameras,
            can_subtract=known,
            residuals=self.state.residuals,
            cameras=self.state.by_camera,
            theme=self.state.theme,
        )
        self.line.param.update(
            folded=self.state.fold and known,
            period_days=self.period_days if known else 0.0,
            zero=by_now,
            span_days=float(np.ptp(points.time)) if points is not None else 1.0,
            text=light_curve_words.period(points, found if self.state.fold else None, known),
            explained=light_curve_words.explained(found, self.fold, self.state.fold_shift),
            copied=found.text() if known and found is not None else "",
        )
        self._show_kept()

    def _other_periods(self) -> dict[str, float]:
        """Periods to offer beside the multiples of P: the other known ones, aliases of the day."""
        others = {
            name: days
            for name, days in self.periods.items()
            if abs(days / self.base_period - 1) > 1e-6
        }
        return others | (daily_aliases(self.points, self.base_period) if self.points else {})

    def _show_kept(self, *_: Any) -> None:
        found = self.ephemeris
        self.line.kept = found is not None and self.state.chosen_period_days == found.period_days

    def _caption(self, points: Photometry, shown: Photometry, is_compared: bool) -> str:
        theme = self.state.theme
        if self._by_camera:
            colors = self.drawing.camera_colors(shown, theme)
            counts = light_curve_words.groups(shown.camera[shown.good], colors)
        else:
            counts = light_curve_words.bands(points, shown, self.drawing.colors(theme))
        counts += light_curve_words.counts(shown, self.drawing.frame)
        folded = []
        if self.fold is not None:
            folded = light_curve_words.fold_words(points, self.fold, self.state.fold_shift)
        if is_compared:
            other = self.store.name(self.state.compared)
            counts.append(light_curve_words.other_star(other, self.shift, points.unit))
        return "".join(
            f'<div class="one-line">{" · ".join(words)}</div>' for words in (counts, folded)
        )
