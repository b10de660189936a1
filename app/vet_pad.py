"""The verdicts as keys and buttons; what a key means the browser knows (static/vet_pad.js)."""

from typing import Any, ClassVar

import param

from app.chrome import Piece, static
from data_pipeline.verdict_log import KINDS

REASONS = (
    "shape of the light curve", "period", "amplitude", "colour or luminosity", "spectrum",
    "another star in the aperture", "bad photometry", "too few points", "another catalogue",
)  # fmt: skip
"""Offered as one types; any other will do."""
HINTS = {
    "right": "The catalogue's class is right",
    "wrong_class": "Another class: pick one or several",
    "wrong_period": "The class may stand, the period does not: say which is right",
    "outlier": "Of this class, but unusual in it",
    "artefact": "Two stars in one, or a fault of the data",
    "other_spectrum": "The spectrum belongs to another star",
    "not_variable": "No variable star at all",
    "unsure": "Looked at, and not to be decided",
    "skip": "Come back to it later",
}
_ASKED = {"skip": "Skip", "outlier": "Odd for its class", "other_spectrum": "Wrong spectrum"}
"""Where a key says it otherwise than the log."""


class VetPad(Piece):
    """Nine verdicts, sure or probable, a reason and a note; pickers of classes and periods."""

    kinds = param.List(
        [
            {"kind": kind, "words": _ASKED.get(kind, of.words.capitalize()), "hint": HINTS[kind]}
            for kind, of in KINDS.items()
        ]
    )
    reasons = param.List(list(REASONS))
    classes = param.List([], doc="All classes: label and chip (HTML).")
    view = param.Dict({}, doc="The star in focus and what is known of it; see `VetQueue`.")

    _esm = static("vet_pad.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("vet_pad.css")]

    def tell(self, act: str, **more: Any) -> None:
        """Tell the browser what became of an entry."""
        self._send_msg({"act": act, **more})
