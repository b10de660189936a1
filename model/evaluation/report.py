"""An evaluation from beginning to end: train every cell, then write text, JSON and figures.

The report's directory: cells/ (figures and probabilities of each classifier), runs/ (pre-trainings
and their embeddings), splits.parquet, report.json, report.txt, plots/. Started again with the same
settings it goes on where it stopped; with others it is refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from data_pipeline.cli import progress, write_json
from data_pipeline.directories import provenance, set_aside
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.checks import raise_all, split_rows
from model.evaluation import plots, tables
from model.evaluation.cells import Workshop
from model.evaluation.estimate import estimate
from model.evaluation.grid import PRETRAINED, EvaluationConfig, split_name
from model.evaluation.numeric import numeric_columns, read_off
from model.evaluation.text import in_words, read_report
from model.evaluation.zero_shot import retrieval, zero_shot
from model.execution import DEFAULT, Execution
from model.loop import chosen_device
from model.modalities import SurveyTensors
from model.resume import fingerprint
from model.run import Run
from model.science.baselines import nuisance_features
from model.train import survey_inputs

Figures = dict[str, Any]


def evaluate(
    survey: Survey, out: str | Path, config: EvaluationConfig, execution: Execution = DEFAULT
) -> Figures:
    """Run an evaluation and return its report, as written to report.json."""
    out = Path(out)
    columns = numeric_columns(survey, config.columns)
    _check_splits(survey, config)
    _claim(out, survey, config, execution)
    tensors = SurveyTensors(survey, config.model, execution.cache, execution.workers)
    train_rows = split_rows(survey, config.bases[0])[0]["train"]
    workshop = Workshop(survey, config, out, execution, tensors.only_present(train_rows))
    print(estimate(workshop, chosen_device(execution.device))[0], file=sys.stderr)
    _write_splits(survey, config, out)
    cells = config.cells(workshop.tensors.config.modalities)
    found = [workshop.run_cell(cell) for cell in progress(cells, "evaluate")]
    nuisance_table = nuisance_features(survey)
    nuisance = [
        workshop.nuisance(base, subset, nuisance_table)
        for base in config.bases
        for subset in config.subsets
    ]
    report = _report(workshop, found, nuisance, nuisance_table, columns)
    write_json(out / "report.json", report)
    known = read_report(out)
    (out / "report.txt").write_text(in_words(known), encoding="utf-8")
    plots.draw(known, tables.with_nan(found), out / "plots")
    return cast(Figures, json.loads((out / "report.json").read_text(encoding="utf-8")))


def _report(
    workshop: Workshop,
    cells: list[Figures],
    nuisance: list[Figures],
    nuisance_table: pd.DataFrame,
    columns: dict[str, Any],
) -> Figures:
    config, survey = workshop.config, workshop.survey
    subset = config.subsets[0]
    report: Figures = {
        "about": {
            "survey": survey.name,
            "synthetic": ", simulated" if survey.is_synthetic else "",
            "n": len(survey),
            "modalities": ", ".join(workshop.tensors.config.modalities),
            "preset": config.model.preset,
            "given": f"pre-training {config.run}" if config.run else "pre-trained per split",
            "bases": ", ".join(config.bases),
            "n_seen": sum(c["n_test_seen"] for c in cells),
        },
        "provenance": provenance(workshop.execution.command, survey_inputs(survey)),
        "accuracy": tables.accuracy_table(cells, nuisance),
        "combination_subset": subset,
        "combinations": tables.combination_table(cells, subset),
        "cells": cells,
        "nuisance": nuisance,
        **{key: [] for key in ("zero_shot", "retrieval", "matched_retrieval", "numeric")},
    }
    if PRETRAINED in config.starts:
        report |= _of_embeddings(workshop, nuisance_table, columns)
    return report


def _of_embeddings(workshop: Workshop, nuisance: pd.DataFrame, columns: dict[str, Any]) -> Figures:
    """What is read off the pre-trainings' vectors, without classifiers."""
    config, zero, found = workshop.config, [], []
    retrieved, matched = [], []
    match = brightness_and_color(workshop)
    for base in progress(config.bases, "read off"):
        embeddings = workshop.embeddings(base)
        for subset in config.subsets:
            labels, rows = workshop.classes(base, subset)
            spaces = zero_shot(embeddings, labels.code, rows["train"], rows["test"])
            zero.append({"base": base, "subset": subset, "spaces": spaces})
        rows, _ = split_rows(workshop.survey, base)
        found.append(read_off(embeddings, columns, nuisance, rows["train"], rows["test"]))
        retrieved.append(_listed(retrieval(embeddings, rows["test"])))
        matched.append(_listed(retrieval(embeddings, rows["test"], match)))
    return {
        "zero_shot": tables.zero_shot_table(zero),
        "numeric": tables.merged(found, ("column", "by", "from")),
        "retrieval": tables.merged(retrieved, ("pair",)),
        "matched_retrieval": tables.merged(matched, ("pair",)),
    }


def _listed(found: dict[str, Figures]) -> list[Figures]:
    return [{"pair": pair, **figures} for pair, figures in found.items()]


def brightness_and_color(workshop: Workshop) -> np.ndarray:
    """Return apparent magnitude and the first color (N, 1 or 2) of each star.

    The magnitude is the light curve's, else the first one of the catalog.
    """
    survey = workshop.survey

    def first(ucd: str) -> np.ndarray:
        for name, column in survey.columns.items():
            if column.ucd.startswith(ucd):
                return survey.objects[name].to_numpy(np.float64, na_value=np.nan)
        return np.full(len(survey), np.nan)

    magnitude = workshop.tensors.magnitude
    magnitude = np.where(np.isfinite(magnitude), magnitude, first("phot.mag"))
    known = [magnitude, first("phot.color")]
    return np.stack([k for k in known if np.isfinite(k).any()] or [np.full(len(survey), np.nan)], 1)


def _check_splits(survey: Survey, config: EvaluationConfig) -> None:
    problems = [problem for name in _split_names(config) for problem in split_rows(survey, name)[1]]
    if "class_label" not in survey.objects or not survey.objects["class_label"].notna().any():
        problems.append(f"{survey.path} has no class labels to evaluate against.")
    if config.run and PRETRAINED in config.starts:
        seen = Run.open(config.run, "pretraining").seen_ids
        for base in config.bases:
            test = split_rows(survey, base)[0].get("test")
            n = 0 if test is None else len(np.intersect1d(seen, survey.source_id[test]))
            if n:
                problems.append(
                    f"{config.run} has seen {n} test stars of split {base!r}. Evaluate it on the "
                    "split it was trained on, or leave --run out to pre-train on each split."
                )
    raise_all(problems)


def _claim(out: Path, survey: Survey, config: EvaluationConfig, execution: Execution) -> None:
    """Take the report's directory, or go on in it; refuse that of another evaluation."""
    settings = {"survey": survey.content_hash, **config.to_dict()}
    file, mine = out / "settings.json", fingerprint(settings)
    if file.is_file() and json.loads(file.read_text(encoding="utf-8"))["fingerprint"] == mine:
        return
    if out.exists() and (out.is_file() or any(out.iterdir())):
        if not execution.overwrite:
            raise InputError(
                f"{out} holds something else, or an evaluation with other settings. Choose another "
                "place, repeat the earlier command to continue it, or use --overwrite."
            )
        set_aside(out)
    (out / "cells").mkdir(parents=True, exist_ok=True)
    write_json(file, {"fingerprint": mine, "settings": settings})


def _write_splits(survey: Survey, config: EvaluationConfig, out: Path) -> None:
    frames = [survey.split(name) for name in _split_names(config)]
    pd.concat([f for f in frames if f is not None]).to_parquet(out / "splits.parquet", index=False)


def _split_names(config: EvaluationConfig) -> list[str]:
    return [split_name(base, subset) for base in config.bases for subset in config.subsets]
