"""The periodogram of the star in focus: computed beside the page, clicked to fold at a peak."""

import math
from typing import Any

import panel as pn
from bokeh.events import RangesUpdate, Tap

from app.atlas_store import AtlasStore
from app.background import Stepwise
from app.periodogram import BOX, HARMONICS, Periodogram, search
from app.periodogram_figure import PeriodogramFigure
from app.photometry import photometry
from app.state import AppState, tie
from app.styles import CONTROLS, plot_box, plot_column, show_plot
from app.words import Words

METHODS = {
    **{f"{n} harmonic{'s' if n > 1 else ''}": n for n in HARMONICS},
    "boxes (eclipses)": BOX,
}
CLICK_REACH_PX = 9


class PeriodogramView(pn.viewable.Viewer):
    """Periodogram of `state.focus` while `is_open`; a peak clicked is the new period.

    Attributes
    ----------
    result : Periodogram or None
        None while it is being computed and where there is nothing to search.
    """

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.result: Periodogram | None = None
        self._of: tuple[int, int] | None = None
        self._is_open = False
        self._search = Stepwise(self._show, self._tell)
        self.drawing = PeriodogramFigure()
        self.drawing.fig.on_event(Tap, self._on_tap)
        self.drawing.fig.on_event(RangesUpdate, lambda _: self.drawing.draw(self.window.value))
        self._make_panes()
        state.param.watch(self._refresh, "focus")
        state.param.watch(self._mark, ["fold_period_days", "fold_factor"])
        state.param.watch(lambda _: self.drawing.paint(state.theme), "theme")
        self.drawing.paint(state.theme)

    def __panel__(self) -> pn.viewable.Viewable:
        return self.column

    def _make_panes(self) -> None:
        self.method = pn.widgets.Select(
            label="Method", options=METHODS, value=1, width=122, **CONTROLS
        )
        self.window = pn.widgets.Toggle(label="window", value=True, width=64, **CONTROLS)
        self.cancel = pn.widgets.Button(label="cancel", width=60, visible=False, **CONTROLS)
        self.status = Words("card-caption", align="center", sizing_mode=None)
        self.bar = pn.Row(
            self.method, self.window, self.status, self.cancel,
            css_classes=["card-bar"], sizing_mode="stretch_width", **CONTROLS,
        )  # fmt: skip
        self.message = Words("card-message")
        self.caption = Words("card-caption")
        self.plot = plot_box(self.drawing.fig)
        self.column = plot_column(self.bar, self.message, self.plot)
        tie(self.state, "periodogram", self.method, "value")
        tie(self.state, "with_window", self.window, "value")
        self.method.param.watch(self._refresh, "value")
        self.window.param.watch(lambda event: self.drawing.draw(event.new), "value")
        self.cancel.on_click(lambda _: self._cancel())

    @property
    def is_open(self) -> bool:
        """Whether it is looked at; only then is anything computed."""
        return self._is_open

    @is_open.setter
    def is_open(self, is_open: bool) -> None:
        self._is_open = is_open
        self._refresh()

    def use_peak(self, frequency: float, pixels_per_log: float) -> None:
        """Fold at the highest peak within some pixels of a frequency [c/d]."""
        if self.result is None or not frequency > 0:
            return
        reach = 10 ** (CLICK_REACH_PX / pixels_per_log)
        found = self.result.peak_near(frequency / reach, frequency * reach)
        self.state.param.update(fold=True, fold_factor=1.0, fold_period_days=1 / found)

    def _on_tap(self, event: Any) -> None:
        x = self.drawing.x_range
        width = float(getattr(self.drawing.fig, "inner_width", 0) or 340)
        with pn.io.hold():
            self.use_peak(float(event.x), width / math.log10(x.end / x.start))

    def _refresh(self, *_: Any) -> None:
        """Compute what is wanted and not yet shown; end what is not wanted any more."""
        wanted = (self.state.focus, self.method.value)
        if not self._is_open or wanted == self._of:
            return
        self._of = wanted
        self.result = None
        self._search.cancel()
        row = self.state.focus
        light_curve = self.store.light_curve(row) if row >= 0 else None
        points = photometry(light_curve, self.store.survey.bands) if light_curve else None
        with pn.io.hold():
            show_plot(self.column, points is not None)
            self.message.object = "No light curve, no periods."
            self.caption.object = ""
            self._tell(0.0)
            if points is not None:
                self._search.request(search(points, self.method.value))

    def _tell(self, share: float) -> None:
        self.cancel.visible = True
        self.status.object = (
            f'<progress value="{share:.2f}" aria-label="searching periods"></progress> '
            f"{100 * share:.0f} %"
        )

    def _cancel(self) -> None:
        self._search.cancel()
        self.cancel.visible = False
        self.status.object = "ended"
        self._of = None

    def _show(self, result: Periodogram | None) -> None:
        self.result = result
        with pn.io.hold():
            self.cancel.visible = False
            self.status.object = _alarm_key(result) if result else "too few points"
            if result is not None:
                self.drawing.show(result, self.window.value)
                self.caption.object = _caption(result)
            self._mark()

    def _mark(self, *_: Any) -> None:
        if not self._is_open:
            return
        days = self.state.fold_period_days or self.store.period_days(self.state.focus)
        self.drawing.mark(days * self.state.fold_factor)


def _alarm_key(result: Periodogram) -> str:
    return "╌ 1 % false alarm" if math.isfinite(result.false_alarm_power) else ""


def _caption(result: Periodogram) -> str:
    title = f"click a peak to fold there; {len(result.frequency):,} frequencies; grey: the window"
    words = 'click a peak<span class="where-wide"> to fold</span>'
    return f'<div class="one-line" title="{title}">{words}</div>'
