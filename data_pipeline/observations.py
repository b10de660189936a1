"""Light curves and spectra as they come in: read in order, parsed by the engine, kept in a journal.

A build that was killed parses nothing twice: a batch of stars is kept by the hash of what was read
of them. Where a survey is updated, stars of which the source holds what it held before are taken
from the earlier survey, unparsed.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa

from data_pipeline.cli import progress_bar
from data_pipeline.engine import Engine
from data_pipeline.journal import Journal
from data_pipeline.light_curves import LightCurve
from data_pipeline.ragged import RaggedReader, RaggedWriter, Row
from data_pipeline.records import (
    PHOTOMETRY_SCHEMA,
    SPECTRA_SCHEMA,
    light_curve_from_row,
    light_curve_row,
    spectrum_from_row,
    spectrum_row,
)
from data_pipeline.sources.unparsed import Note, Parsed, Piece, Unparsed
from data_pipeline.spectra import Spectrum

T = TypeVar("T")
_BATCH_STARS = 128
_BATCH_BYTES = 1 << 23
_NOTES = b"notes"


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What is observed, and how it lies in its Arrow table."""

    name: str
    schema: pa.Schema
    to_row: Callable[[int, T], Row]
    from_row: Callable[[dict[str, Any]], T]


LIGHT_CURVES: Kind[LightCurve] = Kind(
    "light curves", PHOTOMETRY_SCHEMA, light_curve_row, light_curve_from_row
)
SPECTRA: Kind[Spectrum] = Kind("spectra", SPECTRA_SCHEMA, spectrum_row, spectrum_from_row)
Earlier = Callable[[int, str], list[T] | None]
"""From a star and its fingerprint to what an earlier survey holds of it, if that still holds."""


class Observed(Generic[T]):
    """The observations of one kind, by star; made by `observe`.

    Attributes
    ----------
    fingerprints : dict of int to str
        Of what was read of each star, see `Unparsed.fingerprint`.
    notes : list of Note
        What could not be used, in the order of reading.
    unchanged : set of int
        Stars taken from the earlier survey.
    """

    def __init__(self, kind: Kind[T], blocks: Sequence[pa.Buffer], earlier: Earlier[T]) -> None:
        self._kind, self._earlier = kind, earlier
        self._readers = [RaggedReader(block, kind.schema) for block in blocks]
        self.fingerprints: dict[int, str] = {}
        self.unchanged: set[int] = set()
        self.notes = [note for block in blocks for note in _notes(block)]
        lengths = [len(reader) for reader in self._readers]
        ids = [reader.source_id for reader in self._readers]
        self._id = np.concatenate([np.empty(0, np.int64), *ids])
        self._order = np.argsort(self._id, kind="stable")
        self._id = self._id[self._order]
        self._first = np.cumsum([0, *lengths])

    def __contains__(self, source_id: int) -> bool:
        start = np.searchsorted(self._id, source_id)
        found = start < len(self._id) and self._id[start] == source_id
        return bool(found) or (source_id in self.unchanged and bool(self.get(source_id)))

    def get(self, source_id: int) -> list[T]:
        """Return what was observed of a star, nothing where there is nothing."""
        if source_id in self.unchanged:
            return self._earlier(source_id, self.fingerprints[source_id]) or []
        start, stop = (
            np.searchsorted(self._id, source_id, side="left"),
            np.searchsorted(self._id, source_id, side="right"),
        )
        return [self._item(int(place)) for place in self._order[start:stop]]

    def iterate(self, source_ids: Iterable[int]) -> Iterator[tuple[int, T]]:
        """Yield (source_id, light curve or spectrum) of these stars, in their order."""
        for source_id in map(int, source_ids):
            yield from ((source_id, item) for item in self.get(source_id))

    def _item(self, place: int) -> T:
        block = int(np.searchsorted(self._first, place, side="right")) - 1
        return self._kind.from_row(self._readers[block].row(place - int(self._first[block])))


def observe(
    kind: Kind[T],
    stars: Iterable[Unparsed[T]],
    engine: Engine,
    path: Path,
    total: int,
    earlier: Earlier[T],
) -> Observed[T]:
    """Parse what a source holds of its stars.

    Parameters
    ----------
    kind : Kind
    stars : iterable of Unparsed
    engine : Engine
    path : Path
        File of the journal that keeps what is parsed.
    total : int
        Number of stars, for the progress bar.
    earlier : callable
        See `Earlier`.
    """
    journal = Journal(path)
    order: list[str] = []
    fingerprints: dict[int, str] = {}
    unchanged: set[int] = set()

    def new() -> Iterator[tuple[Unparsed[T], str]]:
        for star in stars:
            bar.update()  # read; what is parsed is at most a few batches behind
            if not star.pieces:
                continue
            fingerprint = star.fingerprint()
            fingerprints[star.source_id] = fingerprint
            if earlier(star.source_id, fingerprint) is None:
                yield star, fingerprint
            else:
                unchanged.add(star.source_id)

    def unparsed() -> Iterator[tuple[str, list[Unparsed[T]]]]:
        for batch in _batches(new()):
            text = " ".join(f"{star.source_id} {fingerprint}" for star, fingerprint in batch)
            key = hashlib.sha256(f"{kind.name} {text}".encode()).hexdigest()[:32]
            order.append(key)
            if key not in journal:
                yield key, [star for star, _ in batch]

    with progress_bar(kind.name, total) as bar:
        for key, block in engine.map(_Parse(kind), unparsed()):
            journal.add(key, block)
        bar.update(total - bar.n)  # those of which the source holds nothing
    observed = Observed(kind, [journal.get(key) for key in order], earlier)
    observed.fingerprints, observed.unchanged = fingerprints, unchanged
    return observed


def ready(items: Iterable[tuple[int, T]]) -> Iterator[Unparsed[T]]:
    """Give observations that a source parses itself the form of the others."""
    parser: Parsed[T] = Parsed()
    for source_id, group in itertools.groupby(items, key=lambda item: item[0]):
        pieces = tuple(Piece("", item) for _, item in group)
        yield Unparsed(int(source_id), {"original_id": ""}, pieces, parser)


def no_earlier(source_id: int, fingerprint: str) -> None:
    """Say of every star that no earlier survey holds it."""


class _Parse(Generic[T]):
    """Parses a batch in a worker: the bytes of an Arrow file, notes in its metadata."""

    def __init__(self, kind: Kind[T]) -> None:
        self._kind = kind

    def __call__(self, batch: tuple[str, list[Unparsed[T]]]) -> tuple[str, bytes]:
        key, stars = batch
        rows, notes = [], []
        for star in stars:
            items, left_out = star.parse()
            rows += [self._kind.to_row(star.source_id, item) for item in items]
            notes += left_out
        sink = pa.BufferOutputStream()
        schema = self._kind.schema.with_metadata({_NOTES: json.dumps(notes)})
        writer = RaggedWriter(sink, schema)
        for row in rows:
            writer.add(row)
        writer.close()
        return key, sink.getvalue().to_pybytes()


def _notes(block: pa.Buffer) -> list[Note]:
    metadata = pa.ipc.open_file(block).schema.metadata or {}
    return [Note(*one) for one in json.loads(metadata.get(_NOTES, b"[]"))]


def _batches(
    stars: Iterable[tuple[Unparsed[T], str]],
) -> Iterator[list[tuple[Unparsed[T], str]]]:
    """Put stars together until there are enough of them, or of their bytes."""
    batch: list[tuple[Unparsed[T], str]] = []
    size = 0
    for star, fingerprint in stars:
        batch.append((star, fingerprint))
        size += star.size()
        if len(batch) == _BATCH_STARS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
