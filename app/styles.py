"""Style sheets of the card and the tray, and what every small control has in common."""

from pathlib import Path
from typing import Any

import panel as pn
from bokeh.plotting import figure

_STATIC = Path(__file__).parent / "static"
CARD_CSS = (_STATIC / "card.css").read_text(encoding="utf-8")
WIDGETS_CSS = (_STATIC / "widgets.css").read_text(encoding="utf-8")
LIST_CSS = (_STATIC / "star_list.css").read_text(encoding="utf-8")

CONTROLS: dict[str, Any] = {"stylesheets": [WIDGETS_CSS], "margin": 0}
"""Keyword arguments of a Panel widget that looks like the rest of the card."""

WORDS: dict[str, Any] = {"stylesheets": [CARD_CSS], "margin": 0}
"""Keyword arguments of an HTML pane of the card or the tray."""


def plot_box(fig: figure) -> pn.Column:
    """A figure that fills its place and can be hidden and shown again."""
    # the box is hidden, not the pane: a Bokeh pane that was invisible once stays so
    pane = pn.pane.Bokeh(fig, sizing_mode="stretch_both", min_height=80, margin=0)
    return pn.Column(pane, sizing_mode="stretch_both", margin=0)


def plot_column(bar: Any, message: Any, plot: Any, *below: Any) -> pn.Column:
    """A plot below its controls, what belongs below it, the words that may take its place."""
    return pn.Column(
        bar, message, plot, *below, css_classes=["card-plot"], stylesheets=[CARD_CSS],
        sizing_mode="stretch_both", margin=0,
    )  # fmt: skip


def show_plot(column: pn.Column, present: bool) -> None:
    """Show the plot of a `plot_column`, or only the words, which leave the room to others."""
    bar, message, plot, *below = column
    for part in (bar, plot, *below):
        part.visible = present
    message.visible = not present
    column.css_classes = ["card-plot"] if present else ["card-plot", "lacking"]
