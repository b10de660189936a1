"""One's own survey: a catalog in any common table format, a file per light curve and per spectrum.

The configuration says which of the catalog's columns is what, and by which pattern the files of a
star are found ("lc/{original_id}.csv"). Tables may be CSV, Parquet, or anything astropy reads by
its ending: ECSV, VOTable (.vot, .xml), FITS.
"""

import glob
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import pandas as pd

from data_pipeline.config import BuildConfig
from data_pipeline.errors import InputError
from data_pipeline.ids import stable_id
from data_pipeline.light_curves import LightCurve, join
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
from data_pipeline.sources.tables import read_table
from data_pipeline.spectra import Spectrum, air_to_vacuum

T = TypeVar("T")
_GAIA_PREFIXES = r"^(?:Gaia\s+)?(?:E?DR3\s+)?"
_LIGHT_CURVE_COLUMNS = (
    "time", "mag", "mag_err", "flux", "flux_err", "band", "camera", "is_upper_limit", "quality"
)  # fmt: skip
_PLACEHOLDERS = ("{original_id}", "{source_id}")
_SPECTRUM_COLUMNS = ("wavelength", "flux", "flux_err", "mask")


def read(config: BuildConfig) -> SourceData:
    """Read the catalog and prepare to read the files it points to."""
    _check(config)
    catalog = need_file(config.path(config.catalog.file))
    rejections = Rejections()
    objects = _identified(_catalog(config, catalog), config.name, catalog.name, rejections)
    if "ra_deg" in objects and "dec_deg" in objects:
        objects = check_positions(objects, catalog.name, rejections)
    stars = objects.set_index("source_id")["original_id"]
    curves = _Records(config, config.light_curves.file, _light_curve, stars, rejections)
    spectra = _Records(config, config.spectra.file, _spectrum, stars, rejections)

    def light_curves(source_id: Ids) -> Iterator[tuple[int, LightCurve]]:
        for one, parts in groupby(curves.read(source_id), key=itemgetter(0)):
            yield one, join([curve for _, curve in parts])

    return SourceData(
        objects=objects.drop(columns="row").reset_index(drop=True),
        bands=config.bands,
        light_curves=light_curves,
        spectra=spectra.read,
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
        if pattern.file and not any(key in pattern.file for key in _PLACEHOLDERS):
            problems.append(f"{key}.file has no {' or '.join(_PLACEHOLDERS)}: {pattern.file!r}")
    if problems:
        raise InputError(f"configuration of {config.name}: {'; '.join(problems)}.")


def _extra_columns(config: BuildConfig) -> dict[str, Column]:
    return {name: extra.define(name) for name, extra in config.catalog.extra.items()}


def _catalog(config: BuildConfig, path: Path) -> pd.DataFrame:
    """Read the catalog under the survey's names for its columns, each of its defined type."""
    names = {
        **config.catalog.columns,
        **{name: extra.column for name, extra in config.catalog.extra.items()},
    }
    definitions = {**STANDARD_COLUMNS, **_extra_columns(config)}
    raw = read_table(path, text=[names[name] for name in names if definitions[name].role == "id"])
    need_columns(map(str, raw.columns), list(names.values()), path)
    table = pd.DataFrame(
        {name: _typed(raw[column], definitions[name].dtype) for name, column in names.items()}
    )
    if config.catalog.ra_in_hours and "ra_deg" in table:
        table["ra_deg"] *= 15.0
    if "class_label" not in table:
        table["class_label"] = pd.Series(pd.NA, table.index, dtype="str")
    return table.assign(row=np.arange(1, len(table) + 1))


def _typed(values: pd.Series, dtype: str) -> pd.Series:
    """Return numbers as numbers (NaN where they are none) and text as text."""
    if dtype in ("float64", "float32"):
        return pd.to_numeric(values, errors="coerce").astype(np.float64)
    return values.astype("str") if dtype == "string" else values


def _identified(
    objects: pd.DataFrame, survey: str, file: str, rejections: Rejections
) -> pd.DataFrame:
    """Give every row its source_id (a Gaia id, or a stable hash), original_id and name."""
    key = "source_id" if "source_id" in objects else "original_id"
    text = objects[key].astype("str")
    known = objects if "original_id" in objects else objects.assign(original_id=text)
    known = rejections.without(known, text.isna(), file, "no identifier")
    if key == "source_id":
        digits = text.str.replace(_GAIA_PREFIXES, "", regex=True)[known.index]
        known = rejections.without(known, ~digits.str.fullmatch(r"\d{1,19}"), file, "no Gaia id")
        known = known.assign(source_id=digits[known.index].astype("int64"))
        repeated = known["source_id"].duplicated()
        known = rejections.without(known, repeated, file, "identifier occurs before")
    else:
        known = with_source_ids(known, survey, file, rejections)
    return known if "name" in known else known.assign(name=known["original_id"])


class _Records(Generic[T]):
    """The files of each star, found by a pattern and read one by one."""

    def __init__(
        self,
        config: BuildConfig,
        pattern: str,
        reader: Callable[[BuildConfig, Path], T],
        original_id: pd.Series,
        rejections: Rejections,
    ) -> None:
        self._config, self._pattern, self._reader = config, pattern, reader
        self._original_id, self._rejections = original_id, rejections

    def read(self, source_id: Ids) -> Iterator[tuple[int, T]]:
        """Yield (source_id, record) for every readable file of the wanted stars."""
        for one in source_id if self._pattern else ():
            for path in self._files(int(one)):
                try:
                    record = self._reader(self._config, path)
                except ValueError as error:
                    self._rejections.add(path.name, 0, self._original_id.loc[one], str(error))
                else:
                    yield int(one), record

    def _files(self, source_id: int) -> list[Path]:
        """Return the files of one star, sorted; identifiers are taken literally and whole.

        "star1*.csv" finds star1.csv and star1_b.csv, not star10.csv.
        """
        values = (self._original_id.loc[source_id], str(source_id))
        pattern = self._pattern
        for placeholder, value in zip(_PLACEHOLDERS, values, strict=True):
            pattern = pattern.replace(placeholder, glob.escape(value))
        used = [v for p, v in zip(_PLACEHOLDERS, values, strict=True) if p in self._pattern]
        # A number that goes on belongs to another star.
        whole = [re.compile(rf"(?<!\d){re.escape(value)}(?!\d)") for value in used]
        found = self._config.data_dir.glob(pattern)
        return sorted(path for path in found if all(w.search(str(path)) for w in whole))


def _light_curve(config: BuildConfig, path: Path) -> LightCurve:
    options = config.light_curves
    columns = options.columns or {"time": "time", "mag": "mag", "mag_err": "mag_err"}
    table = read_table(path)
    need_columns(map(str, table.columns), list(columns.values()), path)
    given = {name: table[column].to_numpy() for name, column in columns.items()}
    time = given.pop("time") + options.time_offset_days
    given.setdefault("band", np.full(len(time), options.band or next(iter(config.bands))))
    return LightCurve.from_values(time, **given)


def _spectrum(config: BuildConfig, path: Path) -> Spectrum:
    options = config.spectra
    columns = options.columns or {"wavelength": "wavelength", "flux": "flux"}
    table = read_table(path)
    need_columns(map(str, table.columns), list(columns.values()), path)
    given = {name: table[column].to_numpy() for name, column in columns.items()}
    n = len(table)
    wavelength = given["wavelength"]
    flux_err = given.get("flux_err", np.full(n, np.nan))
    good = np.isfinite(given["flux"]) & (flux_err > 0)
    return Spectrum(
        spectrum_id=stable_id(config.name, path.relative_to(config.data_dir).as_posix()),
        wavelength=air_to_vacuum(wavelength) if options.medium == "air" else wavelength,
        flux=given["flux"],
        flux_err=flux_err,
        mask=given.get("mask", np.zeros(n)).astype(bool),
        snr=float(np.median(given["flux"][good] / flux_err[good])) if good.any() else np.nan,
        resolution=np.nan if options.resolution is None else options.resolution,
        instrument=options.instrument,
    )
