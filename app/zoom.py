"""What part of a plane is in view, as the address keeps it: x low, x high, y low, y high."""

import numpy as np

from app.picking import PointIndex, decimals_for

Range = tuple[float, float]
View = tuple[Range, Range]
"""Start and end of the x range and of the y range; either may run backwards."""
_MARGIN = 0.04


def whole_view(points: PointIndex, invert_x: bool, invert_y: bool) -> View:
    """The view that has all points in it, with a margin."""
    low, high = points.low, points.high
    pad = _MARGIN * np.where(high > low, high - low, 1.0)
    (x0, y0), (x1, y1) = (low - pad).tolist(), (high + pad).tolist()
    return (x1, x0) if invert_x else (x0, x1), (y1, y0) if invert_y else (y0, y1)


def part_in_view(view: View, whole: View, units_per_pixel: Range) -> list[float]:
    """Ends of a view to a hundredth of a pixel; none where it is the whole."""
    apart = np.abs(np.subtract(view, whole)).max(axis=1)
    if (apart < np.abs(units_per_pixel)).all():
        return []
    return [
        round(float(end), decimals_for(unit))
        for ends, unit in zip(view, units_per_pixel, strict=True)
        for end in sorted(ends)
    ]


def view_of(part: list[float], whole: View) -> View:
    """The view of a part, running as the whole does."""
    x_low, x_high, y_low, y_high = part
    (x0, x1), (y0, y1) = whole
    return (
        (x_low, x_high) if x0 < x1 else (x_high, x_low),
        (y_low, y_high) if y0 < y1 else (y_high, y_low),
    )
