"""Classes read off the embeddings without training: the nearest class centre, the nearest star."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.embeddings import Embeddings

Vectors = NDArray[np.floating]
Codes = NDArray[np.int64]
Rows = NDArray[np.int64]

SPACES = ("mean", "fused")
"""Beside each modality: the paper's mean of those present, and ours with what is missing filled."""


def spaces(embeddings: Embeddings) -> dict[str, tuple[Vectors, NDArray[np.bool_]]]:
    """Return unit vectors (N, D) and presence (N,) of each modality, of the mean, and fused."""
    found: dict[str, tuple[Vectors, NDArray[np.bool_]]] = {
        name: (embeddings[name], embeddings.present[name]) for name in embeddings.modalities
    }
    if len(found) > 1:
        found["mean"] = (_unit(embeddings.fuse("paper")), embeddings.any_present)
        found["fused"] = (embeddings.fused, embeddings.any_present)
    return found


def zero_shot(embeddings: Embeddings, code: Codes, train: Rows, test: Rows) -> dict[str, Any]:
    """Return, per space, accuracy by centroid and by 1-NN over the test stars that have it.

    Parameters
    ----------
    code : (N,), class of each star, −1 where unlabelled
    train, test : rows, of labelled stars
    """
    figures = {}
    for name, (vectors, present) in spaces(embeddings).items():
        known, asked = train[present[train]], test[present[test]]
        if not len(known) or not len(asked):
            continue
        similarity = np.asarray(vectors[asked]) @ np.asarray(vectors[known]).T  # (n, m)
        nearest = code[known][similarity.argmax(axis=1)]
        centers, classes = class_centers(vectors[known], code[known])
        central = classes[(np.asarray(vectors[asked]) @ centers.T).argmax(axis=1)]
        figures[name] = {
            "n": len(asked),
            "centroid": float((central == code[asked]).mean()),
            "nearest": float((nearest == code[asked]).mean()),
        }
    return figures


def class_centers(vectors: Vectors, code: Codes) -> tuple[Vectors, Codes]:
    """Return the mean direction (K, D) of each class and the classes' numbers (K,)."""
    classes = np.unique(code)
    means = np.stack([np.asarray(vectors[code == c], np.float64).mean(axis=0) for c in classes])
    return _unit(means), classes


def retrieval(
    embeddings: Embeddings, rows: Rows, match: NDArray[np.float64] | None = None
) -> dict[str, Any]:
    """Return how often a star's other modality is found by one of its modalities.

    For each ordered pair: recall at 1 and 10 and the median rank among all of `rows` that have
    both, beside chance. With `match` (N, k; brightness and color, say) a star is sought among the
    quarter (20 to 50 stars) most like it in these only: what is found then, brightness or color did
    not tell.
    """
    figures = {}
    for a in embeddings.modalities:
        for b in embeddings.modalities:
            both = rows[embeddings.present[a][rows] & embeddings.present[b][rows]]
            if match is not None:
                both = both[np.isfinite(match[both]).all(axis=1)]
            if a == b or len(both) < 20:
                continue
            left, right = embeddings.centered(a)[both], embeddings.centered(b)[both]
            similarity = left @ right.T  # (n, n)
            n_near = min(50, max(20, len(both) // 4))
            near = None if match is None else _nearest(match[both], n_near)
            rank = _ranks(similarity, near)
            n = len(both) if near is None else near.shape[1]
            figures[f"{a}→{b}"] = {
                "n": len(both),
                "among": n,
                "recall_1": float((rank < 1).mean()),
                "recall_10": float((rank < 10).mean()),
                "chance_10": min(10 / n, 1.0),
                "median_rank": float(np.median(rank)) + 1,
            }
    return figures


def _ranks(similarity: Vectors, near: Rows | None) -> NDArray[np.float64]:
    """Return how many others are more like each star than its own partner (n,)."""
    own = np.diagonal(similarity)[:, None]
    if near is not None:
        similarity = np.take_along_axis(similarity, near, axis=1)
    return (similarity > own).sum(axis=1).astype(np.float64)


def _nearest(match: NDArray[np.float64], n: int) -> Rows:
    """Return the n rows most like each one (itself among them) in standardised columns."""
    scaled = (match - match.mean(axis=0)) / np.maximum(match.std(axis=0), 1e-12)
    distance = ((scaled[:, None] - scaled[None]) ** 2).sum(axis=2)
    return np.argsort(distance, axis=1, kind="stable")[:, : min(n, len(match))]


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1))
