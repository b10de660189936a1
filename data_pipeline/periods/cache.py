"""Periods already found, kept between runs as small Parquet files.

A star's key is a hash of what was searched: its points, the settings and the version of the search.
Files are written whole or not at all, so a run killed anywhere loses at most its last few stars.
"""

import hashlib
import os
import uuid
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd

from data_pipeline.periods.types import PeriodConfig

SEARCH_VERSION = 1  # raise it when the search gives other answers
_PART = 64  # stars per file


class PeriodCache:
    """A directory of finished stars, or memory alone where no directory is given.

    Parameters
    ----------
    directory : path or None
    config : PeriodConfig
    """

    def __init__(self, directory: str | os.PathLike[str] | None, config: PeriodConfig) -> None:
        self._directory = None if directory is None else Path(directory)
        self._settings = f"{SEARCH_VERSION} {sorted(asdict(config).items())}".encode()
        self._rows: dict[str, dict[str, Any]] = {}
        self._new: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        if self._directory is not None:
            self._directory.mkdir(parents=True, exist_ok=True)
            for part in sorted(self._directory.glob("part-*.parquet")):
                frame = pd.read_parquet(part)
                rows: list[dict[str, Any]] = frame.drop(columns="key").to_dict("records")  # type: ignore[assignment]
                self._rows.update(zip(frame["key"], rows, strict=True))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write()

    def key(self, points: tuple[np.ndarray, ...]) -> str:
        """Return the key of a light curve given as its arrays."""
        digest = hashlib.sha256(self._settings)
        for array in points:
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def get(self, key: str) -> dict[str, Any] | None:
        """Return a star's result, or None where it was not searched yet."""
        return self._rows.get(key)

    def add(self, key: str, row: dict[str, Any]) -> None:
        """Keep a star's result; it reaches the disk with the next full part or at the end."""
        self._rows[key] = row
        self._new.append({"key": key, **row})
        if len(self._new) == _PART:
            self._write()

    def _write(self) -> None:
        if self._directory is None or not self._new:
            return
        part = self._directory / f"part-{uuid.uuid4().hex}.parquet"
        unfinished = part.with_suffix(".tmp")
        pd.DataFrame(self._new).to_parquet(unfinished)
        unfinished.replace(part)
        self._new = []
