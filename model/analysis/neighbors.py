"""Exact nearest neighbours by cosine similarity, in blocks, for vectors of unit length.

Works on memory-mapped arrays of any float type: blocks are cast to float32 as they are read, so
memory stays at a few blocks whatever the number of objects. Objects that lack the modality are
neither asked nor answered; the object itself is never its own neighbour.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from model.analysis.labels import BoolArray, all_present

Rows = npt.NDArray[np.int32]
Similarity = npt.NDArray[np.floating[Any]]
Vectors = npt.NDArray[np.floating[Any]]

NO_NEIGHBOR = -1
"""Row number where there are fewer neighbours than asked for; its similarity is NaN."""

_ABSENT = np.float32(-np.inf)


class NeighborIndex(BaseEstimator):
    """Exact cosine k-nearest neighbours among the objects that have a modality.

    Parameters
    ----------
    n_neighbors : int
        Neighbours given per query.
    query_block, stored_block : int
        Rows compared at a time; memory is about 4 bytes times their product.

    Attributes
    ----------
    vectors_ : float array (N, D)
        Unit vectors, as given (a memory map stays one).
    present_ : bool array (N,)
        Objects that have the modality.
    """

    def __init__(
        self, n_neighbors: int = 50, query_block: int = 1024, stored_block: int = 16384
    ) -> None:
        self.n_neighbors = n_neighbors
        self.query_block = query_block
        self.stored_block = stored_block

    def fit(self, X: Vectors, y: None = None, present: npt.ArrayLike | None = None) -> Any:
        """Keep the unit vectors X (N, D) and who has them (N,)."""
        self.vectors_ = X
        self.present_ = all_present(len(X), present)
        return self

    def kneighbors(
        self, X: Vectors | None = None, n_neighbors: int | None = None
    ) -> tuple[Similarity, Rows]:
        """Similarities and rows of the nearest objects, the nearest first.

        Parameters
        ----------
        X : float array (Q, D), optional
            Unit vectors to ask about, of this modality or (across modalities) of another. Left
            out, every stored object is asked about and left out of its own answer.
        n_neighbors : int, optional
            Overrides the constructor's.

        Returns
        -------
        similarity : float32 array (Q, k)
            Cosine similarity, NaN where there is no such neighbour.
        rows : int32 array (Q, k)
            Rows of the stored objects, -1 where there is no such neighbour.
        """
        check_is_fitted(self, "vectors_")
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        queries = self.vectors_ if X is None else np.atleast_2d(X)
        asked = self.present_ if X is None else np.ones(len(queries), dtype=bool)
        similarity = np.full((len(queries), k), np.nan, dtype=np.float32)
        rows = np.full((len(queries), k), NO_NEIGHBOR, dtype=np.int32)
        for start in range(0, len(queries), self.query_block):
            at = start + np.flatnonzero(asked[start : start + self.query_block])
            if len(at):
                own_rows = at if X is None else None
                similarity[at], rows[at] = self._query(queries[at], k, own_rows)
        return similarity, rows

    def _query(
        self, queries: Vectors, k: int, own_rows: npt.NDArray[np.int64] | None
    ) -> tuple[Similarity, Rows]:
        """Best k of one block of queries (B, D), stored block after stored block."""
        queries = np.asarray(queries, dtype=np.float32)
        best = np.full((len(queries), k), _ABSENT, dtype=np.float32)
        rows = np.full((len(queries), k), NO_NEIGHBOR, dtype=np.int32)
        for start in range(0, len(self.vectors_), self.stored_block):
            stop = min(start + self.stored_block, len(self.vectors_))
            stored = np.asarray(self.vectors_[start:stop], dtype=np.float32)
            found = queries @ stored.T  # (B, block)
            found[:, ~self.present_[start:stop]] = _ABSENT
            if own_rows is not None:
                _forget_self(found, own_rows, start)
            best, rows = _merge(best, rows, found, start)
        rows[best == _ABSENT] = NO_NEIGHBOR
        best[best == _ABSENT] = np.nan
        return best, rows


def _forget_self(found: Similarity, own_rows: npt.NDArray[np.int64], start: int) -> None:
    """Strike out each query's own column of a block that begins at row `start`."""
    own = own_rows - start
    query = np.flatnonzero((own >= 0) & (own < found.shape[1]))
    found[query, own[query]] = _ABSENT


def _merge(best: Similarity, rows: Rows, found: Similarity, start: int) -> tuple[Similarity, Rows]:
    """Best k of the best so far (B, k) and of a block found (B, M), sorted."""
    k = best.shape[1]
    if found.shape[1] > k:  # a narrow first cut keeps the sort below small
        kept = np.argpartition(found, found.shape[1] - k, axis=1)[:, -k:]
        found = np.take_along_axis(found, kept, axis=1)
    else:
        kept = np.broadcast_to(np.arange(found.shape[1]), found.shape)
    candidates = np.concatenate([best, found], axis=1)
    candidate_rows = np.concatenate([rows, (kept + start).astype(np.int32)], axis=1)
    order = np.lexsort((candidate_rows, -candidates), axis=1)[:, :k]
    return (
        np.take_along_axis(candidates, order, axis=1),
        np.take_along_axis(candidate_rows, order, axis=1),
    )


def cross_neighbors(
    query: Vectors,
    stored: Vectors,
    present: npt.ArrayLike | None = None,
    n_neighbors: int = 50,
    leave_out: int | None = None,
) -> tuple[Similarity, Rows]:
    """Neighbours of one object's vector of one modality among all vectors of another.

    Parameters
    ----------
    query : float array (D,)
        The object's unit vector in the modality asked with.
    stored, present : arrays (N, D), (N,)
        Unit vectors of the modality searched, and who has it.
    n_neighbors : int
        Neighbours wanted.
    leave_out : int, optional
        Row of the object itself, to leave out of the answer.

    Returns
    -------
    similarity, rows : arrays (k,)
        The nearest first; shorter than `n_neighbors` where fewer objects have the modality.
    """
    mask: BoolArray = all_present(len(stored), present).copy()
    if leave_out is not None:
        mask[leave_out] = False
    index = NeighborIndex(n_neighbors).fit(stored, present=mask)
    similarity, rows = index.kneighbors(query)
    found = rows[0] != NO_NEIGHBOR
    return similarity[0][found], rows[0][found]
