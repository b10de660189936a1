"""The selected stars, in the order of the atlas."""

import numpy as np
import panel as pn

from app.atlas_store import AtlasStore
from app.diagrams import number
from app.listing import Listing
from app.star_rows import class_cell, name_cell, number_cell, thumbnail
from app.state import AppState

HEAD = "<span></span><span>two cycles</span><span>star</span><span>class → classifier</span>"
COLUMNS = "36px 132px minmax(130px, 1.2fr) minmax(150px, 1fr)"
NUMBERS = {
    "G": ("phot_g_mean_mag", "mean_vmag"),
    "BP − RP": ("bp_rp",),
    "amplitude": ("lc_amplitude", "amplitude"),
}
"""Columns of numbers, each from the first of these that the survey has."""

EMPTY = "Nothing is selected. Draw a lasso or a box on a map; Shift adds, Alt takes away."


class SelectionList(Listing):
    """Rows of `state.selection`."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        found = {name: number(store.objects, *columns) for name, columns in NUMBERS.items()}
        self._numbers = {name: values for name, values in found.items() if values is not None}
        head = HEAD + "".join(f"<span>{name}</span>" for name in self._numbers)
        columns = COLUMNS + " 64px" * len(self._numbers)
        super().__init__(
            state, store, head_html=head, label="selected stars", columns=(columns, columns),
            empty_html=EMPTY,
        )  # fmt: skip
        state.param.watch(self.refresh, "selection")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.list

    def fill(self) -> None:
        """List the selected stars from the top."""
        self.list.fill(np.flatnonzero(self.state.selection), self._cells, self.state.focus)

    def _cells(self, place: int, row: int) -> str:
        cells = (
            f'<span class="num muted">{place + 1}</span>',
            thumbnail(self.store, row),
            name_cell(self.store, row),
            class_cell(self.store, row),
            *(number_cell(float(values[row]), 2) for values in self._numbers.values()),
        )
        return "".join(cells)
