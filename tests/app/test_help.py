"""The help sheet and the keys that work are the same: both lists, out of the files themselves."""

import re

from app.chrome import static

KEY_FILES = (
    "keys.js", "vet_pad.js", "star_list.js", "panels.js", "ephemeris_bar.js", "fold_bar.js",
)  # fmt: skip
"""Scripts that listen to keys outside fields."""
SIGNS = {"ArrowUp": "↑", "ArrowDown": "↓", "ArrowLeft": "←", "ArrowRight": "→", "Escape": "Esc"}
HELD = {"Shift", "Alt", "Ctrl"}
"""Keys that are held while others are pressed; scripts read them as shiftKey and so on."""
IN_FIELDS = {"Backspace"}
"""What the field of classes takes: as every field does."""
_TABLE = re.compile(
    r"(?:const (?:TOOLS|ACTS|MODES|MAPS|CARD) = |const step = )\{(.*?)\n?\}\s*(?:\n|\[)", re.S
)
_ENTRY = re.compile(r"""(?:^|[,{\s])(?:"([^"]+)"|(\w+)):""")
_COMPARED = re.compile(r"""event\.key(?:\.toLowerCase\(\))? [!=]== "([^"]+)\"""")


def keys_that_work() -> set[str]:
    """Keys that the scripts listen to, as the help sheet writes them."""
    found: set[str] = set()
    for name in KEY_FILES:
        script = static(name)
        found |= set(_COMPARED.findall(script))
        for table in _TABLE.findall(script):
            plain = re.sub(r"\{ act[^}]*\}", "0", table)  # what a key does is not its name
            found |= {one or other for one, other in _ENTRY.findall(plain)}
    digits = set(re.findall(r'number === "(\d)"', static("vet_pad.js")))
    assert "number > 0" in static("vet_pad.js")
    digits |= {str(digit) for digit in range(1, 10)}
    return {SIGNS.get(key, key) for key in found | digits} - IN_FIELDS


def keys_that_are_told() -> set[str]:
    """Keys of the help sheet; a row of digits is told by its ends."""
    found = set(re.findall(r"<kbd>(.+?)</kbd>", static("help.html")))
    assert "<kbd>1</kbd> … <kbd>9</kbd>" in static("help.html")
    return {key.lower() if key == "Z" else key for key in found} | set("12345678")


def test_the_help_sheet_tells_every_key_and_no_other() -> None:
    works, told = keys_that_work(), keys_that_are_told() - HELD
    assert {"u", "f", "[", "E", "/", "?", "↑", "Enter", "m", "0", "z"} <= works
    assert sorted(works - told) == [], "work, and the help sheet does not say so"
    assert sorted(told - works) == [], "told, and nothing listens"
