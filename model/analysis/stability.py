"""How stable the parts of a class are: cut again on maps made with other seeds.

A part that is really there comes back, whatever the seed; one that the layout made does not. For
every other map the class is cut anew, and each part is compared with the part that resembles it
most: the Jaccard index, stars in both over stars in either (Hennig 2007 calls parts with a mean
above 0.75 stable, below 0.5 dissolved).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.metrics import adjusted_rand_score

from model.analysis.clusters import NOISE, Clusters, subclusters
from model.analysis.labels import FloatArray
from model.analysis.neighbors import NeighborIndex, Vectors
from model.analysis.projection import umap_map
from model.analysis.threads import one_thread

SEEDS = (1, 2, 3, 4)
N_NEIGHBORS = 22


@dataclass(frozen=True)
class Stability:
    """Agreement of parts over maps.

    Attributes
    ----------
    jaccard : dict of part to float
        Mean over the maps of the best Jaccard index of the part.
    rand : float
        Mean adjusted Rand index of the whole partitions; 1 the same, 0 as by chance.
    n_maps : int
    """

    jaccard: dict[int, float]
    rand: float
    n_maps: int


def part_stability(
    vectors: Vectors,
    part: Clusters,
    method: Literal["dbscan", "hdbscan"] = "dbscan",
    min_samples: int = 5,
    seeds: Sequence[int] = SEEDS,
) -> Iterator[tuple[float, Stability]]:
    """Cut a class on maps of its own with other seeds and compare the parts, map by map.

    Parameters
    ----------
    vectors : float array (n, D)
        Unit vectors of the stars of the class.
    part : int array (n,)
        The parts in question; -1 for none.
    method, min_samples
        As the parts were made; the radius is found anew on each map, whose scale is its own.
    seeds : sequence of int

    Yields
    ------
    (float, Stability)
        After each map: the share of the maps that are done, and the agreement over those.
    """
    similarity, rows = NeighborIndex(min(N_NEIGHBORS, len(vectors) - 1)).fit(vectors).kneighbors()
    numbers = sorted(set(part.tolist()) - {NOISE})
    best: dict[int, list[float]] = {number: [] for number in numbers}
    rand = []
    for seed in seeds:
        with one_thread():
            xy = umap_map(vectors, rows, similarity, seed=seed)
        other = subclusters(np.asarray(xy, np.float64), method, None, min_samples).part
        rand.append(float(adjusted_rand_score(part, other)))
        for number in numbers:
            best[number].append(_best_jaccard(part == number, other))
        means = {number: float(np.mean(found)) for number, found in best.items()}
        yield len(rand) / len(seeds), Stability(means, float(np.mean(rand)), len(rand))


def _best_jaccard(member: FloatArray, other: Clusters) -> float:
    """Likeness of a part, as a mask (n,), to the most similar of other parts."""
    return max(
        (
            float((member & (other == number)).sum() / (member | (other == number)).sum())
            for number in set(other.tolist()) - {NOISE}
        ),
        default=0.0,
    )
