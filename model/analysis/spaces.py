"""Everything an atlas holds about one embedding space: neighbours, maps, votes, centroids.

A space is a set of unit vectors and who has them: one modality, or the fused vectors. The columns
made here carry the space's name as suffix.
"""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from model.analysis.labels import BoolArray, Labels
from model.analysis.many_centers import center_distances
from model.analysis.neighbors import NeighborIndex, Rows, Similarity, Vectors
from model.analysis.oddities import isolation
from model.analysis.outliers import CentroidOutlierDetector
from model.analysis.projection import (
    CLASS_NEIGHBORS,
    MIN_DIST,
    N_NEIGHBORS,
    class_maps,
    umap_map,
)
from model.analysis.votes import N_VOTERS, neighbor_vote


@dataclass(frozen=True)
class MapSettings:
    """How maps are made; travels in the atlas's manifest."""

    n_neighbors: int = N_NEIGHBORS
    min_dist: float = MIN_DIST
    class_neighbors: int = CLASS_NEIGHBORS
    n_voters: int = N_VOTERS
    seed: int = 42


@dataclass(frozen=True)
class Space:
    """One embedding space, described.

    Attributes
    ----------
    name : str
        "fused" or a modality.
    columns : dict of str to array (N,)
        Columns for the objects table, names ending in the space's name.
    rows, similarity : arrays (N, k)
        Nearest neighbours, -1 and NaN where there are fewer.
    """

    name: str
    columns: dict[str, npt.NDArray[Any]]
    rows: Rows
    similarity: Similarity


def describe_space(
    name: str,
    vectors: Vectors,
    present: BoolArray,
    labels: Labels,
    k: int = 50,
    settings: MapSettings | None = None,
) -> Space:
    """Find the neighbours of unit vectors (N, D) once, and derive everything from them."""
    settings = MapSettings() if settings is None else settings
    k = max(1, min(k, int(present.sum()) - 1))
    similarity, rows = NeighborIndex(k).fit(vectors, present=present).kneighbors()
    xy = umap_map(
        vectors, rows, similarity, present, settings.n_neighbors, settings.min_dist, settings.seed
    )
    own = class_maps(vectors, labels, present, settings.class_neighbors, settings.seed)
    votes = neighbor_vote(rows, similarity, labels, settings.n_voters)
    centroids = CentroidOutlierDetector().fit(vectors, labels, present)
    columns = {
        "x": xy[:, 0],
        "y": xy[:, 1],
        "class_x": own[:, 0],
        "class_y": own[:, 1],
        "isolation": isolation(similarity),
        "vote_class": votes.winner,
        "vote_fraction": votes.fraction,
        "vote_label_fraction": votes.label_fraction,
        "centroid_distance": centroids.distance_,
        "centroid_percentile": centroids.percentile_,
        "nearest_centroid": centroids.nearest_class_,
        "nearest_centroid_distance": centroids.nearest_distance_,
        "center_excess": center_distances(vectors, labels, present, settings.seed).excess,
    }
    return Space(name, {f"{key}_{name}": v for key, v in columns.items()}, rows, similarity)
