"""All photometric features of one star, and of many stars in parallel processes."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.engine import Engine, open_engine
from data_pipeline.features.bands import Series, band_features
from data_pipeline.features.columns import FEATURE_COLUMNS
from data_pipeline.features.folded import fold_features, string_length
from data_pipeline.features.fourier import (
    cosine_features,
    double_period_features,
    fit_harmonics,
    intensity_features,
    shape_features,
)
from data_pipeline.features.series import MIN_POINTS, series_features
from data_pipeline.light_curves import LightCurve, phase_fold
from data_pipeline.star_tables import Task, content_key, star_table

ERROR_FLOOR_MAG = 0.01
"""Added in quadrature to every error: calibration is never better, and no point may dominate."""
_MAG_PER_RELATIVE_FLUX = 2.5 / np.log(10)
_LEVELS = ("mean_mag", "mean_mag_red", "color")
FEATURES_VERSION = 2  # raise it when the features come out otherwise
_BATCH = 64  # stars a worker takes at a time


def photometric_features(
    light_curve: LightCurve,
    period_days: float,
    *,
    alternative: tuple[float, float] | None = None,
    power: float = np.nan,
    bands: Sequence[str] | None = None,
) -> dict[str, float]:
    """Describe a light curve by the numbers of `FEATURE_COLUMNS`; what cannot be said is NaN.

    Parameters
    ----------
    light_curve : LightCurve
        Only its good points count. Brightness is the magnitude where there is one, else the
        relative flux as a small magnitude difference.
    period_days : float
        The period to fold at; NaN where none was found.
    alternative : (period in days, odds), optional
        The second-best period.
    power : float
        Power of the periodogram at the period.
    bands : sequence of str, optional
        Band names from blue to red; sorted by name if not given. The bluest band with enough
        points is described, and compared with the next.
    """
    features: dict[str, float] = dict.fromkeys(
        (name.removeprefix("lc_") for name in FEATURE_COLUMNS), np.nan
    )
    series = _usable_bands(light_curve, bands or light_curve.bands)
    if series:
        features |= series_features(*series[0])
    if len(series) > 1:
        features |= band_features(series[0], series[1], period_days)
    if _has_relative_band(light_curve):
        features |= dict.fromkeys(_LEVELS, np.nan)
    if np.isfinite(period_days):
        features |= _period_features(period_days, alternative, power)
        if series and len(series[0][0]) >= 2 * MIN_POINTS:
            features |= _folded_features(series[0], period_days)
    return {f"lc_{name}": float(value) for name, value in features.items()}


def _has_relative_band(light_curve: LightCurve) -> bool:
    """Return whether a band has fluxes alone: as small differences they tell no brightness."""
    good = light_curve.select(light_curve.good)
    return any(not np.isfinite(good.in_band(band).mag).any() for band in good.bands)


def _usable_bands(light_curve: LightCurve, bands: Sequence[str]) -> list[Series]:
    """Return the series of each band, those with too few points last in line."""
    good = light_curve.select(light_curve.good)
    series = [_series(good.in_band(band)) for band in bands]
    series = [one for one in series if len(one[0])]
    return sorted(series, key=lambda one: len(one[0]) < MIN_POINTS)


def _series(curve: LightCurve) -> Series:
    """Return time, brightness in magnitudes and error of one band, sorted in time."""
    if np.isfinite(curve.mag).any():
        value, err = curve.mag.astype(np.float64), curve.mag_err.astype(np.float64)
    else:
        level = float(np.median(curve.flux)) if len(curve) else np.nan
        scale = float(-_MAG_PER_RELATIVE_FLUX / level) if level > 0 else np.nan
        value = np.float64(scale) * (curve.flux.astype(np.float64) - level)
        err = np.abs(scale * curve.flux_err.astype(np.float64))
    keep = np.flatnonzero(np.isfinite(value))
    keep = keep[np.argsort(curve.time[keep], kind="stable")]
    err = np.hypot(np.where(np.isfinite(err), err, 0.0), ERROR_FLOOR_MAG)
    return curve.time[keep], value[keep], err[keep]


def _period_features(
    period_days: float, alternative: tuple[float, float] | None, power: float
) -> dict[str, float]:
    other, odds = alternative if alternative is not None else (np.nan, 0.0)
    return {
        "log_period": float(np.log10(period_days)),
        "log_period_ratio": float(np.log10(other / period_days)),
        "period_alt_odds": odds,
        "period_power": power,
    }


def _folded_features(series: Series, period_days: float) -> dict[str, float]:
    time, value, err = series
    once = phase_fold(time, period_days)
    twice = phase_fold(time, 2 * period_days)
    fit_once = fit_harmonics(once, value, err, 6)
    fit_twice = fit_harmonics(twice, value, err, 8)
    return {
        "string_length_half": string_length(time, value, period_days / 2),
        "string_length_p": string_length(time, value, period_days),
        "string_length_2p": string_length(time, value, 2 * period_days),
        **fold_features(once, value, "p"),
        **fold_features(twice, value, "2p"),
        **shape_features(fit_once, once, value, err),
        **cosine_features(fit_once, "p"),
        **cosine_features(fit_twice, "2p"),
        **intensity_features(once, value, err, "p"),
        **intensity_features(twice, value, err, "2p"),
        **double_period_features(fit_twice, twice, value, err),
    }


def compute_features(
    light_curves: Iterable[tuple[int, LightCurve]],
    periods: pd.DataFrame,
    *,
    bands: Sequence[str] | None = None,
    workers: int = 1,
    total: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    engine: Engine | None = None,
) -> pd.DataFrame:
    """Describe many light curves, in parallel processes.

    Parameters
    ----------
    light_curves : iterable of (source_id, LightCurve)
    periods : DataFrame
        As `data_pipeline.periods.find_periods` returns it; a star without a row has no period.
    bands : sequence of str, optional
        Band names from blue to red.
    workers : int
        Processes; with 1 the work is done in this one.
    total : int, optional
        Number of light curves, for the progress bar.
    cache : path, optional
        File that keeps finished stars between runs; made where missing.
    engine : Engine, optional
        What does the work, instead of `workers` processes of its own.

    Returns
    -------
    DataFrame, one row per light curve in their order: source_id and the columns of
    `FEATURE_COLUMNS` for which any star has a value.
    """
    known = periods.set_index("source_id")
    place = {int(one): row for row, one in enumerate(known.index)}
    columns = {str(name): known[name].to_numpy() for name in known}
    source_ids: list[int] = []
    settings = (FEATURES_VERSION, None if bands is None else tuple(bands))

    def tasks() -> Iterator[Task[tuple[LightCurve, dict[str, Any]]]]:
        for source_id, curve in light_curves:
            source_ids.append(source_id)
            row = place.get(source_id)
            found = {} if row is None else {name: one[row] for name, one in columns.items()}
            arrays = [getattr(curve, one.name) for one in fields(curve)]
            yield Task(content_key((settings, found), arrays), (curve, found))

    with open_engine(workers) if engine is None else nullcontext(engine) as running:
        table = star_table(
            partial(_described, bands=bands), tasks(), running, batch=_BATCH,
            description="features", total=total, cache=None if cache is None else Path(cache),
        )  # fmt: skip
    if table is None:
        table = pd.DataFrame(columns=list(FEATURE_COLUMNS))
    table.insert(0, "source_id", np.array(source_ids, np.int64))
    return with_values(table)


def with_values(table: pd.DataFrame) -> pd.DataFrame:
    """Return source_id and those of `FEATURE_COLUMNS` for which any star has a value."""
    described = [name for name in FEATURE_COLUMNS if name in table and table[name].notna().any()]
    return table[["source_id", *described]].astype(dict.fromkeys(described, np.float32))


def _described(
    stars: list[tuple[LightCurve, dict[str, Any]]], bands: Sequence[str] | None
) -> pd.DataFrame:
    rows = []
    for curve, found in stars:
        period, alternatives = _periods(found)
        rows.append(
            photometric_features(
                curve,
                period,
                alternative=alternatives[0] if alternatives else None,
                power=float(found.get("period_power", np.nan)),
                bands=bands,
            )
        )
    return pd.DataFrame(rows, columns=list(FEATURE_COLUMNS), dtype=np.float32)


def _periods(found: Mapping[str, Any]) -> tuple[float, list[tuple[float, float]]]:
    """Return the period to fold at and the others with their odds, likeliest first.

    A star without a claimed period is folded at its best guess: a fold that shows nothing says so
    in its string length, and a faint true period is not thrown away.
    """
    period = float(found.get("period_days", np.nan))
    days, odds = (np.atleast_1d(found.get(f"period_alt_{x}", ())) for x in ("days", "odds"))
    alternatives = [(float(d), float(o)) for d, o in zip(days, odds, strict=True) if d > 0]
    if not np.isfinite(period) and alternatives:
        period = alternatives.pop(0)[0]
    return period, alternatives
