"""Measure how hard a demo survey is, and that nothing but astrophysics tells its classes.

    python tests/benchmarks/measure_demo.py SURVEY [--folds 5] [--json FILE]

Boosted trees over the paper's ten classes, cross-validated: on the survey's features (light curve
and catalog), on what must not tell (epochs, spectra, row, id), and on brightness and position.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from data_pipeline.cli import progress, run_main, write_json
from data_pipeline.demo.classes import PAPER_CLASSES
from data_pipeline.survey import Survey


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("survey", type=Path, help="a demo survey")
    parser.add_argument("--folds", type=int, default=5, help="folds of the cross-validation")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args(argv)
    survey = Survey.open(arguments.survey)
    figures = measure(survey, arguments.folds)
    print(f"{'features':24s} {'accuracy':>8s} {'macro F1':>8s}")
    for name, row in figures["scores"].items():
        print(f"{name:24s} {row['accuracy']:8.3f} {row['macro_f1']:8.3f}")
    print(f"{'largest class':24s} {figures['largest_class']:8.3f}")
    print(f"predictions against the truth: {figures['accuracy_against_truth']:.3f}\n")
    print(pd.DataFrame(figures["confusion"], PAPER_CLASSES, PAPER_CLASSES).to_string())
    write_json(arguments.json, figures)


def measure(survey: Survey, folds: int) -> dict[str, object]:
    """Scores by group of features, and the confusions of the first group."""
    table, truth = survey.objects, survey.truth
    chosen = (table["class_label"].isin(PAPER_CLASSES)
              & truth["true_class"].isin(PAPER_CLASSES)).to_numpy()  # fmt: skip
    label = table["class_label"][chosen].to_numpy(dtype=str)
    log = pd.DataFrame({
        "n_epochs": survey.n_points, "n_spectra": survey.n_spectra, "row": np.arange(len(survey)),
        "id": table["source_id"].astype(np.float64),
    })  # fmt: skip
    sky = table[["mean_vmag", "ra_deg", "dec_deg"]]
    light_curve = [name for name in survey.feature_names if name.startswith("lc_")]
    groups = {
        "all features": survey.features,
        "light curve": survey.features[light_curve],
        "catalog": survey.features.drop(columns=light_curve),
        "epochs, spectra, row, id": log,
        "brightness": sky[["mean_vmag"]],
        "brightness, position": sky,
        "both": pd.concat([sky, log], axis=1),
    }
    found = {name: predict(group[chosen].to_numpy(np.float64), label, folds)
             for name, group in progress(groups.items(), "boosted trees", len(groups))}  # fmt: skip
    best = found["all features"]
    true = truth["true_class"][chosen].to_numpy(dtype=str)
    return {
        "scores": {name: {"accuracy": accuracy_score(label, p),
                          "macro_f1": f1_score(label, p, average="macro", zero_division=0.0)}
                   for name, p in found.items()},
        "largest_class": float(np.unique(label, return_counts=True)[1].max() / label.size),
        "accuracy_against_truth": accuracy_score(true, best),
        "confusion": confusion_matrix(label, best, labels=list(PAPER_CLASSES)).tolist(),
    }  # fmt: skip


def predict(features: np.ndarray, label: np.ndarray, folds: int) -> np.ndarray:
    """Out-of-fold predictions."""
    trees = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.15, max_leaf_nodes=15, early_stopping=False, random_state=0
    )
    splits = StratifiedKFold(folds, shuffle=True, random_state=0)
    return np.asarray(cross_val_predict(trees, features, label, cv=splits))


if __name__ == "__main__":
    raise SystemExit(run_main(main, None))
