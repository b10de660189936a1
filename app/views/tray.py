"""What lies below the maps: lists, the queue, subclusters, the model's report, export. Layout only.

The mode of the page opens the tab that belongs to it; a tab opened by hand changes the mode.
"""

from typing import Any

import panel as pn

from app.atlas_store import AtlasStore
from app.listing import TrayView
from app.state import AppState
from app.styles import CARD_CSS, CONTROLS, WORDS
from app.views.cluster_panel import ClusterPanel
from app.views.export_panel import ExportPanel
from app.views.model_report import ModelReport
from app.views.neighbor_list import NeighborList
from app.views.search_panel import SearchPanel
from app.views.selection_list import SelectionList
from app.views.vet_queue import VetQueue

TAB_OF_MODE = {
    "Explore": "Neighbours",
    "Search": "Search",
    "Vet": "Queue",
    "Cluster": "Subclusters",
    "Report": "Model",
}
MODE_OF_TAB = {
    "Neighbours": "Explore",
    "Search": "Search",
    "Queue": "Vet",
    "Subclusters": "Cluster",
    "Model": "Report",
    "Export": "Report",
}
VIEWS: dict[str, type[Any]] = {
    "Neighbours": NeighborList,
    "Search": SearchPanel,
    "Queue": VetQueue,
    "Selection": SelectionList,
    "Subclusters": ClusterPanel,
    "Model": ModelReport,
    "Export": ExportPanel,
}
FILL: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}


class Tray(pn.viewable.Viewer):
    """Tabs over the lists and panels; one is in front."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.views: dict[str, TrayView] = {}
        self.contents = {tab: pn.Column(visible=False, **FILL) for tab in VIEWS}
        self.neighbors = NeighborList(state, store)
        self._add("Neighbours", self.neighbors)
        self.tabs = pn.widgets.RadioButtonGroup(options=list(VIEWS), **CONTROLS)
        self.tabs.param.watch(self._on_tab, "value")
        state.param.watch(self._on_mode, "mode")
        state.param.watch(self._on_wanted, "tab")
        self.open(state.tab or TAB_OF_MODE[state.mode])

    def __panel__(self) -> pn.viewable.Viewable:
        bar = pn.Row(
            self.tabs, self.neighbors.bar, css_classes=["tray-bar"],
            sizing_mode="stretch_width", **WORDS,
        )  # fmt: skip
        return pn.Column(
            bar, *self.contents.values(), css_classes=["tray-body"], stylesheets=[CARD_CSS], **FILL
        )

    def view(self, tab: str) -> TrayView:
        """The view behind a tab, made when it is first wanted."""
        if tab not in self.views:
            self._add(tab, VIEWS[tab](self.state, self.store))
        return self.views[tab]

    def _add(self, tab: str, view: TrayView) -> None:
        self.views[tab] = view
        self.contents[tab].append(view.__panel__())
        view.param.watch(self._ring, "ringed")

    def open(self, tab: str) -> None:
        """Bring one tab to the front."""
        with pn.io.hold():
            self.tabs.value = tab
            self.state.tab = "" if tab == TAB_OF_MODE[self.state.mode] else tab
            self.view(tab)
            for name, content in self.contents.items():
                content.visible = name == tab
            for name, view in self.views.items():
                view.is_open = name == tab
            self.neighbors.bar.visible = tab == "Neighbours"
            self._ring()

    def _ring(self, *_: Any) -> None:
        self.state.highlighted_rows = self.view(self.tabs.value).ringed

    def _on_mode(self, event: Any) -> None:
        if MODE_OF_TAB.get(self.tabs.value) != event.new:
            self.open(TAB_OF_MODE[event.new])

    def _on_tab(self, event: Any) -> None:
        self.state.mode = MODE_OF_TAB.get(event.new, self.state.mode)
        self.open(event.new)

    def _on_wanted(self, event: Any) -> None:
        if event.new and event.new != self.tabs.value:
            self.open(event.new)
