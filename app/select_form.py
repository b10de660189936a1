"""The form beside the list of selected stars: by condition, class, pasted ids; keep, bring back."""

from typing import ClassVar

import param

from app.chrome import Piece, static


class SelectForm(Piece):
    """Sends {"act": "where" | "class" | "ids" | "save" | "restore" | "delete", ...}."""

    columns = param.List([], item_type=str, doc="Names that a condition may use.")
    classes = param.List([], item_type=str)
    saved = param.Dict({}, doc="Names of the selections kept, and their ids.")
    error = param.String("", doc="What was wrong with the last one.")
    has_selection = param.Boolean()

    _esm = static("select_form.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("select_form.css")]
