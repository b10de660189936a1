"""The map: every star where its embedding puts it, all modalities together or one of them."""

from typing import Any

from app.atlas_store import AtlasStore
from app.star_view import StarView
from app.state import AppState


class MapView(StarView):
    """UMAP of the modality in `state.map_modality`. Its axes have no unit and are not drawn."""

    figure_name = "map"
    zoom = "map_zoom"

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(state, store, **params)
        self.stars.fig.axis.visible = False
        self.stars.fig.grid.visible = False
        state.param.watch(lambda _: self._show(), "map_modality")
        self._show()

    def _show(self) -> None:
        self.show_plane(f"map:{self.state.map_modality}")

    @property
    def note(self) -> str:
        """What the map lacks, in a sentence."""
        focus = self.state.focus
        if focus >= 0 and not self.points.placed[focus]:
            return "The star in focus has no place on this map: it was not observed so."
        placed = self.points.n_placed
        return f"{placed:,} of {self.store.n:,} stars." if placed < self.store.n else ""
