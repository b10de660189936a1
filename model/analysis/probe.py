"""Out-of-fold class probabilities from a linear probe on embedding vectors.

A multinomial logistic regression is trained on four fifths of the stars and asked about the rest,
five times over, so that no star's label speaks for itself. Which fold a star falls in follows from
its source_id and the seed, whatever the order of the rows. Stars without a label, or of a class too
small to learn, get the mean answer of all folds.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from data_pipeline.splits import hash_order
from model.analysis.labels import MIN_CLASS_SIZE, BoolArray, FloatArray, IntArray, Labels, encode
from model.analysis.neighbors import Vectors
from model.analysis.threads import one_thread

NO_FOLD = -1
_MAX_ITER = 300  # a probe need not be polished to the last digit


class OutOfFoldProbe(BaseEstimator):
    """Multinomial logistic regression, each star judged by a model that never saw its label.

    Parameters
    ----------
    n_folds : int
    C : float
        Inverse strength of the penalty, for vectors of unit variance per component. Small: a
        probe that bends to every star also bends to wrong labels.
    min_class_size : int
        Smaller classes are not learned.
    seed : int
        Chooses the folds.

    Attributes
    ----------
    classes_ : str array (C,)
        Classes learned.
    probability_ : float32 array (N, C)
        Out-of-fold probabilities; NaN where the star is not `present` or nothing was learned.
    fold_ : int array (N,)
        Fold of each star, -1 where its label was not used.
    """

    def __init__(
        self,
        n_folds: int = 5,
        C: float = 0.03,
        min_class_size: int = MIN_CLASS_SIZE,
        seed: int = 42,
    ) -> None:
        self.n_folds = n_folds
        self.C = C
        self.min_class_size = min_class_size
        self.seed = seed

    def fit(
        self, X: Vectors, y: Labels, source_id: npt.NDArray[np.int64], present: BoolArray
    ) -> Any:
        """Judge stars with vectors X (N, D), labels y (N,), ids (N,) and presence mask (N,)."""
        labels = encode(y)
        learned = present & labels.in_usable_class(max(self.min_class_size, self.n_folds))
        self.fold_ = stratified_folds(source_id, labels.code, learned, self.n_folds, self.seed)
        self.classes_ = labels.classes[np.unique(labels.code[learned])]
        self.probability_ = np.full((len(X), len(self.classes_)), np.nan, dtype=np.float32)
        if len(self.classes_) < 2:
            self.probability_[present] = 1  # nothing to choose from
            return self
        features = _standardized(np.asarray(X, dtype=np.float64), present)
        unlabeled = present & ~learned
        self.probability_[unlabeled] = 0
        for fold in range(self.n_folds):
            model = self._train(features, labels.code, learned & (self.fold_ != fold))
            asked = learned & (self.fold_ == fold)
            self.probability_[asked] = model.predict_proba(features[asked])
            if unlabeled.any():
                answer = model.predict_proba(features[unlabeled])
                self.probability_[unlabeled] += answer / self.n_folds
        return self

    def _train(self, X: FloatArray, code: IntArray, rows: BoolArray) -> LogisticRegression:
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return LogisticRegression(C=self.C, max_iter=_MAX_ITER).fit(X[rows], code[rows])


def stratified_folds(
    source_id: npt.NDArray[np.int64], code: IntArray, used: BoolArray, n_folds: int, seed: int
) -> npt.NDArray[np.int8]:
    """Fold of each star (N,), the classes dealt evenly in the order of a hash of the source_id.

    Parameters
    ----------
    source_id, code, used : arrays (N,)
        Ids, class codes, and whose label is used; the others get -1.
    n_folds, seed : int
    """
    fold = np.full(len(source_id), NO_FOLD, dtype=np.int8)
    rank = hash_order(source_id, seed)
    for label in np.unique(code[used]):
        members = np.flatnonzero(used & (code == label))
        shuffled = members[np.argsort(rank[members], kind="stable")]
        fold[shuffled] = (np.arange(len(shuffled)) + label) % n_folds
    return fold


def _standardized(X: FloatArray, present: BoolArray) -> FloatArray:
    """Components (N, D) less their mean over those present, over one common spread."""
    centered = X - X[present].mean(axis=0)
    return centered / max(float(centered[present].std()), 1e-12)
