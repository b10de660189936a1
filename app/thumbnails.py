"""Folded light curves as small SVG pictures, for lists of stars.

One path of dots per star, in integer coordinates, coloured by CSS (`currentColor`): about two
kilobytes each, sharp at any zoom, right in the light and the dark theme without being redrawn.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.curves import time_zero, visible_range
from data_pipeline.light_curves import phase_fold

WIDTH, HEIGHT = 132, 40
"""Size of the drawing in its own units, which are CSS pixels in the lists."""

MAX_POINTS = 160


def folded_thumbnail(
    time: ArrayLike,
    value: ArrayLike,
    period_days: float | None,
    *,
    is_magnitude: bool = True,
    minimum_first: bool = False,
) -> str:
    """Draw a light curve over two cycles, or against time where no period is known.

    Parameters
    ----------
    time, value : array_like, shape (n,)
        Days, and magnitudes or fluxes of the good points of one band.
    period_days : float or None
        None, NaN or a non-positive number draws the curve against time.
    is_magnitude : bool
        Bright is up: magnitudes are inverted, fluxes are not.
    minimum_first : bool
        Phase zero at minimum light (eclipsers), else at maximum.

    Returns
    -------
    str
        An `<svg>` element; an empty frame's worth of one where there is no point to draw.
    """
    times, values = np.asarray(time, np.float64), np.asarray(value, np.float64)
    finite = np.isfinite(values)
    times, values = times[finite], values[finite]
    if len(times) == 0:
        return _svg("", folded=False)
    low, high = visible_range(values)
    y = (values - low) / (high - low)
    y = y if is_magnitude else 1 - y
    if period_days is None or not (np.isfinite(period_days) and period_days > 0):
        x = (times - times.min()) / max(np.ptp(times), 1e-9)
        return _svg(_dots(*_thinned(x, y)), folded=False)
    zero = time_zero(times, values, period_days, lowest=is_magnitude != minimum_first)
    phase, y = _thinned(phase_fold(times, period_days, zero), y)
    return _svg(_dots(phase / 2, y), _dots(phase / 2 + 0.5, y), folded=True)


def _thinned(x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
    """At most MAX_POINTS of the points inside the frame, evenly through the series."""
    inside = (y >= 0) & (y <= 1)
    x, y = x[inside], y[inside]
    step = -(-len(x) // MAX_POINTS) or 1
    return x[::step], y[::step]


def _dots(x: NDArray, y: NDArray) -> str:
    """SVG path data of zero-length strokes, which a round cap draws as dots."""
    columns = np.round(2 + x * (WIDTH - 4)).astype(int)
    rows = np.round(2 + y * (HEIGHT - 4)).astype(int)
    return "".join(f"M{column} {row}h0" for column, row in zip(columns, rows, strict=True))


def _svg(first: str, second: str = "", *, folded: bool) -> str:
    middle = f'<path class="cycle" d="M{WIDTH // 2} 0v{HEIGHT}"/>' if folded else ""
    repeat = f'<path class="dots repeat" d="{second}"/>' if second else ""
    return (
        f'<svg class="thumb" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'aria-hidden="true">{middle}<path class="dots" d="{first}"/>{repeat}</svg>'
    )
