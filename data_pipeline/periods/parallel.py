"""Periods of many stars: in parallel, with progress, and resumable after any interruption."""

import os
from collections.abc import Iterable, Iterator, Sized
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.engine import Engine, open_engine
from data_pipeline.light_curves import LightCurve
from data_pipeline.periods.find import find_period
from data_pipeline.periods.types import PeriodConfig
from data_pipeline.star_tables import Task, content_key, star_table
from data_pipeline.survey import Survey

SEARCH_VERSION = 1  # raise it when the search gives other answers
_BATCH = 8  # stars a worker takes at a time
_MAGNITUDE_PER_RELATIVE_FLUX = 1.0857362

PERIOD_COLUMNS: dict[str, type] = {
    "source_id": np.int64,
    "period_days": np.float64,
    "period_err_days": np.float64,
    "period_power": np.float64,
    "period_method": str,
    "period_alt_days": np.float64,
    "period_alt_odds": np.float64,
    "is_periodic": bool,
}

Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]


def find_periods(
    light_curves: Survey | Iterable[tuple[int, LightCurve]],
    config: PeriodConfig | None = None,
    workers: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    engine: Engine | None = None,
) -> pd.DataFrame:
    """Find the period of every light curve.

    A script that calls this with more than one worker needs the usual main guard.

    Parameters
    ----------
    light_curves : Survey, or iterable of (source_id, LightCurve)
    config : PeriodConfig, optional
    workers : int, optional
        Processes; all processors by default. With one, nothing is started.
    cache : path, optional
        File that keeps finished stars between runs; made where missing.
    engine : Engine, optional
        What does the work, instead of `workers` processes of its own.

    Returns
    -------
    DataFrame in the order given, columns source_id, period_days, period_err_days, period_power,
    period_method, period_alt_days and period_alt_odds (the likeliest other period and its odds
    against the chosen one), is_periodic.
    """
    config = config or PeriodConfig()
    pairs, total = _pairs(light_curves)
    source_ids: list[int] = []
    settings = (SEARCH_VERSION, config)

    def tasks() -> Iterator[Task[Points]]:
        for source_id, curve in pairs:
            source_ids.append(source_id)
            points = light_curve_points(curve)
            yield Task(content_key(settings, points), points)

    with open_engine(workers) if engine is None else nullcontext(engine) as running:
        table = star_table(
            partial(_search, config=config), tasks(), running, batch=_BATCH,
            description="periods", total=total, cache=None if cache is None else Path(cache),
        )  # fmt: skip
    if table is None:
        table = pd.DataFrame(columns=list(PERIOD_COLUMNS))
    table = table.assign(source_id=np.array(source_ids, np.int64))
    return table[list(PERIOD_COLUMNS)].astype(PERIOD_COLUMNS)


def light_curve_points(curve: LightCurve) -> Points:
    """Return time, brightness in magnitudes, error and band of the good points.

    A band without magnitudes gives minus its relative flux, scaled to magnitudes: faint is up.
    """
    curve = curve.select(curve.good)
    value, err = curve.mag.astype(np.float64), curve.mag_err.astype(np.float64)
    for band in np.unique(curve.band):
        mask = curve.band == band
        if not np.isfinite(value[mask]).any():
            flux = curve.flux[mask].astype(np.float64)
            scale = np.nanmedian(np.abs(flux)) or 1.0
            value[mask] = -flux / scale * _MAGNITUDE_PER_RELATIVE_FLUX
            err[mask] = curve.flux_err[mask] / scale * _MAGNITUDE_PER_RELATIVE_FLUX
    return curve.time.astype(np.float64), value, err, curve.band


def _pairs(
    light_curves: Survey | Iterable[tuple[int, LightCurve]],
) -> tuple[Iterable[tuple[int, LightCurve]], int | None]:
    if isinstance(light_curves, Survey):
        return light_curves.iter_light_curves(), int(light_curves.has_photometry.sum())
    return light_curves, len(light_curves) if isinstance(light_curves, Sized) else None


def _search(stars: list[Points], config: PeriodConfig) -> pd.DataFrame:
    return pd.DataFrame([find_period(*points, config=config).columns() for points in stars])
