"""The map: seeded UMAP on a k-nearest-neighbour graph that was computed once, outside.

UMAP's own two steps are called directly, so that the graph is the very one the page's neighbours
come from, the first positions are the principal components (stable, and free of the eigensolver's
failures on graphs in pieces), and the same seed gives the same map. UMAP compiles itself once per
process, so all maps of an atlas are best made in one.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

from model.analysis.fusion import normalized
from model.analysis.labels import BoolArray, Labels, all_present, encode, known_labels
from model.analysis.neighbors import NO_NEIGHBOR, NeighborIndex, Rows, Similarity, Vectors
from model.analysis.threads import one_thread

N_NEIGHBORS = 30
MIN_DIST = 0.1
CLASS_NEIGHBORS = 15
_SMALLEST_GRAPH = 5  # fewer objects are laid out by their principal components alone
_SPREAD = 1.0

Positions = npt.NDArray[np.float32]


def umap_map(
    vectors: Vectors,
    rows: Rows,
    similarity: Similarity,
    present: npt.ArrayLike | None = None,
    n_neighbors: int = N_NEIGHBORS,
    min_dist: float = MIN_DIST,
    seed: int = 42,
    n_epochs: int | None = None,
    init: Positions | None = None,
) -> Positions:
    """Lay unit vectors out on a plane.

    Parameters
    ----------
    vectors : float array (N, D)
        Unit vectors.
    rows, similarity : arrays (N, k)
        Neighbours of each object, the object itself left out, as `NeighborIndex` gives them.
    present : bool array (N,), optional
        Objects that have the modality; the others get NaN.
    n_neighbors : int
        Size of a neighbourhood, the object included; less where `rows` hold fewer.
    min_dist : float
        Least distance of neighbours on the map.
    seed : int
        Same seed and same input, same map.
    n_epochs : int, optional
        Passes of the layout; by default 300 up to 10,000 objects, 200 beyond.
    init : float array (N, 2), optional
        First positions; principal components by default.

    Returns
    -------
    float32 array (N, 2)
        Positions around (0, 0), NaN where the modality is absent.
    """
    mask = all_present(len(vectors), present)
    positions = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    if not mask.any():
        return positions
    shown = np.asarray(vectors[mask], dtype=np.float32)
    k = min(n_neighbors - 1, rows.shape[1], len(shown) - 1)
    first = principal_positions(shown, seed) if init is None else np.asarray(init[mask])
    if len(shown) < _SMALLEST_GRAPH or k < 2:
        positions[mask] = first
        return positions
    graph_rows, distances = _with_self(mask, rows, similarity, k)
    epochs = n_epochs or (300 if len(shown) <= 10_000 else 200)
    laid_out = _lay_out(shown, graph_rows, distances, first, min_dist, seed, epochs)
    positions[mask] = laid_out - laid_out.mean(axis=0)
    return positions


def class_maps(
    vectors: Vectors,
    labels: Labels,
    present: npt.ArrayLike | None = None,
    n_neighbors: int = CLASS_NEIGHBORS,
    seed: int = 42,
) -> Positions:
    """Lay every class out on a map of its own, packed so that its parts separate.

    What sets the parts of one class apart is small beside what sets classes apart: on the map of
    all stars, parts run together that a map of the class alone shows apart. Vectors are therefore
    compared by their directions from the mean of the class.

    Returns
    -------
    float32 array (N, 2)
        Positions, NaN where the label or the modality is absent.
    """
    mask = all_present(len(vectors), present)
    encoded = encode(known_labels(labels, mask))
    positions = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    for code in range(len(encoded.classes)):
        rows = np.flatnonzero(encoded.code == code)
        own = np.asarray(vectors[rows], dtype=np.float32)
        with one_thread():
            positions[rows] = _class_map(own, n_neighbors, seed)
    return positions


def _class_map(vectors: Vectors, n_neighbors: int, seed: int) -> Positions:
    """Packed map (n, 2) of one class's vectors (n, D), seen from their mean."""
    vectors = normalized(vectors - vectors.mean(axis=0))
    k = max(1, min(n_neighbors, len(vectors)) - 1)
    similarity, near = NeighborIndex(k).fit(vectors).kneighbors()
    return umap_map(vectors, near, similarity, n_neighbors=n_neighbors, min_dist=0.0, seed=seed)


def principal_positions(vectors: Vectors, seed: int) -> Positions:
    """First two principal components (n, 2) of vectors (n, D), scaled to about ten units."""
    positions = np.zeros((len(vectors), 2), dtype=np.float32)
    n_components = min(2, *vectors.shape)
    if len(vectors) > 1:
        components = PCA(n_components, random_state=seed, svd_solver="covariance_eigh")
        found = components.fit_transform(vectors)
        positions[:, :n_components] = 10 * found / max(np.abs(found).max(), 1e-12)
    # Identical objects may not start on the same spot: nothing would ever push them apart.
    jitter = np.random.default_rng(seed).normal(scale=1e-3, size=positions.shape)
    return (positions + jitter).astype(np.float32)


def _with_self(
    mask: BoolArray, rows: Rows, similarity: Similarity, k: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Neighbour table (n, k + 1) among the objects shown, each first its own neighbour."""
    position = np.cumsum(mask) - 1  # row of the table among the rows shown
    near, likeness = rows[mask, :k], similarity[mask, :k]
    if np.any(near == NO_NEIGHBOR):
        raise ValueError(f"Some objects have fewer than {k} neighbours to lay a map out from.")
    own = np.arange(len(near), dtype=np.int32)[:, None]
    graph_rows = np.hstack([own, position[near].astype(np.int32)])
    distances = np.hstack([np.zeros_like(own, dtype=np.float32), np.maximum(1 - likeness, 0)])
    return graph_rows, distances.astype(np.float32)


def _lay_out(
    vectors: Vectors,
    rows: npt.NDArray[np.int32],
    distances: npt.NDArray[np.float32],
    init: Positions,
    min_dist: float,
    seed: int,
    n_epochs: int,
) -> Positions:
    """UMAP's graph and layout for n objects with neighbour tables (n, k)."""
    umap = _umap()
    random = np.random.RandomState(seed)  # the generator UMAP asks for
    graph, _, _ = umap.fuzzy_simplicial_set(
        vectors, rows.shape[1], random, "cosine", knn_indices=rows, knn_dists=distances
    )
    a, b = umap.find_ab_params(_SPREAD, min_dist)
    positions, _ = umap.simplicial_set_embedding(
        vectors, graph, 2, 1.0, a, b, 1.0, 5, n_epochs, init, random, "cosine", {}, False, {}, False
    )
    return np.asarray(positions, dtype=np.float32)


def _umap() -> Any:
    """UMAP's module, imported when first needed: it takes seconds to load."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that TensorFlow, which we do not use, is absent
        import umap.umap_ as module
    return module
