"""Words on the page that change often: HTML, and nothing else, travels when they do.

Panel's own HTML pane makes its style sheets anew with every change, and the browser lays the page
out again; with a handful of them in the card that is a third of a click.
"""

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from app.styles import CARD_CSS


class Words(JSComponent):
    """A piece of HTML; whoever sets `object` escapes what comes from outside."""

    object = param.String(doc="HTML.")

    _esm = """
    export function render({ model, el }) {
      const paint = () => { el.innerHTML = model.object }
      model.on("object", paint)
      paint()
    }
    """
    _stylesheets: ClassVar[list[str]] = [CARD_CSS]

    def __init__(self, css_class: str, **params: Any) -> None:
        super().__init__(
            **{"sizing_mode": "stretch_width", "margin": 0, "css_classes": [css_class], **params}
        )
