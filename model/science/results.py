"""From what the commands left on disk to the figures of the report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data_pipeline.survey import Survey
from model.science.baselines import nuisance_features, trees_by_fold
from model.science.cases import Case
from model.science.chain import FOLDS, Chain, Step
from model.science.scores import Scores, score

WITHIN = 0.01
"""Published periods are rounded: agreement within this fraction counts as right."""
_CHAIN = ("build", "train default", "finetune default", "embed", "atlas")


@dataclass(frozen=True)
class Results:
    """All figures of one survey.

    Attributes
    ----------
    scores : name of the predictor to its scores; the classifier comes first
    ambiguous : (number of stars, share whose prediction is among their catalog's alternatives,
        the same expected by chance)
    periods : DataFrame, per class: count, and the shares right, half, double, other, none
    by_period : name to (number of stars, accuracy of the classifier)
        Of the stars with a published period, apart by whether ours is the same.
    steps : all commands with their times
    """

    case: Case
    n_objects: int
    scores: dict[str, Scores]
    ambiguous: tuple[int, float, float] | None
    periods: pd.DataFrame
    by_period: dict[str, tuple[int, float]]
    steps: list[Step]

    @property
    def chain_seconds(self) -> dict[str, float]:
        """Seconds per command from the light curves to the page."""
        taken = {step.name: step.seconds for step in self.steps}
        return {name: taken[name] for name in _CHAIN if name in taken}


def run_case(chain: Chain) -> Results:
    """Run every command of one survey and score what comes out."""
    steps = [chain.build()]
    for split in FOLDS:
        steps += [chain.train(split), chain.finetune(split), chain.predict(split)]
    survey = Survey.open(chain.survey)
    predicted = combine([chain.predictions(split) for split in FOLDS], chain.home)
    steps += [chain.train("default"), chain.finetune("default"), chain.embed()]
    steps.append(chain.atlas(predicted))

    guesses = pd.read_parquet(predicted).set_index("source_id")["predicted_class"]
    neural = guesses.reindex(survey.source_id).to_numpy(object)
    labels = learned_labels(survey, chain.case)
    return Results(
        case=chain.case,
        n_objects=len(survey),
        scores=_scores(survey, labels, neural),
        ambiguous=_ambiguous(survey, neural),
        periods=period_agreement(survey, chain.case.eclipsers),
        by_period=accuracy_by_period(survey, labels, neural),
        steps=steps,
    )


def combine(files: list[Path], home: Path) -> Path:
    """Write the folds' predictions as one table: every star once, none by a model that saw it."""
    table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    if table["source_id"].duplicated().any() or table["was_trained_on"].any():
        raise AssertionError("the folds overlap, or a star was predicted by a model that saw it")
    path = home / "out_of_fold.parquet"
    table.to_parquet(path, index=False)
    return path


def learned_labels(survey: Survey, case: Case) -> pd.Series:
    """Return the labels (N,), None for stars without one and for classes that are too rare."""
    labels = survey.objects["class_label"].astype(object).reset_index(drop=True)
    return labels.where(labels.notna() & ~labels.isin(case.too_rare), None)


def _scores(survey: Survey, labels: pd.Series, neural: np.ndarray) -> dict[str, Scores]:
    known = labels.notna().to_numpy()
    classes = sorted(labels[known].unique())
    nuisance = nuisance_features(survey)
    brightness = [
        name for name in nuisance.columns if str(name).startswith(("median_mag", "median_err"))
    ]
    guesses = {
        "neural classifier": neural,
        "boosted trees, the same features": trees_by_fold(survey, survey.features, labels, FOLDS),
        "nuisance alone": trees_by_fold(survey, nuisance, labels, FOLDS),
        "nuisance without brightness and errors": trees_by_fold(
            survey, nuisance.drop(columns=brightness), labels, FOLDS
        ),
        "the commonest class": np.full(len(labels), labels[known].mode()[0], dtype=object),
    }
    return {name: score(labels[known], guess[known], classes) for name, guess in guesses.items()}


def _ambiguous(survey: Survey, neural: np.ndarray) -> tuple[int, float, float] | None:
    """Return how often stars of undecided class are given one of their catalog's alternatives."""
    if "class_label_full" not in survey.objects:
        return None
    undecided = survey.objects["class_label"].isna().to_numpy()
    if not undecided.any():
        return None
    full = survey.objects.loc[undecided, "class_label_full"].astype(str)
    allowed = [set(text.replace("=", "/").split("/")) for text in full]
    guesses = neural[undecided]
    hits = np.mean([guess in one for guess, one in zip(guesses, allowed, strict=True)])
    random = np.random.default_rng(0)
    shuffled = [random.permutation(guesses) for _ in range(20)]
    chance = np.mean([[g in a for g, a in zip(s, allowed, strict=True)] for s in shuffled])
    return int(undecided.sum()), float(hits), float(chance)


def period_agreement(survey: Survey, classes: tuple[str, ...]) -> pd.DataFrame:
    """Compare our periods with the published ones, per class and together."""
    table = survey.objects[["class_label", "period_days", "period_catalog_days"]]
    table = table[table["class_label"].isin(classes) & table["period_catalog_days"].notna()]
    present = [name for name in classes if (table["class_label"] == name).any()]
    if not present:
        return pd.DataFrame()
    rows = {name: _agreement(table[table["class_label"] == name]) for name in present}
    rows["together"] = _agreement(table)
    return pd.DataFrame.from_dict(rows, orient="index")


def accuracy_by_period(
    survey: Survey, labels: pd.Series, neural: np.ndarray
) -> dict[str, tuple[int, float]]:
    """Return how well stars are classified whose period is the published one, and the others."""
    table = survey.objects[["period_days", "period_catalog_days"]].astype(float)
    ratio = (table["period_days"] / table["period_catalog_days"]).to_numpy()
    asked = labels.notna().to_numpy() & table["period_catalog_days"].notna().to_numpy()
    same = np.abs(ratio - 1) < WITHIN
    right = neural == labels.to_numpy(object)
    parts = {"the published period": asked & same, "another period or none": asked & ~same}
    return {
        name: (int(part.sum()), float(right[part].mean()))
        for name, part in parts.items()
        if part.any()
    }


def _agreement(table: pd.DataFrame) -> dict[str, float]:
    ratio = (table["period_days"] / table["period_catalog_days"]).to_numpy(float, na_value=np.nan)
    near = {
        name: float(np.mean(np.abs(ratio / factor - 1) < WITHIN))
        for name, factor in (("right", 1.0), ("half", 0.5), ("double", 2.0))
    }
    none = float(np.mean(~np.isfinite(ratio)))
    return {"stars": len(ratio), **near, "other": 1 - sum(near.values()) - none, "none": none}
