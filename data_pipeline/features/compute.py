"""All photometric features of one star, and of many stars in parallel processes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd

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

ERROR_FLOOR_MAG = 0.01
"""Added in quadrature to every error: calibration is never better, and no point may dominate."""
_MAG_PER_RELATIVE_FLUX = 2.5 / np.log(10)
_CHUNK = 64


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
    if np.isfinite(period_days):
        features |= _period_features(period_days, alternative, power)
        if series and len(series[0][0]) >= 2 * MIN_POINTS:
            features |= _folded_features(series[0], period_days)
    return {f"lc_{name}": float(value) for name, value in features.items()}


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
    progress: Callable[[Iterable], Iterable] = iter,
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
    progress : callable
        Wraps the iterable of finished stars, e.g. `data_pipeline.cli.progress`.

    Returns
    -------
    DataFrame, one row per light curve in their order: source_id and the columns of
    `FEATURE_COLUMNS` for which any star has a value.
    """
    known = periods.set_index("source_id").to_dict("index")
    tasks = ((source_id, curve, known.get(source_id, {})) for source_id, curve in light_curves)
    describe = partial(_describe, bands=bands)
    if workers > 1:
        # "spawn": forking a process in which Arrow or finufft run threads can hang
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            rows = list(progress(pool.map(describe, tasks, chunksize=_CHUNK)))
    else:
        rows = list(progress(map(describe, tasks)))
    table = pd.DataFrame(rows, columns=["source_id", *FEATURE_COLUMNS])
    described = [name for name in FEATURE_COLUMNS if table[name].notna().any()]
    return table[["source_id", *described]].astype(dict.fromkeys(described, np.float32))


def _describe(
    task: tuple[int, LightCurve, Mapping[str, Any]], bands: Sequence[str] | None
) -> dict[str, float]:
    source_id, curve, found = task
    period, alternatives = _periods(found)
    features = photometric_features(
        curve,
        period,
        alternative=alternatives[0] if alternatives else None,
        power=float(found.get("period_power", np.nan)),
        bands=bands,
    )
    return {"source_id": source_id, **features}


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
