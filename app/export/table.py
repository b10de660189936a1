"""A list of stars as an astropy table that knows units, descriptions and UCDs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from astropy import units
from astropy.table import Column as TableColumn
from astropy.table import MaskedColumn, Table
from numpy.typing import ArrayLike, NDArray

from data_pipeline.schema import Column


def star_table(
    objects: pd.DataFrame,
    columns: Mapping[str, Column],
    rows: ArrayLike,
    added: pd.DataFrame | None = None,
    added_columns: Mapping[str, Column] | None = None,
) -> Table:
    """Make a table of some stars that knows units, descriptions and UCDs.

    Parameters
    ----------
    objects : DataFrame
    columns : mapping of name to Column
        Columns of `objects` not among them are left out.
    rows : array_like of int, (n,)
    added : DataFrame, optional
        n rows in the order of `rows`: what the list itself says of its stars. They stand in front.
    added_columns : mapping of name to Column, optional
        What they mean; without it they come undescribed, as text or numbers.
    """
    picked = objects.iloc[np.asarray(rows, dtype=np.int64)]
    own = ["source_id"] if "source_id" in columns and "source_id" in picked else []
    extra = pd.DataFrame() if added is None else added
    described = {**{str(name): _guess(extra[name]) for name in extra}, **(added_columns or {})}
    made = [_column(picked[name], columns[name]) for name in own]
    made += [_column(extra[name], described[str(name)]) for name in extra]
    made += [
        _column(picked[name], columns[name])
        for name in columns
        if name in picked and name not in own and name not in extra
    ]
    return Table(made)


def _guess(values: pd.Series) -> Column:
    """The plain meaning of a column nobody described."""
    kinds = {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}
    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else "O"
    return Column(str(values.name), role="derived", dtype=kinds.get(kind, "string"))


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
        return values.to_numpy(column.dtype, na_value=np.nan), np.zeros(len(values), dtype=bool)
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
