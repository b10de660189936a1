"""The selected stars, in the order of the atlas."""

import math

import numpy as np
import panel as pn

from app.atlas_store import AtlasStore
from app.diagrams import number
from app.listing import Listing
from app.star_rows import class_cell, name_cell, number_cell, thumbnail
from app.state import AppState

HEAD = (
    "<span></span><span>two cycles</span><span>star</span><span>class → classifier</span>"
    "<span>G</span><span>BP − RP</span><span>amplitude</span>"
)
COLUMNS = "36px 132px minmax(130px, 1.2fr) minmax(150px, 1fr) 60px 64px 70px"


EMPTY = "Nothing is selected. Draw a lasso or a box on a map; Shift adds, Alt takes away."


class SelectionList(Listing):
    """Rows of `state.selection`."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(
            state,
            store,
            head_html=HEAD,
            label="selected stars",
            columns=(COLUMNS, COLUMNS),
            empty_html=EMPTY,
        )
        objects = store.objects
        self._numbers = [
            number(objects, "phot_g_mean_mag", "mean_vmag"),
            number(objects, "bp_rp"),
            number(objects, "lc_amplitude", "amplitude"),
        ]
        state.param.watch(self.refresh, "selection")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.list

    def fill(self) -> None:
        """List the selected stars from the top."""
        self.list.fill(np.flatnonzero(self.state.selection), self._cells, self.state.focus)

    def _cells(self, place: int, row: int) -> str:
        values = [math.nan if column is None else column[row] for column in self._numbers]
        return "".join(
            (
                f'<span class="num muted">{place + 1}</span>',
                thumbnail(self.store, row),
                name_cell(self.store, row),
                class_cell(self.store, row),
                *(number_cell(float(value), 2) for value in values),
            )
        )
