"""One colour and one marker for every class of variable star, the same in every plot.

Classes are ordered by family: pulsators (blue, violet), eclipsers (green), rotators (yellow), long
period variables (orange, wine), others. The ten common classes keep apart for the three kinds of
colour blindness (tests/app/test_palette.py measures it), and markers differ inside a family. The
names of ASAS and EROS take the colour of the class they stand for. Unknown names get a colour of
their own that never changes; stars without a class are grey.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

UNLABELLED = "unlabelled"
GREY = {"light": "#c3c8cf", "dark": "#4a515b"}
FAMILIES = ("pulsating", "eclipsing", "rotating", "long period", "other")


@dataclass(frozen=True)
class ClassStyle:
    """How one class is drawn and named."""

    label: str
    family: str
    color: str
    marker: str
    name: str


def _styles(family: str, *rows: tuple[str, str, str, str]) -> list[ClassStyle]:
    return [ClassStyle(label, family, color, marker, name) for label, color, marker, name in rows]


_KNOWN = {
    style.label: style
    for style in (
        *_styles(
            "pulsating",
            ("RRAB", "#1a4fd6", "circle", "RR Lyrae, fundamental mode"),
            ("RRC", "#3a98f5", "triangle", "RR Lyrae, first overtone"),
            ("RRD", "#74c3ff", "hex", "RR Lyrae, double mode"),
            ("RRLYR", "#4f7fff", "square", "RR Lyrae, mode not told"),
            ("HADS", "#5f1f8c", "star", "high-amplitude δ Scuti"),
            ("DSCT", "#bcb0ee", "inverted_triangle", "δ Scuti"),
            ("SXPHE", "#8a63d2", "triangle_pin", "SX Phoenicis"),
            ("BCEP", "#27b5d9", "square_pin", "β Cephei"),
            ("CEP", "#7c3fd4", "diamond", "Cepheid"),
            ("DCEP", "#7c3fd4", "diamond", "classical Cepheid, fundamental mode"),
            ("DCEPS", "#a57bea", "square", "classical Cepheid, overtone"),
            ("CWA", "#3d49b8", "hex", "type II Cepheid, W Virginis"),
            ("CWB", "#5d72d8", "square_pin", "type II Cepheid, BL Herculis"),
            ("RVA", "#8f6fb0", "triangle_pin", "RV Tauri"),
        ),
        *_styles(
            "eclipsing",
            ("EW", "#8f9468", "square", "contact binary, W Ursae Majoris"),
            ("EB", "#4fdcb8", "diamond", "close binary, β Lyrae"),
            ("EA", "#145c30", "triangle", "detached binary, Algol"),
            ("EC", "#8f9468", "square", "contact eclipsing binary"),
            ("ESD", "#4fdcb8", "diamond", "semi-detached eclipsing binary"),
            ("ED", "#145c30", "triangle", "detached eclipsing binary"),
            ("ECL", "#5fa35a", "hex", "eclipsing binary, type not settled"),
            ("ELL", "#b5cf6b", "circle", "ellipsoidal binary"),
        ),
        *_styles(
            "rotating",
            ("ROT", "#f5c21b", "hex", "spotted rotating star"),
            ("ROT:", "#d9b661", "circle", "spotted rotating star, uncertain"),
            ("ACV", "#e8b500", "diamond", "α² Canum Venaticorum"),
            ("BY", "#f2d46b", "square", "BY Draconis"),
            ("RS", "#c9a227", "triangle", "RS Canum Venaticorum"),
        ),
        *_styles(
            "long period",
            ("SR", "#d26a14", "circle", "semiregular red giant"),
            ("SRD", "#f09a63", "square", "semiregular yellow giant"),
            ("M", "#a83468", "star", "Mira"),
            ("MIRA", "#a83468", "star", "Mira"),
            ("LPV", "#d26a14", "circle", "long period variable"),
            ("LSP", "#e5688f", "triangle", "long secondary period"),
            ("L", "#b9774b", "diamond", "slow irregular variable"),
        ),
        *_styles(
            "other",
            ("YSO", "#e04b4b", "triangle_pin", "young stellar object"),
            ("VAR", "#7d6f64", "square_pin", "variable, no class"),
        ),
    )
}
_SPARE_COLORS = ("#8c564b", "#5b7f95", "#b07aa1", "#7f8c3b", "#c0504d", "#3f8f8f", "#9467bd")
_SPARE_MARKERS = ("circle", "square", "triangle", "diamond", "hex", "inverted_triangle", "star")
_ORDER = {label: place for place, label in enumerate(_KNOWN)}


def class_style(label: str | None) -> ClassStyle:
    """Return the fixed style of a class, of an unknown class, or of no class at all.

    Parameters
    ----------
    label : str or None
        As the catalogue gave it, e.g. "RRAB", "ROT:", "MIRA".
    """
    if not label or label == UNLABELLED:
        return ClassStyle(UNLABELLED, "other", "#9aa1aa", "circle", "no class in the catalogue")
    known = _KNOWN.get(label) or _KNOWN.get(label.upper())
    if known:
        return replace(known, label=label)
    uncertain = _KNOWN.get(label.upper().rstrip(":"))
    if uncertain:
        return replace(uncertain, label=label, name=f"{uncertain.name}, uncertain")
    pick = zlib.crc32(label.encode())
    color = _SPARE_COLORS[pick % len(_SPARE_COLORS)]
    marker = _SPARE_MARKERS[pick // len(_SPARE_COLORS) % len(_SPARE_MARKERS)]
    return ClassStyle(label, "other", color, marker, label)


def order_classes(labels: Iterable[str]) -> list[str]:
    """Return the distinct labels by family, known ones in their fixed order, no class last."""

    def place(label: str) -> tuple[int, int, str]:
        style = class_style(label)
        if label == UNLABELLED:
            return len(FAMILIES), 0, label
        rank = _ORDER.get(label.upper(), _ORDER.get(label.upper().rstrip(":"), len(_ORDER)))
        return FAMILIES.index(style.family), rank, label

    return sorted(set(labels), key=place)
