"""The words under a light curve: what is drawn, counted, and how it is folded. HTML, escaped."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.ephemeris import Ephemeris
from app.formats import other_time_unit, period_text
from app.photometry import Fold, Photometry

_SWITCH = (  # static/keys.js passes it on to the card
    "window.dispatchEvent(new CustomEvent('astrom3:card',"
    "{detail:{act:'band',band:this.dataset.band}}))"
)


def groups(names: NDArray[np.str_], colors: Mapping[str, str]) -> list[str]:
    """How many points each group has, in its colour.

    Parameters
    ----------
    names : str, shape (n,)
        Band or camera of each point.
    colors : mapping of group to its colour
    """
    return [
        f'<span style="color:{colors[name]}">●</span> {escape(name)} {count}'
        for name, count in zip(*np.unique(names, return_counts=True), strict=True)
    ]


def bands(points: Photometry, shown: Photometry, colors: Mapping[str, str]) -> list[str]:
    """How many good points each band has; where there are several, buttons that switch them."""
    names = points.band[points.good]
    marks = groups(names, colors)
    if len(marks) < 2:
        return marks
    on = set(shown.band.tolist())
    return [
        f'<button class="band" data-band="{escape(name)}" aria-pressed="{str(name in on).lower()}" '
        f'onclick="{_SWITCH}" title="Show or hide this band">{mark}</button>'
        for name, mark in zip(np.unique(names).tolist(), marks, strict=True)
    ]


def counts(points: Photometry, frame: tuple[float, float]) -> list[str]:
    """How many points are not drawn as the rest, or not at all.

    Parameters
    ----------
    points : Photometry
    frame : (float, float)
        Lowest and highest value that is shown.
    """
    low, high = frame
    outside = int(((points.value < low) | (points.value > high)).sum())
    counted = {
        "▽ {} limits": int(points.is_limit.sum()),
        "○ {} bad": int(points.is_bad.sum()),
        "{} off the frame": outside,
        "{} in another unit left out": points.left_out,
    }
    return [text.format(count) for text, count in counted.items() if count]


def fold_words(points: Photometry, by: Fold, shift: float) -> list[str]:
    """Frequency, and where phase zero is: extremum, shift [cycles], date."""
    where = "min" if by.at_minimum else "max"
    shifted = f" + {shift:.3f}" if shift else ""
    in_other_units = " · ".join(
        filter(None, [other_time_unit(by.period_days), f"f {1 / by.period_days:.6g} d⁻¹"])
    )
    return [
        f'<span class="where-wide">{in_other_units} ·</span> '
        f"phase 0: {where}{shifted}, {escape(points.date_text(by.zero))}"
    ]


def other_star(name: str, shift: float, unit: str) -> str:
    """The star laid over this one, and by how much it was moved."""
    moved = f"{shift:+.2f} {unit}".replace("-", "−")
    return f'<b class="other">○</b> {escape(name)}, {escape(moved)}'


def period(points: Photometry | None, found: Ephemeris | None, can_fold: bool) -> str:
    """The period with its error; without a fold, how long the star was observed. Plain text."""
    if points is None:
        return ""
    if found is not None:
        return f"P {period_text(found.period_days, found.period_err_days)} d"
    scale = f" · {points.time_label} in {points.time_scale.upper()}" if points.time_scale else ""
    span = f"{np.ptp(points.time):,.0f} d from first to last point{scale}"
    return span if can_fold else f"No period is known: type one to fold. {span}"


def explained(found: Ephemeris | None, by: Fold | None, shift: float) -> str:
    """The ephemeris at length, for hovering; plain text."""
    if found is None or by is None:
        return ""
    where = "minimum" if by.at_minimum else "maximum"
    at = f"{shift:.3f} cycles after {where}" if shift else f"at {where}"
    return f"{found.text()}; phase zero {at} light; f = {1 / found.period_days:.8g} c/d"


def lacking(store: AtlasStore, focus: int) -> str:
    """Why there is no light curve to see."""
    if focus < 0:
        return "Click a star on a map to see its light curve."
    missing = store.missing("photometry")
    return f"{missing}." if missing else "No light curve of this star."
