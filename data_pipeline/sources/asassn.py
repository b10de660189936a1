"""The ASAS-SN variable star database: catalogs of the V and of the g band, and their light curves.

Give the V catalog (asassn_catalog_full.csv) as catalog.file, the g catalog (asassn_variables_x.csv)
as catalog.file_g, or one of them alone, and the archives as light_curves.files. The two catalogs
write their columns differently and neither always alike, so columns are known by all their
spellings (`known_columns`). A star in both is one star: by its Gaia id, else by its name. Both its
classes are kept, and whether they differ. V and g stay separate bands, each with its zero point.
"""

from pathlib import Path

import pandas as pd

from data_pipeline.config import BuildConfig
from data_pipeline.errors import InputError
from data_pipeline.known_columns import METADATA, SPELLINGS
from data_pipeline.sources import joined
from data_pipeline.sources.asassn_curves import BANDS
from data_pipeline.sources.base import (
    Rejections,
    SourceData,
    check_periods,
    check_positions,
    owners_of,
)
from data_pipeline.sources.catalogs import class_columns, on_disk, read_columns
from data_pipeline.sources.curves import Curves
from data_pipeline.sources.identify import identified
from data_pipeline.sources.spectra import Spectra

_SURVEY = "ASAS-SN"
_WANTED = (
    "source_id", "original_id", "ra_deg", "dec_deg", "class_label", "class_probability",
    "period_catalog_days", "other_names", *METADATA,
)  # fmt: skip
_SPELLINGS = {
    **SPELLINGS,
    "source_id": ("edr3_source_id",),  # the V catalog's source_id is an APASS number
    "original_id": ("asassn_name", "id"),  # its id is a UUID, that of the g catalog is the name
}
_PER_BAND = {
    "class_label": "class_label_g",
    "period_catalog_days": "period_catalog_g_days",
    "original_id": "name_g",
}
RELEASE = "DR3"
"""edr3_source_id: the sources of Gaia EDR3 are those of DR3."""


def read(config: BuildConfig) -> SourceData:
    """Read one or both catalogs and prepare to read the light curves."""
    options = config.catalog
    if not options.file and not options.file_g:
        raise InputError(
            f"configuration of {config.name}: give the V catalog as catalog.file, the g catalog "
            "as catalog.file_g, or both."
        )
    rejections = Rejections()
    tables = {
        band: _catalog(config, file, rejections)
        for band, file in (("V", options.file), ("g", options.file_g))
        if file
    }
    objects = (
        _merged(tables["V"], tables["g"], Path(options.file_g).name, rejections)
        if len(tables) == 2
        else _single(tables)
    )
    objects = class_columns(objects, options).drop(columns="row")
    catalog = joined.with_joins(objects, config, RELEASE, rejections)
    aliases = catalog.objects.get("name_g")
    other = (
        catalog.objects[["source_id"]].assign(original_id=aliases)[aliases.notna()]
        if aliases is not None
        else None
    )
    curves = Curves(config, catalog.objects, rejections, aliases=other, asassn=True)
    spectra = Spectra(config, catalog.objects, RELEASE, rejections)
    files = [on_disk(config.data_dir, name) for name in (options.file, options.file_g) if name]
    return SourceData(
        objects=catalog.objects,
        bands=config.bands or BANDS,
        light_curves=curves.read,
        spectra=spectra.read,
        unparsed_light_curves=curves.unparsed,
        unparsed_spectra=spectra.unparsed,
        files=tuple(dict.fromkeys([*files, *curves.paths, *spectra.paths, *catalog.paths])),
        rejections=rejections,
        columns=catalog.columns,
        external=catalog.external,
    )


def _catalog(config: BuildConfig, file: str, rejections: Rejections) -> pd.DataFrame:
    """Read one catalog; rows without a position or that repeat a star are rejected."""
    options = config.catalog
    table = read_columns(
        config.data_dir, file, options.table, options.columns, options.extra, rejections,
        known=_WANTED, spellings=_SPELLINGS,
    )  # fmt: skip
    if "original_id" not in table:
        raise InputError(
            f"{file} is no ASAS-SN catalog: it has neither asassn_name nor ID. Say which column "
            "holds the names with catalog.columns.original_id."
        )
    name = Path(file).name
    table = table.assign(original_id=table["original_id"].str.replace("_", " "))
    table = identified(table, _SURVEY, name, rejections)
    table = check_positions(table, name, rejections)
    return check_periods(table, name, rejections).reset_index(drop=True)


def _single(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    ((band, table),) = tables.items()
    if band == "V":
        return table
    return table.assign(
        class_label_g=table["class_label"],
        name_g=table["original_id"],
        period_catalog_g_days=table.get("period_catalog_days"),
    )


def _merged(v: pd.DataFrame, g: pd.DataFrame, g_file: str, rejections: Rejections) -> pd.DataFrame:
    """Return the stars of both catalogs, each once; what both say, V says first."""
    known = g["source_id"].isin(v["source_id"])
    by_name = owners_of(g["original_id"], v["original_id"], v["source_id"])
    same = g["source_id"].where(known | (by_name < 0), by_name)
    repeated = same.duplicated()  # one row of g by its Gaia id, another by its name
    g = rejections.without(
        g.assign(source_id=same), repeated, g_file, "its star of the V catalog has a row before"
    )
    g = g.rename(columns=_PER_BAND).set_index("source_id")
    v = v.rename(columns={"class_label": "class_label_v"}).set_index("source_id")
    order = v.index.append(g.index.difference(v.index, sort=False))
    v, g = v.reindex(order), g.reindex(order)
    merged = {
        name: v[name].where(v[name].notna(), g[name]) if name in g and name in v
        else (v[name] if name in v else g[name])
        for name in dict.fromkeys([*v.columns, *g.columns])
    }  # fmt: skip
    table = pd.DataFrame(merged)
    table["original_id"] = v["original_id"].where(v["original_id"].notna(), g["name_g"])
    table["class_label"] = v["class_label_v"].where(v["class_label_v"].notna(), g["class_label_g"])
    if "period_catalog_g_days" in table:
        ours = table.get("period_catalog_days", pd.Series(index=order, dtype="float64"))
        table["period_catalog_days"] = ours.where(ours.notna(), table["period_catalog_g_days"])
    both = v["class_label_v"].notna() & g["class_label_g"].notna()
    certain_v, certain_g = (  # "ROT:" is an uncertain ROT, no other class
        label.str.rstrip(":") for label in (v["class_label_v"], g["class_label_g"])
    )
    table["labels_disagree"] = both & (certain_v != certain_g)
    return table.rename_axis("source_id").reset_index()
