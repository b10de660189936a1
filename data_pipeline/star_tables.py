"""A table with one row per star, computed in batches by an engine, resumable after any kill.

A star's key is a hash of everything its row depends on. Rows are kept in a journal by key, so a run
goes on where another stopped, and a star whose observations changed is computed again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from data_pipeline.cli import progress_bar
from data_pipeline.engine import Engine
from data_pipeline.journal import Journal

T = TypeVar("T")
Rows = Callable[[list[T]], pd.DataFrame]
_KEY = "_key"


class Task(NamedTuple, Generic[T]):
    """What is to be computed of one star, and its key."""

    key: str
    star: T


def star_table(
    rows: Rows[T],
    tasks: Iterable[Task[T]],
    engine: Engine,
    *,
    batch: int,
    description: str,
    total: int | None = None,
    cache: Path | None = None,
) -> pd.DataFrame | None:
    """Return the rows of all stars in the order of their tasks, or None without any task.

    Parameters
    ----------
    rows : callable
        From the stars of a batch to a frame with one row for each, in any process.
    tasks : iterable of Task
    engine : Engine
    batch : int
        Stars that are computed together.
    description, total
        Of the progress bar, which counts finished stars.
    cache : Path, optional
        File of the journal that keeps finished stars between runs.
    """
    finished = _Finished(cache)
    order: list[str] = []

    def unfinished() -> Iterator[list[Task[T]]]:
        pending: list[Task[T]] = []
        for task in tasks:
            order.append(task.key)
            if task.key in finished:
                bar.update()
                continue
            pending.append(task)
            if len(pending) == batch:
                yield pending
                pending = []
        if pending:
            yield pending

    with progress_bar(description, total) as bar:
        for table in engine.map(_Batch(rows), unfinished()):
            finished.add(table)
            bar.update(len(table))
    return finished.take(order)


def content_key(settings: object, arrays: Iterable[np.ndarray]) -> str:
    """Return the hash of some settings and arrays, as text."""
    digest = hashlib.sha256(repr(settings).encode())
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


class _Batch(Generic[T]):
    """Computes a batch in a worker: its rows with their keys."""

    def __init__(self, rows: Rows[T]) -> None:
        self._rows = rows

    def __call__(self, tasks: list[Task[T]]) -> pd.DataFrame:
        table = self._rows([task.star for task in tasks])
        return table.assign(**{_KEY: [task.key for task in tasks]})


class _Finished:
    """Rows that are done, in memory by column and in a journal."""

    def __init__(self, path: Path | None) -> None:
        self._journal = None if path is None else Journal(path)
        self._tables: list[pa.Table] = []
        self._row: dict[str, int] = {}
        for key in self._journal or ():
            assert self._journal is not None
            self._keep(pa.ipc.open_stream(self._journal.get(key)).read_all())

    def __contains__(self, key: str) -> bool:
        return key in self._row

    def _keep(self, table: pa.Table) -> None:
        start = len(self._row)
        keys = table[_KEY].to_pylist()
        self._row.update(zip(keys, range(start, start + len(keys)), strict=True))
        self._tables.append(table)

    def add(self, frame: pd.DataFrame) -> None:
        known = np.array([key in self._row for key in frame[_KEY]], dtype=bool)
        new = ~known & ~frame[_KEY].duplicated()
        table = pa.Table.from_pandas(frame[new], preserve_index=False).replace_schema_metadata()
        self._keep(table)
        if self._journal is not None:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            self._journal.add(frame[_KEY].iloc[0], sink.getvalue().to_pybytes())

    def take(self, keys: Sequence[str]) -> pd.DataFrame | None:
        if not keys:
            return None
        table = pa.concat_tables(self._tables, promote_options="permissive")
        rows = np.array([self._row[key] for key in keys])
        return table.take(rows).drop_columns([_KEY]).to_pandas()
