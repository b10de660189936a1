"""The nearest stars in one embedding, nearest first, each with its folded thumbnail.

The list stays with the star it was made for while one walks along it; picking a star anywhere else
makes a new list of that star, and so does opening a row (double click, Enter) or asking for the
neighbours by other data.
"""

from html import escape
from typing import Any

import numpy as np
import panel as pn
from numpy.typing import NDArray

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.background import Afterwards
from app.listing import Listing
from app.palette import UNLABELLED
from app.star_rows import bar_cell, class_cell, name_cell, number_cell, thumbnail
from app.state import AppState
from app.styles import CONTROLS
from app.words import Words

N_NEIGHBORS = 30
HEAD = (
    "<span></span><span>folded</span><span>star</span><span>class → classifier</span>"
    "<span>similarity</span><span>distance</span>"
)
COLUMNS = "20px 132px minmax(120px, 1.2fr) minmax(128px, 1fr) 100px 56px"
CMD_HEAD, CMD_COLUMNS = "<span>BP − RP</span><span>M<sub>G</sub></span>", " 52px 44px"
LACKS = {
    "fused": "data",
    "photometry": "light curve",
    "spectra": "spectrum",
    "metadata": "catalogue values",
}


class NeighborList(Listing):
    """Neighbours in `state.neighbor_modality` of the star `anchor`, that star first."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        head, columns = HEAD, COLUMNS
        if store.cmd is not None:
            head, columns = head + CMD_HEAD, columns + CMD_COLUMNS
        super().__init__(
            state, store, head_html=head, label="neighbours", columns=(columns, columns)
        )
        self.anchor = state.focus
        self._after_the_card = Afterwards(self.refresh)
        self.similarity: NDArray[np.float64] = np.empty(0)
        self.list.on_open = self.move_to
        options = {MODALITY_NAMES.get(name, name): name for name in store.modalities}
        self.modality = pn.widgets.RadioButtonGroup(options=options, **CONTROLS)
        self.modality.param.watch(self._on_modality, "value")
        self.heading = Words("tray-words", align="center", sizing_mode=None)
        self.bar = pn.Row(self.modality, self.heading, css_classes=["card-bar"], **CONTROLS)
        state.param.watch(lambda _: self.move_to(state.focus), "neighbor_modality")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.list

    def move_to(self, row: int) -> None:
        """List the neighbours of another star."""
        self.anchor = row
        self.refresh()

    def fill(self) -> None:
        """List the neighbours of the anchor; of the star in focus where that is not among them."""
        row, modality = self.anchor, self.state.neighbor_modality
        if row < 0:
            row = self.anchor = self.state.focus
        self.modality.value = modality
        neighbors, similarity = self._neighbors(row, modality)
        self.similarity = np.concatenate([[1.0], similarity])
        self.list.empty_html = self._empty_words(row, modality)
        listed = np.concatenate([[row], neighbors]) if len(neighbors) else neighbors
        self.list.fill(listed, self._cells, self.state.focus)
        self.heading.object = self._heading(neighbors)
        self.ringed = neighbors.tolist()

    def _neighbors(self, row: int, modality: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if row < 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        found = self.store.neighbors(row, modality, N_NEIGHBORS)
        return found["row"].to_numpy(np.int64), found["similarity"].to_numpy(np.float64)

    def _on_modality(self, event: Any) -> None:
        with pn.io.hold():
            self.state.neighbor_modality = event.new

    def _on_focus(self, event: Any) -> None:
        if self.is_open and self.list.place_of(event.new) >= 0:
            super()._on_focus(event)
        else:
            self.anchor = event.new
            self._after_the_card.request()

    def _cells(self, place: int, row: int) -> str:
        similarity = float(self.similarity[place])
        cells = (
            f'<span class="num muted">{place or "◎"}</span>',
            thumbnail(self.store, row),
            name_cell(self.store, row),
            class_cell(self.store, row),
            bar_cell(similarity, f"{similarity:.3f}") if place else "<span></span>",
            number_cell(1 - similarity, 3) if place else '<span class="muted">itself</span>',
        )
        return "".join(cells) + self._color_and_magnitude(row)

    def _color_and_magnitude(self, row: int) -> str:
        diagram = self.store.cmd
        if diagram is None:
            return ""
        return number_cell(float(diagram.x[row]), 2) + number_cell(float(diagram.y[row]), 2)

    def _heading(self, neighbors: NDArray[np.int64]) -> str:
        """What the neighbours say together: their most frequent class."""
        labels = self.store.labels[neighbors]
        labels = labels[labels != UNLABELLED]
        if len(labels) == 0:
            return ""
        names, counts = np.unique(labels.astype(str), return_counts=True)
        best = int(np.argmax(counts))
        return (
            f'<span class="muted" title="{counts[best]} of the {len(labels)} neighbours are '
            f'{escape(names[best])}">{counts[best]}/{len(labels)} {escape(names[best])}</span>'
        )

    def _empty_words(self, row: int, modality: str) -> str:
        if row < 0:
            return "Click a star on a map to see the stars most like it."
        return f"This star has no {LACKS.get(modality, modality)} to compare. Choose other data."
