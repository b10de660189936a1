"""Rows of the tray as HTML: the folded thumbnail, the name, the class, what the list is about."""

import math
import re
from functools import lru_cache
from html import escape

from app.atlas_store import AtlasStore
from app.chips import class_chip
from app.formats import period_text
from app.palette import class_style
from app.photometry import photometry
from app.thumbnails import folded_thumbnail


@lru_cache(maxsize=4096)
def thumbnail(store: AtlasStore, row: int, label: str | None = None) -> str:
    """Folded light curve of a star in the colour of its class, or words where it has none.

    Parameters
    ----------
    store : AtlasStore
    row : int
    label : str, optional
        Shown as if it were of this class.
    """
    light_curve = store.light_curve(row)
    points = photometry(light_curve, store.survey.bands) if light_curve is not None else None
    if points is None:
        return '<span class="no-thumb">no light curve</span>'
    main = points.main_band()
    style = class_style(label or store.label(row))
    drawing = folded_thumbnail(
        points.time[main],
        points.value[main],
        store.period_days(row),
        is_magnitude=points.quantity == "mag",
        minimum_first=style.family == "eclipsing",
    )
    return f'<span class="ink" style="--class:{style.color}">{drawing}</span>'


def name_cell(store: AtlasStore, row: int) -> str:
    """Name over period."""
    days = store.period_days(row)
    period = f"{period_text(days)} d" if math.isfinite(days) else "no period"
    name = escape(store.name(row))
    return (
        f'<span class="who"><b title="{name}">{breaking(name)}</b>'
        f'<span class="muted num">{period}</span></span>'
    )


def breaking(name: str) -> str:
    """An escaped name that may go on in a second line at the sign of a declination, only there."""
    parts = re.split(r"(?<=\d)(?=[+\-−]\d)", name)
    if len(parts) == 1:
        return name
    return "<wbr>".join(f'<span class="half">{part}</span>' for part in parts)


def class_cell(store: AtlasStore, row: int) -> str:
    """Class of the catalogue, and the classifier's where it differs."""
    label = store.label(row)
    chips = class_chip(label)
    objects = store.objects
    suggested = objects["predicted_class"].iat[row] if "predicted_class" in objects else None
    if isinstance(suggested, str) and suggested != label:
        chips += f'<span class="muted">→</span>{class_chip(suggested)}'
    return f'<span class="classes">{chips}</span>'


def bar_cell(share: float, text: str, title: str = "") -> str:
    """A number with a bar of its length, 0 to 1."""
    width = 100 * min(max(share, 0.0), 1.0) if math.isfinite(share) else 0
    return (
        f'<span class="bar-cell num" title="{escape(title)}"><i style="width:{width:.0f}%"></i>'
        f"{escape(text)}</span>"
    )


def number_cell(value: float, decimals: int, unit: str = "") -> str:
    """A number, or a dash."""
    text = f"{value:.{decimals}f}{f' {unit}' if unit else ''}" if math.isfinite(value) else "—"
    return f'<span class="num muted">{escape(text.replace("-", "−"))}</span>'
