"""Which spectrum is of which star: tables of spectra, and the catalogs of LAMOST.

LAMOST catalogs (DR1 to DR10, general or stellar) are separated by "|" or ","; their columns differ
in name and number. A spectrum's file is named by plan: spec-LMJD-PLANID_spSS-FFF.fits.gz.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data_pipeline.config_tables import ExtraColumn, RecordIndex
from data_pipeline.errors import InputError
from data_pipeline.sources.base import Rejections, data_rows
from data_pipeline.sources.catalogs import open_table, read_columns
from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S

_NUMBERS = ("snr", "time", "radial_velocity_km_s")
_IDS = ("original_id", "source_id")
_PLAN = ("lmjd", "planid", "spid", "fiberid")
_ABSENT = -9999.0
_LAMOST = {
    "lmjd": "lmjd combined_lmjd",
    "planid": "planid plan_id combined_planid",
    "spid": "spid combined_spid",
    "fiberid": "fiberid combined_fiberid",
    "ra_deg": "ra inputobjs_ra objra combined_ra ra_obs raj2000",
    "dec_deg": "dec inputobjs_dec objdec combined_dec dec_obs dej2000",
    "snrg": "snrg sn_g combined_snrg",
    "snri": "snri sn_i combined_snri",
    "z": "z combined_z",
    "rv": "rv combined_rv rv_b0 hrv",
    "filename": "filename spec_filename file fitsname lamost_file",
    "source_id": "gaia_source_id",
    "obsid": "obsid combined_obsid",
}  # fmt: skip


def read_index(data_dir: Path, index: RecordIndex, rejections: Rejections) -> pd.DataFrame:
    """Return one row per spectrum: row, whom it belongs to, and what is known of it.

    Columns: row, original_id or source_id or ra_deg and dec_deg, snr, radial_velocity_km_s, time
    (MJD) where known, and what `record_names` makes the names of the spectra of.
    """
    if index.format == "lamost":
        return _lamost(data_dir, index, rejections)
    if index.format != "table":
        raise InputError(f"spectra.index.format is 'table' or 'lamost', not {index.format!r}.")
    if "record" not in index.columns:
        raise InputError(
            f"spectra.index.columns needs record: the column of {index.file} with the name of the "
            "spectrum."
        )
    extra = {
        name: ExtraColumn(column, dtype="string" if name == "record" else "float64")
        for name, column in index.columns.items()
        if name in ("record", "snr", "time")
    }
    columns = {name: column for name, column in index.columns.items() if name not in extra}
    table = read_columns(data_dir, index.file, index.table, columns, extra, rejections)
    return rejections.without(
        table.assign(original_id=table.get("original_id", table["record"])),
        table["record"].isna(), Path(index.file).name, "no name of a spectrum",
    ).reset_index(drop=True)  # fmt: skip


def _lamost(data_dir: Path, index: RecordIndex, rejections: Rejections) -> pd.DataFrame:
    words = {name: spelled.split() for name, spelled in _LAMOST.items()}
    ids = [*words["source_id"], *words["planid"], *words["obsid"], *index.columns.values()]
    spellings = {word for spelled in words.values() for word in spelled}

    def choose(names: Sequence[str]) -> list[str]:
        own = index.columns.values()
        return [name for name in names if name.lower() in spellings or name in own]

    raw = open_table(data_dir, index.file, index.table, tuple(ids), choose)
    lower = {str(name).lower(): str(name) for name in raw.columns}
    found = {
        name: next((lower[word] for word in spelled if word in lower), None)
        for name, spelled in words.items()
    } | {name: column for name, column in index.columns.items() if name != "record"}
    if "record" in index.columns:
        found["filename"] = index.columns["record"]
    picked = pd.DataFrame({name: raw[column] for name, column in found.items() if column})
    if "filename" not in picked and not set(_PLAN) <= set(picked):
        raise InputError(
            f"{index.file} is no LAMOST catalog: it has neither a file name nor lmjd, planid, spid "
            f"and fiberid, only {', '.join(map(str, picked))}."
        )
    names = ("filename",) if "filename" in picked else _PLAN
    kept = [name for name in (*names, "ra_deg", "dec_deg", *_IDS) if name in picked]
    rows = data_rows(raw, Path(index.file).name, rejections)
    table = picked[kept].assign(
        row=rows, radial_velocity_km_s=_velocity(picked), snr=_signal_to_noise(picked)
    )
    for name in set(kept) & {"ra_deg", "dec_deg", "lmjd", "spid", "fiberid"}:
        table[name] = _number(table, name)
    nameless = table[list(names)].isna().any(axis=1)
    shown = picked[names[0]].astype("str")
    named = rejections.without(
        table.assign(original_id=table.get("original_id", shown)), nameless,
        Path(index.file).name, "no name of a spectrum",
    ).reset_index(drop=True)  # fmt: skip
    return named if "original_id" in table else named.drop(columns="original_id")


def record_names(table: pd.DataFrame) -> pd.Series:
    """Return the names of some of the spectra of `read_index`, shape (n,).

    A catalog of millions has few of our stars, so only theirs are spelled out.
    """
    for name in ("record", "filename"):
        if name in table:
            return table[name].astype("str")
    lmjd, spid, fiber = (table[name].astype("int64") for name in ("lmjd", "spid", "fiberid"))
    return (
        "spec-" + lmjd.astype("str") + "-" + table["planid"].astype("str")
        + "_sp" + spid.astype("str").str.zfill(2) + "-" + fiber.astype("str").str.zfill(3)
    )  # fmt: skip


def _number(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        return pd.Series(np.nan, table.index)
    number = pd.to_numeric(table[name], errors="coerce").astype("float64")
    return number.where(number > _ABSENT)


def _velocity(table: pd.DataFrame) -> pd.Series:
    """Return the radial velocity, from the redshift where there is no other."""
    return _number(table, "rv").fillna(SPEED_OF_LIGHT_KM_S * _number(table, "z"))


def _signal_to_noise(table: pd.DataFrame) -> pd.Series:
    """Return the better of the g and i bands' signal to noise: blue and red stars alike."""
    return pd.concat([_number(table, "snrg"), _number(table, "snri")], axis=1).max(axis=1)
