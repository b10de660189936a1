"""The score of every flag, and of cleanlab alone, for one set of labels of a case."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from flag_cases import Case, Floats, Labels, Mask, scaled_features
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from model.analysis.clusters import class_clusters
from model.analysis.confident import confidence
from model.analysis.disagreement import external_conflict, vote_split
from model.analysis.many_centers import center_distances
from model.analysis.oddities import dbscan_radius, isolation
from model.analysis.outliers import CentroidOutlierDetector
from model.analysis.period_doubt import period_doubt
from model.analysis.probe import OutOfFoldProbe, stratified_folds
from model.analysis.votes import neighbor_vote

N_FOLDS = 5
CLEANLAB = "cleanlab alone"

MODELS: dict[str, tuple[Callable[[], Any], bool]] = {
    "forest": (lambda: RandomForestClassifier(80, random_state=0), False),
    "trees": (
        lambda: ExtraTreesClassifier(150, min_samples_leaf=2, max_features=0.2, random_state=0),
        False,
    ),
    "network": (lambda: MLPClassifier((64,), alpha=1.0, max_iter=25, random_state=0), True),
    "neighbors": (lambda: KNeighborsClassifier(25, weights="distance"), True),
}
"""Models on features, and whether they want them scaled."""


def probabilities(case: Case, labels: Labels, seed: int) -> tuple[dict[str, Floats], list[str]]:
    """Out-of-fold class probabilities by each model, (N, C); NaN where nothing was learned."""
    code, classes = pd.factorize(pd.Series(labels, dtype=object), sort=True)
    used = code >= 0
    fold = stratified_folds(case.source_id, code, used, N_FOLDS, seed + 1000)
    found: dict[str, Floats] = {}
    if case.features is not None:
        filled = np.where(
            np.isfinite(case.features), case.features, np.nanmedian(case.features, axis=0)
        )
        scaled = scaled_features(case.features)
        for name, (make, is_scaled) in MODELS.items():
            x = scaled if is_scaled else filled
            found[name] = np.full((len(labels), len(classes)), np.nan)
            for number in range(N_FOLDS):
                model = make().fit(x[used & (fold != number)], code[used & (fold != number)])
                asked = used & (fold == number)
                found[name][np.ix_(asked, model.classes_)] = model.predict_proba(x[asked])
    embedded = [name for name in case.spaces if name not in ("features", "fused")]
    embedded = embedded or [name for name in case.spaces if name == "fused"]
    if embedded:
        vectors = np.hstack([case.spaces[name][0] for name in embedded])
        present = np.logical_or.reduce([case.spaces[name][1] for name in embedded])
        probe = OutOfFoldProbe(seed=seed + 1000).fit(vectors, labels, case.source_id, present)
        found["probe on embeddings"] = np.full((len(labels), len(classes)), np.nan)
        columns = np.searchsorted(np.array(classes, dtype=str), probe.classes_)
        found["probe on embeddings"][:, columns] = probe.probability_
    return {name: np.nan_to_num(p) for name, p in found.items()}, [str(c) for c in classes]


def scores_of(case: Case, labels: Labels, seed: int) -> dict[str, Floats]:
    """Every flag's score (N,), the higher the more suspicious."""
    found, classes = probabilities(case, labels, seed)
    mean = np.mean(list(found.values()), axis=0)
    first = found.get("forest", mean)
    scores = {CLEANLAB: margin(first, classes, labels), "probe": margin(mean, classes, labels)}
    if len(found) > 1:
        scores |= {f"of {name}": margin(p, classes, labels) for name, p in found.items()}
    similarity, rows = next(iter(case.known.values()))
    scores["vote"] = 1 - neighbor_vote(rows, similarity, labels).label_fraction
    scores["sparse"] = isolation(similarity)
    scores["stray"] = dbscan_radius(rows, similarity)
    own = [name for name in case.spaces if name != "fused"] or ["fused"]
    centroids = [
        CentroidOutlierDetector().fit(case.spaces[n][0], labels, case.spaces[n][1]) for n in own
    ]
    scores["centroid"] = mean_known([c.distance_ - c.nearest_distance_ for c in centroids])
    ranks = np.stack([np.nan_to_num(c.percentile_, nan=-1) for c in centroids])
    scores["far"] = np.sort(ranks, axis=0)[-min(2, len(ranks))]
    excess = [center_distances(*_space(case, n, labels)).excess for n in own]
    scores["centers"] = mean_known(excess)
    if case.map_xy is not None:
        scores["alone"] = class_clusters(case.map_xy, labels).is_outlier.astype(float)
    if len(own) > 1:
        votes = {n: neighbor_vote(case.known[n][1], case.known[n][0], labels) for n in own}
        scores["split"] = vote_split(
            {n: v.winner for n, v in votes.items()}, {n: v.fraction for n, v in votes.items()}
        )
    if len(case.external):
        scores["external"] = external_conflict(case.source_id, labels, case.external)[0]
    scores["period"] = period_doubt(case.objects, labels).score
    return {name: np.asarray(score, dtype=np.float64) for name, score in scores.items()}


def _space(case: Case, name: str, labels: Labels) -> tuple[Any, Labels, Mask]:
    vectors, present = case.spaces[name]
    return vectors, labels, present


def margin(probability: Floats, classes: list[str], labels: Labels) -> Floats:
    return confidence(probability, classes, labels).margin


def mean_known(values: list[Floats]) -> Floats:
    stacked = np.stack(values)
    known = np.isfinite(stacked)
    total, count = np.where(known, stacked, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
