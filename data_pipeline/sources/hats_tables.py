"""HATS catalogs as tables: Parquet files by HEALPix pixel (IVOA Note "HATS", 2025).

A nested column such as a light curve becomes one column of lists for each of its quantities, called
"lc.time" and so on. Only the columns that are asked for are read. The same holds for plain Parquet.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
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
    table = pa.concat_tables(file.read(columns=wanted) for file in files)
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
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
        if pa.types.is_struct(field.type):
            names += [f"{field.name}.{child.name}" for child in field.type]
        else:
            names.append(field.name)
    return names


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
