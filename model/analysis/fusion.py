"""One vector per object from its modalities, whichever of them it has.

Each modality's training mean is subtracted first: every modality of a contrastive space sits in a
cone of its own, and a plain mean tells which are missing. That alone is not enough: the mean of two
vectors also varies in other directions than the mean of three, so that objects without a spectrum
would still find each other. So what is missing is filled in with what is to be expected from what
is there, and the result is spread as complete objects are. Both are linear and learned from the
training objects that have everything, by hiding parts of them; who has what in the survey, and why,
plays no role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict

from model.analysis.labels import BoolArray, FloatArray
from model.analysis.threads import one_thread

Vectors = npt.NDArray[np.floating[Any]]
Pattern = tuple[bool, ...]

_TINY = 1e-12
_SPREAD_FLOOR = 0.01  # of the mean variance; directions with less are not blown up
_N_FOLDS = 5


def normalized(vectors: Vectors) -> npt.NDArray[np.float32]:
    """Rows (N, D) scaled to unit length; rows without length stay zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.where(length > _TINY, vectors / np.maximum(length, _TINY), 0)
    return unit.astype(np.float32)


def centered(vectors: Vectors, mean: Vectors, present: BoolArray) -> npt.NDArray[np.float32]:
    """Vectors (N, D) less a mean (D,), of unit length; rows where the modality is absent are 0."""
    result = np.zeros(vectors.shape, dtype=np.float32)
    result[present] = normalized(vectors[present] - mean)
    return result


@dataclass(frozen=True)
class _Filling:
    """From the modalities of one pattern to the mean that a complete object has."""

    n_modalities: int
    missing: Ridge
    """Expects the share of what is missing (n, D) from what is there, side by side."""
    before: FloatArray
    """Mean (D,) of what is there and what is expected."""
    spread: FloatArray
    """Matrix (D, D) that spreads them as complete objects are spread."""
    after: FloatArray
    """Mean (D,) of complete objects."""

    def __call__(self, given: list[npt.NDArray[np.float32]]) -> FloatArray:
        """Fused vectors (n, D), not of unit length, from the modalities given, each (n, D)."""
        expected = np.sum(given, axis=0) / self.n_modalities
        expected = expected + self.missing.predict(np.hstack(given))
        return np.asarray((expected - self.before) @ self.spread + self.after)


class FilledFusion(BaseEstimator):
    """Mean of centred unit vectors, what is missing filled in.

    Parameters
    ----------
    penalty : float
        Of the linear expectation (ridge).
    min_complete : int
        With fewer complete training objects nothing can be learned to fill in; then the mean is
        taken over what is there.

    Attributes
    ----------
    modalities_ : tuple of str
        Those that any training object has.
    means_ : dict of modality to float array (D,)
    fillings_ : dict of presence pattern to linear map
    """

    def __init__(self, penalty: float = 1.0, min_complete: int = 100) -> None:
        self.penalty = penalty
        self.min_complete = min_complete

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
        complete = train_mask & np.all([present[m] for m in self.modalities_], axis=0)
        if complete.sum() < self.min_complete or len(self.modalities_) < 2:
            return self
        everybody = np.ones(int(complete.sum()), dtype=bool)
        parts = [
            centered(vectors[m][complete], self.means_[m], everybody) for m in self.modalities_
        ]
        for pattern in _incomplete_patterns(len(parts)):
            self.fillings_[pattern] = self._learn(parts, pattern)
        return self

    def _learn(self, parts: list[npt.NDArray[np.float32]], pattern: Pattern) -> _Filling:
        """Learn from the parts (n, D) of complete objects to do with those of a pattern only."""
        n = len(parts)
        whole = np.sum(parts, axis=0, dtype=np.float64) / n
        given = [part for part, has in zip(parts, pattern, strict=True) if has]
        share = np.sum(given, axis=0, dtype=np.float64) / n
        missing, beside = Ridge(self.penalty), np.hstack(given)
        with one_thread():
            expected = share + cross_val_predict(missing, beside, whole - share, cv=_N_FOLDS)
            spread = _spread_alike(_covariance(expected), _covariance(whole))
            missing.fit(beside, whole - share)
        return _Filling(n, missing, expected.mean(axis=0), spread, whole.mean(axis=0))

    def transform(
        self, vectors: Mapping[str, Vectors], present: Mapping[str, BoolArray]
    ) -> npt.NDArray[np.float32]:
        """Fused unit vectors (N, D) of objects of any presence pattern; zero rows for none.

        Parameters
        ----------
        vectors, present : dict of modality to arrays (N, D), (N,)
            Of the objects fitted or of new ones.
        """
        parts = [centered(vectors[m], self.means_[m], present[m]) for m in self.modalities_]
        has = np.column_stack([present[m] for m in self.modalities_])  # (N, modalities)
        fused = np.sum(parts, axis=0) / np.maximum(has.sum(axis=1, keepdims=True), 1)
        for pattern, filling in self.fillings_.items():
            rows = np.flatnonzero((has == pattern).all(axis=1))
            if len(rows):
                given = zip(parts, pattern, strict=True)
                fused[rows] = filling([part[rows] for part, is_there in given if is_there])
        return normalized(fused)


def _incomplete_patterns(n: int) -> list[Pattern]:
    """Every way to have some of n modalities, but neither none nor all."""
    return [tuple(bool(code >> i & 1) for i in range(n)) for code in range(1, 2**n - 1)]


def _covariance(vectors: Any) -> FloatArray:
    """Covariance (D, D) of rows (n, D), no direction without any variance."""
    covariance = np.cov(vectors.T)
    floor = _SPREAD_FLOOR * np.trace(covariance) / len(covariance)
    return np.asarray(covariance + floor * np.eye(len(covariance)))


def _spread_alike(source: FloatArray, target: FloatArray) -> FloatArray:
    """Symmetric matrix (D, D) that turns one covariance into another with the least motion.

    The optimal transport between two normal distributions.
    """
    root, inverse_root = _power(source, 0.5), _power(source, -0.5)
    return inverse_root @ _power(root @ target @ root, 0.5) @ inverse_root


def _power(matrix: FloatArray, exponent: float) -> FloatArray:
    """Power of a symmetric positive matrix."""
    value, vector = np.linalg.eigh(matrix)
    return np.asarray((vector * np.maximum(value, _TINY) ** exponent) @ vector.T)
