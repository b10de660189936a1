"""What the card shows below the light curve: one of several plots, the others a click or key away.

Layout only. A plot is made when it is first wanted.
"""

from typing import Any, Protocol

import panel as pn

from app.atlas_store import AtlasStore
from app.state import AppState
from app.styles import CARD_CSS, CONTROLS
from app.views.image import ImageView
from app.views.periodogram import PeriodogramView
from app.views.places import PlacesView
from app.views.spectrum import SpectrumView
from app.words import Words


class Part(Protocol):
    """One of the plots."""

    is_open: bool
    caption: Words

    def __panel__(self) -> pn.viewable.Viewable: ...


PARTS: dict[str, type[Any]] = {
    "spectrum": SpectrumView,
    "periodogram": PeriodogramView,
    "places": PlacesView,
    "image": ImageView,
}
FILL: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}


class DetailView(pn.viewable.Viewer):
    """The plot that `state.detail` names, below its tabs."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.parts: dict[str, Part] = {}
        self.tabs = pn.widgets.RadioButtonGroup(options=list(PARTS), **CONTROLS)
        self.head = pn.Row(
            self.tabs, css_classes=["detail-head"], sizing_mode="stretch_width",
            stylesheets=[CARD_CSS], margin=0,
        )  # fmt: skip
        self.contents = {name: pn.Column(visible=False, **FILL) for name in PARTS}
        self.tabs.param.watch(self._on_tab, "value")
        state.param.watch(lambda event: self.open(event.new), "detail")
        self.open(state.detail)

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(
            self.head, *self.contents.values(),
            css_classes=["card-plot"], stylesheets=[CARD_CSS], **FILL,
        )  # fmt: skip

    def part(self, name: str) -> Part:
        """One of the plots, made when it is first wanted."""
        if name not in self.parts:
            self.parts[name] = PARTS[name](self.state, self.store)
            self.contents[name].append(self.parts[name].__panel__())
            self.head.append(self.parts[name].caption)
        return self.parts[name]

    def act(self, name: str) -> None:
        """Do what a key of the spectrum asks."""
        spectrum = self.part("spectrum")
        if isinstance(spectrum, SpectrumView):
            spectrum.act(name)

    def open(self, name: str) -> None:
        """Show one of the plots."""
        with pn.io.hold():
            self.tabs.value = name
            self.part(name)
            for other, content in self.contents.items():
                content.visible = other == name
            for other, part in self.parts.items():
                part.is_open = part.caption.visible = other == name

    def _on_tab(self, event: Any) -> None:
        with pn.io.hold():
            self.state.detail = event.new
