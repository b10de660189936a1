"""The class that a star's neighbours vote for, the star itself left out.

Each neighbour votes for its label with its similarity as weight; neighbours without a label, or
less similar than nothing, abstain. The fractions say how clear the vote is and how much of it the
star's own label gets.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.analysis.labels import EncodedLabels, FloatArray, Labels, encode
from model.analysis.neighbors import NO_NEIGHBOR, Rows, Similarity

N_VOTERS = 20


@dataclass(frozen=True)
class Votes:
    """Outcome of the votes.

    Attributes
    ----------
    winner : object array (N,)
        Class with the most weight (the first in the alphabet on a tie), None without voters.
    fraction : float array (N,)
        Its share of the weight, NaN without voters.
    label_fraction : float array (N,)
        Share of the star's own label, NaN without voters or label.
    """

    winner: npt.NDArray[np.object_]
    fraction: FloatArray
    label_fraction: FloatArray


def neighbor_vote(
    rows: Rows, similarity: Similarity, labels: Labels, n_voters: int = N_VOTERS
) -> Votes:
    """Let the nearest `n_voters` of the neighbours (N, k) vote on the class of each star.

    Parameters
    ----------
    rows, similarity : arrays (N, k)
        From `NeighborIndex`, the star itself left out.
    labels : sequence (N,)
        Class labels, None or NaN where unknown.
    n_voters : int
    """
    encoded = encode(labels)
    weight = _weight_by_class(rows[:, :n_voters], similarity[:, :n_voters], encoded)
    total = weight.sum(axis=1)
    voted = total > 0
    share = np.divide(weight, total[:, None], out=np.zeros_like(weight), where=voted[:, None])
    if not len(encoded.classes):
        nothing = np.full(len(rows), np.nan)
        return Votes(np.full(len(rows), None, dtype=object), nothing, nothing.copy())
    best = share.argmax(axis=1)
    own = share[np.arange(len(share)), encoded.code]
    return Votes(
        winner=encoded.names(np.where(voted, best, -1)),
        fraction=np.where(voted, share.max(axis=1), np.nan),
        label_fraction=np.where(voted & (encoded.code >= 0), own, np.nan),
    )


def _weight_by_class(rows: Rows, similarity: Similarity, labels: EncodedLabels) -> FloatArray:
    """Summed similarity (N, C) of the voters of each class."""
    code = np.where(rows == NO_NEIGHBOR, -1, labels.code[rows])
    voter, rank = np.nonzero(code >= 0)
    weight = np.zeros((len(rows), len(labels.classes)))
    np.add.at(weight, (voter, code[voter, rank]), np.maximum(similarity[voter, rank], 0))
    return weight
