"""Figures of the preset grid that no evaluation makes: probe, trees, moved labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flag_cases import moved_labels
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from data_pipeline.survey import Survey
from model.analysis.confident import confidence
from model.analysis.metrics import average_precision
from model.analysis.probe import OutOfFoldProbe
from model.checks import split_rows
from model.embeddings import Embeddings
from model.evaluation.cells import macro_f1
from model.evaluation.grid import split_name
from model.labels import choose_classes, read_labels
from model.science.baselines import varying_columns

Codes = NDArray[np.int64]
Rows = NDArray[np.int64]


def side_by_side(embeddings: Embeddings) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return all modalities' vectors (N, M·D), zero where absent, and who has any (N,)."""
    vectors = [np.asarray(embeddings[name], np.float64) for name in embeddings.modalities]
    return np.hstack(vectors), embeddings.any_present


def probe(embeddings: Embeddings, code: Codes, train: Rows, test: Rows) -> dict[str, float]:
    """Return accuracy and macro-F1 of a logistic regression on the vectors."""
    vectors, present = side_by_side(embeddings)
    train, test = train[present[train]], test[present[test]]
    line = make_pipeline(StandardScaler(), LogisticRegression(C=0.03, max_iter=1000))
    guess = line.fit(vectors[train], code[train]).predict(vectors[test])
    return _scores(guess, code[test])


def moved_label_precision(
    embeddings: Embeddings, labels: NDArray[np.object_], moves: Mapping[str, Sequence[str]]
) -> float:
    """Return the average precision with which a probe finds moved labels, mean of five draws."""
    kept = np.isin(labels.astype(str), list(moves))
    vectors, present = side_by_side(embeddings)
    known = np.where(kept, labels, None)
    found = []
    for seed in range(5):
        wrong, is_moved = moved_labels(known, moves, seed)
        out = OutOfFoldProbe(seed=seed).fit(vectors, wrong, embeddings.source_id, present)
        margin = confidence(out.probability_, out.classes_.tolist(), wrong).margin
        asked = kept & present
        found.append(average_precision(is_moved[asked], margin[asked]))
    return float(np.mean(found))


def trees(survey: Survey, base: str, subsets: Sequence[str]) -> dict[str, Any]:
    """Return what boosted trees reach on the survey's features, per label subset."""
    features = survey.features.to_numpy(np.float64, na_value=np.nan)
    found = {}
    for subset in subsets:
        code, rows = labelled_rows(survey, base, subset)
        used = features[:, varying_columns(features[rows["train"]])]
        model = HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=8,
            l2_regularization=1.0, random_state=0,
        )  # fmt: skip
        guess = model.fit(used[rows["train"]], code[rows["train"]]).predict(used[rows["test"]])
        found[subset] = _scores(guess, code[rows["test"]])
    return {"finetuned": found}


def labelled_rows(survey: Survey, base: str, subset: str) -> tuple[Codes, dict[str, Rows]]:
    """Return class numbers (N,), −1 for none, and the labelled rows of each part.

    The classes are those with ten stars or more in the whole train part, as in an evaluation.
    """
    labels = read_labels(survey)
    whole, _ = split_rows(survey, base)
    chosen = choose_classes(labels, whole["train"], (), 10)
    rows, _ = split_rows(survey, split_name(base, subset))
    code = np.where(chosen.labelled, chosen.code, -1)
    return code, {part: r[code[r] >= 0] for part, r in rows.items()}


def _scores(guess: Codes, truth: Codes) -> dict[str, float]:
    return {"accuracy": float((guess == truth).mean()), "macro_f1": macro_f1(guess, truth)}
