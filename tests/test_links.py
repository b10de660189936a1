"""Links and pictures of the README and of the docs lead to something."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s#]+)")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_relative_links_lead_somewhere(text: Path) -> None:
    links = [one for one in _LINK.findall(text.read_text("utf-8")) if "://" not in one]
    assert [one for one in links if not (text.parent / one).exists()] == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {
        (text.parent / link).resolve()
        for text in TEXTS
        for link in _LINK.findall(text.read_text("utf-8"))
        if "://" not in link
    }
    assert set((ROOT / "docs" / "pictures").resolve().glob("*.png")) - shown == set()
