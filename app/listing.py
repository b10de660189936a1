"""What the lists of the tray have in common: they fill themselves only while they are in front."""

from typing import Any

import panel as pn
import param

from app.atlas_store import AtlasStore
from app.star_list import StarList
from app.state import AppState


class Listing(pn.viewable.Viewer):
    """A list of stars in the tray; picking a row focuses its star.

    Subclasses fill `self.list` in `fill` and set `ringed`.
    """

    is_open = param.Boolean(False, doc="Whether the list is in front.")
    ringed = param.List([], item_type=int, doc="Atlas rows to ring on the maps while it is.")

    def __init__(self, state: AppState, store: AtlasStore, **look: Any) -> None:
        super().__init__()
        self.state, self.store = state, store
        columns = look.pop("columns")
        self.list = StarList(styles={"--columns": columns, "min-height": "0"}, **look)
        self.list.on_pick = self.focus
        self.param.watch(self.refresh, "is_open")
        state.param.watch(self._on_focus, "focus")

    def focus(self, row: int) -> None:
        """Put a star in focus everywhere."""
        self.state.focus = row

    def refresh(self, *_: Any) -> None:
        """Fill the list again if anybody sees it."""
        if self.is_open:
            with pn.io.hold():
                self.fill()

    def fill(self) -> None:
        """Put the stars into the list."""
        raise NotImplementedError

    def _on_focus(self, event: Any) -> None:
        if self.is_open:
            self.list.active = self.list.place_of(event.new)
