"""The right column: everything about the star in focus, without scrolling. Layout only."""

from typing import Any

import panel as pn

from app.atlas_store import AtlasStore
from app.state import AppState
from app.styles import CARD_CSS
from app.views.detail import PARTS, DetailView
from app.views.facts import FactsView
from app.views.light_curve import LightCurveView


class Card(pn.viewable.Viewer):
    """Identity and flag, light curve, spectrum (or another plot), values and links, downwards."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state = state
        self.facts = FactsView(state, store)
        self.light_curve = LightCurveView(state, store)
        self.detail = DetailView(state, store)
        self._layout = pn.Column(
            self.facts.identity,
            self.light_curve,
            self.detail,
            self.facts.values,
            css_classes=["card"],
            stylesheets=[CARD_CSS],
            sizing_mode="stretch_both",
            margin=0,
        )

    def act(self, message: dict[str, Any]) -> None:
        """Do what a key asks of the card: {"act": name}."""
        name = message["act"]
        if name in PARTS:
            self.state.detail = name
        elif name == "all values":
            self.facts.act(name)
        elif name == "compare":
            self._compare()
        elif name in ("rest", "smooth", "next epoch"):
            self.detail.act(name)
        else:
            self.light_curve.act(message)

    def _compare(self) -> None:
        """Pin the star in focus to compare the next ones with it, or let the pinned one go."""
        state = self.state
        if state.compared >= 0:
            state.compared = -1
        elif state.focus >= 0:
            state.compared = state.focus
            state.notice = "Pinned. Choose another star to see both, in phase and in wavelength."

    def __panel__(self) -> pn.viewable.Viewable:
        return self._layout
