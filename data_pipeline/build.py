"""From a source to a survey, stage by stage: read, find periods, compute features, write.

What is read, found and computed is first kept in journals beside the target (TARGET.build), so that
a build that was killed anywhere goes on from there; they are removed when the survey is written.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from data_pipeline import directories
from data_pipeline.build_output import (
    features_of,
    inputs_table,
    survey_writer,
    write_observations,
    write_tables,
)
from data_pipeline.catalog_features import with_catalog_features
from data_pipeline.config import BuildConfig
from data_pipeline.duplicates import Duplicates
from data_pipeline.earlier import EarlierSurvey
from data_pipeline.engine import Engine, open_engine
from data_pipeline.errors import InputError
from data_pipeline.features import compute_features
from data_pipeline.features.compute import with_values
from data_pipeline.inspection import contents
from data_pipeline.light_curves import LightCurve
from data_pipeline.memory import settle_malloc
from data_pipeline.observations import LIGHT_CURVES, SPECTRA, Observed, observe, ready
from data_pipeline.periods import PERIOD_COLUMNS, find_periods
from data_pipeline.schema import Band, did_you_mean
from data_pipeline.selection import select
from data_pipeline.sources import READERS, Rejections, SourceData
from data_pipeline.spectra import Spectrum
from data_pipeline.splits import hash_order
from data_pipeline.survey import Survey


def build_survey(
    config: BuildConfig,
    target: Path,
    *,
    overwrite: bool = False,
    update: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    limit: int | None = None,
    strict: bool = False,
) -> dict[str, Any]:
    """Build a survey and return its figures: counts, classes, rejections, seconds per stage.

    Parameters
    ----------
    config : BuildConfig
    target : Path
        The survey directory to make; TARGET.build beside it holds unfinished work.
    overwrite : bool
        Set an existing target aside.
    update : bool
        Take from an existing target what the source still holds as it did, compute only the rest,
        and set the target aside.
    workers : int
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the work instead.
    limit : int, optional
        Take only so many stars, picked by a hash of the seed and the id.
    strict : bool
        Stop at the first row or file that cannot be used, instead of entering it into the account.
    """
    directories.refuse_existing(target, overwrite or update)
    settle_malloc()
    seconds: dict[str, float] = {}
    work = target.with_name(f"{target.name}.build")

    with _alone(target, work), open_engine(workers, scheduler) as engine:
        with _timed("catalogs", seconds):
            source = with_catalog_features(_reader(config)(config), config)
            writer = survey_writer(config, source, target, overwrite or update)
            objects = select(
                source.objects, config.select, source.rejections,
                features_of(writer, source.objects),
            )  # fmt: skip
            objects = _limited(objects, config.seed, limit)
        earlier = EarlierSurvey(target if update else None, writer.provenance["computation"])
        with _timed("observations", seconds):
            curves, spectra = _observations(source, objects, engine, work, earlier)
            objects, duplicates = _counted(objects, curves, spectra)
            duplicates.note(objects, source.rejections)
            objects = select(objects, config.select, source.rejections, observed=True)
            if strict:
                _refuse_rejections(source.rejections)
        with _timed("periods", seconds):
            todo, done = _todo(objects, curves, earlier, config.periods.source == "catalog")
            if config.periods.source == "catalog":
                periods = _catalog_periods(objects, config.name)
            else:
                found = find_periods(todo, config.periods, cache=work / "periods", engine=engine)
                periods = pd.concat([found, done[0]])
        with _timed("features", seconds):
            computed = compute_features(
                todo, periods, bands=config.features.bands or _blue_to_red(source.bands),
                total=len(todo), cache=work / "features", engine=engine,
            )  # fmt: skip
            computed = with_values(pd.concat([computed, done[1]]))
        with _timed("write", seconds), writer:
            write_observations(objects, curves, spectra, writer)
            joined = _joined(objects, periods, computed)
            write_tables(writer, source, joined, config.seed, duplicates)
            writer.write_inputs(inputs_table(objects, curves, spectra))
        shutil.rmtree(work)
    survey = Survey.open(target)
    n_new = len(todo)
    return {**contents(survey), "seconds": seconds, "n_computed": n_new}


@contextmanager
def _alone(target: Path, work: Path) -> Iterator[None]:
    """Keep others from building the same survey meanwhile; clear away what killed builds left."""
    work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(work / "lock", timeout=0):
            directories.remove_unfinished(target)
            yield
    except Timeout:
        raise InputError(f"{target} is being built by another process; wait for it.") from None
    finally:
        if work.exists() and {path.name for path in work.iterdir()} <= {"lock"}:
            shutil.rmtree(work)  # nothing was kept: it failed before there was anything to keep


def _reader(config: BuildConfig) -> Callable[[BuildConfig], SourceData]:
    if config.source not in READERS:
        raise InputError(
            f"unknown source {config.source!r}{did_you_mean(config.source, READERS)}; "
            f"known are {', '.join(READERS)}."
        )
    return READERS[config.source]


@contextmanager
def _timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


def _limited(objects: pd.DataFrame, seed: int, limit: int | None) -> pd.DataFrame:
    if limit is None or limit >= len(objects):
        return objects
    picked = np.argsort(hash_order(objects["source_id"], seed))[:limit]
    return objects.iloc[np.sort(picked)].reset_index(drop=True)


def _observations(
    source: SourceData, objects: pd.DataFrame, engine: Engine, work: Path, earlier: EarlierSurvey
) -> tuple[Observed[LightCurve], Observed[Spectrum]]:
    """Read all light curves and spectra, and enter into the account what cannot be used."""
    ids = objects["source_id"].to_numpy()
    raw_curves, raw_spectra = source.unparsed_light_curves, source.unparsed_spectra
    curves = observe(
        LIGHT_CURVES,
        raw_curves(ids) if raw_curves else ready(source.light_curves(ids)),
        engine, work / "light_curves", len(ids), earlier.light_curves,
    )  # fmt: skip
    spectra = observe(
        SPECTRA,
        raw_spectra(ids) if raw_spectra else ready(source.spectra(ids)),
        engine, work / "spectra", len(ids), earlier.spectra,
    )  # fmt: skip
    for note in (*curves.notes, *spectra.notes):
        source.rejections.add(note.file, 0, note.original_id, note.reason)
    return curves, spectra


def _counted(
    objects: pd.DataFrame, curves: Observed[LightCurve], spectra: Observed[Spectrum]
) -> tuple[pd.DataFrame, Duplicates]:
    """Return the objects with what their observations tell, and which of them occur twice."""
    ids = objects["source_id"].tolist()
    duplicates = Duplicates()
    n_epochs = dict.fromkeys(ids, 0)
    for one, curve in curves.iterate(ids):
        n_epochs[one] = int(curve.good.sum())
        duplicates.watch(one, curve)
    counted = objects.assign(
        n_epochs=np.array(list(n_epochs.values()), np.int64),
        n_spectra=np.array([len(spectra.get(one)) for one in ids], np.int64),
        is_duplicate=np.array([one in duplicates.of for one in ids], bool),
    )
    return counted, duplicates


class _Curves:
    """The light curves of some stars, any number of times over."""

    def __init__(self, observed: Observed[LightCurve], ids: list[int]) -> None:
        self._observed, self._ids = observed, ids

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[tuple[int, LightCurve]]:
        return self._observed.iterate(self._ids)


def _todo(
    objects: pd.DataFrame,
    curves: Observed[LightCurve],
    earlier: EarlierSurvey,
    from_catalog: bool,
) -> tuple[_Curves, tuple[pd.DataFrame, pd.DataFrame]]:
    """Return the light curves to be searched and described, and what an earlier survey says of
    the others.
    """
    ids = objects["source_id"].tolist()
    have = [one for one in ids if one in curves]
    known = curves.unchanged.intersection(have)
    if from_catalog:  # features depend on the period, and the catalog may have another now
        known = earlier.with_period(known, objects)
    return _Curves(curves, [one for one in have if one not in known]), earlier.computed(known)


def _refuse_rejections(rejections: Rejections) -> None:
    if rejections.rows:
        file, row, original_id, reason = rejections.rows[0]
        raise InputError(
            f"--strict: {len(rejections.rows)} rows or files cannot be used; the first is {file}"
            f"{f', row {row}' if row else ''} ({original_id}): {reason}."
        )


def _catalog_periods(objects: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the catalog's periods in the form of those found."""
    if "period_catalog_days" not in objects:
        raise InputError(
            f"{name}: periods.source = 'catalog', but no column of the catalog is "
            "period_catalog_days. Name it in catalog.columns."
        )
    period = objects["period_catalog_days"].where(objects["period_catalog_days"] > 0)
    known = period.notna()
    return pd.DataFrame(
        {
            "source_id": objects["source_id"],
            "period_days": period,
            "period_method": np.where(known, "catalog", "none"),
            "is_periodic": known,
        }
    ).reindex(columns=list(PERIOD_COLUMNS))


def _blue_to_red(bands: Mapping[str, Band]) -> tuple[str, ...]:
    wavelength = {name: band.wavelength_angstrom for name, band in bands.items()}
    return tuple(sorted(wavelength, key=lambda name: (wavelength[name] or np.inf, name)))


def _joined(objects: pd.DataFrame, periods: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Join what was found to the objects, in the order of the objects."""
    counted = objects
    for table in (periods, features):
        table = table.astype({"source_id": "int64"})  # without rows it has no type yet
        counted = counted.merge(table, on="source_id", how="left", validate="one_to_one")
    searched = counted["source_id"].isin(periods["source_id"])
    return counted.assign(is_periodic=counted["is_periodic"].where(searched, False).astype(bool))
