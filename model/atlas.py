"""An atlas: what the page opens. Maps, neighbours, votes, outlier measures of one embedded survey.

Files: objects.parquet (one row per embedded object, in the survey's order), neighbors_<space>.npy
and similarity_<space>.npy for the fused space and each modality, manifest.json. Survey, embeddings
and run are linked by relative path and content hash. An atlas is never written to again; what
people add to it lives beside it.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_pipeline.directories import Manifest, manifest_hash, read_manifest
from data_pipeline.errors import InputError
from data_pipeline.mapped import read_table
from data_pipeline.schema import Column
from data_pipeline.survey import OBJECTS, Survey
from model.analysis.labels import BoolArray
from model.analysis.neighbors import (
    NO_NEIGHBOR,
    NeighborIndex,
    Rows,
    Similarity,
    Vectors,
    cross_neighbors,
)
from model.atlas_build import FUSED, KIND, SCHEMA_VERSION, write_atlas
from model.embeddings import Embeddings
from model.links import follow

__all__ = ["FUSED", "Atlas", "build_atlas"]


def build_atlas(
    survey: Survey,
    embeddings: Embeddings,
    path: str | os.PathLike[str],
    predictions: str | os.PathLike[str] | None = None,
    seed: int = 42,
    k: int = 50,
    overwrite: bool = False,
    n_map_seeds: int = 1,
) -> "Atlas":
    """Build, write and open an atlas.

    Parameters
    ----------
    survey : Survey
    embeddings : Embeddings
        On disk, of this very survey; of all its objects or some.
    path : path
        Directory to make; an existing one is refused unless `overwrite`.
    predictions : path, optional
        Out-of-fold class probabilities (from ``python -m model predict``); by default a linear
        probe on the embeddings makes them.
    seed : int
        Of the maps, the folds, and the objects held out to measure placement.
    k : int
        Neighbours kept per object and space.
    overwrite : bool
    n_map_seeds : int
        More than one: the map is made with so many seeds, to tell how often a star stands apart.
    """
    write_atlas(survey, embeddings, path, predictions, seed, k, overwrite, n_map_seeds)
    return Atlas.open(path)


class Atlas:
    """Read-only view of an atlas directory; made with `Atlas.open`.

    Attributes
    ----------
    path : Path
    manifest : dict
    survey : Survey
    embeddings : Embeddings
        Rows in the atlas's order.
    objects : DataFrame
        One row per object: the survey's columns, then the atlas's own; do not modify.
    columns : dict of str to Column
        Unit, description and role of each column of `objects`.
    modalities : tuple of str
        "fused" and the modalities that any object has.
    neighbor_rows, neighbor_similarity : dict of modality to arrays (N, k)
        Nearest neighbours, nearest first; -1 and NaN where there are fewer.
    """

    def __init__(
        self, path: Path, manifest: Manifest, survey: Survey, embeddings: Embeddings
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.survey = survey
        table = read_table(path / OBJECTS, manifest["files"][OBJECTS]["sha256"])
        own = {field.name: Column.from_arrow_field(field) for field in table.schema}
        self.columns: dict[str, Column] = {**survey.columns, **own}
        self.source_id: npt.NDArray[np.int64] = table["source_id"].to_numpy()
        self.embeddings = embeddings.aligned(self.source_id)
        of_survey = survey.objects
        if not np.array_equal(self.source_id, survey.source_id):
            of_survey = of_survey.iloc[survey.rows(self.source_id)].reset_index(drop=True)
        added = table.to_pandas(split_blocks=True).drop(columns="source_id")
        clash = [name for name in added if name in of_survey]
        self.objects = pd.concat([of_survey.drop(columns=clash), added], axis=1)
        spaces = self.modalities = tuple(manifest["spaces"])
        self.neighbor_rows: dict[str, Rows] = {m: self._load("neighbors", m) for m in spaces}
        self.neighbor_similarity: dict[str, Similarity] = {
            m: self._load("similarity", m) for m in spaces
        }

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Atlas":
        """Open an atlas and the survey and embeddings it was made from, refusing changed ones."""
        path = Path(path)
        manifest = read_manifest(path, KIND, SCHEMA_VERSION)
        links = manifest["links"]
        survey = Survey.open(follow(path, "survey", links["survey"]))
        embeddings = Embeddings.open(follow(path, "embeddings", links["embeddings"]))
        return cls(path, manifest, survey, embeddings)

    def __len__(self) -> int:
        return len(self.source_id)

    def __repr__(self) -> str:
        return f"Atlas({self.name!r}, {len(self)} objects, {str(self.path)!r})"

    @property
    def name(self) -> str:
        """Name of the survey."""
        return str(self.manifest["name"])

    @property
    def is_synthetic(self) -> bool:
        """Whether the stars are simulated."""
        return bool(self.manifest["is_synthetic"])

    @cached_property
    def hash(self) -> str:
        """Hash of the directory's content."""
        return manifest_hash(self.manifest)

    @cached_property
    def _row_of(self) -> pd.Index:
        return pd.Index(self.source_id)

    def row(self, source_id: int) -> int:
        """Row of an object."""
        row = int(self._row_of.get_indexer(pd.Index([source_id]))[0])
        if row < 0:
            raise InputError(f"{self.name} has no object {source_id} in its atlas.")
        return row

    def present(self, modality: str) -> BoolArray:
        """Objects (N,) that have a modality, or any at all for "fused"."""
        self._check(modality)
        embeddings = self.embeddings
        return embeddings.any_present if modality == FUSED else embeddings.present[modality]

    def vectors(self, modality: str) -> Vectors:
        """Unit vectors (N, D) of a modality or "fused", zero where absent."""
        self._check(modality)
        return self.embeddings.fused if modality == FUSED else self.embeddings[modality]

    def neighbors(self, source_id: int, modality: str = FUSED, k: int = 20) -> pd.DataFrame:
        """Nearest objects, itself left out: columns source_id, row, similarity.

        Empty where the object lacks the modality. Beyond the stored number they are searched for.
        """
        row = self.row(source_id)
        self._check(modality)
        rows = self.neighbor_rows[modality][row]
        similarity = self.neighbor_similarity[modality][row]
        if k > len(rows) and self.present(modality)[row]:
            similarity, rows = cross_neighbors(
                self.vectors(modality)[row], self.vectors(modality), self.present(modality), k, row
            )
        return self._table(rows[:k], similarity[:k])

    def cross_neighbors(
        self, source_id: int, modality: str, among: str, k: int = 20
    ) -> pd.DataFrame:
        """Objects whose vectors of the modality `among` are nearest this one's of `modality`.

        Columns source_id, row, similarity; empty where the object lacks `modality`.
        """
        row = self.row(source_id)
        if not self.present(modality)[row]:
            return self._table(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
        query = self.vectors(modality)[row]
        similarity, rows = cross_neighbors(query, self.vectors(among), self.present(among), k, row)
        return self._table(rows, similarity)

    def nearest_to(
        self, vectors: Vectors, modality: str = FUSED, k: int = 20
    ) -> tuple[Similarity, Rows]:
        """Similarities and rows (Q, k) of the objects nearest to new unit vectors (Q, D)."""
        index = NeighborIndex(k).fit(self.vectors(modality), present=self.present(modality))
        return index.kneighbors(vectors)

    def _table(self, rows: Rows, similarity: Similarity) -> pd.DataFrame:
        found = rows != NO_NEIGHBOR
        columns = {"source_id": self.source_id[rows[found]], "row": rows[found]}
        return pd.DataFrame({**columns, "similarity": similarity[found]})

    def _check(self, modality: str) -> None:
        if modality not in self.modalities:
            raise InputError(
                f"{self.name} has no modality {modality!r}; it has {', '.join(self.modalities)}."
            )

    def _load(self, kind: str, space: str) -> npt.NDArray[Any]:
        return np.load(self.path / f"{kind}_{space}.npy", mmap_mode="r")
