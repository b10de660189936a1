"""The check of a survey's tables before they are written, and their conversion to Arrow."""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from data_pipeline.errors import InputError
from data_pipeline.ids import check_source_ids, check_unique_ids
from data_pipeline.schema import PARTS, SPLIT_COLUMNS, Column, did_you_mean


def validate_objects(table: pd.DataFrame, columns: Mapping[str, Column], where: str) -> pa.Table:
    """Check an objects table against its column definitions and return it as an Arrow table.

    Raises `InputError` for missing or repeated ids, columns without a definition, values of the
    wrong type, and truth columns (those belong in truth.parquet, where no model looks).
    """
    arrow = validate_rows(table, columns, where)
    truth = [str(name) for name in table.columns if columns[name].role == "truth"]
    if truth:
        raise InputError(f"{where}: {truth} hold the truth; write them with write_truth instead.")
    check_unique_ids(arrow["source_id"].to_numpy(), where)
    return arrow


def validate_splits(splits: pd.DataFrame, where: str) -> pa.Table:
    """Check a splits table: known parts, an object at most once in a split."""
    where = f"{where} splits"
    missing = [name for name in SPLIT_COLUMNS if name not in splits.columns]
    if missing:
        raise InputError(f"{where}: no column {', '.join(missing)}.")
    strange = sorted(set(splits["part"].astype(str)) - set(PARTS))
    if strange:
        raise InputError(f"{where}: unknown part {strange[0]!r}; use one of {', '.join(PARTS)}.")
    repeated = splits.duplicated(["split", "source_id"])
    if repeated.any():
        first = splits[repeated].iloc[0]
        raise InputError(
            f"{where}: source_id {first['source_id']} occurs twice in split {first['split']!r}. "
            "An object belongs to one part."
        )
    return validate_rows(splits, SPLIT_COLUMNS, where)


def validate_rows(table: pd.DataFrame, columns: Mapping[str, Column], where: str) -> pa.Table:
    """Convert a frame keyed by source_id to an Arrow table whose fields carry their meanings."""
    if "source_id" not in table.columns:
        raise InputError(f"{where}: no source_id column. See data_pipeline.ids.stable_ids.")
    check_source_ids(table["source_id"], where)
    return to_arrow(table, columns, where)


def to_arrow(table: pd.DataFrame, columns: Mapping[str, Column], where: str) -> pa.Table:
    """Convert a frame to Arrow, refusing columns without a definition or of a wrong type."""
    unknown = [str(name) for name in table.columns if name not in columns]
    if unknown:
        raise InputError(
            f"{where}: no definition for column {unknown[0]!r}{did_you_mean(unknown[0], columns)}, "
            f"{len(unknown)} in all. Pass a Column with its unit and role."
        )
    used = [columns[name] for name in table.columns]
    arrays = [_to_arrow(table[column.name], column, where) for column in used]
    return pa.Table.from_arrays(arrays, schema=pa.schema([one.arrow_field() for one in used]))


def _to_arrow(values: pd.Series, column: Column, where: str) -> pa.Array:
    try:
        return pa.Array.from_pandas(values, type=column.arrow_field().type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError) as error:
        raise InputError(
            f"{where}: {column.role} column {column.name!r} should be {column.dtype}, "
            f"found {values.dtype} ({error}). Convert it, or change its definition."
        ) from None


def truth_columns(truth: pd.DataFrame, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Define each column of a truth table, guessing the type where no definition is known."""
    kinds = {"f": "float64", "i": "int64", "u": "int64", "b": "bool"}
    return {
        name: columns.get(name)
        or Column(name, role="truth", dtype=kinds.get(truth[name].dtype.kind, "string"))
        for name in map(str, truth.columns)
    }


def empty_table(columns: Mapping[str, Column]) -> pa.Table:
    """Return a table of no rows with these columns."""
    return pa.schema([column.arrow_field() for column in columns.values()]).empty_table()
