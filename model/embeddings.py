"""Embeddings on disk: one unit vector per object and modality, who has which, and their fusion.

A directory of plain NumPy arrays beside a manifest, memory-mapped when opened. Row i of every
array belongs to `source_id[i]`; an object without a modality has a zero row there and False in the
presence mask. How modalities are fused into one vector is told in `model.analysis.fusion`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from data_pipeline.directories import (
    Manifest,
    manifest_hash,
    new_directory,
    read_manifest,
    write_manifest,
)
from data_pipeline.errors import InputError
from model.analysis.fusion import FilledFusion, centered, normalized
from model.links import link

KIND = "embeddings"
SCHEMA_VERSION = 1

Vectors = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
Fusion = Literal["filled", "centered", "paper"]

_UNIT_TOLERANCE = 5e-3  # float16 vectors of a few hundred components stay well inside


@dataclass(frozen=True)
class Embeddings:
    """Unit vectors of every modality, aligned by row.

    Attributes
    ----------
    source_id : int64 array (N,)
    vectors : dict of modality to float array (N, D)
        Unit rows, zero rows where the modality is absent.
    present : dict of modality to bool array (N,)
    train_mask : bool array (N,)
        Objects the model was trained on; the fusion's means are theirs.
    manifest : dict
        As read from the directory; empty for embeddings made in memory.
    path : Path or None
    """

    source_id: npt.NDArray[np.int64]
    vectors: Mapping[str, Vectors]
    present: Mapping[str, Mask]
    train_mask: Mask
    manifest: Manifest = field(default_factory=dict)
    path: Path | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open an embeddings directory; the vectors are memory-mapped."""
        path = Path(path)
        manifest = read_manifest(path, KIND, SCHEMA_VERSION)
        modalities = manifest["modalities"]
        embeddings = cls(
            source_id=np.load(path / "source_id.npy"),
            vectors={m: np.load(path / f"{m}.npy", mmap_mode="r") for m in modalities},
            present={m: np.load(path / f"present_{m}.npy") for m in modalities},
            train_mask=np.load(path / "train_mask.npy"),
            manifest=manifest,
            path=path,
        )
        embeddings._check_shapes()
        return embeddings

    @classmethod
    def write(
        cls,
        path: str | os.PathLike[str],
        source_id: npt.ArrayLike,
        vectors: Mapping[str, Vectors],
        present: Mapping[str, npt.ArrayLike],
        train_mask: npt.ArrayLike,
        checkpoint_hash: str,
        survey_path: str | os.PathLike[str],
        provenance: Mapping[str, Any],
        overwrite: bool = False,
        run_path: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Check and write embeddings, then open them.

        Parameters
        ----------
        path : path
            Directory to make; an existing one is refused unless `overwrite`.
        source_id : int64 array (N,)
        vectors, present : dict of modality to arrays (N, D) and (N,)
            In the order of the model's modalities; absent rows are set to zero.
        train_mask : bool array (N,)
        checkpoint_hash : str
            Hash of the weights that made the vectors.
        survey_path, run_path : path
            Recorded as relative links with their hashes.
        provenance : mapping
            From `data_pipeline.directories.provenance`.
        """
        embeddings = cls(
            source_id=np.asarray(source_id, dtype=np.int64),
            vectors={m: np.asarray(v) for m, v in vectors.items()},
            present={m: np.asarray(present[m], dtype=bool) for m in vectors},
            train_mask=np.asarray(train_mask, dtype=bool),
        )
        embeddings._check_shapes()
        embeddings._check_unit_rows()
        links = {"survey": link(survey_path, path)}
        if run_path is not None:
            links["run"] = link(run_path, path)
        with new_directory(path, overwrite) as directory:
            embeddings._save_arrays(directory)
            write_manifest(
                directory,
                KIND,
                SCHEMA_VERSION,
                provenance,
                modalities=list(embeddings.modalities),
                embed_dim=embeddings.embed_dim,
                n_objects=len(embeddings),
                n_present={m: int(mask.sum()) for m, mask in embeddings.present.items()},
                checkpoint_hash=checkpoint_hash,
                links=links,
            )
        return cls.open(path)

    def __len__(self) -> int:
        return len(self.source_id)

    def __getitem__(self, modality: str) -> Vectors:
        """Unit vectors (N, D) of one modality, zero rows where it is absent."""
        if modality not in self.vectors:
            raise InputError(
                f"There is no modality {modality!r} here; there are {', '.join(self.vectors)}."
            )
        return self.vectors[modality]

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in the model's order."""
        return tuple(self.vectors)

    @property
    def embed_dim(self) -> int:
        """Number of components of a vector."""
        return int(next(iter(self.vectors.values())).shape[1])

    @cached_property
    def hash(self) -> str:
        """Hash of the directory's content."""
        return manifest_hash(self.manifest) if self.manifest else ""

    @cached_property
    def any_present(self) -> Mask:
        """Objects (N,) that have at least one modality."""
        return np.any(list(self.present.values()), axis=0)

    @cached_property
    def fused(self) -> npt.NDArray[np.float32]:
        """Fused unit vectors (N, D), "filled"; zero rows where no modality is present."""
        return self.fuse()

    def fuse(
        self, method: Fusion = "filled", modalities: Sequence[str] | None = None
    ) -> npt.NDArray[np.float32]:
        """Fuse modalities into one vector per object.

        Parameters
        ----------
        method : {"filled", "centered", "paper"}
            "filled": each modality less its training mean, what is missing borrowed from an object
            alike, averaged, normalised; tells nothing of what is missing. "centered": the same over
            what is there, nothing filled in. "paper": the plain mean over those present, not
            normalised, as Rizhko & Bloom (2024) take it.
        modalities : sequence of str, optional
            Those to fuse; all by default.

        Returns
        -------
        float32 array (N, D)
        """
        if method not in ("filled", "centered", "paper"):
            raise InputError(f"Fusion is 'filled', 'centered' or 'paper', not {method!r}.")
        chosen = self.modalities if modalities is None else tuple(modalities)
        if method == "filled":
            return self.fusion(chosen).transform(self.vectors, self.present, self.source_id)
        parts = [self.centered(m) if method == "centered" else self[m] for m in chosen]
        count = np.sum([self.present[m] for m in chosen], axis=0)
        mean = np.sum(parts, axis=0, dtype=np.float32) / np.maximum(count, 1)[:, None]
        return normalized(mean) if method == "centered" else mean.astype(np.float32)

    def fusion(self, modalities: Sequence[str] | None = None) -> FilledFusion:
        """Fusion learned from the training objects; its `transform` also fuses new objects."""
        chosen = self.modalities if modalities is None else tuple(modalities)
        vectors, means = {m: self[m] for m in chosen}, {m: self.mean(m) for m in chosen}
        fusion: FilledFusion = FilledFusion().fit(vectors, self.present, means, self.train_mask)
        return fusion

    def centered(self, modality: str) -> npt.NDArray[np.float32]:
        """Vectors (N, D) of a modality less its training mean, normalised again; absent rows 0."""
        return centered(self[modality], self.mean(modality), self.present[modality])

    def mean(self, modality: str) -> npt.NDArray[np.float32]:
        """Mean vector (D,) of a modality over its training objects (else over all that have it)."""
        present = self.present[modality]
        used = present & self.train_mask
        rows = np.flatnonzero(used if used.any() else present)
        if not len(rows):
            return np.zeros(self.embed_dim, dtype=np.float32)
        return np.asarray(self[modality][rows], dtype=np.float64).mean(axis=0).astype(np.float32)

    def rows(self, source_id: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Row of each source_id; ids that are not here are refused."""
        wanted = np.atleast_1d(np.asarray(source_id, dtype=np.int64))
        order = np.argsort(self.source_id, kind="stable")
        at = np.searchsorted(self.source_id[order], wanted)
        rows = order[np.minimum(at, len(order) - 1)]
        missing = wanted[self.source_id[rows] != wanted]
        if len(missing):
            raise InputError(
                f"{len(missing)} of {len(wanted)} objects have no embedding, the first is "
                f"source_id {missing[0]}. Embed the survey again."
            )
        return rows

    def aligned(self, source_id: npt.ArrayLike) -> "Embeddings":
        """The same embeddings with rows in the order of `source_id` (itself where they are)."""
        wanted = np.asarray(source_id, dtype=np.int64)
        if np.array_equal(wanted, self.source_id):
            return self
        rows = self.rows(wanted)
        return Embeddings(
            source_id=wanted,
            vectors={m: np.asarray(v[rows]) for m, v in self.vectors.items()},
            present={m: mask[rows] for m, mask in self.present.items()},
            train_mask=self.train_mask[rows],
            manifest=self.manifest,
            path=self.path,
        )

    def without(self, modality: str, rows: Mask) -> "Embeddings":
        """A copy in which the objects of the mask `rows` (N,) lack a modality."""
        present, vectors = self.present[modality].copy(), np.array(self[modality])
        present[rows] = False
        vectors[rows] = 0
        return Embeddings(
            source_id=self.source_id,
            vectors={**self.vectors, modality: vectors},
            present={**self.present, modality: present},
            train_mask=self.train_mask,
        )

    def _save_arrays(self, directory: Path) -> None:
        np.save(directory / "source_id.npy", self.source_id)
        np.save(directory / "train_mask.npy", self.train_mask)
        for modality, vectors in self.vectors.items():
            present = self.present[modality]
            np.save(directory / f"present_{modality}.npy", present)
            np.save(directory / f"{modality}.npy", np.where(present[:, None], vectors, 0))

    def _check_shapes(self) -> None:
        """Refuse arrays whose lengths disagree and ids that repeat."""
        n, problems = len(self.source_id), []
        if not self.vectors:
            problems.append("there is no modality")
        if len(np.unique(self.source_id)) != n:
            problems.append("source_id values repeat")
        if self.train_mask.shape != (n,):
            problems.append(f"train_mask has shape {self.train_mask.shape}, not ({n},)")
        if len(dims := {v.shape[1] for v in self.vectors.values() if v.ndim == 2}) > 1:
            problems.append(f"modalities have different dimensions {sorted(dims)}")
        for modality, vectors in self.vectors.items():
            if vectors.ndim != 2 or len(vectors) != n:
                problems.append(f"{modality} has shape {vectors.shape}, not ({n}, D)")
            if self.present[modality].shape != (n,):
                problems.append(f"presence of {modality} has not {n} entries")
        if problems:
            raise InputError(f"These are no embeddings of {n} objects: {'; '.join(problems)}.")

    def _check_unit_rows(self) -> None:
        """Refuse vectors that are not finite or not of unit length."""
        for modality, vectors in self.vectors.items():
            length = np.linalg.norm(vectors[self.present[modality]].astype(np.float32), axis=1)
            wrong = ~(np.abs(length - 1) < _UNIT_TOLERANCE)
            if wrong.any():
                raise InputError(
                    f"{wrong.sum()} vectors of {modality} are not of unit length (the first has "
                    f"{length[wrong][0]:.4g}). Normalise them before writing."
                )
