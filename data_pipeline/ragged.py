"""Arrow IPC files whose rows hold arrays of any length, written in bounded batches and read in
place through a memory map.

A list column is one long values array and one array of offsets, so reading a row is slicing, with
no Python loop over its points. Strings inside lists are dictionary-encoded.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data_pipeline.errors import InputError

DICTIONARY = pa.dictionary(pa.int16(), pa.string())
MAX_BATCH_VALUES = 1 << 20
MAX_BATCH_ROWS = 4096
MAX_WORDS = 1 << 15

Row = Mapping[str, Any]


class RaggedWriter:
    """Appends rows to an Arrow IPC file; a batch is written when it is large enough.

    Parameters
    ----------
    path : Path, or an Arrow output stream
    schema : pyarrow.Schema
        Scalar columns, and list columns of primitive values or of `DICTIONARY`.
    """

    def __init__(self, path: Path | pa.NativeFile, schema: pa.Schema) -> None:
        self.schema = schema
        self.n_rows = 0
        self._rows: list[Row] = []
        self._n_values = 0
        self._words: dict[str, dict[str, int]] = {
            field.name: {} for field in schema if _is_text_list(field.type)
        }
        # Words met in a later batch are appended to the dictionary of the earlier ones.
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        self._file = pa.OSFile(str(path), "wb") if isinstance(path, Path) else path
        self._writer = pa.ipc.new_file(self._file, schema, options=options)

    def add(self, row: Row) -> None:
        """Append one row: a scalar, an array or None (absent) for each column of the schema."""
        self._rows.append(row)
        self.n_rows += 1
        self._n_values += max((np.size(value) for value in row.values()), default=0)
        if self._n_values >= MAX_BATCH_VALUES or len(self._rows) >= MAX_BATCH_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left and the footer."""
        if self._rows:
            self._flush()
        self._writer.close()
        if isinstance(self._file, pa.OSFile):
            self._file.close()

    def _flush(self) -> None:
        arrays = [self._column(field) for field in self.schema]
        self._writer.write_batch(pa.record_batch(arrays, schema=self.schema))
        self._rows, self._n_values = [], 0

    def _column(self, field: pa.Field) -> pa.Array:
        values = [row[field.name] for row in self._rows]
        if not pa.types.is_list(field.type):
            return pa.array(values, type=field.type)
        absent = np.array([value is None for value in values])
        lengths = [0 if value is None else len(value) for value in values]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        parts = [value for value in values if value is not None]
        flat = self._flat(field, parts)
        return pa.ListArray.from_arrays(
            pa.array(offsets), flat, type=field.type, mask=pa.array(absent)
        )

    def _flat(self, field: pa.Field, parts: list[NDArray]) -> pa.Array:
        if not _is_text_list(field.type):
            kind = field.type.value_type
            joined = np.concatenate(parts) if parts else np.empty(0, kind.to_pandas_dtype())
            return pa.array(joined, type=kind)
        words = self._words[field.name]
        codes = [_encode(part, words, field.name) for part in parts]
        indices = np.concatenate(codes) if codes else np.empty(0, np.int16)
        return pa.DictionaryArray.from_arrays(
            pa.array(indices, pa.int16()), pa.array(list(words), pa.string())
        )


def _is_text_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) and pa.types.is_dictionary(kind.value_type)


def _encode(text: NDArray, words: dict[str, int], column: str) -> NDArray[np.int16]:
    """Turn words into codes, giving new words the next code."""
    unique, inverse = np.unique(text, return_inverse=True)
    codes = [words.setdefault(str(word), len(words)) for word in unique]
    if len(words) > MAX_WORDS:
        raise InputError(
            f"column {column!r} has more than {MAX_WORDS} different values ({unique[-1]!r} ...). "
            "It is meant for a few names, such as those of cameras."
        )
    return np.array(codes, dtype=np.int16)[inverse]


class RaggedReader:
    """Random access to the rows of an Arrow IPC file, in place through a memory map.

    Everything is prepared when the file is opened and nothing changes afterwards, so any number of
    threads may read at once. The arrays returned are read-only views of the file.
    """

    def __init__(self, path: Path | pa.Buffer, schema: pa.Schema) -> None:
        try:
            reader = pa.ipc.open_file(pa.memory_map(str(path)) if isinstance(path, Path) else path)
            batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(
                f"{path} cannot be read as an Arrow file ({error}). "
                "It was cut short or is something else; make it again."
            ) from None
        _check_schema(reader.schema, schema, path)
        self.names = schema.names
        self._columns = [[_getter(batch.column(name)) for name in self.names] for batch in batches]
        self._first_row = np.cumsum([0, *(batch.num_rows for batch in batches)])
        self._lengths = {
            field.name: _lengths([batch.column(field.name) for batch in batches])
            for field in schema
            if pa.types.is_list(field.type)
        }
        keys = [batch.column("source_id").to_numpy() for batch in batches]
        self.source_id = np.concatenate(keys) if keys else np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self.source_id)

    def lengths(self, name: str) -> NDArray[np.int64]:
        """Return how many values each row has in a list column, shape (rows,)."""
        return self._lengths[name]

    def row(self, index: int) -> dict[str, Any]:
        """Return one row: scalars, arrays, or None where a column is absent."""
        batch = int(np.searchsorted(self._first_row, index, side="right")) - 1
        local = index - int(self._first_row[batch])
        return {
            name: get(local) for name, get in zip(self.names, self._columns[batch], strict=True)
        }


def _check_schema(found: pa.Schema, expected: pa.Schema, path: Path | pa.Buffer) -> None:
    problems = [
        f"{field.name} ({field.type})"
        for field in expected
        if field.name not in found.names or found.field(field.name).type != field.type
    ]
    if problems:
        raise InputError(
            f"{path} lacks the columns {', '.join(problems)}, or holds them as another type. "
            "Write it with SurveyWriter."
        )


def _lengths(columns: list[pa.ListArray]) -> NDArray[np.int64]:
    parts = [np.diff(column.offsets.to_numpy()) for column in columns]
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)


def _getter(column: pa.Array) -> Callable[[int], Any]:
    """Return a function from the row in the batch to that row's value."""
    if not pa.types.is_list(column.type):
        scalars = column.to_pylist()
        return scalars.__getitem__
    offsets = column.offsets.to_numpy()
    absent = column.is_null().to_numpy(zero_copy_only=False)
    take = _slicer(column.values)

    def get(row: int) -> NDArray | None:
        return None if absent[row] else take(int(offsets[row]), int(offsets[row + 1]))

    return get


def _slicer(values: pa.Array) -> Callable[[int, int], NDArray]:
    """Return a function that gives values[start:stop] as NumPy."""
    if pa.types.is_dictionary(values.type):
        words = np.array(values.dictionary.to_pylist(), dtype=np.str_)
        codes = values.indices.to_numpy()
        return lambda start, stop: words[codes[start:stop]]
    if pa.types.is_boolean(values.type):  # packed eight to a byte, so it cannot be a view
        return lambda start, stop: values.slice(start, stop - start).to_numpy(zero_copy_only=False)
    array = values.to_numpy()
    return lambda start, stop: array[start:stop]
