"""Tables too long for memory: their columns are files that are mapped into it.

A Parquet table of more than `MAX_ROWS` rows is unpacked once, column by column, into Arrow files
beside its directory, under the hash of its content. What is read of them lies in the file cache
that all processes share, and the system may take it back at any time.
"""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_pipeline.directories import new_directory
from data_pipeline.errors import InputError

MAX_ROWS = 500_000
"""Longer tables are mapped."""


def read_table(path: Path, sha256: str, max_rows: int = MAX_ROWS) -> pa.Table:
    """Read a Parquet table, or map it where it is long and there is room to unpack it beside.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the file: what was unpacked from another one is not used.
    max_rows : int

    Raises
    ------
    InputError
        The file is no Parquet table.
    """
    try:
        with pq.ParquetFile(path) as file:
            home = path.parent.with_name(f"{path.parent.name}.mapped")
            target = home / f"{path.stem}-{sha256[:16]}"
            if file.metadata.num_rows <= max_rows:
                return file.read()
            if not target.is_dir():
                if not os.access(home if home.is_dir() else home.parent, os.W_OK):
                    return file.read()
                _unpack(file, target)
            return _mapped(target, file.schema_arrow)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path} cannot be read as a Parquet table ({error}). Make the survey again."
        ) from None


def _unpack(file: pq.ParquetFile, target: Path) -> None:
    try:
        with new_directory(target) as directory:
            for place, name in enumerate(file.schema_arrow.names):
                column = _plain(file.read([name]).column(0))
                table = pa.table({name: column}).combine_chunks()  # one piece can be mapped
                with pa.ipc.new_file(directory / f"{place}.arrow", table.schema) as writer:
                    writer.write_table(table)
    except InputError:
        if not target.is_dir():  # else another process was faster
            raise


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same values as pandas holds them, so that it need not copy them."""
    if pa.types.is_floating(column.type) and column.null_count:
        return pc.fill_null(column, pa.scalar(np.nan, type=column.type))
    if pa.types.is_string(column.type):
        return column.cast(pa.large_string())
    return column


def _mapped(target: Path, schema: pa.Schema) -> pa.Table:
    columns = [
        pa.ipc.open_file(pa.memory_map(str(target / f"{place}.arrow"))).read_all().column(0)
        for place in range(len(schema))
    ]
    fields = [field.with_type(c.type) for field, c in zip(schema, columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=schema.metadata))
