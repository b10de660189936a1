"""The controls above the light curve: time or fold, multiples of the period, any other period.

One click folds at P, ½P, 2P, ⅓P or 3P; a typed period or another known one (the catalogue's, an
alias the light curve allows) becomes the new P.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from app.formats import period_text
from app.state import AppState
from app.styles import CONTROLS

MULTIPLES = {"⅓P": 1 / 3, "½P": 0.5, "P": 1.0, "2P": 2.0, "3P": 3.0}
TYPED = "typed"
TIPS = "Fold at a third, half, once, twice or three times the period"


def known_periods(objects: pd.DataFrame, row: int) -> dict[str, float]:
    """Periods [d] known of a star: ours, the catalogue's, others its light curve allows.

    Those that fold alike (one part in a million) are given once, under the first name.
    """
    named = [("found", _cell(objects, "period_days", row))]
    named += [("catalogue", _cell(objects, "period_catalog_days", row))]
    also: Any = objects["period_alt_days"].iat[row] if "period_alt_days" in objects else None
    if also is not None:
        named += [(f"also {place}", days) for place, days in enumerate(np.ravel(also).tolist(), 1)]
    kept: dict[str, float] = {}
    for name, days in named:
        repeated = any(abs(days / other - 1) < 1e-6 for other in kept.values())
        if math.isfinite(days) and days > 0 and not repeated:
            kept[name] = days
    return kept


def _cell(objects: pd.DataFrame, column: str, row: int) -> float:
    value: Any = objects[column].iat[row] if column in objects else None
    return math.nan if value is None or pd.isna(value) else float(value)


class PeriodBar(pn.viewable.Viewer):
    """Chooses the fold of one star.

    Parameters
    ----------
    state : AppState
        Its `fold` and `fold_factor` are written here.
    on_base_period : callable
        Called after P itself has changed, by typing or by choosing another known period.
    """

    def __init__(self, state: AppState, on_base_period: Callable[[], None], **params: Any) -> None:
        super().__init__(**params)
        self.state = state
        self.periods: dict[str, float] = {}
        self.base_period = math.nan
        self._on_base_period = on_base_period
        self.mode = pn.widgets.RadioButtonGroup(
            options=["time", "fold"], css_classes=["tight"], **CONTROLS
        )
        self.multiples = pn.widgets.RadioButtonGroup(
            options=list(MULTIPLES), description=TIPS, css_classes=["tight"], **CONTROLS
        )
        self.typed = pn.widgets.TextInput(placeholder="period [d]", width=76, **CONTROLS)
        self.known = pn.widgets.Select(
            sizing_mode="stretch_width", min_width=48, max_width=104, **CONTROLS
        )
        self.mode.param.watch(self._on_mode, "value")
        self.multiples.param.watch(self._on_multiple, "value")
        self.known.param.watch(self._on_known, "value")
        self.typed.param.watch(self._on_typed, "value")

        self.row = pn.Row(
            self.mode, self.multiples, self.typed, self.known,
            css_classes=["card-bar"], sizing_mode="stretch_width", **CONTROLS,
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self.row

    @property
    def period_days(self) -> float:
        """Period of the fold [d]; NaN where none is known."""
        return self.base_period * self.state.fold_factor

    @property
    def can_fold(self) -> bool:
        """Whether there is a period to fold at."""
        return math.isfinite(self.period_days) and self.period_days > 0

    def offer(self, periods: dict[str, float]) -> None:
        """Offer the periods known of another star; the first becomes P."""
        self.periods = dict(periods)
        self.base_period = next(iter(periods.values()), math.nan)

    def sync(self) -> None:
        """Show in the controls what is folded now."""
        names = {days: name for name, days in self.periods.items()}
        factors = {factor: name for name, factor in MULTIPLES.items()}
        chosen = factors.get(self.state.fold_factor) if self.state.fold and self.can_fold else None
        self.mode.value = "fold" if self.state.fold and self.can_fold else "time"
        self.mode.disabled = self.multiples.disabled = not self.can_fold
        self.multiples.value = chosen
        self.typed.value = self._typed_text()
        options = list(self.periods)
        self.known.param.update(options=options, value=names.get(self.base_period))
        self.known.visible = len(options) > 1

    def use_period(self, days: float, name: str = TYPED) -> None:
        """Make this period P and fold at it."""
        self.periods[name] = self.base_period = days
        with pn.io.hold():
            if self.state.fold and self.state.fold_factor == 1:
                self._on_base_period()
            else:  # the change of state draws
                self.state.param.update(fold=True, fold_factor=1.0)

    def _typed_text(self) -> str:
        return period_text(self.period_days) if self.can_fold else ""

    def _on_mode(self, event: Any) -> None:
        with pn.io.hold():
            self.state.fold = event.new == "fold"

    def _on_multiple(self, event: Any) -> None:
        if event.new in MULTIPLES:
            with pn.io.hold():
                self.state.param.update(fold=True, fold_factor=MULTIPLES[event.new])

    def _on_known(self, event: Any) -> None:
        days = self.periods.get(event.new, math.nan)
        if math.isfinite(days) and days != self.base_period:
            self.use_period(days, event.new)

    def _on_typed(self, event: Any) -> None:
        if event.new == self._typed_text():
            return
        try:
            days = float(event.new)
        except ValueError:
            days = math.nan
        if math.isfinite(days) and days > 0:
            self.use_period(days)
        else:
            self.state.notice = f"A period is a positive number of days; “{event.new}” is not."
            self.typed.value = self._typed_text()
