"""What a build writes: observations, tables, and where everything came from."""

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd

from data_pipeline import directories
from data_pipeline.cli import progress
from data_pipeline.config import BuildConfig
from data_pipeline.duplicates import Duplicates, in_one_part
from data_pipeline.earlier import computation
from data_pipeline.errors import InputError
from data_pipeline.features import FEATURE_COLUMNS
from data_pipeline.light_curves import LightCurve
from data_pipeline.observations import Observed
from data_pipeline.schema import Column, did_you_mean
from data_pipeline.sources import SourceData
from data_pipeline.spectra import Spectrum
from data_pipeline.splits import standard_splits
from data_pipeline.survey import SurveyWriter


def survey_writer(
    config: BuildConfig, source: SourceData, target: Path, overwrite: bool
) -> SurveyWriter:
    """Return what writes the survey, told its bands, columns and provenance."""
    made = directories.provenance(inputs=_inputs(config, source), seed=config.seed)
    made["computation"] = computation(config, dict(source.bands))
    return SurveyWriter(
        target,
        config.name,
        source.bands,
        _definitions(config, source),
        overwrite=overwrite,
        provenance=made,
    )


def write_observations(
    objects: pd.DataFrame,
    curves: Observed[LightCurve],
    spectra: Observed[Spectrum],
    writer: SurveyWriter,
) -> None:
    """Write the light curves and spectra of the objects, in their order."""
    ids = objects["source_id"].tolist()
    for source_id in progress(ids, "writing"):
        for light_curve in curves.get(source_id):
            writer.add_light_curve(source_id, light_curve)
        for spectrum in spectra.get(source_id):
            writer.add_spectrum(source_id, spectrum)


def inputs_table(
    objects: pd.DataFrame, curves: Observed[LightCurve], spectra: Observed[Spectrum]
) -> pd.DataFrame:
    """Return the fingerprint of what was read of each object: an update compares them."""
    ids = objects["source_id"].tolist()
    return pd.DataFrame(
        {
            "source_id": ids,
            "light_curve": pd.array([curves.fingerprints.get(one) for one in ids], "string"),
            "spectra": pd.array([spectra.fingerprints.get(one) for one in ids], "string"),
        }
    )


def write_tables(
    writer: SurveyWriter,
    source: SourceData,
    objects: pd.DataFrame,
    seed: int,
    duplicates: Duplicates,
) -> None:
    """Write objects, splits, external evidence, and the account of what was left out."""
    writer.write_objects(objects)
    splits = standard_splits(objects["source_id"], objects["class_label"], seed)
    splits = in_one_part(splits, duplicates.of)
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


def features_of(writer: SurveyWriter, objects: pd.DataFrame) -> list[str]:
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
