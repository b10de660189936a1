"""Where files are dropped: the browser reads them, and says so itself when they are too large."""

from collections.abc import Callable
from typing import Any, ClassVar

import param

from app.chrome import Piece, static
from data_pipeline.uploads import FORMATS, MAX_BYTES


class UploadBox(Piece):
    """Takes files and what is known about them; `on_files` gets the request, None to forget.

    `on_place` gets the place on the sky that is typed, as text; empty for the files' own.
    `on_kept` gets what to do with a kept upload, "keep", "open" or "remove", and its key.
    """

    status: "param.Selector[str]" = param.Selector(
        default="empty", objects=["empty", "busy", "done", "failed", "off"]
    )
    text_html = param.String("", doc="What came of it.")
    kept = param.List([], doc="Kept uploads, [key, name] each.")
    kept_key = param.Integer(-1, doc="Which of them is open.")
    endings = param.String(",".join(FORMATS), constant=True)
    max_bytes = param.Integer(MAX_BYTES, constant=True)

    on_files: Callable[[dict[str, Any] | None], None] | None = None
    on_place: Callable[[str], None] | None = None
    on_kept: Callable[[str, int], None] | None = None

    _esm = static("upload_box.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("upload_box.css")]

    def _handle_msg(self, data: dict[str, Any]) -> None:
        act = data["act"]
        if act in ("keep", "open", "remove") and self.on_kept is not None:
            self.on_kept(act, int(data.get("key", self.kept_key)))
        elif act == "place" and self.on_place is not None:
            self.on_place(str(data["text"]))
        elif act in ("embed", "forget") and self.on_files is not None:
            self.on_files(None if act == "forget" else data["request"])
