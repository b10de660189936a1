"""The fixed parts around the plots: header, mode rail, the bar of a map, keys.

Each is a small component whose JavaScript lives in static/. They know nothing of the atlas:
`Dashboard` sets their parameters and answers their messages.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

STATIC = Path(__file__).parent / "static"


def static(name: str) -> str:
    """Text of a file in static/."""
    return (STATIC / name).read_text(encoding="utf-8")


class Piece(JSComponent):
    """A component that sends messages {"act": ...} to `on_act`."""

    on_act: Callable[[dict[str, Any]], None] | None = None

    def _handle_msg(self, data: dict[str, Any]) -> None:
        if self.on_act is not None:
            self.on_act(data)


class Header(Piece):
    """Which atlas, how much is selected, search, theme, help, notices."""

    logo = param.String(static("logo.svg"))
    atlas_name = param.String()
    is_synthetic = param.Boolean()
    n_selected = param.Integer()
    n_total = param.Integer()
    can_undo = param.Boolean()
    can_redo = param.Boolean()
    select_mode = param.String("replace")
    theme = param.String("light")
    notice = param.String()

    _esm = static("header.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("header.css")]


class Rail(Piece):
    """The modes of the page."""

    mode = param.String("Explore")
    modes = param.List(["Explore", "Vet", "Search", "Cluster", "Report"], item_type=str)
    hints = param.Dict({})

    _esm = static("rail.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("rail.css")]


class MapBar(Piece):
    """What a map shows, what a drag on the maps does (known to the browser alone), a remark."""

    label = param.String()
    options = param.Dict({})
    value = param.String()
    columns = param.Dict({}, doc="Columns of which any two may be chosen, with their titles.")
    note = param.String()

    _esm = static("map_bar.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("map_bar.css")]


class Keys(Piece):
    """Keys of the whole page; `held` tells how Shift and Alt change a lasso."""

    held = param.String()
    help_html = param.String(static("help.html"))

    _esm = static("keys.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("keys.css")]
