"""From a source to a survey, stage by stage: read, find periods, compute features, write.

Light curves and spectra are first put into a draft survey beside the target (TARGET.build), so the
source is read once and the period search, which takes longest, can go on after an interruption.
"""

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline import directories
from data_pipeline.catalog_features import with_catalog_features
from data_pipeline.cli import progress
from data_pipeline.config import BuildConfig
from data_pipeline.errors import InputError
from data_pipeline.features import FEATURE_COLUMNS, compute_features
from data_pipeline.inspection import contents
from data_pipeline.periods import find_periods
from data_pipeline.schema import Column, did_you_mean
from data_pipeline.selection import select
from data_pipeline.sources import READERS, Rejections, SourceData
from data_pipeline.splits import hash_order, standard_splits
from data_pipeline.survey import Survey, SurveyWriter


def build_survey(
    config: BuildConfig,
    target: Path,
    *,
    overwrite: bool = False,
    workers: int = 1,
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
    workers : int
        Processes for periods and features.
    limit : int, optional
        Take only so many stars, picked by a hash of the seed and the id.
    strict : bool
        Stop at the first row or file that cannot be used, instead of entering it into the account.
    """
    directories.refuse_existing(target, overwrite)
    seconds: dict[str, float] = {}
    work = target.with_name(f"{target.name}.build")

    with _timed("read", seconds):
        source = with_catalog_features(_reader(config)(config), config)
        writer = _writer(config, source, target, overwrite)
        objects = select(
            source.objects, config.select, source.rejections, _features_of(writer, source.objects)
        )
        objects = _limited(objects, config.seed, limit)
        draft = _write_draft(source, objects, config.name, work / "draft")
        objects = _observed(draft, objects)
        kept = select(objects, config.select, source.rejections, observed=True)
        if len(kept) < len(objects):
            objects, draft = kept, _selected(draft, kept, source, work / "selected")
        if strict:
            _refuse_rejections(source.rejections)
    with _timed("periods", seconds):
        periods = find_periods(draft, config.periods, workers=workers, cache=work / "periods")
    with _timed("features", seconds):
        computed = _features(draft, periods, config, workers)
    with _timed("write", seconds), writer:
        _copy_observations(draft, writer)
        _write_tables(writer, source, _joined(objects, periods, computed), config.seed)
    shutil.rmtree(work)
    survey = Survey.open(target)
    return {**contents(survey), "seconds": seconds}


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


def _write_draft(source: SourceData, objects: pd.DataFrame, name: str, path: Path) -> Survey:
    """Read all light curves and spectra once, into a survey without periods and features."""
    shutil.rmtree(path, ignore_errors=True)
    ids = objects["source_id"].to_numpy()
    with SurveyWriter(path, name, source.bands, source.columns) as writer:
        for source_id, light_curve in progress(source.light_curves(ids), "light curves", len(ids)):
            writer.add_light_curve(source_id, light_curve)
        for source_id, spectrum in source.spectra(ids):
            writer.add_spectrum(source_id, spectrum)
        writer.write_objects(objects)
    return Survey.open(path)


def _observed(draft: Survey, objects: pd.DataFrame) -> pd.DataFrame:
    """Return the objects with the numbers of their good points and spectra."""
    n_epochs = {one: int(curve.good.sum()) for one, curve in draft.iter_light_curves()}
    return objects.assign(
        n_epochs=objects["source_id"].map(n_epochs).fillna(0).astype("int64"),
        n_spectra=draft.n_spectra,
    )


def _selected(draft: Survey, objects: pd.DataFrame, source: SourceData, path: Path) -> Survey:
    """Copy the observations of some of the stars into another draft."""
    shutil.rmtree(path, ignore_errors=True)
    with SurveyWriter(path, draft.name, source.bands, source.columns) as writer:
        _copy_observations(draft, writer, set(objects["source_id"]))
        writer.write_objects(objects)
    return Survey.open(path)


def _refuse_rejections(rejections: Rejections) -> None:
    if rejections.rows:
        file, row, original_id, reason = rejections.rows[0]
        raise InputError(
            f"--strict: {len(rejections.rows)} rows or files cannot be used; the first is {file}"
            f"{f', row {row}' if row else ''} ({original_id}): {reason}."
        )


def _features(
    draft: Survey, periods: pd.DataFrame, config: BuildConfig, workers: int
) -> pd.DataFrame:
    return compute_features(
        draft.iter_light_curves(),
        periods,
        bands=config.features.bands or _blue_to_red(draft),
        workers=workers,
        progress=partial(progress, description="features", total=int(draft.has_photometry.sum())),
    )


def _blue_to_red(survey: Survey) -> tuple[str, ...]:
    wavelength = {name: band.wavelength_angstrom for name, band in survey.bands.items()}
    return tuple(sorted(wavelength, key=lambda name: (wavelength[name] or np.inf, name)))


def _joined(objects: pd.DataFrame, periods: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Join what was found to the objects, in the order of the objects."""
    counted = objects
    for table in (periods, features):
        table = table.astype({"source_id": "int64"})  # without rows it has no type yet
        counted = counted.merge(table, on="source_id", how="left", validate="one_to_one")
    searched = counted["source_id"].isin(periods["source_id"])
    return counted.assign(is_periodic=counted["is_periodic"].where(searched, False).astype(bool))


def _writer(config: BuildConfig, source: SourceData, target: Path, overwrite: bool) -> SurveyWriter:
    return SurveyWriter(
        target,
        config.name,
        source.bands,
        _definitions(config, source),
        overwrite=overwrite,
        provenance=directories.provenance(inputs=_inputs(config, source), seed=config.seed),
    )


def _copy_observations(draft: Survey, writer: SurveyWriter, only: set[int] | None = None) -> None:
    for source_id, light_curve in draft.iter_light_curves():
        if only is None or source_id in only:
            writer.add_light_curve(source_id, light_curve)
    for source_id in draft.source_id[draft.has_spectra]:
        if only is None or int(source_id) in only:
            for spectrum in draft.spectra(source_id):
                writer.add_spectrum(source_id, spectrum)


def _write_tables(
    writer: SurveyWriter, source: SourceData, objects: pd.DataFrame, seed: int
) -> None:
    writer.write_objects(objects)
    splits = standard_splits(objects["source_id"], objects["class_label"], seed)
    if source.splits is not None:
        kept = source.splits["source_id"].isin(objects["source_id"])
        splits = pd.concat([splits, source.splits[kept]], ignore_index=True)
    writer.write_splits(splits)
    if source.external is not None:
        kept = source.external["source_id"].isin(objects["source_id"])
        writer.write_external(source.external[kept])
    writer.write_rejected(source.rejections.table())
    writer.provenance["funnel"] = [
        {"file": file, "criterion": reason, "removed": removed, "left": left}
        for file, reason, removed, left in source.rejections.funnel
    ]


def _features_of(writer: SurveyWriter, objects: pd.DataFrame) -> list[str]:
    """Return the columns of the catalog that are features."""
    return [name for name in map(str, objects) if writer.columns[name].role == "feature"]


def _definitions(config: BuildConfig, source: SourceData) -> list[Column]:
    """Definitions beyond the standard ones, with the columns a configuration promotes."""
    computed = FEATURE_COLUMNS
    if config.features.catalog == "paper":  # its features and no others
        computed = {
            name: dataclasses.replace(column, role="derived") for name, column in computed.items()
        }
    columns = {**computed, **{column.name: column for column in source.columns}}
    for name in config.features.promote:
        if name not in FEATURE_COLUMNS:
            raise InputError(
                f"features.promote: {name!r} is not computed from light curves"
                f"{did_you_mean(name, FEATURE_COLUMNS)}; only such columns can be promoted."
            )
        columns[name] = dataclasses.replace(columns[name], role="feature")
    return list(columns.values())


def _named(path: Path, config: BuildConfig) -> str:
    inside = path.is_relative_to(config.data_dir)
    return path.relative_to(config.data_dir).as_posix() if inside else path.name


def _inputs(config: BuildConfig, source: SourceData) -> dict[str, Any]:
    options = {key: value for key, value in dataclasses.asdict(config).items() if key != "data_dir"}
    records = {_named(path, config): directories.file_record(path) for path in source.files}
    return {"files": records, "config": options}
