"""What the contents of the tray have in common: they fill themselves only while in front."""

from typing import Any

import panel as pn
import param

from app.atlas_store import AtlasStore
from app.star_list import StarList
from app.state import AppState


class TrayView(pn.viewable.Viewer):
    """One content of the tray. Subclasses say in `fill` what is shown, and may set `ringed`."""

    is_open = param.Boolean(False, doc="Whether it is in front.")
    ringed = param.List([], item_type=int, doc="Atlas rows to ring on the maps while it is.")

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__()
        self.state, self.store = state, store
        self.param.watch(self.refresh, "is_open")

    def refresh(self, *_: Any) -> None:
        """Fill it again if anybody sees it."""
        if self.is_open:
            with pn.io.hold():
                self.fill()

    def fill(self) -> None:
        """Show the present state."""
        raise NotImplementedError


class Listing(TrayView):
    """A list of stars in the tray; picking a row focuses its star.

    Parameters
    ----------
    columns : (str, str)
        Widths of the columns as CSS grid templates: in a wide tray, and in a narrow one, where
        cells of the class "wide-only" are left out.
    **look
        Other parameters of `StarList`.
    """

    def __init__(
        self, state: AppState, store: AtlasStore, columns: tuple[str, str], **look: Any
    ) -> None:
        super().__init__(state, store)
        wide, narrow = columns
        self.list = StarList(
            styles={"--columns": wide, "--columns-narrow": narrow, "min-height": "0"}, **look
        )
        self.list.on_pick = self.focus
        state.param.watch(self._on_focus, "focus")

    def focus(self, row: int) -> None:
        """Put a star in focus everywhere."""
        self.state.focus = row

    def _on_focus(self, event: Any) -> None:
        if self.is_open:
            self.list.active = self.list.place_of(event.new)
