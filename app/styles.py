"""Style sheets of the card and the tray, and what every small control has in common."""

from pathlib import Path
from typing import Any

_STATIC = Path(__file__).parent / "static"
CARD_CSS = (_STATIC / "card.css").read_text(encoding="utf-8")
LIST_CSS = (_STATIC / "star_list.css").read_text(encoding="utf-8")

CONTROLS: dict[str, Any] = {"stylesheets": [CARD_CSS], "margin": 0}
"""Keyword arguments of a Panel widget that looks like the rest of the card."""
