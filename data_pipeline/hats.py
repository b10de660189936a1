"""A survey as a HATS catalog with nested light curves, for LSDB, nested-pandas and others.

HATS (IVOA Note, 2025) is Parquet by HEALPix pixel. Each star is a row; its light curve is a nested
column, "light_curve.time" and so on. Spectra lie beside it in spectra.parquet, one row each, and
survey.toml builds the survey again (its periods and features are computed anew). The partitions are
made one after another, so a survey may be much larger than the memory.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.directories import new_directory
from data_pipeline.errors import InputError
from data_pipeline.features import FEATURE_COLUMNS
from data_pipeline.known_columns import KNOWN_COLUMNS
from data_pipeline.light_curves import LightCurve
from data_pipeline.periods import PERIOD_COLUMNS
from data_pipeline.records import PHOTOMETRY_SCHEMA, SPECTRA_SCHEMA, spectrum_row
from data_pipeline.schema import Band, Column
from data_pipeline.survey import Survey

LIGHT_CURVE = "light_curve"
_QUANTITIES = [field for field in PHOTOMETRY_SCHEMA if field.name != "source_id"]
_STARS_PER_PARTITION = 20_000
_SPECTRA_PER_GROUP = 1000
_COMPUTED = {*PERIOD_COLUMNS, *FEATURE_COLUMNS, "n_epochs", "n_spectra", "is_duplicate"} - {
    "source_id"
}


def write_hats(survey: Survey, target: Path, overwrite: bool = False) -> int:
    """Write a survey as a HATS catalog; returns the number of stars written.

    Stars without a position are left out: HATS orders stars by it.
    """
    lsdb = import_lsdb()
    objects = survey.objects
    if "ra_deg" not in objects or not objects["ra_deg"].notna().any():
        raise InputError(f"{survey.name} has no star with a position; HATS orders stars by it.")
    placed = objects[objects["ra_deg"].notna() & objects["dec_deg"].notna()]
    with new_directory(target, overwrite) as building:
        catalog = lsdb.from_dataframe(
            placed, ra_column="ra_deg", dec_column="dec_deg", catalog_name=_file_name(survey.name),
            margin_threshold=None, partition_rows=_STARS_PER_PARTITION,
        )  # fmt: skip
        empty = _with_light_curves(catalog.meta, survey.path)
        nested = catalog.map_partitions(_with_light_curves, survey.path, meta=empty)
        nested.write_catalog(
            building, catalog_name=_file_name(survey.name), as_collection=False, overwrite=True,
            progress_bar=False,
        )  # fmt: skip
        if survey.has_spectra.any():
            _write_spectra(survey, building / "spectra.parquet")
        (building / "survey.toml").write_text(_configuration(survey), encoding="utf-8")
    return len(placed)


def import_lsdb() -> Any:
    """Return LSDB, whose import warns about options of pandas that it sets."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import lsdb
    except ImportError:
        raise InputError(
            "writing HATS needs a library that is not installed: pip install lsdb."
        ) from None
    return lsdb


def _with_light_curves(stars: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Add the light curves of some stars, in any process."""
    from nested_pandas import NestedFrame
    from nested_pandas.series.dtype import NestedDtype

    survey = Survey.open(path)
    curves = [survey.light_curve(int(one)) for one in stars["source_id"]]
    nested = nested_light_curves(curves)
    frame = NestedFrame(stars)
    frame[LIGHT_CURVE] = pd.Series(
        nested, index=frame.index,
        dtype=NestedDtype.from_pandas_arrow_dtype(pd.ArrowDtype(nested.type)),
    )  # fmt: skip
    return frame


def nested_light_curves(curves: list[LightCurve | None]) -> pa.StructArray:
    """Return light curves as one struct of lists, an empty one for a star without."""
    lengths = [0 if curve is None else len(curve) for curve in curves]
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    there = [curve for curve in curves if curve is not None]
    lists = []
    for field in _QUANTITIES:
        kind = field.type.value_type
        kind = pa.string() if pa.types.is_dictionary(kind) else kind
        parts = [getattr(curve, field.name) for curve in there]
        values = pa.array(np.concatenate(parts) if parts else [], kind, from_pandas=True)
        lists.append(pa.ListArray.from_arrays(offsets, values))
    return pa.StructArray.from_arrays(lists, names=[field.name for field in _QUANTITIES])


def _write_spectra(survey: Survey, path: Path) -> None:
    with pq.ParquetWriter(path, SPECTRA_SCHEMA, compression="zstd") as writer:
        rows: list[dict[str, Any]] = []
        for source_id in survey.source_id[survey.has_spectra]:
            rows += [spectrum_row(int(source_id), one) for one in survey.spectra(source_id)]
            if len(rows) >= _SPECTRA_PER_GROUP:
                writer.write_table(pa.Table.from_pylist(rows, SPECTRA_SCHEMA))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, SPECTRA_SCHEMA))


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name) or "survey"


def _configuration(survey: Survey) -> str:
    """Return the TOML that builds the survey from its HATS catalog."""
    given = [name for name in survey.objects if name not in _COMPUTED]
    known = {name: name for name in given if name in KNOWN_COLUMNS}
    extra = {name: survey.columns[name] for name in given if name not in KNOWN_COLUMNS}
    curves = {one.name: f"{LIGHT_CURVE}.{one.name}" for one in _QUANTITIES}
    tables: dict[str, dict[str, object]] = {
        "": {"name": survey.name},
        "catalog": {"file": "."},
        "catalog.columns": dict(known),
        **{f"catalog.extra.{name}": _extra(column) for name, column in extra.items()},
        "light_curves": {"file": "."},
        "light_curves.columns": {"source_id": "source_id", **curves},
        **{f"bands.{json.dumps(name)}": _band(band) for name, band in survey.bands.items()},
    }
    if survey.has_spectra.any():
        pixels = ("source_id", "wavelength", "flux", "flux_err", "mask")
        tables["spectra"] = {"file": "spectra.parquet", "medium": "vacuum"}
        tables["spectra.columns"] = {name: name for name in pixels}
    return "\n".join(line for title, table in tables.items() for line in _toml(title, table))


def _toml(title: str, table: dict[str, object]) -> list[str]:
    """Return a TOML table; JSON spells text, numbers and truth the same way."""
    head = [f"[{title}]"] if title else []
    return [*head, *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()), ""]


def _extra(column: Column) -> dict[str, object]:
    return {"column": column.name, **{k: v for k, v in vars(column).items() if k != "name"}}


def _band(band: Band) -> dict[str, object]:
    return {name: value for name, value in vars(band).items() if value is not None}
