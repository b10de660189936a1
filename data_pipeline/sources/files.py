"""One's own survey: a catalog in any common table format, a file per light curve and per spectrum.

The configuration says which of the catalog's columns is what, and by which pattern the files of a
star are found ("lc/{original_id}.csv"). Tables may be CSV, Parquet, or anything astropy reads by
its ending: ECSV, VOTable (.vot, .xml), FITS.
"""

import glob
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from data_pipeline.config import BuildConfig, SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.ids import stable_id
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import STANDARD_COLUMNS, Column, did_you_mean
from data_pipeline.sources.base import (
    Ids,
    Rejections,
    SourceData,
    check_positions,
    need_columns,
    need_file,
    with_source_ids,
)
from data_pipeline.spectra import Spectrum, air_to_vacuum

_GAIA_PREFIXES = r"^(?:Gaia\s+)?(?:E?DR3\s+)?"
_LIGHT_CURVE_COLUMNS = (
    "time", "mag", "mag_err", "flux", "flux_err", "band", "camera", "is_upper_limit", "quality"
)  # fmt: skip
_SPECTRUM_COLUMNS = ("wavelength", "flux", "flux_err", "mask")


def read(config: BuildConfig) -> SourceData:
    """Read the catalog and prepare to read the files it points to."""
    _check(config)
    catalog = need_file(config.path(config.catalog.file))
    rejections = Rejections()
    definitions = {**STANDARD_COLUMNS, **_extra_columns(config)}
    objects = _catalog(config, catalog, definitions)
    if "ra_deg" in objects and "dec_deg" in objects:
        objects = check_positions(objects, catalog.name, rejections)
    objects = _identified(objects, config.name, catalog.name, rejections)
    original_id = objects.set_index("source_id")["original_id"]

    def light_curves(source_id: Ids) -> Iterator[tuple[int, LightCurve]]:
        for one in source_id:
            for path in _files_of(config, config.light_curves.file, original_id.loc[one])[:1]:
                try:
                    yield int(one), _light_curve(config, path)
                except ValueError as error:
                    rejections.add(path.name, 0, original_id.loc[one], str(error))

    def spectra(source_id: Ids) -> Iterator[tuple[int, Spectrum]]:
        for one in source_id:
            for path in _files_of(config, config.spectra.file, original_id.loc[one]):
                try:
                    yield int(one), _spectrum(config.spectra, path, config.name)
                except ValueError as error:
                    rejections.add(path.name, 0, original_id.loc[one], str(error))

    return SourceData(
        objects=objects.drop(columns="row").reset_index(drop=True),
        bands=config.bands,
        light_curves=light_curves,
        spectra=spectra,
        files=(catalog,),
        rejections=rejections,
        columns=tuple(_extra_columns(config).values()),
    )


def _check(config: BuildConfig) -> None:
    """Refuse what this reader cannot work with, all of it at once."""
    problems = []
    if not config.catalog.file:
        problems.append("catalog.file is missing")
    if not {"original_id", "source_id"} & set(config.catalog.columns):
        problems.append("catalog.columns needs original_id (or source_id, for Gaia ids)")
    for key, given, known in (
        ("catalog.columns", config.catalog.columns, STANDARD_COLUMNS),
        ("light_curves.columns", config.light_curves.columns, _LIGHT_CURVE_COLUMNS),
        ("spectra.columns", config.spectra.columns, _SPECTRUM_COLUMNS),
    ):
        problems += [
            f"{key}: unknown name {name!r}{did_you_mean(name, known)}"
            for name in given
            if name not in known
        ]
    if config.light_curves.file and not config.bands:
        problems.append("no [bands.NAME] says what the light curves' bands are")
    for key, pattern in (("light_curves", config.light_curves), ("spectra", config.spectra)):
        if pattern.file and "{original_id}" not in pattern.file:
            problems.append(f"{key}.file has no {{original_id}}: {pattern.file!r}")
    if problems:
        raise InputError(f"configuration of {config.name}: {'; '.join(problems)}.")


def _extra_columns(config: BuildConfig) -> dict[str, Column]:
    return {name: extra.define(name) for name, extra in config.catalog.extra.items()}


def read_table(path: Path, text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table by its ending; the columns named in `text` are kept as text, digit by digit."""
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.name.removesuffix(".gz").endswith((".csv", ".txt", ".dat")):
            separator = "," if ".csv" in path.suffixes else r"\s+"
            return pd.read_csv(path, sep=separator, dtype=dict.fromkeys(text, str), comment="#")
        return Table.read(path).to_pandas()
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from None


def _catalog(config: BuildConfig, path: Path, definitions: Mapping[str, Column]) -> pd.DataFrame:
    """Read the catalog under the survey's names for its columns."""
    names = {
        **config.catalog.columns,
        **{name: extra.column for name, extra in config.catalog.extra.items()},
    }
    text = tuple(names[name] for name in names if definitions[name].role == "id")
    raw = read_table(path, text)
    need_columns(map(str, raw.columns), list(names.values()), path)
    table = pd.DataFrame({name: raw[column] for name, column in names.items()})
    for name in names:
        if definitions[name].dtype in ("float64", "float32"):
            table[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
        elif definitions[name].dtype == "string":
            table[name] = table[name].astype("str")
    if config.catalog.ra_in_hours and "ra_deg" in table:
        table["ra_deg"] *= 15.0
    table["class_label"] = table.get("class_label", pd.Series(pd.NA, table.index, dtype="str"))
    return table.assign(row=np.arange(1, len(table) + 1))


def _identified(
    objects: pd.DataFrame, survey: str, file: str, rejections: Rejections
) -> pd.DataFrame:
    """Give every row its source_id (a Gaia id, or a stable hash), original_id and name."""
    key = "source_id" if "source_id" in objects else "original_id"
    known = objects.assign(original_id=objects.get("original_id", objects[key]).astype("str"))
    known = rejections.without(known, known[key].isna(), file, "no identifier")
    if key == "source_id":
        digits = known[key].astype("str").str.replace(_GAIA_PREFIXES, "", regex=True)
        known = rejections.without(known, ~digits.str.fullmatch(r"\d{1,19}"), file, "no Gaia id")
        known["source_id"] = digits[known.index].astype("int64")
        known = rejections.without(
            known, known["source_id"].duplicated(), file, "identifier occurs before"
        )
    else:
        known = with_source_ids(known, survey, file, rejections)
    return known if "name" in known else known.assign(name=known["original_id"])


def _files_of(config: BuildConfig, pattern: str, original_id: str) -> list[Path]:
    """Return the files of one star, sorted; the identifier is taken literally."""
    if not pattern:
        return []
    filled = pattern.replace("{original_id}", glob.escape(original_id))
    return sorted(config.data_dir.glob(filled))


def _light_curve(config: BuildConfig, path: Path) -> LightCurve:
    options = config.light_curves
    columns = options.columns or {"time": "time", "mag": "mag", "mag_err": "mag_err"}
    table = read_table(path)
    need_columns(map(str, table.columns), list(columns.values()), path)
    given = {name: table[column].to_numpy() for name, column in columns.items()}
    time = given.pop("time") + options.time_offset_days
    given.setdefault("band", np.full(len(time), options.band or next(iter(config.bands))))
    return LightCurve.from_values(time, **given)


def _spectrum(options: SpectraConfig, path: Path, survey: str) -> Spectrum:
    columns = options.columns or {"wavelength": "wavelength", "flux": "flux"}
    table = read_table(path)
    need_columns(map(str, table.columns), list(columns.values()), path)
    given = {name: table[column].to_numpy() for name, column in columns.items()}
    n = len(table)
    wavelength = given["wavelength"]
    flux_err = given.get("flux_err", np.full(n, np.nan))
    good = np.isfinite(given["flux"]) & (flux_err > 0)
    return Spectrum(
        spectrum_id=stable_id(survey, path.name),
        wavelength=air_to_vacuum(wavelength) if options.medium == "air" else wavelength,
        flux=given["flux"],
        flux_err=flux_err,
        mask=given.get("mask", np.zeros(n)).astype(bool),
        snr=float(np.median(given["flux"][good] / flux_err[good])) if good.any() else np.nan,
        resolution=np.nan if options.resolution is None else options.resolution,
        instrument=options.instrument,
    )
