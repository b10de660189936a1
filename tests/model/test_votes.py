"""The neighbours' vote, the star itself left out."""

import numpy as np
import pytest

from model.analysis.neighbors import NeighborIndex
from model.analysis.votes import neighbor_vote


def test_votes_are_weighted_by_similarity() -> None:
    rows = np.array([[1, 2, 3]], dtype=np.int32).repeat(4, axis=0)
    similarity = np.array([[0.9, 0.3, 0.3]], dtype=np.float32).repeat(4, axis=0)
    votes = neighbor_vote(rows, similarity, ["SR", "M", "SR", "SR"])
    assert votes.winner[0] == "M"
    assert votes.fraction[0] == pytest.approx(0.6)
    assert votes.label_fraction[0] == pytest.approx(0.4)


def test_a_lone_wrong_label_gets_no_vote_of_its_own(sky) -> None:
    labels = sky.labels.astype(object)
    wrong = int(np.flatnonzero(labels == "SR")[0])
    labels[wrong] = "DCEP"
    similarity, rows = NeighborIndex(20).fit(sky.vectors["photometry"]).kneighbors()
    votes = neighbor_vote(rows, similarity, labels)
    assert votes.winner[wrong] == "SR"
    assert votes.label_fraction[wrong] == 0


def test_those_without_label_or_neighbors_abstain() -> None:
    rows = np.array([[1, 2], [0, 2], [-1, -1], [0, -1]], dtype=np.int32)
    similarity = np.where(rows < 0, np.nan, 0.5).astype(np.float32)
    votes = neighbor_vote(rows, similarity, [None, "EW", np.nan, "SR"])
    assert votes.winner.tolist() == ["EW", None, None, None]
    assert np.isnan(votes.label_fraction[0])  # it has no label to compare with
    assert np.isnan(votes.fraction[1:]).all()


def test_dissimilar_neighbors_abstain() -> None:
    rows, similarity = np.array([[1], [0]]), np.array([[-0.2], [-0.2]])
    assert neighbor_vote(rows, similarity, ["EW", "SR"]).winner.tolist() == [None, None]


def test_without_any_label_nobody_is_elected() -> None:
    votes = neighbor_vote(np.array([[1], [0]]), np.array([[0.9], [0.9]]), [None, None])
    assert votes.winner.tolist() == [None, None]
    assert np.isnan(votes.fraction).all()
