"""A file from the user's machine, piece by piece and bounded: what is too large is never kept."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

_CSS = """
button { width: 100%; height: 30px; font: inherit; font-size: 12px; color: var(--fg);
  cursor: pointer; background: transparent; border: 1px dashed var(--line); border-radius: 8px;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
button:hover, button.over { border-color: var(--accent); color: var(--accent); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
"""


class Upload(JSComponent):
    """A button to choose a file (or to drop one on); `on_file` gets its name and content."""

    label = param.String("Open a file…")
    hint = param.String("")
    accept = param.String("", doc="Suffixes the chooser offers, as HTML has them.")
    max_bytes = param.Integer(50_000_000, doc="Larger files are refused.")

    _esm = Path(__file__).parent / "static" / "upload.js"
    _stylesheets = [_CSS]  # noqa: RUF012 - read by Panel

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.on_file: Callable[[str, bytes], None] = lambda name, content: None
        self.on_refused: Callable[[str], None] = lambda why: None
        self._content = bytearray()

    def _handle_msg(self, data: Any) -> None:
        """Take a piece; whatever does not follow from the last one, or is too much, is refused."""
        try:
            self._take(data)
        except (KeyError, TypeError, ValueError, binascii.Error):
            self._content.clear()
            self.on_refused("The file did not arrive whole. Try again.")

    def _take(self, data: dict[str, Any]) -> None:
        name, size = str(data["name"])[:200], int(data["size"])
        if data["type"] != "piece" or size > self.max_bytes:
            self._content.clear()
            self.on_refused(
                f"{name} has {size / 1e6:,.0f} MB; files of up to {self.max_bytes / 1e6:,.0f} MB "
                "are read here."
            )
            return
        if int(data["first"]) == 0:
            self._content.clear()
        if int(data["first"]) != len(self._content):
            raise ValueError("a piece is missing")
        self._content += base64.b64decode(data["data"], validate=True)
        if len(self._content) > min(size, self.max_bytes):
            raise ValueError("more than was announced")
        if len(self._content) < size:
            self._send_msg({"next": len(self._content)})
            return
        content = bytes(self._content)
        self._content.clear()
        self.on_file(name, content)
