"""What the atlas of the demo sky finds of what was planted in it, as one table.

python tests/benchmarks/demo_science.py ATLAS [--json FILE]

Wrong labels ranked by each flag and by their combination; the parts of Miras and rotators found
without labels, from the fused, the photometric and the spectral embedding; whether the fused
vectors tell whose spectrum was hidden; how alike nearest neighbours are in class and, beside it, in
apparent brightness. Needs the atlas of a simulated survey: it knows the truth.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from data_pipeline.cli import run_main, write_json
from data_pipeline.errors import InputError
from model.analysis.clusters import subclusters
from model.analysis.flags import Evidence
from model.analysis.metrics import average_precision, bootstrap, recall_at
from model.analysis.neighbors import NeighborIndex
from model.atlas import Atlas
from model.embeddings import Embeddings

REVIEWED = 0.05
"""Share of the stars a person looks at."""
PARTS = {"M": "C-type", "ROT": "giant"}
"""Of each class split, the subtype that is the smaller part."""
SPACES = ("fused", "photometry", "spectra")
SEED = 42

Mask = npt.NDArray[np.bool_]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("atlas", type=Path, metavar="ATLAS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    args = parser.parse_args(argv)
    atlas = Atlas.open(args.atlas)
    if atlas.survey.truth is None:
        raise InputError(f"{atlas.name} is not simulated; nobody knows its truth.")
    truth = atlas.survey.truth.set_index("source_id").loc[atlas.source_id].reset_index()
    figures = {
        "atlas": atlas.hash,
        "n_objects": len(atlas),
        "wrong_labels": wrong_labels(atlas, truth),
        "parts": [part for label in PARTS for part in parts(atlas, truth, label)],
        "told_from_light_curves": {label: with_labels(atlas, truth, label) for label in PARTS},
        "hidden_spectra_auc": hidden_spectra(atlas.embeddings),
        "nearest": [nearest(atlas, space) for space in atlas.modalities]
        + [nearest_of_hidden(atlas)],
    }
    print(in_words(figures))
    write_json(args.json, figures)


def wrong_labels(atlas: Atlas, truth: pd.DataFrame) -> list[dict[str, Any]]:
    """How well each flag ranks the planted wrong labels, and how well all flags together."""
    planted = truth["fault"].to_numpy() == "wrong_label"
    evidence = Evidence(atlas.objects, atlas.modalities)
    modalities = [m for m in atlas.modalities if m != "fused"]
    rankings = {
        "distance from the class centre, two modalities": second_highest(evidence, modalities),
        "off the main cluster on the map (DBSCAN)": evidence.alone().astype(float),
        "nearer another class's centre": evidence.scores["centroid"],
        "neighbours' vote": evidence.scores["vote"],
        "out-of-fold probe": evidence.scores["probe"],
        "all of them (suspicion)": evidence.suspicion,
    }
    return [
        {
            "flag": name,
            "n_planted": int(planted.sum()),
            "average_precision": vars(bootstrap(average_precision, planted, score)),
            "recall": vars(bootstrap(_recall, planted, score)),
        }
        for name, score in rankings.items()
    ]


def second_highest(evidence: Evidence, modalities: list[str]) -> npt.NDArray[np.float64]:
    """The percentile that two modalities reach (N,): what the two-modalities rule thresholds."""
    stacked = np.stack([np.nan_to_num(evidence.percentiles[m], nan=-1) for m in modalities])
    return np.sort(stacked, axis=0)[-min(2, len(modalities))]


def _recall(planted: Mask, score: npt.NDArray[np.float64]) -> float:
    return recall_at(planted, score, REVIEWED)


def parts(atlas: Atlas, truth: pd.DataFrame, label: str) -> list[dict[str, Any]]:
    """Split a class without labels, each star on the map of its class, and compare with the truth.

    Stars whose neighbours and classifier name another class are left out first: wrong labels would
    be a part of their own.
    """
    evidence = Evidence(atlas.objects, atlas.modalities)
    member = (evidence.labels == label) & ~evidence.contradicted
    is_small = (truth["subtype"] == PARTS[label]) & (truth["true_class"] == label)
    found = []
    for space in SPACES:
        rows = np.flatnonzero(member & atlas.present(space))
        xy = atlas.objects[[f"class_x_{space}", f"class_y_{space}"]].to_numpy(dtype=float)[rows]
        for method in ("dbscan", "hdbscan"):
            part = subclusters(xy, method).part
            agreement = smaller_part(part, is_small.to_numpy()[rows])
            found.append({"class": label, "space": space, "method": method, **agreement})
    return found


def with_labels(atlas: Atlas, truth: pd.DataFrame, label: str) -> dict[str, float]:
    """What light curves hold at most: the smaller part told by trees that are given the subtypes.

    Out of fold, from the survey's features of the light curve: a bound for what any embedding of
    it can show.
    """
    member = ((truth["true_class"] == label) & (atlas.objects["class_label"] == label)).to_numpy()
    is_small = (truth["subtype"] == PARTS[label]).to_numpy()[member]
    features = atlas.objects[[c for c in atlas.survey.feature_names if c.startswith("lc_")]]
    values = features[member].to_numpy(dtype=float, na_value=np.nan)
    trees = HistGradientBoostingClassifier(max_iter=60, random_state=SEED)
    told = cross_val_predict(trees, values, is_small, cv=5)
    return {
        "recall": float(told[is_small].mean()),
        "precision": float(is_small[told].mean()),
        "accuracy": float((told == is_small).mean()),
        "largest": float(max(is_small.mean(), 1 - is_small.mean())),
    }


def smaller_part(part: npt.NDArray[np.int16], is_small: Mask) -> dict[str, float]:
    """Recall and precision of the part that matches the smaller subtype best (by F1)."""
    best = {"n_true": int(is_small.sum()), "n_found": 0, "recall": 0.0, "precision": 0.0}
    best_f1 = 0.0
    for number in set(part.tolist()) - {-1}:
        member = part == number
        hits = int((member & is_small).sum())
        f1 = 2 * hits / (member.sum() + is_small.sum())
        if f1 > best_f1 and member.sum() < len(part) / 2 + 1:
            best_f1 = f1
            best |= {
                "n_found": int(member.sum()),
                "recall": hits / is_small.sum(),
                "precision": hits / member.sum(),
            }
    return best | {"n_parts": len(set(part.tolist()) - {-1}), "n": len(part)}


def nearest(atlas: Atlas, space: str) -> dict[str, Any]:
    """How alike a star outside the training and its nearest neighbour are, among all stars."""
    asked = atlas.present(space) & ~atlas.embeddings.train_mask
    return {"space": space, **_alike(atlas, atlas.vectors(space), atlas.present(space), asked)}


def nearest_of_hidden(atlas: Atlas) -> dict[str, Any]:
    """The same of the stars whose spectra were hidden, half of those that have one."""
    embeddings = atlas.embeddings
    hidden = embeddings.present["spectra"] & _drawn(embeddings)
    vectors = embeddings.without("spectra", hidden).fused
    asked = hidden & ~embeddings.train_mask
    return {
        "space": "fused, spectrum hidden",
        **_alike(atlas, vectors, embeddings.any_present, asked),
    }


def _alike(atlas: Atlas, vectors: Any, present: Mask, asked: Mask) -> dict[str, float]:
    _, rows = NeighborIndex(1).fit(vectors, present=present).kneighbors()
    near = rows[:, 0]
    label, magnitude = (atlas.objects[c].to_numpy() for c in ("class_label", "mean_vmag"))
    alike = np.corrcoef(magnitude[asked].astype(float), magnitude[near[asked]].astype(float))
    return {
        "n": int(asked.sum()),
        "same_class": float((label[near] == label)[asked].mean()),
        "correlation_of_magnitudes": float(alike[0, 1]),
    }


def _drawn(embeddings: Embeddings) -> Mask:
    return np.random.default_rng(SEED).random(len(embeddings)) < 0.5


def hidden_spectra(embeddings: Embeddings) -> dict[str, dict[str, float]]:
    """How well three classifiers tell whose spectrum was hidden, by fusion (AUC; 0.5: not at all).

    Half of the spectra are hidden at random; asked are the stars that had one.
    """
    had = embeddings.present["spectra"]
    hidden = _drawn(embeddings)
    partial = embeddings.without("spectra", had & hidden)
    probes = {
        "linear": LogisticRegression(max_iter=1000),
        "neighbours": KNeighborsClassifier(20, metric="cosine"),
        "boosted trees": HistGradientBoostingClassifier(max_iter=60, random_state=SEED),
    }
    told: dict[str, dict[str, float]] = {}
    for fusion in ("filled", "centered", "paper"):
        vectors = partial.fuse(fusion)[had]
        vectors = 10 * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        told[fusion] = {
            name: float(roc_auc_score(hidden[had], _out_of_fold(probe, vectors, hidden[had])))
            for name, probe in probes.items()
        }
    return told


def _out_of_fold(probe: Any, vectors: Any, answer: Mask) -> npt.NDArray[np.float64]:
    return cross_val_predict(probe, vectors, answer, cv=5, method="predict_proba")[:, 1]


def in_words(figures: dict[str, Any]) -> str:
    """The figures as a table."""
    lines = [
        f"{'wrong labels ranked by':50} average precision     recall in {REVIEWED:.0%} reviewed"
    ]
    for row in figures["wrong_labels"]:
        ap, recall = (_interval(row[key]) for key in ("average_precision", "recall"))
        lines.append(f"{row['flag']:50} {ap:21} {recall}")
    lines.append(f"\n{'parts found without labels':42} recall precision   n of true, parts")
    for row in figures["parts"]:
        name = f"{PARTS[row['class']]} among {row['class']}, {row['space']}, {row['method']}"
        lines.append(
            f"{name:42} {row['recall']:6.2f} {row['precision']:9.2f}   "
            f"{row['n_found']} of {row['n_true']}, {row['n_parts']}"
        )
    lines.append(
        "\nthe same with the subtypes given, from features of the light curve, out of fold"
    )
    for label, told in figures["told_from_light_curves"].items():
        name = f"{PARTS[label]} among {label}"
        lines.append(
            f"{name:42} {told['recall']:6.2f} {told['precision']:9.2f}   "
            f"accuracy {told['accuracy']:.2f}, the larger part alone {told['largest']:.2f}"
        )
    lines.append("\nwhose spectrum was hidden, told from the fused vectors (AUC)")
    for fusion, told in figures["hidden_spectra_auc"].items():
        lines.append(f"{fusion:10} " + ", ".join(f"{k} {v:.3f}" for k, v in told.items()))
    lines.append("\nnearest neighbour of stars outside the training")
    for row in figures["nearest"]:
        lines.append(
            f"{row['space']:24} {row['n']:5} stars, same class {row['same_class']:.3f}, "
            f"correlation of magnitudes {row['correlation_of_magnitudes']:.2f}"
        )
    return "\n".join(lines)


def _interval(value: dict[str, float]) -> str:
    return f"{value['value']:.2f} [{value['low']:.2f}, {value['high']:.2f}]"


if __name__ == "__main__":
    sys.exit(run_main(main, None))
