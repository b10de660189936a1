"""Why EROS-1's classes cannot all be told without the period that people chose, as one table.

python tests/benchmarks/eros1_labels.py SURVEY [--stars 400]

The survey is EROS-1's, built by this project. Printed are: how often a simple search finds the
period in the catalogue; whether any fit prefers, for faint stars with the period of an RR Lyrae,
the alias that would make them the Cepheid they are labelled as; and what boosted trees reach with
and without the catalogue's period.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import nifty_ls
import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from data_pipeline.cli import progress, run_main
from data_pipeline.light_curves import LightCurve
from data_pipeline.survey import Survey
from model.science.baselines import trees_by_fold
from model.science.chain import FOLDS

SEED = 0
SIDEREAL = 1.0027379  # cycles per day
FAINT_MAG, RR_LYRAE_DAYS = 18.7, (0.5, 0.95)
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray, float], float]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("survey", type=Path, metavar="SURVEY")
    parser.add_argument("--stars", type=int, default=400, help="sample of pulsators (400)")
    args = parser.parse_args(argv)
    survey = Survey.open(args.survey)
    print(searches(survey, args.stars).round(3).to_string(), "\n")
    print(aliases(survey).round(3).to_string(), "\n")
    print(trees(survey).round(3).to_string())


def searches(survey: Survey, n_stars: int) -> pd.DataFrame:
    """Share of pulsators whose highest peak is the catalogue's period within 1 %, per search."""
    objects = survey.objects[survey.objects["class_label"].isin(["CEP", "RRLYR"])]
    found = []
    for star in progress(objects.sample(n_stars, random_state=SEED).itertuples(), "searches"):
        row = {"class": star.class_label, "this project": star.period_days}
        for band, curve in _bands(survey, star.source_id):
            for harmonics in (1, 2):
                frequency, power = _periodogram(curve, harmonics)
                for fastest in (2.5, 4.0, 5.2):
                    best = frequency[np.argmax(np.where(frequency < fastest, power, 0))]
                    row[f"{band}, {harmonics} harmonics, under {fastest} c/d"] = 1 / best
        found.append({k: v if k == "class" else _same(v, star) for k, v in row.items()})
    table = pd.DataFrame(found)
    shares = table.groupby("class").mean().T.astype(float)
    shares["together"] = table.drop(columns="class").mean().astype(float)
    return shares.rename_axis("share with the catalogue's period", axis=0)


def _same(period: float, star: object) -> float:
    ratio = period / star.period_catalog_days if pd.notna(period) else np.nan
    return float(abs(ratio - 1) < 0.01)


def _bands(survey: Survey, source_id: int) -> list[tuple[str, LightCurve]]:
    curve = survey.light_curve(int(source_id))
    curve = curve.select(curve.good)
    return [(band, curve.in_band(band)) for band in survey.bands if len(curve.in_band(band)) >= 20]


def _periodogram(curve: LightCurve, harmonics: int) -> tuple[np.ndarray, np.ndarray]:
    time, value, err = (np.asarray(a, float) for a in (curve.time, curve.mag, curve.mag_err))
    step, lowest = 0.15 / np.ptp(time), 0.01
    n = int((5.2 - lowest) / step)
    found = nifty_ls.lombscargle(
        time - time[0], value, err, fmin=lowest, fmax=lowest + step * (n - 1), Nf=n,
        nterms=harmonics,
    )  # fmt: skip
    return lowest + step * np.arange(n), found.power


def aliases(survey: Survey) -> pd.DataFrame:
    """How well each fit's preference for the alias one cycle a day slower tells the label (AUC)."""
    objects = survey.objects
    period = objects["period_days"].fillna(objects["period_alt_days"])
    low, high = RR_LYRAE_DAYS
    asked = (objects["lc_mean_mag"] > FAINT_MAG) & period.between(low, high)
    cepheids = objects[asked & (objects["class_label"] == "CEP")]
    others = objects[asked & (objects["class_label"] == "RRLYR")].sample(250, random_state=SEED)
    chosen = pd.concat([cepheids, others])
    rows = []
    for star in progress(chosen.itertuples(), "aliases"):
        frequency = 1 / period[star.Index]
        row = {"cepheid": star.class_label == "CEP"}
        for band, curve in _bands(survey, star.source_id):
            row |= {f"{band}, {k}": v for k, v in _preferences(curve, frequency).items()}
        rows.append(row)
    table = pd.DataFrame(rows)
    answers = {}
    for name in table.columns.drop("cepheid"):
        known = table[name].notna()
        likes, is_cepheid = table.loc[known, name].astype(float), table.loc[known, "cepheid"]
        answers[name] = {
            "AUC": roc_auc_score(is_cepheid, likes),
            "alias preferred, CEP": (likes[is_cepheid] > 0).mean(),
            "alias preferred, RRLYR": (likes[~is_cepheid] > 0).mean(),
        }
    label = f"{len(cepheids)} CEP, {len(others)} RRLYR fainter than {FAINT_MAG}"
    return pd.DataFrame(answers).T.rename_axis(label, axis=0)


def _preferences(curve: LightCurve, frequency: float) -> dict[str, float]:
    time, value, err = (np.asarray(a, float) for a in (curve.time, curve.mag, curve.mag_err))
    time, weight = time - time[0], 1 / err**2
    weight = weight / weight.mean()
    value = value - np.average(value, weights=weight)
    offsets = np.arange(-1.5, 1.5, 0.15) / np.ptp(time)

    def best(fit: Fit, center: float) -> float:
        return max(fit(time, value, weight, center + offset) for offset in offsets)

    total = float(weight @ value**2)
    return {
        name: (best(fit, abs(frequency - SIDEREAL)) - best(fit, frequency)) / total
        for name, fit in FITS.items()
    }


def _harmonics(n: int) -> Fit:
    def explained(time: np.ndarray, value: np.ndarray, weight: np.ndarray, f: float) -> float:
        angle = 2 * np.pi * f * np.outer(time, np.arange(1, n + 1))
        root = np.sqrt(weight)
        columns = np.hstack([np.ones((len(time), 1)), np.cos(angle), np.sin(angle)])
        columns *= root[:, None]
        solution = np.linalg.lstsq(columns, root * value, rcond=None)[0]
        return -float(np.sum((columns @ solution - root * value) ** 2))

    return explained


def _variance_of_bins(n: int) -> Fit:
    """Analysis of variance (Schwarzenberg-Czerny 1989), over two sets of bins."""

    def explained(time: np.ndarray, value: np.ndarray, weight: np.ndarray, f: float) -> float:
        total = 0.0
        for shift in (0.0, 0.5 / n):
            index = ((time * f + shift) % 1 * n).astype(int) % n
            weights = np.bincount(index, weight, n)
            sums = np.bincount(index, weight * value, n)
            total += float(np.sum(sums**2 / np.maximum(weights, 1e-9)))
        return total / 2

    return explained


def _string_length(time: np.ndarray, value: np.ndarray, weight: np.ndarray, f: float) -> float:
    in_phase = value[np.argsort(time * f % 1)]
    return -float(np.sum(np.diff(np.append(in_phase, in_phase[0])) ** 2))


FITS: dict[str, Fit] = {
    **{f"{n} harmonics": _harmonics(n) for n in (1, 2, 3, 5)},
    **{f"{n} bins": _variance_of_bins(n) for n in (5, 10, 20)},
    "string length": _string_length,
}


def trees(survey: Survey) -> pd.DataFrame:
    """Boosted trees on the survey's features, in the folds of the report."""
    labels = survey.objects["class_label"].astype(object).reset_index(drop=True)
    ours = survey.features.reset_index(drop=True)
    human = np.log10(survey.objects["period_catalog_days"].to_numpy(float))
    alone = [name for name in ours if str(name).endswith(("_period_blue", "_period_red"))]
    alone += [name for name in ours if str(name).startswith("lc_period_power_")]
    guesses = {
        "without each band alone": ours.drop(columns=alone),
        "all features": ours,
        "and the catalogue's period": ours.assign(human=human),
    }
    answers = {}
    for name, features in guesses.items():
        guess = trees_by_fold(survey, features, labels, FOLDS)
        answers[name] = {
            "accuracy": accuracy_score(labels, guess),
            "macro-F1": f1_score(labels, guess, average="macro"),
        }
    return pd.DataFrame(answers).T.rename_axis("boosted trees", axis=0)


if __name__ == "__main__":
    sys.exit(run_main(main, None))
