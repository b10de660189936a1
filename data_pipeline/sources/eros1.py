"""EROS-1 variables of the Large Magellanic Cloud: light curves in two bands, four classes.

Source: the EROS-1 microlensing survey's CCD data as published in the RAMP kit "variable stars"
(Kégl, Moniez, Gramfort et al., github.com/ramp-kits/variable_stars), in two tables: train.csv.gz
(one row per star) and train_varlength_features.csv.gz (lists of points written as text).

The kit does not say what its four types are; the names here are inferred from period, color and
asymmetry. `period`, `frequency`, `div_period`, `type` and `quality` were set by people who looked
at the star: period/div_period is kept as the catalog's period, and none of them can be a feature.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

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

_ORIGIN = "days, origin unknown"
BANDS = {
    "B_E": Band("mag", time_reference=_ORIGIN, wavelength_angstrom=4900.0, color="#2a6fbb"),
    "R_E": Band("mag", time_reference=_ORIGIN, wavelength_angstrom=6700.0, color="#c0392b"),
}
CLASSES = {1: "ECL", 2: "CEP", 3: "RRLYR", 4: "LPV"}
COLUMNS = (
    Column(
        "class_label",
        description="class inferred from the kit's undocumented type: ECL eclipsing, CEP Cepheid, "
        "RRLYR RR Lyrae, LPV long-period",
        ucd="meta.code.class",
        role="label",
        dtype="string",
    ),
    Column(
        "period_catalog_days",
        "d",
        "period annotated by hand, divided by div_period; of eclipsers it may be half the orbit",
        "time.period",
    ),
)
MAX_DEVIATION_MAG = 2.5
"""Points farther than this from the band's median are flagged: failed measurements."""
BAD_POINT = 1
_SUFFIX = {"B_E": "b", "R_E": "r"}
_COLUMNS = (
    "asc_d", "asc_m", "asc_s", "dec_d", "dec_m", "dec_s", "period", "div_period", "type"
)  # fmt: skip


def read(config: BuildConfig) -> SourceData:
    """Read the catalog and prepare to read the light curves."""
    catalog = need_file(config.path(config.catalog.file or "train.csv.gz"))
    points = need_file(config.path(config.light_curves.file or "train_varlength_features.csv.gz"))
    raw = _read_csv(catalog)
    need_columns(raw.columns, _COLUMNS, catalog)
    lists = _read_csv(points).set_index("original_id")
    need_columns(lists.columns, [_list_name(q, b) for q in _QUANTITIES for b in BANDS], points)

    rejections = Rejections()
    raw = raw.assign(ra_deg=15.0 * _sexagesimal(raw, "asc"), dec_deg=_sexagesimal(raw, "dec"))
    raw = check_positions(raw, catalog.name, rejections)
    raw = rejections.without(raw, ~raw["type"].isin(CLASSES), catalog.name, "unknown type")
    raw = with_source_ids(raw, "EROS-1", catalog.name, rejections)
    photometry = _Photometry(lists, raw.set_index("source_id")["original_id"], points, rejections)
    return SourceData(
        objects=_objects(raw),
        bands=BANDS,
        light_curves=photometry.light_curves,
        files=(catalog, points),
        rejections=rejections,
        columns=COLUMNS,
    )


_QUANTITIES = ("time", "light", "error")


def _list_name(quantity: str, band: str) -> str:
    return f"{quantity}_points_{_SUFFIX[band]}"


def _read_csv(path: Path) -> pd.DataFrame:
    """Read a table of the kit, whose first column is the star: patch and number."""
    raw = pd.read_csv(path)
    raw = raw.rename(columns={raw.columns[0]: "original_id"})
    return raw.assign(row=np.arange(1, len(raw) + 1), original_id=raw["original_id"].astype(str))


def _sexagesimal(raw: pd.DataFrame, axis: str) -> pd.Series:
    """Return whole + minutes/60 + seconds/3600, with the sign of the whole part."""
    whole, minute, second = (raw[f"{axis}_{part}"] for part in "dms")
    size = whole.abs() + minute / 60.0 + second / 3600.0
    return size.where(~np.signbit(whole), -size)


def _objects(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source_id": raw["source_id"],
            "name": "EROS-1 " + raw["original_id"],
            "original_id": raw["original_id"],
            "ra_deg": raw["ra_deg"],
            "dec_deg": raw["dec_deg"],
            "class_label": raw["type"].astype(int).map(CLASSES),
            "period_catalog_days": raw["period"] / raw["div_period"],
        }
    ).reset_index(drop=True)


class _Photometry:
    """Light curves parsed from lists in text, star by star."""

    def __init__(
        self, lists: pd.DataFrame, original_id: pd.Series, file: Path, rejections: Rejections
    ) -> None:
        self._lists, self._original_id = lists, original_id
        self._file, self._rejections = file.name, rejections

    def light_curves(self, source_id: Ids) -> Iterator[tuple[int, LightCurve]]:
        """Yield the light curve, both bands, of each star that has points."""
        for one in source_id:
            star = self._original_id.loc[one]
            if star not in self._lists.index:
                continue
            row = self._lists.loc[star]
            try:
                yield int(one), _light_curve(row)
            except ValueError as error:
                self._rejections.add(self._file, row["row"], star, f"unreadable points: {error}")


def _light_curve(row: pd.Series) -> LightCurve:
    parts = []
    for band in BANDS:
        time, mag, err = (np.array(json.loads(row[_list_name(q, band)])) for q in _QUANTITIES)
        bad = np.abs(mag - np.median(mag)) >= MAX_DEVIATION_MAG
        parts.append((time, mag, err, np.full(len(time), band), bad * BAD_POINT))
    time, mag, err, band_of, quality = (
        np.concatenate(values) for values in zip(*parts, strict=True)
    )
    return LightCurve.from_mag(time, mag, err, band_of, quality=quality)
