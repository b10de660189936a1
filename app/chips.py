"""Small HTML pieces that mean the same everywhere: a class with its colour and its marker."""

from html import escape

from app.palette import UNLABELLED, ClassStyle, class_style

_SHAPES = {
    "circle": '<circle cx="6" cy="6" r="4.4"/>',
    "square": '<rect x="2" y="2" width="8" height="8"/>',
    "diamond": '<path d="M6 .8 11 6 6 11.2 1 6z"/>',
    "triangle": '<path d="M6 1.2 11 10.4H1z"/>',
    "inverted_triangle": '<path d="M6 10.8 1 1.6h10z"/>',
    "hex": '<path d="M3.4 1.5h5.2L11.2 6 8.6 10.5H3.4L.8 6z"/>',
    "star": '<path d="M6 .5 7.5 4.3l4.1.2-3.2 2.6 1.1 4L6 8.9l-3.5 2.2 1.1-4L.4 4.5l4.1-.2z"/>',
    "triangle_pin": '<path d="M6 1 7.6 6.4 11.4 10.8 6 9.4.6 10.8 4.4 6.4z"/>',
    "square_pin": '<path d="M1.2 1.2 6 2.8l4.8-1.6L9.2 6l1.6 4.8L6 9.2l-4.8 1.6L2.8 6z"/>',
}


def marker(label: str | None) -> str:
    """The marker of a class as a twelve-pixel drawing in its colour."""
    return drawn(class_style(label))


def drawn(style: ClassStyle) -> str:
    """A marker as a twelve-pixel drawing."""
    shape = _SHAPES.get(style.marker, _SHAPES["circle"])
    return (
        f'<svg class="marker" viewBox="0 0 12 12" width="12" height="12" fill="{style.color}" '
        f'aria-hidden="true">{shape}</svg>'
    )


def class_chip(label: str | None, note: str = "") -> str:
    """A class as it is shown everywhere: marker, code, the long name on hovering.

    Parameters
    ----------
    label : str or None
    note : str
        Written behind the code, e.g. a probability; plain text.
    """
    style = class_style(label)
    shown = "no class" if style.label == UNLABELLED else escape(style.label)
    behind = f'<span class="muted">{escape(note)}</span>' if note else ""
    title = escape(f"{style.name} {note.strip()}".strip())
    return f'<span class="chip" title="{title}">{marker(label)}{shown}{behind}</span>'
