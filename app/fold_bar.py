"""The controls around a folded light curve: above it what is folded, below it the ephemeris.

Components without knowledge of stars; `LightCurveView` fills them and answers their messages. What
must follow the hand (small folds, dials) is drawn in the browser alone (static/fold_bar.js,
static/ephemeris_bar.js).
"""

import json
from typing import ClassVar

import numpy as np
import param

from app.chrome import Piece, static
from app.curves import visible_range
from app.photometry import Photometry

MAX_POINTS = 240
"""Points of the small folds."""

_STYLES = [static("controls.css"), static("fold_bar.css")]


class FoldBar(Piece):
    """Time or fold, residuals, cameras, the period, small folds at other periods.

    Its messages: {"act": "view", "view"}, {"act": "factor", "factor"}, {"act": "period", "days",
    "name"}, {"act": "typed", "text", "unit"}, {"act": "residuals"}, {"act": "cameras"}.
    """

    folded = param.Boolean()
    period_days = param.Number(0.0, doc="P; 0 where none is known.")
    factor = param.Number(1.0, doc="P is multiplied by this.")
    zero = param.Number(0.0, doc="Time of phase zero [d].")
    points = param.String("{}", doc="JSON: t: times [d], y: 0 at the top to 1.")
    others = param.List([], doc="[name, period in days] beside the multiples of P.")
    residuals = param.Boolean()
    cameras = param.Boolean()
    has_cameras = param.Boolean()
    can_subtract = param.Boolean()
    theme = param.String("light")

    _esm = static("fold_bar.js")
    _stylesheets: ClassVar[list[str]] = _STYLES


class EphemerisBar(Piece):
    """Dials of the period and of phase zero, the ephemeris in words, copy, keep, refine.

    Its messages: {"act": "turned", "dial", "days", "shift"}, {"act": "refine"}, {"act": "keep"}.
    """

    folded = param.Boolean()
    period_days = param.Number(0.0, doc="Period of the fold.")
    zero = param.Number(0.0, doc="Time of phase zero [d].")
    span_days = param.Number(1.0, doc="From the first to the last point.")
    text = param.String(doc="What is written.")
    explained = param.String(doc="What hovering says.")
    copied = param.String(doc="What the copy button copies.")
    kept = param.Boolean()

    _esm = static("ephemeris_bar.js")
    _stylesheets: ClassVar[list[str]] = _STYLES


def thumbnail_points(points: Photometry | None) -> str:
    """At most `MAX_POINTS` good points of the main band for the small folds: bright is up.

    As text: Bokeh looks for models behind every number of a list.
    """
    if points is None:
        return "{}"
    main = np.flatnonzero(points.main_band())
    chosen = main[:: -(-len(main) // MAX_POINTS) or 1]
    low, high = visible_range(points.value[main])
    y = (points.value[chosen] - low) / (high - low)
    y = y if points.quantity == "mag" else 1 - y
    inside = (y >= 0) & (y <= 1)
    shown = {"t": points.time[chosen][inside].tolist(), "y": np.round(y[inside], 3).tolist()}
    return json.dumps(shown)
