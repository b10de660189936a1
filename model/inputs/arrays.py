"""`ModalityArrays`: what one modality knows of every object of a survey, as plain arrays.

Only the n objects that have the modality take space; arrays per point (the epochs of light curves)
are stored one object after the other, M rows in all. On disk each array is one memory-mapped
`.npy` file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FACTS = "facts.json"


@dataclass(frozen=True)
class ModalityArrays:
    """The prepared arrays of one modality.

    Parameters
    ----------
    absence : int8, shape (N,)
        0 where the modality is present, else an index into ``facts["reasons"]``.
    per_object : mapping of name to array, shape (n, ...)
        Of the n objects present, in their order.
    per_point : mapping of name to array, shape (M, ...)
    n_points : int64, shape (n,)
        Number of points of each object present; empty without arrays per point.
    facts : mapping
        JSON values: names of columns or bands, the reasons for absence.
    """

    absence: NDArray[np.int8]
    per_object: Mapping[str, NDArray]
    facts: Mapping[str, Any]
    per_point: Mapping[str, NDArray] = field(default_factory=dict)
    n_points: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def present(self) -> NDArray[np.bool_]:
        """Mask (N,) of the objects that have the modality."""
        return self.absence == 0

    def __len__(self) -> int:
        return len(self.absence)

    def at(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return where the arrays hold some rows that are all present."""
        return (np.cumsum(self.present) - 1)[rows]

    def absent_counts(self) -> dict[str, int]:
        """Return how many objects lack the modality, by reason."""
        reasons, counts = np.unique(self.absence[self.absence != 0], return_counts=True)
        return {self.facts["reasons"][r]: int(n) for r, n in zip(reasons, counts, strict=True)}

    def point_starts(self) -> NDArray[np.int64]:
        """Return the index (n,) of the first point of each object present."""
        return np.cumsum(self.n_points) - self.n_points

    def save(self, directory: Path) -> None:
        """Write one `.npy` file per array, and the facts."""
        arrays: dict[str, NDArray] = {"absence": self.absence, "n_points": self.n_points}
        arrays |= {f"object.{name}": array for name, array in self.per_object.items()}
        arrays |= {f"point.{name}": array for name, array in self.per_point.items()}
        for name, array in arrays.items():
            np.save(directory / f"{name}.npy", array, allow_pickle=False)
        (directory / FACTS).write_text(json.dumps(dict(self.facts)), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> ModalityArrays:
        """Map what `save` wrote; nothing is read until it is used."""

        def mapped(path: Path) -> NDArray:
            # an empty file cannot be mapped
            empty = np.load(path, mmap_mode=None) if path.stat().st_size <= 128 else None
            return np.load(path, mmap_mode="r") if empty is None else empty

        def named(prefix: str) -> dict[str, NDArray]:
            paths = sorted(directory.glob(f"{prefix}.*.npy"))
            return {path.name.removeprefix(f"{prefix}.")[:-4]: mapped(path) for path in paths}

        return cls(
            absence=np.load(directory / "absence.npy"),
            n_points=np.load(directory / "n_points.npy"),
            per_object=named("object"),
            per_point=named("point"),
            facts=json.loads((directory / FACTS).read_text(encoding="utf-8")),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[ModalityArrays]) -> ModalityArrays:
        """Join the arrays of consecutive blocks of objects."""
        first = parts[0]
        return cls(
            absence=np.concatenate([part.absence for part in parts]),
            n_points=np.concatenate([part.n_points for part in parts]),
            per_object={
                k: np.concatenate([p.per_object[k] for p in parts]) for k in first.per_object
            },
            per_point={k: np.concatenate([p.per_point[k] for p in parts]) for k in first.per_point},
            facts=first.facts,
        )
