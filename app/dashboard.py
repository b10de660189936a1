"""The page: which view stands where, and the wires between the header and the state. No data."""

from functools import cached_property
from typing import Any
from urllib.parse import quote

import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.blinding import hide_class_colors
from app.chrome import Header, Keys, MapBar, Rail, static
from app.permalink import Permalink
from app.state import AppState, tie
from app.views.card import Card
from app.views.legend import LegendView
from app.views.map import MapView
from app.views.scatter import ScatterView
from app.views.tray import TAB_OF_MODE, Tray

TITLE = "AstroM³ Explorer"
SCRIPTS = ("layout_once.js", "paint_once.js", "plain_visuals.js", "spoken_widgets.js", "panels.js")
HINTS = {
    "Explore": "Neighbours of the star in focus",
    "Vet": "Stars that do not fit their class, worst first",
    "Search": "Stars like this one, in one kind of data or across two",
    "Cluster": "Parts of a class",
    "Report": "How well the classes are told; the selection as a file",
}


def _first_detail(store: AtlasStore) -> str:
    """The plot below the light curve to begin with: what there is something to see in."""
    if not store.missing("spectra"):
        return "spectrum"
    return "places" if store.missing("photometry") else "periodogram"


class Dashboard:
    """One session's page over a store, as its address says."""

    def __init__(self, store: AtlasStore) -> None:
        self.store = store
        self.state = AppState(
            store.n,
            diagram=next(iter(store.diagrams), ""),
            focus=store.opening_row,
            detail=_first_detail(store),
        )
        self.permalink = Permalink(self.state, store, self._write_address)
        self.permalink.restore(pn.state.location.search if pn.state.location else "")
        hide_class_colors(self.state)
        self.map = MapView(self.state, store)
        self.scatter = ScatterView(self.state, store)
        self.legend = LegendView(self.state, store)
        self.card_place, self.tray_place = (
            pn.Column(sizing_mode="stretch_both", margin=0) for _ in range(2)
        )
        self.header = self._make_header()
        self.rail = Rail(mode=self.state.mode, hints=HINTS, sizing_mode="stretch_both")
        self.map_bar = MapBar(
            label="Map of",
            options={m: f"Map: {MODALITY_NAMES.get(m, m)}" for m in store.modalities},
            value=self.state.map_modality,
            sizing_mode="stretch_width",
        )
        self.scatter_bar = MapBar(
            label="Diagram",
            options={key: diagram.title for key, diagram in store.diagrams.items()},
            value=self.state.diagram,
            columns=store.number_columns,
            sizing_mode="stretch_width",
        )
        self.keys = Keys()
        self._wire()
        self.permalink.follow()

    def template(self) -> pn.Template:
        """The page as a Panel template, ready to be served."""
        page = pn.Template(static("page.html"), location=True)
        page.add_variable("page_css", static("style.css"))
        page.add_variable("page_js", ";\n".join(map(static, SCRIPTS)))
        page.add_variable("page_theme", self.state.theme)
        page.add_variable("app_favicon", f"data:image/svg+xml,{quote(static('logo.svg'))}")
        for name, part in self._parts().items():
            page.add_panel(name, part)
        pn.state.onload(self._add_card_and_tray)
        return page

    @cached_property
    def card(self) -> Card:
        """The star in focus; made when the maps stand, or when first wanted."""
        return Card(self.state, self.store)

    @cached_property
    def tray(self) -> Tray:
        """What lies below the maps; made when they stand."""
        return Tray(self.state, self.store)

    def _add_card_and_tray(self) -> None:
        with pn.io.hold():
            self.card_place.append(self.card)
            self.tray_place.append(self.tray)

    def _parts(self) -> dict[str, Any]:
        return {
            "header": self.header, "rail": self.rail, "keys": self.keys,
            "map_bar": self.map_bar, "map": self.map,
            "scatter_bar": self.scatter_bar, "scatter": self.scatter,
            "legend": self.legend,
            "tray": self.tray_place,
            "card": self.card_place,
        }  # fmt: skip

    def _make_header(self) -> Header:
        atlas = self.store.atlas
        return Header(
            atlas_name=atlas.name,
            is_synthetic=atlas.is_synthetic,
            n_total=self.store.n,
            sizing_mode="stretch_width",
        )

    def _wire(self) -> None:
        state = self.state
        state.param.watch(lambda _: self._show_selection(), ["selection", "select_mode"])
        state.param.watch(lambda _: self._show_notes(), ["map_modality", "diagram", "focus"])
        for name in ("theme", "notice"):
            tie(state, name, self.header, name)
        tie(state, "mode", self.rail, "mode")
        tie(state, "map_modality", self.map_bar, "value")
        tie(state, "diagram", self.scatter_bar, "value")
        for bar, view in ((self.map_bar, self.map), (self.scatter_bar, self.scatter)):
            bar.on_act = lambda _, view=view: view.show_all()
        self.header.on_act = self.keys.on_act = self.rail.on_act = self._act_at_once
        self.keys.param.watch(lambda event: self._hold(event.new), "held")
        self._show_selection()
        self._show_notes()

    def _act_at_once(self, message: dict[str, Any]) -> None:
        with pn.io.hold():  # all that a gesture changes reaches the browser together
            self.act(message)

    def act(self, message: dict[str, Any]) -> None:
        """Do what a button or a key asks: {"act": name, ...}."""
        state = self.state
        match message.get("act"):
            case "undo":
                state.undo()
            case "redo":
                state.redo()
            case "clear":
                state.clear_selection()
            case "theme":
                state.theme = "dark" if state.theme == "light" else "light"
            case "mode":
                state.select_mode = message["mode"]
            case "search":
                self.find(str(message["text"]))
            case "help":
                self.keys._send_msg({"act": "help"})
            case "go":
                self.go(str(message["mode"]))
            case "next map":
                places = self.store.modalities
                step = int(message.get("step", 1))
                place = places.index(state.map_modality) + step
                state.map_modality = places[place % len(places)]
            case "show all":
                self.map.show_all()
                self.scatter.show_all()
            case "dismiss":
                state.notice = ""
            case "card":
                self.card.act(message["message"])

    def go(self, mode: str) -> None:
        """Go to a mode and the tab that belongs to it, whichever tab is in front."""
        if mode in TAB_OF_MODE:
            self.state.mode = mode
            self.tray.open(TAB_OF_MODE[mode])

    def find(self, text: str) -> None:
        """Focus the star that the text names, or say why there is none."""
        match = self.store.find(text)
        if match.row >= 0:
            self.state.focus = match.row
        self.state.notice = match.note

    def _write_address(self, text: str) -> None:
        if pn.state.location is not None:
            pn.state.location.search = text

    def _hold(self, mode: str) -> None:
        self.state.select_mode = mode or "replace"

    def _show_selection(self) -> None:
        self.header.param.update(
            n_selected=self.state.n_selected,
            can_undo=self.state.can_undo,
            can_redo=self.state.can_redo,
            select_mode=self.state.select_mode,
        )

    def _show_notes(self) -> None:
        diagram = self.store.diagram(self.state.diagram)
        self.map_bar.note = self.map.note
        self.scatter_bar.note = self.scatter.note if diagram else ""
