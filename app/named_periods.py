"""Periods worth a look for one star: what is known of it, and what the sampling confuses."""

import math
from typing import Any

import numpy as np
import pandas as pd

from app.photometry import Photometry
from data_pipeline.periods.aliases import window_power
from data_pipeline.periods.prepare import prepare
from data_pipeline.periods.scoring import SIDEREAL_DAY

_SAME = 1e-6
"""Periods that differ by less than this share fold alike."""


def known_periods(
    objects: pd.DataFrame, row: int, external: pd.DataFrame | None = None
) -> dict[str, float]:
    """Periods [d] known of a star: ours, the catalogue's, other catalogues', other likely ones.

    Those that fold alike (one part in a million) are given once, under the first name.

    Parameters
    ----------
    objects : DataFrame
    row : int
    external : DataFrame, optional
        What other catalogues say about this star: columns catalog, period_days.
    """
    named = [("found", _cell(objects, "period_days", row))]
    named += [("catalogue", _cell(objects, "period_catalog_days", row))]
    if external is not None:
        named += [
            (str(catalog), float(days) if days is not None else math.nan)
            for catalog, days in zip(external["catalog"], external["period_days"], strict=True)
        ]
    also: Any = objects["period_alt_days"].iat[row] if "period_alt_days" in objects else None
    if also is not None:
        named += [(f"also {place}", days) for place, days in enumerate(np.ravel(also).tolist(), 1)]
    kept: dict[str, float] = {}
    for name, days in named:
        if math.isfinite(days) and days > 0 and not _is_among(days, kept.values()):
            kept[name if name not in kept else f"{name} ({len(kept)})"] = days
    return kept


def daily_aliases(points: Photometry, period_days: float) -> dict[str, float]:
    """Periods [d] that one or two cycles a day more or less would make of a period.

    The day is the solar or the sidereal one, whichever the times of this star repeat by more.
    """
    time = points.time[points.good]
    prepared = prepare(time, np.arange(len(time)), None, None)
    if prepared is None:
        return {}
    days = np.array([1.0, 1 / SIDEREAL_DAY])
    per_day = float(days[window_power(prepared, days).argmax()])
    found = {}
    for name, step in (("f−1", -1), ("f+1", 1), ("f−2", -2), ("f+2", 2)):
        frequency = abs(1 / period_days + step * per_day)
        if frequency > 1 / np.ptp(time):
            found[name] = 1 / frequency
    return found


def _is_among(days: float, others: Any) -> bool:
    return any(abs(days / other - 1) < _SAME for other in others)


def _cell(objects: pd.DataFrame, column: str, row: int) -> float:
    value: Any = objects[column].iat[row] if column in objects else None
    return math.nan if value is None or pd.isna(value) else float(value)
