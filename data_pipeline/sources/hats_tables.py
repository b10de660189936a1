"""HATS catalogs as tables: Parquet files by HEALPix pixel (IVOA Note "HATS", 2025).

A nested column such as a light curve becomes one column of lists for each of its quantities, called
"lc.time" and so on. Only the columns that are asked for are read. The same holds for plain Parquet.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_pipeline.errors import InputError

Choose = Callable[[Sequence[str]], Collection[str]]
"""From the names of a file's columns to those that are needed."""


def is_hats(path: Path) -> bool:
    """Return whether a directory is a HATS catalog or collection."""
    return path.is_dir() and any(
        (path / name).is_file() for name in ("hats.properties", "collection.properties")
    )


def identity_file(path: Path) -> Path:
    """Return the file of a HATS catalog that changes whenever the catalog does."""
    catalog = _catalog(path)
    metadata = catalog / "dataset" / "_metadata"
    return metadata if metadata.is_file() else catalog / "hats.properties"


def read_hats(path: Path, choose: Choose | None) -> pd.DataFrame:
    """Read the columns of a HATS catalog; units are in ``.attrs["units"]``."""
    catalog = _catalog(path)
    files = sorted((catalog / "dataset").rglob("Npix=*.parquet"))
    files += sorted((catalog / "dataset").rglob("Npix=*/*.parquet"))
    if not files:
        raise InputError(f"{path} is a HATS catalog without any Parquet file in {catalog}/dataset.")
    return to_frame(map(_open, files), _open(files[0]).schema_arrow, choose)


def to_frame(
    files: Iterable[pq.ParquetFile], schema: pa.Schema, choose: Choose | None
) -> pd.DataFrame:
    """Read columns of Parquet files of one schema; nested ones become columns like "lc.time"."""
    names = flat_names(schema)
    wanted = names if choose is None else [name for name in names if name in choose(names)]
    whole = {field.name for field in schema if _is_list_of_structs(field.type)}
    read = dict.fromkeys(
        outer if (outer := name.partition(".")[0]) in whole else name for name in wanted
    )
    table = pa.concat_tables(file.read(columns=list(read)) for file in files)
    for name in whole & set(table.column_names):
        table = _as_struct_of_lists(table, name)
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    table = table.select(wanted)
    units = {
        field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in table.schema
    }
    frame = table.to_pandas(integer_object_nulls=True)
    frame.attrs = {"units": {name: unit for name, unit in units.items() if unit}, "columns": names}
    return frame


def flat_names(schema: pa.Schema) -> list[str]:
    """Return the names of all columns, those of nested ones as "nested.name"."""
    names: list[str] = []
    for field in schema:
        kind = field.type.value_type if _is_list_of_structs(field.type) else field.type
        if pa.types.is_struct(kind):
            names += [f"{field.name}.{child.name}" for child in kind]
        else:
            names.append(field.name)
    return names


def _is_list_of_structs(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list and pa.types.is_struct(kind.value_type)


def _as_struct_of_lists(table: pa.Table, name: str) -> pa.Table:
    """Return the table with "a list of points" turned into "lists of what was measured"."""
    points = table[name].combine_chunks()
    empty = points.is_null().to_numpy(zero_copy_only=False)
    lengths = np.where(empty, 0, pc.list_value_length(points).fill_null(0).to_numpy())
    offsets = pa.array(np.append(0, np.cumsum(lengths)), pa.int64())
    inner = points.flatten()
    fields = {child.name: pc.struct_field(inner, child.name) for child in inner.type}
    lists = [pa.LargeListArray.from_arrays(offsets, values) for values in fields.values()]
    struct = pa.StructArray.from_arrays(lists, names=list(fields))
    return table.set_column(table.column_names.index(name), name, struct)


def _catalog(path: Path) -> Path:
    """Return the catalog itself, which in a collection is a directory of its own."""
    collection = path / "collection.properties"
    if not collection.is_file():
        return path
    for line in collection.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "hats_primary_table_url":
            return path / value.strip()
    raise InputError(f"{collection} does not name its catalog (hats_primary_table_url).")


def _open(file: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{file} cannot be read as Parquet ({error}): it is damaged or was cut short; get it "
            "again."
        ) from None
