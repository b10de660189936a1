"""The right column: everything about the star in focus, without scrolling. Layout only."""

from typing import Any

import panel as pn

from app.atlas_store import AtlasStore
from app.state import AppState
from app.styles import CARD_CSS
from app.views.facts import FactsView
from app.views.light_curve import LightCurveView
from app.views.spectrum import SpectrumView


class Card(pn.viewable.Viewer):
    """Identity and flag, light curve, spectrum, values and links, from the top down."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.facts = FactsView(state, store)
        self.light_curve = LightCurveView(state, store)
        self.spectrum = SpectrumView(state, store)
        self._layout = pn.Column(
            self.facts.identity,
            self.light_curve,
            self.spectrum,
            self.facts.values,
            css_classes=["card"],
            stylesheets=[CARD_CSS],
            sizing_mode="stretch_both",
            margin=0,
        )

    def act(self, message: dict[str, Any]) -> None:
        """Do what a key asks of the card: {"act": name}."""
        self.light_curve.act(message)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._layout
