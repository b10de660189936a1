"""The published AstroM³ data (Rizhko & Bloom 2024): AstroM3Dataset and AstroM3Processed.

AstroM3Dataset: splits/{full,sub50,sub25,sub10}/{42,66,0,12,123}/{train,val,test}.csv with the
catalog columns of each star, photometry.zip with ASAS-SN V light curves, LAMOST spectra in folders.
The light curves are read from the text in the zip, in double precision. (The data set's own loading
script hands times out in single precision, which near HJD 2,457,000 moves in steps of 0.25 d.)

AstroM3Processed: Parquet files of model inputs, without identifiers, positions, periods or
magnitudes. Times are what is left of single-precision HJD: multiples of a quarter of a day from the
first epoch, so nothing faster than about a day can be folded; this is said in the band.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from data_pipeline.config import BuildConfig
from data_pipeline.config_tables import ExtraColumn, LightCurveConfig, SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.ids import stable_ids
from data_pipeline.known_columns import KNOWN_COLUMNS
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import PAPER_FEATURES, STANDARD_COLUMNS, Band, Column
from data_pipeline.sources.asassn_curves import BANDS
from data_pipeline.sources.base import Ids, Rejections, SourceData, owners_of
from data_pipeline.sources.catalogs import read_columns
from data_pipeline.sources.curves import Curves
from data_pipeline.sources.identify import identified
from data_pipeline.sources.spectra import Spectra
from data_pipeline.spectra import Spectrum

PARTS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
CLASSES = ("DSCT", "EA", "EB", "EW", "HADS", "M", "ROT", "RRAB", "RRC", "SR")
"""Integer labels of AstroM3Processed, in order."""
PUBLISHED_COUNTS = {
    "full_42": {"train": 17063, "val": 2152, "test": 2225},
    "full_0": {"train": 17045, "val": 2155, "test": 2240},
    "sub10_66": {"train": 1670, "val": 200, "test": 220},
}
"""Stars per part where they are published (data set cards)."""
_PHOTO = ("amplitude", "period", "lksl_statistic", "rfr_score")
_CHANNELS = ("time", "flux", "flux_err", *_PHOTO, "log_mad", "delta_t")
_GRID = 3850.0 + 2.0 * np.arange(2575)
_DAYS_PER_YEAR = 365.0
_PROCESSED_BANDS = {
    "V": Band(
        "flux", unit="mJy, mean taken off", wavelength_angstrom=5510.0, color="#3a7d44",
        time_reference="days from the first epoch; steps of a quarter of a day",
    )
}  # fmt: skip


def class_names(labels: Sequence[Any], file: Path) -> list[str]:
    """Names of the integer labels of AstroM3Processed; one that stands for no class is refused."""
    known = range(len(CLASSES))
    for row, label in enumerate(labels):
        if label not in known:
            raise InputError(
                f"{file}: row {row} has the label {label!r}, which is none of the {len(known)} "
                f"classes, 0 to {known[-1]}."
            )
    return [CLASSES[int(label)] for label in labels]


def read(config: BuildConfig) -> SourceData:
    """Read whichever of the two data sets lies in data_dir."""
    if any(config.data_dir.glob("splits/*/*/*.csv")):
        return _raw(config)
    if any(config.data_dir.rglob("*.parquet")):
        return _processed(config)
    raise InputError(
        f"{config.data_dir} holds neither AstroM3Dataset (splits/full/42/train.csv) nor "
        "AstroM3Processed (*.parquet). Get one with `python -m data_pipeline fetch astrom3`."
    )


def rows_on_disk(data_dir: Path) -> dict[tuple[str, str], int]:
    """Return (split, part) → stars, for every table of a split that is there."""
    counts = {}
    for file in sorted(data_dir.glob("splits/*/*/*.csv")):
        sub, seed = file.parts[-3:-1]
        if file.stem in PARTS:
            counts[f"{sub}_{seed}", PARTS[file.stem]] = len(pd.read_csv(file, usecols=[0]))
    for file in sorted(data_dir.rglob("*.parquet")):
        part = _part_of(file)
        if part:
            name = file.parent.name if file.parent != data_dir else "all"
            n = pq.ParquetFile(file).metadata.num_rows
            counts[name, part] = counts.get((name, part), 0) + n
    return counts


def _part_of(file: Path) -> str:
    """Return the part that the name of a Parquet file begins with, "" where it is none."""
    return next((PARTS[word] for word in file.stem.split("-") if word in PARTS), "")


def _raw(config: BuildConfig) -> SourceData:
    rejections = Rejections()
    files = [
        file for part in PARTS for file in sorted(config.data_dir.glob(f"splits/*/*/{part}.csv"))
    ]
    tables = [_split_table(config, file, rejections) for file in files]
    everything = pd.concat([table for table in tables if len(table)], ignore_index=True)
    objects = everything.drop_duplicates("gaia_text", ignore_index=True)
    objects = objects.assign(source_id=objects["gaia_text"])
    objects = identified(objects, "AstroM3", "splits", rejections)
    owner = owners_of(everything["gaia_text"], objects["gaia_text"], objects["source_id"])
    splits = everything[["split", "part"]].assign(source_id=owner)[owner >= 0]
    objects = objects.drop(columns=["split", "part", "row", "gaia_text"]).reset_index(drop=True)
    inner = replace(
        config,
        light_curves=LightCurveConfig(files=_photometry(config.data_dir), format="asassn"),
        spectra=SpectraConfig(file="."),
    )
    curves = Curves(inner, objects, rejections, asassn=True)
    spectra = Spectra(inner, objects, "DR3", rejections, records=objects["spectrum_file"])
    return SourceData(
        objects=objects,
        bands={"V": BANDS["V"]},
        light_curves=curves.read,
        spectra=spectra.read,
        unparsed_light_curves=curves.unparsed,
        unparsed_spectra=spectra.unparsed,
        files=[*files, *curves.paths],
        rejections=rejections,
        columns=_columns(objects),
        splits=splits,
    )


def _split_table(config: BuildConfig, file: Path, rejections: Rejections) -> pd.DataFrame:
    """Read one part of one split; its rows know which."""
    texts = {"gaia_text": "id", "spectrum_file": "spec_filename", "class_label": "target"}
    extra = {name: ExtraColumn(column, dtype="string") for name, column in texts.items()}
    numbers = {name: name for name in (*PAPER_FEATURES, "amplitude", "lksl_statistic", "rfr_score")}
    table = read_columns(
        config.data_dir, file.relative_to(config.data_dir).as_posix(), config.catalog.table,
        {"original_id": "name", **numbers}, extra, rejections,
        known=("period_catalog_days", "ra_deg", "dec_deg"),
    )  # fmt: skip
    sub, seed = file.parts[-3:-1]
    return table.assign(split=f"{sub}_{seed}", part=PARTS[file.stem])


def _photometry(data_dir: Path) -> tuple[str, ...]:
    """Return the patterns of the light curves: a zip, or the folder it was unpacked into."""
    found = [name for name in ("photometry.zip", "photometry") if (data_dir / name).exists()]
    return tuple(
        f"{name}/{'' if name.endswith('.zip') else '**/'}{{original_id}}.dat" for name in found[:1]
    )


def _columns(objects: pd.DataFrame) -> list[Column]:
    beyond = [
        KNOWN_COLUMNS[name]
        for name in objects
        if name in KNOWN_COLUMNS and name not in STANDARD_COLUMNS
    ]
    text = "file of the LAMOST spectrum"
    return [*beyond, Column("spectrum_file", "", text, "meta.id", "catalog", "string")]


def _processed(config: BuildConfig) -> SourceData:
    """Read model inputs back into light curves and spectra, as far as they can be."""
    rows: list[pd.DataFrame] = []
    files = sorted(config.data_dir.rglob("*.parquet"))
    places: list[tuple[Path, int]] = []
    for file in files:
        part = _part_of(file)
        if not part:
            raise InputError(f"{file} is of no part: its name begins with none of {list(PARTS)}.")
        table = pq.read_table(file, columns=["metadata", "label"]).to_pandas()
        metadata = np.stack(table["metadata"].to_list()) if len(table) else np.empty((0, 34))
        if metadata.shape[1] != len(PAPER_FEATURES):
            expected = len(PAPER_FEATURES)
            raise InputError(f"{file}: {metadata.shape[1]} metadata, {expected} expected.")
        frame = pd.DataFrame(metadata, columns=list(PAPER_FEATURES))
        name = file.parent.name if file.parent != config.data_dir else "all"
        keys = [f"{name}/{part}/{i}" for i in range(len(frame))]
        rows.append(frame.assign(
            original_id=keys, name=keys, split=name, part=part,
            class_label=class_names(table["label"].tolist(), file),
        ))  # fmt: skip
        places += [(file, i) for i in range(len(frame))]
    objects = pd.concat(rows, ignore_index=True)
    objects.insert(0, "source_id", stable_ids("AstroM3Processed", objects["original_id"]))
    inputs = _Inputs(dict(zip(objects["source_id"].map(int), places, strict=True)))
    columns = [
        replace(column, unit="", description=f"{column.description}; transformed, standardised")
        for column in PAPER_FEATURES.values()
    ]
    return SourceData(
        objects=objects.drop(columns=["split", "part"]),
        bands=_PROCESSED_BANDS,
        light_curves=inputs.light_curves,
        spectra=inputs.spectra,
        files=files,
        rejections=Rejections(),
        columns=columns,
        splits=objects[["split", "source_id", "part"]],
    )


class _Inputs:
    """Rows of the Parquet files, one file in memory at a time."""

    def __init__(self, places: dict[int, tuple[Path, int]]) -> None:
        self._places = places

    def light_curves(self, source_id: Ids) -> Iterator[tuple[int, LightCurve]]:
        """Yield light curves: days from the first epoch, flux less its mean."""
        for star, values in self._rows("photometry", source_id):
            channel = dict(zip(_CHANNELS, values.T, strict=True))
            scale = 10.0 ** channel["log_mad"].astype(np.float64)
            days = channel["time"].astype(np.float64) * channel["delta_t"] * _DAYS_PER_YEAR
            yield (
                star,
                LightCurve.from_flux(
                    np.round(4.0 * days) / 4.0, channel["flux"] * scale, channel["flux_err"] * scale
                ),
            )

    def spectra(self, source_id: Ids) -> Iterator[tuple[int, Spectrum]]:
        """Yield spectra; their third row is no error (see the data set), so there is none."""
        for star, values in self._rows("spectra", source_id):
            yield star, Spectrum(
                star, _GRID, values[0] * 10.0 ** values[2], np.full(len(_GRID), np.nan),
                np.zeros(len(_GRID), bool), resolution=1800.0,
                instrument="LAMOST LRS, standardised",
            )  # fmt: skip

    def _rows(self, column: str, source_id: Ids) -> Iterator[tuple[int, np.ndarray]]:
        loaded: tuple[Path, list] | None = None
        for star in map(int, source_id):
            file, i = self._places[star]
            if loaded is None or loaded[0] != file:
                loaded = (file, pq.read_table(file, columns=[column])[column].to_pylist())
            yield star, np.array(loaded[1][i], dtype=np.float32)
