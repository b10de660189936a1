"""Style sheets of the card and the tray, and what every small control has in common."""

from pathlib import Path
from typing import Any

import panel as pn
from bokeh.plotting import figure

_STATIC = Path(__file__).parent / "static"
CARD_CSS = (_STATIC / "card.css").read_text(encoding="utf-8")
LIST_CSS = (_STATIC / "star_list.css").read_text(encoding="utf-8")

CONTROLS: dict[str, Any] = {"stylesheets": [CARD_CSS], "margin": 0}
"""Keyword arguments of a Panel widget that looks like the rest of the card."""


def plot_box(fig: figure) -> pn.Column:
    """A figure that fills its place and can be hidden and shown again."""
    # the box is hidden, not the pane: a Bokeh pane that was invisible once stays so
    pane = pn.pane.Bokeh(fig, sizing_mode="stretch_both", min_height=80, margin=0)
    return pn.Column(pane, sizing_mode="stretch_both", margin=0)
