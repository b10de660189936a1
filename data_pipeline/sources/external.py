"""What other catalogs say about the stars: VSX, GCVS, SIMBAD, Gaia's variability tables.

They are read from the files as users download them (VizieR or CDS tables, VOTable, CSV) or as
`fetch external` gets them, and written to external.parquet: shown and compared, never learned.
"""

import numpy as np
import pandas as pd

from data_pipeline.config import BuildConfig
from data_pipeline.config_tables import ExternalConfig
from data_pipeline.crossmatch import separations
from data_pipeline.errors import InputError
from data_pipeline.gaia_ids import release
from data_pipeline.schema import EXTERNAL_COLUMNS
from data_pipeline.sources import joined
from data_pipeline.sources.base import Rejections
from data_pipeline.sources.catalogs import found_columns, open_table

_SPELLINGS: dict[str, dict[str, str]] = {
    "vsx": {
        "catalog_id": "name oid auid",
        "class_label": "type vartype variabilitytype",
        "period_days": "period per",
    },
    "gcvs": {
        "catalog_id": "gcvs varname name",
        "class_label": "vartype type",
        "period_days": "period per",
    },
    "simbad": {
        "catalog_id": "main_id mainid",
        "class_label": "otype_txt otype main_type",
        "period_days": "v__period period",
    },
    "gaia": {
        "catalog_id": "source_id source",
        "class_label": "best_class_name class best_classification",
        "period_days": "period pf p1_o fund_freq1_period per",
    },
}
_POSITIONS = {
    "ra_deg": "ra_deg _raj2000 raj2000 ra_icrs radeg ra ra_d coords",
    "dec_deg": "dec_deg _dej2000 dej2000 de_icrs dedeg dec dec_d",
}
_FREQUENCIES = ("frequency", "fund_freq1", "best_rotation_frequency", "freq")
"""Columns that hold cycles per day, from which the period follows."""


def external_rows(
    objects: pd.DataFrame,
    one: ExternalConfig,
    config: BuildConfig,
    our_release: str,
    rejections: Rejections,
) -> pd.DataFrame:
    """Return the rows of `schema.EXTERNAL_COLUMNS` that a catalog has about the stars."""
    theirs = _table(one, config)
    match = joined.matched(
        objects, theirs, one.by, one.catalog, one.radius_arcsec,
        (config.catalog.epoch, one.epoch), our_release,
        release(one.release or (one.catalog if "gaia" in one.catalog.lower() else ""),
                one.columns.get("source_id", "")),
    )  # fmt: skip
    pairs = match.pairs
    picked = theirs.iloc[pairs["theirs"]].reset_index(drop=True)
    if one.by != "position" and {"ra_deg", "dec_deg"} <= set(theirs) & set(objects):
        apart = separations(objects.iloc[pairs["ours"]], picked)
    else:
        apart = pairs["separation_arcsec"].to_numpy()
    return pd.DataFrame(
        {
            "source_id": objects["source_id"].to_numpy()[pairs["ours"]],
            "catalog": one.catalog,
            "catalog_id": picked["catalog_id"],
            "class_label": picked["class_label"],
            "period_days": picked["period_days"],
            "separation_arcsec": apart,
        }
    )[list(EXTERNAL_COLUMNS)]


def _table(one: ExternalConfig, config: BuildConfig) -> pd.DataFrame:
    """Return the catalog under our names; text stays text, periods become days."""
    family = next((name for name in _SPELLINGS if name in one.catalog.lower()), "")
    spellings = {**_SPELLINGS.get(family, {}), **_POSITIONS}
    wanted = {"source_id", "catalog_id", *one.columns} | ({one.by} - {"position"})
    ids = {s for name in wanted for s in spellings.get(name, "").split()} | {"source_id"}
    raw = open_table(
        config.data_dir, one.file, one.table, (*ids, *one.columns.values(), "GCVS", "Source")
    )
    names = found_columns(raw, dict(one.columns), one.file)
    lower = {str(name).lower(): str(name) for name in raw.columns}
    for name, words in spellings.items():
        found = next((lower[word] for word in words.split() if word in lower), None)
        if name not in names and found is not None:
            names[name] = found
    if one.by not in names and one.by != "position" and one.by in lower:
        names[one.by] = lower[one.by]
    if not {"class_label", "period_days", "catalog_id"} & set(names):
        raise InputError(
            f"{one.file}: say which of its columns is catalog_id, class_label or period_days "
            f"(external.columns); it has {', '.join(map(str, raw.columns[:12]))}."
        )
    table = pd.DataFrame({name: raw[column] for name, column in names.items()})
    for name in ("class_label", "catalog_id"):
        text = table[name].astype("str") if name in table else pd.Series("", raw.index)
        table[name] = text.where(text.str.strip() != "").str.strip()
    table["period_days"] = _period(table, raw, lower)
    for axis in ("ra_deg", "dec_deg"):
        if axis in table:
            table[axis] = pd.to_numeric(table[axis], errors="coerce").astype("float64")
    return table.assign(row=np.arange(1, len(table) + 1))


def _period(table: pd.DataFrame, raw: pd.DataFrame, lower: dict[str, str]) -> pd.Series:
    if "period_days" in table:
        text = table["period_days"].astype("str").str.extract(r"(-?[\d.]+(?:[eE][-+]?\d+)?)")[0]
        period = pd.to_numeric(text, errors="coerce").astype("float64")
    else:
        frequency = next((lower[name] for name in _FREQUENCIES if name in lower), None)
        if frequency is None:
            return pd.Series(np.nan, table.index)
        period = 1.0 / pd.to_numeric(raw[frequency], errors="coerce").astype("float64")
    return period.where(period > 0)
