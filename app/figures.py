"""Quiet Bokeh figures in the two themes of the page, for the plots of the card and the tray.

A figure is made once and painted again when the theme changes; views replace its data and ranges.
Backgrounds are transparent, so the panel behind shows through; the inks match static/style.css.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from bokeh.events import DoubleTap
from bokeh.models import (
    BasicTicker,
    CustomJS,
    HoverTool,
    NoOverlap,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Ink:
    """The colours of one theme."""

    text: str
    muted: str
    line: str
    panel: str
    accent: str


INK = {
    "light": Ink("#1c2330", "#5a6477", "#e3e6eb", "#ffffff", "#2f5fd0"),
    "dark": Ink("#e6e9ef", "#97a1b2", "#2b323d", "#171b22", "#7aa2ff"),
}


def card_figure(
    x_label: str,
    y_label: str,
    tooltips: str | None = None,
    zoom: Literal["both", "width", "height"] = "both",
    **options: Any,
) -> figure:
    """Make an empty figure: wheel zoom, drag to pan, double click to see all again.

    Parameters
    ----------
    x_label, y_label : str
        Axis labels with units.
    tooltips : str, optional
        HTML template of the hover tool.
    zoom : {"both", "width", "height"}
        Directions in which the figure pans and zooms.
    **options
        For `bokeh.plotting.figure`, its ranges among them.
    """
    pan, wheel = PanTool(dimensions=zoom), WheelZoomTool(dimensions=zoom)
    fig = figure(
        tools=[pan, wheel, ResetTool()],
        toolbar_location=None,
        sizing_mode="stretch_both",
        min_border=0,
        min_border_left=50,
        min_border_right=10,
        min_border_top=6,
        background_fill_alpha=0,
        border_fill_alpha=0,
        outline_line_width=1,
        **options,
    )
    fig.toolbar.active_drag = pan
    fig.toolbar.active_scroll = wheel
    fig.xaxis.axis_label, fig.yaxis.axis_label = x_label, y_label
    fig.js_on_event(DoubleTap, CustomJS(args={"fig": fig}, code="fig.reset.emit()"))
    if tooltips:
        fig.add_tools(HoverTool(tooltips=tooltips, point_policy="snap_to_data", renderers=[]))
    fig.yaxis.ticker = BasicTicker(desired_num_ticks=5)
    for axis in fig.axis:
        axis.update(
            axis_label_text_font_style="normal",
            axis_label_text_font_size="11px",
            axis_label_text_font=FONT,
            axis_label_standoff=4,
            major_label_text_font_size="10.5px",
            major_label_text_font=FONT,
            major_label_standoff=4,
            major_label_policy=NoOverlap(),
            minor_tick_line_color=None,
            major_tick_in=0,
            major_tick_out=4,
            axis_line_color=None,
        )
    return fig


def paint(fig: figure, theme: str) -> None:
    """Give a figure the inks of a theme, "light" or "dark"."""
    ink = INK[theme]
    fig.outline_line_color = ink.line
    for axis in fig.axis:
        axis.update(
            axis_label_text_color=ink.muted,
            major_label_text_color=ink.muted,
            major_tick_line_color=ink.line,
        )
    fig.grid.grid_line_color = ink.line
    fig.grid.grid_line_alpha = 0.6


def set_range(axis_range: Range1d, start: float, end: float) -> None:
    """Set a range and what a reset goes back to, in one go."""
    axis_range.update(start=start, end=end, reset_start=start, reset_end=end)


def readable(color: str, theme: str) -> str:
    """A colour moved towards the text until it stands out from the panel (contrast 3 to 1)."""
    panel, text = _rgb(INK[theme].panel), _rgb(INK[theme].text)
    own = _rgb(color)
    for share in np.linspace(0, 1, 21):
        mixed = own + share * (text - own)
        if _contrast(mixed, panel) >= 3:
            break
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def _rgb(color: str) -> np.ndarray:
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


def _contrast(first: np.ndarray, second: np.ndarray) -> float:
    """Contrast ratio of two colours as the web accessibility guidelines define it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: np.ndarray) -> float:
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))
