"""A list of stars of any length, one row each, walked with the mouse or the arrow keys.

Only a window of rows is rendered and sent; the browser asks for another when it scrolls. What a
row shows is up to the list's owner: a function from places in the list to escaped HTML.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param
from numpy.typing import ArrayLike, NDArray

from app.styles import LIST_CSS

WINDOW = 20
"""Rows rendered at a time."""
FIRST = 8
"""Rows rendered of a new list; a tray that shows more asks for more."""

RenderRow = Callable[[int, int], str]
"""From the place in the list and the star's row in the atlas to the cells, as HTML."""


class StarList(pn.custom.JSComponent):
    """Rows of stars; `rows` are the stars, `active` the place of the one in focus.

    Picking a row calls `on_pick(atlas_row)`; opening it (double click, Enter) `on_open`.
    """

    total = param.Integer(0, doc="Length of the list.")
    first = param.Integer(0, doc="Place of the first row that is rendered.")
    rows_html = param.String("", doc="The rendered rows.")
    head_html = param.String("", doc="Names of the columns.")
    empty_html = param.String("", doc="What is said in place of an empty list.")
    label = param.String("stars", doc="Name of the list for screen readers.")
    active = param.Integer(-1, doc="Place of the star in focus; -1 where it is not listed.")
    row_height = param.Integer(44, constant=True, doc="Height of a row [px].")

    _esm = Path(__file__).parent / "static" / "star_list.js"
    _stylesheets = [LIST_CSS]  # noqa: RUF012 - read by Panel

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"sizing_mode": "stretch_both", "margin": 0, **params})
        self.rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.on_pick: Callable[[int], None] = lambda row: None
        self.on_open: Callable[[int], None] = lambda row: None
        self._render_row: RenderRow = lambda place, row: ""

    def fill(self, rows: ArrayLike, render_row: RenderRow, focus: int = -1) -> None:
        """Show other stars, from the top.

        Parameters
        ----------
        rows : array_like of int
            Atlas rows in the order of the list.
        render_row : RenderRow
        focus : int
            Atlas row of the star in focus.
        """
        self.rows = np.asarray(rows, dtype=np.int64)
        self._render_row = render_row
        self.param.update(
            total=len(self.rows),
            first=0,
            rows_html=self._window_html(0, FIRST),
            active=self.place_of(focus),
        )
        self._send_msg({"type": "top"})

    def place_of(self, row: int) -> int:
        """Place of an atlas row in the list, -1 where it is not."""
        places = np.flatnonzero(self.rows == row)
        return int(places[0]) if len(places) else -1

    def show_window(self, first: int) -> None:
        """Render the rows from a place on."""
        first = max(0, min(first, self.total - 1))
        self.param.update(first=first, rows_html=self._window_html(first))

    def _window_html(self, first: int, n_rows: int = WINDOW) -> str:
        return "".join(
            f'<div class="row" role="option" data-index="{place}">'
            f"{self._render_row(place, int(self.rows[place]))}</div>"
            for place in range(first, min(first + n_rows, len(self.rows)))
        )

    def _handle_msg(self, data: dict[str, Any]) -> None:
        with pn.io.hold():
            if data["type"] == "window":
                self.show_window(int(data["first"]))
            elif 0 <= int(data["index"]) < self.total:
                act = self.on_open if data["type"] == "open" else self.on_pick
                act(int(self.rows[int(data["index"])]))
