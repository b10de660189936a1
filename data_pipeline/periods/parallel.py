"""Periods of many stars: in parallel, with progress, and resumable after any interruption.

Finished stars are kept in a cache directory as small Parquet parts, written whole or not at all.
The key of a star is a hash of what was searched (its points and the settings), so a run picks up
where another stopped, and a star whose points changed is searched again.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.cli import progress
from data_pipeline.light_curves import LightCurve
from data_pipeline.periods.cache import PeriodCache
from data_pipeline.periods.find import find_period
from data_pipeline.periods.types import PeriodConfig, PeriodResult
from data_pipeline.survey import Survey

_BATCH = 8  # stars a worker takes at a time
_MAGNITUDE_PER_RELATIVE_FLUX = 1.0857362

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_COLUMNS: dict[str, type] = {
    "source_id": np.int64,
    "period_days": np.float64,
    "period_err_days": np.float64,
    "period_power": np.float64,
    "period_method": str,
    "period_alt_days": np.float64,
    "period_alt_odds": np.float64,
    "is_periodic": bool,
}

T = TypeVar("T")
Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]
Row = dict[str, Any]
Task = tuple[int, int, str, Points]  # place in the input, source_id, key, points
Found = tuple[int, int, str, Row]


def find_periods(
    light_curves: Survey | Iterable[tuple[int, LightCurve]],
    config: PeriodConfig | None = None,
    workers: int | None = None,
    cache: str | os.PathLike[str] | None = None,
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
        Directory that keeps finished stars between runs; made where missing.

    Returns
    -------
    DataFrame in the order given, columns source_id, period_days, period_err_days, period_power,
    period_method, period_alt_days and period_alt_odds (the likeliest other period and its odds
    against the chosen one), is_periodic.
    """
    config = config or PeriodConfig()
    known = PeriodCache(cache, config)
    pairs, total = _pairs(light_curves)
    with known:
        rows = dict(progress(_rows(pairs, known, config, workers), "periods", total))
    frame = pd.DataFrame([rows[place] for place in sorted(rows)], columns=list(_COLUMNS))
    return frame.astype(_COLUMNS)


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


def _rows(
    pairs: Iterable[tuple[int, LightCurve]],
    known: PeriodCache,
    config: PeriodConfig,
    workers: int | None,
) -> Iterator[tuple[int, Row]]:
    """Yield (place in the input, result row): known ones at once, others when they are done."""
    n_workers = workers or os.cpu_count() or 1
    with _pool(n_workers) as pool:
        pending: set[Future[list[Found]]] = set()
        batch: list[Task] = []
        for place, (source_id, curve) in enumerate(pairs):
            points = light_curve_points(curve)
            key = known.key(points)
            if (row := known.get(key)) is not None:
                yield place, {"source_id": source_id, **row}
                continue
            batch.append((place, source_id, key, points))
            if len(batch) == _BATCH:
                pending.add(pool.submit(_search, batch, config))
                batch = []
            patience = None if len(pending) >= 4 * n_workers else 0.0
            pending = yield from _finished(pending, known, patience)
        if batch:
            pending.add(pool.submit(_search, batch, config))
        while pending:
            pending = yield from _finished(pending, known, None)


def _finished(
    pending: set[Future[list[Found]]], known: PeriodCache, patience: float | None
) -> Generator[tuple[int, Row], None, set[Future[list[Found]]]]:
    """Yield what is done, after waiting `patience` seconds at most; return what is not."""
    done, pending = wait(pending, patience, return_when=FIRST_COMPLETED)
    found = [item for future in done for item in future.result()]
    for _, _, key, row in found:
        known.add(key, row)
    yield from ((place, {"source_id": source_id, **row}) for place, source_id, _, row in found)
    return pending


def _search(batch: list[Task], config: PeriodConfig) -> list[Found]:
    return [
        (place, source_id, key, _row(find_period(*points, config=config)))
        for place, source_id, key, points in batch
    ]


def _row(result: PeriodResult) -> Row:
    other = result.alternatives[0] if result.alternatives else (np.nan, np.nan)
    return {
        "period_days": result.period_days,
        "period_err_days": result.period_err_days,
        "period_power": result.power,
        "period_method": result.method,
        "period_alt_days": other[0],
        "period_alt_odds": other[1],
        "is_periodic": result.is_periodic,
    }


class _Inline:
    """Does at once, in this process, what an executor would do in another."""

    def submit(self, function: Callable[..., T], *args: object) -> "Future[T]":
        future: Future[T] = Future()
        future.set_result(function(*args))
        return future


def _end_with_parent() -> None:
    """Leave no worker behind when the parent is killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _pool(n_workers: int) -> Iterator[ProcessPoolExecutor | _Inline]:
    """Give worker processes of one thread each: their number is the only parallelism."""
    if n_workers == 1:
        yield _Inline()
        return
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    pool = ProcessPoolExecutor(
        n_workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
