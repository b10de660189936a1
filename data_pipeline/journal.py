"""A file of blocks that only grows: what was computed, kept for the run after an interruption.

A block is appended first and listed second, so what a killed process left half-written is not
listed and is written over by the next block. One process writes at a time.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

_ALIGNMENT = 64  # Arrow reads blocks in place where they start at a multiple of this


class Journal:
    """Blocks of bytes by key, in two files: the blocks, and the list of them.

    Parameters
    ----------
    path : Path
        The file of blocks; the list lies beside it as PATH.list. Both are made where missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._list = path.with_name(f"{path.name}.list")
        self._blocks: dict[str, tuple[int, int]] = {}
        self._end = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._load()
        self._mapped: pa.Buffer | None = None

    def _load(self) -> None:
        """Read the list up to its last whole line, and forget what follows it."""
        text = self._list.read_bytes() if self._list.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.decode().splitlines():
            key, start, size = line.split("\t")
            self._blocks[key] = (int(start), int(size))
            self._end = int(start) + int(size)
        if self._end > self.path.stat().st_size:  # the disk was full, or the file was cut
            self._blocks, self._end, whole = {}, 0, b""
        self._list.write_bytes(whole)

    def __contains__(self, key: str) -> bool:
        return key in self._blocks

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)

    def add(self, key: str, block: bytes) -> None:
        """Append a block; a key without tabs and line ends."""
        start = -(-self._end // _ALIGNMENT) * _ALIGNMENT
        with self.path.open("r+b") as file:
            file.seek(start)
            file.write(block)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        with self._list.open("ab") as file:
            file.write(f"{key}\t{start}\t{len(block)}\n".encode())
        self._blocks[key] = (start, len(block))
        self._end = start + len(block)
        self._mapped = None

    def get(self, key: str) -> pa.Buffer:
        """Return a block, in place through a memory map."""
        start, size = self._blocks[key]
        if self._mapped is None:
            self._mapped = pa.memory_map(str(self.path)).read_buffer()
        return self._mapped.slice(start, size)
