"""The words under a light curve: what is drawn, counted, and how it is folded. HTML, escaped."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.ephemeris import Ephemeris
from app.formats import other_time_unit, period_text
from app.photometry import Fold, Photometry


def counts(
    points: Photometry,
    groups: NDArray[np.str_],
    colors: Mapping[str, str],
    frame: tuple[float, float],
) -> list[str]:
    """How many points of each group are drawn, and what is not drawn as the rest.

    Parameters
    ----------
    points : Photometry
        Of n points.
    groups : str, shape (n,)
        Band or camera of each.
    colors : mapping of group to its colour
    frame : (float, float)
        Lowest and highest value that is shown.
    """
    marks = [
        f'<span style="color:{colors[name]}">●</span> {escape(name)} {count}'
        for name, count in zip(*np.unique(groups[points.good], return_counts=True), strict=True)
    ]
    low, high = frame
    outside = int(((points.value < low) | (points.value > high))[~points.is_limit].sum())
    counted = {
        "▽ {} limits": int(points.is_limit.sum()),
        "○ {} bad": int(points.is_bad.sum()),
        "{} off the frame": outside,
        "{} in another unit left out": points.left_out,
    }
    return marks + [text.format(count) for text, count in counted.items() if count]


def fold_words(points: Photometry, by: Fold, shift: float) -> list[str]:
    """Frequency, and where phase zero is: extremum, shift [cycles], date."""
    where = "minimum" if by.at_minimum else "maximum"
    shifted = f" + {shift:.3f}" if shift else ""
    words = [
        other_time_unit(by.period_days),
        f"f {1 / by.period_days:.6g} d⁻¹",
        f"phase 0: {where}{shifted}, {escape(points.date_text(by.zero))}",
    ]
    return [word for word in words if word]


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
