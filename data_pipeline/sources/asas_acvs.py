"""ASAS Catalog of Variable Stars: V light curves of variables in ten classes.

Source: the All Sky Automated Survey's ACVS 1.1 (Pojmanski 1997-2005, AcA 52, 397; 55, 275), in two
tables: objects.csv.gz (one row per star) and lightcurves.parquet (one row per point, integers:
t1e5 = (HJD − 2450000)·10⁵, mag1e3 and err1e3 = millimagnitudes).

The acvs_*, gcvs_* and ls_* columns are filled for some classes only, so their mere presence tells
the class: they are kept as what catalogs say and can never be features. ECL, an eclipser of
undecided kind, is no class: those stars are unlabelled, their alternatives in class_label_full.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from data_pipeline.config import BuildConfig
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.sources.base import (
    Ids,
    Rejections,
    SourceData,
    check_positions,
    need_columns,
    need_file,
    with_source_ids,
)

BANDS = {
    "V": Band(
        "mag",
        zero_point_jy=3636.0,
        time_scale="utc",
        time_reference="HJD − 2450000",
        wavelength_angstrom=5450.0,
        color="#3a7d44",
    )
}
COLUMNS = (
    Column(
        "acvs_vmag", "mag", "V magnitude at maximum in ACVS, eclipsers only", "phot.mag;em.opt.V"
    ),
    Column("acvs_vamp", "mag", "V amplitude in ACVS, eclipsers only", "phot.mag;arith.diff"),
)
AMBIGUOUS = "ECL"
_OBJECT_COLUMNS = (
    "obj", "asas_id", "ra_deg", "dec_deg", "acvs_class", "acvs_class_full", "acvs_vmag",
    "acvs_vamp", "acvs_period_d", "gcvs_name", "gcvs_class",
)  # fmt: skip
_POINT_COLUMNS = ("obj", "t1e5", "mag1e3", "err1e3")


def read(config: BuildConfig) -> SourceData:
    """Read the catalog and prepare to read the light curves."""
    catalog = need_file(config.path(config.catalog.file or "objects.csv.gz"))
    points = need_file(config.path(config.light_curves.file or "lightcurves.parquet"))
    raw = pd.read_csv(catalog, dtype={"asas_id": str})
    need_columns(raw.columns, _OBJECT_COLUMNS, catalog)

    rejections = Rejections()
    raw = raw.assign(row=np.arange(1, len(raw) + 1), original_id=raw["asas_id"])
    raw = check_positions(raw, catalog.name, rejections)
    raw = with_source_ids(raw, "ASAS", catalog.name, rejections)
    photometry = _Photometry(points, raw.set_index("source_id")["obj"])
    photometry.note_strangers(points.name, rejections)
    return SourceData(
        objects=_objects(raw),
        bands=BANDS,
        light_curves=photometry.light_curves,
        files=(catalog, points),
        rejections=rejections,
        columns=COLUMNS,
        external=_external(raw),
    )


def _objects(raw: pd.DataFrame) -> pd.DataFrame:
    decided = raw["acvs_class"].where(raw["acvs_class"] != AMBIGUOUS)
    return pd.DataFrame(
        {
            "source_id": raw["source_id"],
            "name": "ASAS J" + raw["asas_id"],
            "original_id": raw["asas_id"],
            "ra_deg": raw["ra_deg"],
            "dec_deg": raw["dec_deg"],
            "class_label": decided,
            "class_label_full": raw["acvs_class_full"].fillna(raw["acvs_class"]),
            "period_catalog_days": raw["acvs_period_d"],
            "acvs_vmag": raw["acvs_vmag"],
            "acvs_vamp": raw["acvs_vamp"],
        }
    ).reset_index(drop=True)


def _external(raw: pd.DataFrame) -> pd.DataFrame:
    """ACVS for every star, GCVS where ACVS gives a name or a class from it ("-" is none)."""
    acvs = pd.DataFrame(
        {
            "source_id": raw["source_id"],
            "catalog": "ACVS",
            "catalog_id": raw["asas_id"],
            "class_label": raw["acvs_class_full"].fillna(raw["acvs_class"]),
            "period_days": raw["acvs_period_d"],
            "separation_arcsec": 0.0,
        }
    )
    name, kind = (raw[column].replace("-", np.nan) for column in ("gcvs_name", "gcvs_class"))
    known = name.notna() | kind.notna()
    gcvs = pd.DataFrame(
        {
            "source_id": raw.loc[known, "source_id"],
            "catalog": "GCVS",
            "catalog_id": name[known].str.replace("~", " "),
            "class_label": kind[known],
            "period_days": np.nan,
            "separation_arcsec": np.nan,
        }
    )
    return pd.concat([acvs, gcvs], ignore_index=True)


class _Photometry:
    """The points of all stars; sorted by `obj`, so that a star is a slice."""

    def __init__(self, path: Path, obj: pd.Series) -> None:
        table = pq.read_table(path)
        need_columns(table.column_names, _POINT_COLUMNS, path)
        columns = {name: table[name].to_numpy() for name in _POINT_COLUMNS}
        self._first_row = np.argsort(columns["obj"], kind="stable")
        self._points = {name: values[self._first_row] for name, values in columns.items()}
        self._obj = obj

    def light_curves(self, source_id: Ids) -> Iterator[tuple[int, LightCurve]]:
        """Yield the light curve of each star that has points."""
        obj = self._obj.reindex(pd.Index(source_id)).to_numpy()
        start = np.searchsorted(self._points["obj"], obj, side="left")
        stop = np.searchsorted(self._points["obj"], obj, side="right")
        for i in np.flatnonzero(stop > start):
            star = slice(start[i], stop[i])
            yield (
                int(source_id[i]),
                LightCurve.from_mag(
                    self._points["t1e5"][star] / 1e5,
                    self._points["mag1e3"][star] / 1e3,
                    self._points["err1e3"][star] / 1e3,
                    band="V",
                ),
            )

    def note_strangers(self, file: str, rejections: Rejections) -> None:
        """Account for light curves of stars that the catalog lacks."""
        obj, position = np.unique(self._points["obj"], return_index=True)
        for i in np.flatnonzero(~np.isin(obj, self._obj)):
            row = self._first_row[position[i]] + 1
            rejections.add(file, row, obj[i], "light curve of a star not in the catalog")
