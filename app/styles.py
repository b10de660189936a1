"""Style sheets of the card and the tray, and what every small control has in common."""

from pathlib import Path
from typing import Any

CARD_CSS = (Path(__file__).parent / "static" / "card.css").read_text(encoding="utf-8")

CONTROLS: dict[str, Any] = {"stylesheets": [CARD_CSS], "margin": 0}
"""Keyword arguments of a Panel widget that looks like the rest of the card."""
