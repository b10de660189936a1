"""What a survey derives from its own light curves: periods and features.

The demo takes its periods from the simulated catalog, or searches for them as for observed stars;
the features are computed by the same code as for any survey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from data_pipeline.features import compute_features
from data_pipeline.light_curves import LightCurve


def derived_columns(
    light_curves: Sequence[LightCurve], catalog_periods: Sequence[float], search: bool
) -> list[dict[str, Any]]:
    """Period columns and light-curve features of each star, one row per light curve.

    Parameters
    ----------
    light_curves : N light curves
    catalog_periods : N periods in days, NaN where the catalog has none
    search : bool
        Search the light curves for periods instead of taking the catalog's.
    """
    rows = [
        _searched(curve) if search else _from_catalog(period)
        for curve, period in zip(light_curves, catalog_periods, strict=True)
    ]
    periods = pd.DataFrame(rows).assign(source_id=range(len(rows)))
    features = compute_features(enumerate(light_curves), periods).set_index("source_id")
    if not search:  # a catalog gives no second period, so its odds would be a constant
        features = features.drop(columns="lc_period_alt_odds", errors="ignore")
    described: dict[int, dict[str, Any]] = features.to_dict("index")  # type: ignore[assignment]
    return [
        {**row, "n_epochs": int(curve.good.sum()), **described[number]}
        for number, (row, curve) in enumerate(zip(rows, light_curves, strict=True))
    ]


def _from_catalog(period_days: float) -> dict[str, Any]:
    is_periodic = math.isfinite(period_days)
    method = "catalog" if is_periodic else "none"
    return {"period_days": period_days, "period_method": method, "is_periodic": is_periodic}


def _searched(curve: LightCurve) -> dict[str, Any]:
    # imported here: the search loads compiled libraries that catalog periods do not need
    from data_pipeline.periods import find_period
    from data_pipeline.periods.parallel import light_curve_points

    return find_period(*light_curve_points(curve)).columns()
