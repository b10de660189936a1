"""Stars as files other tools read: VOTable, and CSV with its units and provenance in comments.

The CSV is astropy's ECSV with commas: `pandas.read_csv(comment="#")` and spreadsheets read it as
plain CSV, astropy and TOPCAT find units and descriptions in the header. Identifiers are 64-bit
integers in the VOTable and text in the CSV. Text that a spreadsheet could take for a formula gets
an apostrophe in front.
"""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from astropy import units
from astropy.io.votable.tree import Info, TableElement, VOTableFile
from astropy.table import Column as TableColumn
from astropy.table import MaskedColumn, Table
from numpy.typing import ArrayLike, NDArray

from data_pipeline.schema import Column
from model.atlas import Atlas

BINARY_FROM_ROWS = 2000
"""From so many rows on a VOTable holds binary data: exact, small, no longer read by eye."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def star_table(objects: pd.DataFrame, columns: Mapping[str, Column], rows: ArrayLike) -> Table:
    """Make a table of some stars that knows units, descriptions and UCDs.

    Parameters
    ----------
    objects : DataFrame
    columns : mapping of name to Column
        Columns of `objects` not among them are left out.
    rows : array_like of int
    """
    picked = objects.iloc[np.asarray(rows, dtype=np.int64)]
    return Table([_column(picked[name], columns[name]) for name in columns if name in picked])


def _column(values: pd.Series, column: Column) -> TableColumn | MaskedColumn:
    """One column with its meaning; missing values masked, NaN where they are numbers."""
    data, mask = _array(values, column)
    made: Any = MaskedColumn(data, mask=mask) if mask.any() else TableColumn(data)
    made.name, made.description = column.name, column.description
    unit = _unit(column.unit)
    if unit is not None:
        made.unit = unit
    made.meta.update({"ucd": column.ucd} if column.ucd else {})
    return made


def _array(values: pd.Series, column: Column) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    missing = values.isna().to_numpy()
    if column.dtype.startswith("list"):
        text = ["" if lost else " ".join(f"{x:.10g}" for x in value)
                for value, lost in zip(values, missing, strict=True)]  # fmt: skip
        return np.array(text, dtype=np.str_), missing
    if column.dtype in ("float64", "float32"):
        return values.to_numpy(column.dtype), np.zeros(len(values), dtype=bool)
    if column.dtype == "string":
        return values.astype(object).where(~missing, "").to_numpy().astype(np.str_), missing
    filled = values.astype(object).where(~missing, 0)
    return filled.to_numpy().astype(column.dtype), missing


def _unit(text: str) -> units.UnitBase | None:
    """Unit of the VO spelling; None for one that astropy does not know."""
    try:
        return units.Unit(text, format="vounit") if text else None
    except ValueError:
        return None


def describe_export(
    atlas: Atlas,
    n_rows: int,
    recipe: list[dict[str, Any]],
    thresholds: Mapping[str, float],
) -> dict[str, str]:
    """Provenance of an export, name to text: what, from which data, how chosen, with what."""
    made_by = atlas.manifest["provenance"]
    facts: dict[str, Any] = {
        "survey": atlas.name,
        "nature": "SYNTHETIC (simulated stars)" if atlas.is_synthetic else "observed stars",
        "rows": f"{n_rows} of {len(atlas)}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": f"AstroM3 Explorer {version('astrom3-explorer')}, astropy {version('astropy')}",
        "atlas_hash": atlas.hash,
        "atlas_created": made_by.get("created", ""),
        "atlas_versions": made_by.get("versions", {}),
        "seed": made_by.get("seed"),
        "map_settings": atlas.manifest.get("map_settings", {}),
        "predictions": atlas.manifest.get("predictions", {}),
        "survey_hash": atlas.survey.content_hash,
        "checkpoint_hash": atlas.embeddings.manifest.get("checkpoint_hash", ""),
        "selection": recipe,
        "thresholds": dict(thresholds),
    }
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in facts.items()
    }


def to_votable(table: Table, provenance: Mapping[str, str]) -> bytes:
    """Serialise as VOTable 1.4, the provenance as INFO elements."""
    file = VOTableFile.from_table(table)
    element: TableElement = file.get_first_table()
    element.format = "binary2" if len(table) >= BINARY_FROM_ROWS else "tabledata"
    for field in element.fields:
        field.ucd = table[field.name].meta.get("ucd")
    for name, text in provenance.items():
        file.infos.append(Info(name=name, value=text))
    buffer = io.BytesIO()
    file.to_xml(buffer)
    return buffer.getvalue()


def to_csv(table: Table, provenance: Mapping[str, str]) -> bytes:
    """Serialise as ECSV with commas, identifiers as text, the provenance in the header."""
    safe = Table([_csv_column(table[name]) for name in table.colnames])
    safe.meta = {"provenance": dict(provenance)}
    text = io.StringIO()
    safe.write(text, format="ascii.ecsv", delimiter=",")
    return text.getvalue().encode()


def _csv_column(column: Any) -> Any:
    """A column fit for spreadsheets: 64-bit identifiers as text, no text that is a formula."""
    if column.name == "source_id":
        made: Any = TableColumn([str(value) for value in column.tolist()])
    elif column.dtype.kind == "U":
        filled = column.filled("") if hasattr(column, "filled") else column
        made = TableColumn([harmless(text) for text in filled.tolist()], dtype=np.str_)
    else:
        return column
    made.name, made.description, made.unit = column.name, column.description, column.unit
    made.meta.update(column.meta)
    return made


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
