"""The name beside the star under the pointer, on one figure of stars.

Over markers the browser writes it by itself; over a picture it tells where the pointer rests, and
the server, which knows the stars, answers with a name.
"""

from typing import Any

from bokeh.models import ColumnDataSource, CustomJS, HoverTool
from bokeh.models.annotations import Label
from bokeh.plotting import figure

from app.figures import FONT, Ink

_NAME_UNDER_POINTER = """
const {index, geometry: at} = cb_data
const hits = index.indices
if (hits.length == 0) { label.visible = false; return }
const {x, y, name, info} = source.data
const per_x = Math.abs(fig.x_range.end - fig.x_range.start) / fig.inner_width
const per_y = Math.abs(fig.y_range.end - fig.y_range.start) / fig.inner_height
const apart = (i) => Math.hypot((x[i] - at.x) / per_x, (y[i] - at.y) / per_y)
const i = hits.reduce((best, j) => apart(j) < apart(best) ? j : best)
const left = (x[i] - fig.x_range.start) / (fig.x_range.end - fig.x_range.start) < 0.6
label.setv({x: x[i], y: y[i], text: name[i] + "\\n" + info[i],
            text_align: left ? "left" : "right", x_offset: left ? 12 : -12, visible: true})
"""
_POINTER_AT_REST = """
label.visible &&= cb_obj.event_name == "mousemove"
if (!picture.visible) return
const place = cb_obj.event_name == "mousemove" ? [cb_obj.x, cb_obj.y] : []
clearTimeout(window.astrom3_pointer)
window.astrom3_pointer = setTimeout(() => { pointer.tags = place }, 40)
"""


class StarNames:
    """Two labels of a figure and what shows them.

    Parameters
    ----------
    fig : bokeh figure
    markers, picture : renderers
        The stars, of which one or the other is visible.

    Attributes
    ----------
    pointer : ColumnDataSource
        Its tags are the pointer's place while the picture is shown.
    """

    def __init__(self, fig: figure, markers: Any, picture: Any) -> None:
        self._fig = fig
        self._label = self._new_label()  # shown by the browser, over markers
        self._picture_label = self._new_label()  # shown by the server, over the picture
        self.pointer = ColumnDataSource()
        args: dict[str, Any] = {"fig": fig, "label": self._label, "source": markers.data_source}
        under = CustomJS(args=args, code=_NAME_UNDER_POINTER)
        fig.add_tools(HoverTool(renderers=[markers], tooltips=None, callback=under))
        args = {"picture": picture, "pointer": self.pointer, "label": self._label}
        for event in ("mousemove", "mouseleave"):
            fig.js_on_event(event, CustomJS(args=args, code=_POINTER_AT_REST))

    def paint(self, ink: Ink) -> None:
        """Take the inks of a theme."""
        for label in (self._label, self._picture_label):
            label.update(
                text_color=ink.text, background_fill_color=ink.panel, border_line_color=ink.line
            )

    def hide(self) -> None:
        """Take away the name written over the picture."""
        self._picture_label.visible = False

    def write(self, x: float, y: float, text: str) -> None:
        """Write a name beside a place; an empty text takes it away."""
        if not text:
            self.hide()
            return
        view: Any = self._fig.x_range
        left = (x - view.start) / (view.end - view.start) < 0.6
        self._picture_label.update(
            x=x, y=y, text=text, visible=True,
            text_align="left" if left else "right", x_offset=12 if left else -12,
        )  # fmt: skip

    def _new_label(self) -> Label:
        looks: dict[str, Any] = {
            "text_font": FONT, "text_font_size": "12px", "text_line_height": 1.3,
            "text_baseline": "middle", "padding": 6, "border_radius": 4, "border_line_width": 1,
            "background_fill_alpha": 0.96, "x_offset": 12,
        }  # fmt: skip
        label = Label(x=0, y=0, text="", visible=False, syncable=False, level="overlay", **looks)
        self._fig.add_layout(label)
        return label
