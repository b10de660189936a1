"""What a source holds about one star, not yet parsed: read in one place, parsed in another.

Reading needs the files and costs little; parsing needs neither files nor tables and costs most of
the time, so it is shared out among workers. The fingerprint, a hash of the bytes read and of the
settings they are parsed with, tells whether a star was parsed before.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")


class Note(NamedTuple):
    """One entry for the account of what could not be used."""

    file: str
    original_id: str
    reason: str


class Piece(NamedTuple):
    """What a source holds of a star in one place."""

    file: str
    """Name of the file or row."""
    content: Any
    """Bytes, a table, a row of a table, or an `Unreadable`."""
    facts: Mapping[str, Any] = {}
    """What the source says about it elsewhere."""


class Unreadable(NamedTuple):
    """Stands for content that could not be read."""

    reason: str


@dataclass(frozen=True)
class Unparsed(Generic[T]):
    """One star's light curve or spectra, as its source holds them.

    Parameters
    ----------
    source_id : int
    star : mapping
        What the parser needs of the star's row in the catalog; always its original_id.
    pieces : tuple of Piece
    parser : callable
        From this to the light curve (or none) or the spectra, and notes on what was left out. It
        can be sent to another process, and its repr names all its settings.
    """

    source_id: int
    star: Mapping[str, Any]
    pieces: tuple[Piece, ...]
    parser: "Callable[[Unparsed[T]], tuple[list[T], list[Note]]]"

    def parse(self) -> tuple[list[T], list[Note]]:
        """Return the light curve or spectra, and what was left out of them and why."""
        return self.parser(self)

    def fingerprint(self) -> str:
        """Return the hash of everything that the result of `parse` depends on."""
        digest = hashlib.sha256()
        _add(digest, (repr(self.parser), self.star, self.pieces))
        return digest.hexdigest()[:32]

    def size(self) -> int:
        """Return roughly how many bytes there are to parse."""
        return sum(_size(piece.content) for piece in self.pieces)


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """Parser for sources whose records need none: each piece is the light curve or spectrum."""

    version: int = 1

    def __call__(self, unparsed: Unparsed[T]) -> tuple[list[T], list[Note]]:
        """Return the pieces."""
        return [piece.content for piece in unparsed.pieces], []


def _add(digest: Any, value: Any) -> None:
    """Hash a value by its content, whatever it is made of."""
    if isinstance(value, bytes):
        digest.update(b"b%d:" % len(value) + value)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"a{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, pd.DataFrame):
        _add(digest, (list(map(str, value.columns)), value.attrs))
        for name in value:
            _add(digest, pd.util.hash_array(value[name].to_numpy(dtype=_plain(value[name]))))
    elif isinstance(value, Mapping):
        _add(digest, [(str(key), one) for key, one in value.items()])
    elif is_dataclass(value):
        _add(digest, [getattr(value, one.name) for one in fields(value)])
    elif isinstance(value, list | tuple | np.ndarray):
        digest.update(b"l%d:" % len(value))
        for one in value:
            _add(digest, one)
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())


def _plain(column: pd.Series) -> type | np.dtype:
    return column.dtype if isinstance(column.dtype, np.dtype) else object


def _size(content: Any) -> int:
    if isinstance(content, bytes):
        return len(content)
    if isinstance(content, pd.DataFrame):
        return int(content.memory_usage(index=False).sum())
    values = (
        content.values()
        if isinstance(content, Mapping)
        else vars(content).values()
        if hasattr(content, "__dict__")
        else ()
    )
    return sum(np.asarray(one).nbytes for one in values)
