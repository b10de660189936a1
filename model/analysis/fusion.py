"""One vector per object from its modalities, whichever of them it has.

Each modality's training mean is subtracted first: every modality of a contrastive space sits in a
cone of its own, and a plain mean tells which are missing. That alone is not enough: the mean of two
vectors also varies otherwise than the mean of three, so that objects without a spectrum would still
find each other. So what is missing is filled in as complete objects have it: an object borrows the
missing vectors of a complete training object that is like it in what it has, moved by the
difference that is to be expected between the two (local residual draws; Morris, White & Royston
2014). The mean to be expected alone would not do: it varies less than real vectors do. Who has what
in the survey, and why, plays no role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge

from data_pipeline.splits import hash_order
from model.analysis.labels import BoolArray
from model.analysis.neighbors import NeighborIndex
from model.analysis.threads import one_thread

Vectors = npt.NDArray[np.floating[Any]]
Float32 = npt.NDArray[np.float32]
Pattern = tuple[bool, ...]

_TINY = 1e-12


def normalized(vectors: Vectors) -> Float32:
    """Rows (N, D) scaled to unit length; rows without length stay zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.where(length > _TINY, vectors / np.maximum(length, _TINY), 0)
    return unit.astype(np.float32)


def centered(vectors: Vectors, mean: Vectors, present: BoolArray) -> Float32:
    """Vectors (N, D) less a mean (D,), of unit length; rows where the modality is absent are 0."""
    result = np.zeros(vectors.shape, dtype=np.float32)
    result[present] = normalized(vectors[present] - mean)
    return result


@dataclass(frozen=True)
class _Filling:
    """From the modalities of one pattern to those it lacks."""

    expected: Ridge
    """Expects what is missing from what is there, side by side."""
    donors: NeighborIndex
    """The complete objects, by what is there."""
    residual: Float32
    """What the donors (n, missing · D) really have beyond what is expected of them."""

    def __call__(self, given: Float32, source_id: npt.NDArray[np.int64], seed: int) -> Float32:
        """Missing vectors (n, missing · D), not of unit length, from those given, side by side."""
        _, nearest = self.donors.kneighbors(normalized(given))
        drawn = (hash_order(source_id, seed) % np.uint64(nearest.shape[1])).astype(np.int64)
        donor = nearest[np.arange(len(nearest)), drawn]
        return np.asarray(self.expected.predict(given) + self.residual[donor], dtype=np.float32)


class FilledFusion(BaseEstimator):
    """Mean of centred unit vectors, what is missing filled in.

    Parameters
    ----------
    n_donors : int
        An object borrows from one of this many complete objects most like it; its source_id decides
        from which. Few: objects that share a donor come too close to it. Many: donors less alike.
    penalty : float
        Of the linear expectation (ridge).
    min_complete, max_complete : int
        With fewer complete training objects nothing can be learned to fill in, and the mean is
        taken over what is there; of more, an evenly spaced part is used.
    seed : int
        Of the draw among the donors.

    Attributes
    ----------
    modalities_ : tuple of str
        Those that any training object has.
    means_ : dict of modality to float array (D,)
    fillings_ : dict of presence pattern to what fills in the rest
    """

    def __init__(
        self,
        n_donors: int = 20,
        penalty: float = 1.0,
        min_complete: int = 100,
        max_complete: int = 20_000,
        seed: int = 42,
    ) -> None:
        self.n_donors = n_donors
        self.penalty = penalty
        self.min_complete = min_complete
        self.max_complete = max_complete
        self.seed = seed

    def fit(
        self,
        vectors: Mapping[str, Vectors],
        present: Mapping[str, BoolArray],
        means: Mapping[str, Vectors],
        train_mask: BoolArray,
    ) -> Any:
        """Learn from training objects.

        Parameters
        ----------
        vectors, present, means : dict of modality to arrays (N, D), (N,), (D,)
        train_mask : bool array (N,)
        """
        self.modalities_ = tuple(m for m in vectors if present[m].any())
        self.means_ = {m: means[m] for m in self.modalities_}
        self.fillings_: dict[Pattern, _Filling] = {}
        complete = np.flatnonzero(
            train_mask & np.all([present[m] for m in self.modalities_], axis=0)
        )
        if len(complete) < self.min_complete or len(self.modalities_) < 2:
            return self
        complete = complete[:: -(-len(complete) // self.max_complete)]
        everybody = np.ones(len(complete), dtype=bool)
        parts = [
            centered(vectors[m][complete], self.means_[m], everybody) for m in self.modalities_
        ]
        for pattern in _incomplete_patterns(len(parts)):
            self.fillings_[pattern] = self._learn(parts, pattern)
        return self

    def _learn(self, parts: list[Float32], pattern: Pattern) -> _Filling:
        """Learn from the parts (n, D) of complete objects to fill in those of a pattern."""
        given, missing = (np.hstack(some) for some in _split(parts, pattern))
        with one_thread():
            expected = Ridge(self.penalty).fit(given, missing)
            residual = missing - expected.predict(given)
        donors = NeighborIndex(min(self.n_donors, len(given))).fit(normalized(given))
        return _Filling(expected, donors, residual.astype(np.float32))

    def transform(
        self,
        vectors: Mapping[str, Vectors],
        present: Mapping[str, BoolArray],
        source_id: npt.NDArray[np.int64],
    ) -> Float32:
        """Fused unit vectors (N, D) of objects of any presence pattern; zero rows for none.

        Parameters
        ----------
        vectors, present : dict of modality to arrays (N, D), (N,)
            Of the objects fitted or of new ones.
        source_id : int64 array (N,)
        """
        parts = [centered(vectors[m], self.means_[m], present[m]) for m in self.modalities_]
        has = np.column_stack([present[m] for m in self.modalities_])  # (N, modalities)
        for pattern, filling in self.fillings_.items():
            rows = np.flatnonzero((has == pattern).all(axis=1))
            if len(rows):
                given, lacking = _split(parts, pattern)
                beside = np.hstack([part[rows] for part in given])
                filled = filling(beside, source_id[rows], self.seed)
                for part, values in zip(lacking, np.split(filled, len(lacking), 1), strict=True):
                    part[rows] = normalized(values)
        return normalized(np.sum(parts, axis=0))


def _split(parts: list[Float32], pattern: Pattern) -> tuple[list[Float32], list[Float32]]:
    """Parts that a pattern has, and those it lacks."""
    return list(compress(parts, pattern)), list(compress(parts, np.logical_not(pattern)))


def _incomplete_patterns(n: int) -> list[Pattern]:
    """Every way to have some of n modalities, but neither none nor all."""
    return [tuple(bool(code >> i & 1) for i in range(n)) for code in range(1, 2**n - 1)]
