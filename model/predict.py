"""A classifier's run and a survey in, a table of class probabilities out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from data_pipeline.survey import Survey
from model.classifier import Ensemble, build_classifier
from model.clip import MultimodalCLIP
from model.config import FinetuneConfig, from_dict
from model.execution import DEFAULT, Execution
from model.finetune import classify_rows
from model.loop import chosen_device
from model.modalities import SurveyTensors
from model.run import Run
from model.weights import load_strictly

EXTRA_KEYS = ("from", "best_epoch", "n_labelled")  # beside the config, in a training record


def predict(
    survey: Survey,
    run: Run,
    execution: Execution = DEFAULT,
    *,
    rows: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Return a row per star: source_id, predicted_class, one ``prob_<class>`` each, was_trained_on.

    Stars without any usable modality have no class and NaN probabilities. `was_trained_on` marks
    stars the run has learned from or chosen by: their probabilities are not out of sample.
    """
    where = chosen_device(execution.device)
    classifier = load_classifier(run).to(where)
    tensors = SurveyTensors(survey, run.model_config, execution.cache, execution.workers)
    rows = np.arange(len(survey)) if rows is None else rows
    usable = tensors.any_present[rows]
    probability = np.full((len(rows), len(run.classes)), np.nan)
    if usable.any():
        logits = classify_rows(classifier, tensors, rows[usable], where)
        probability[usable] = torch.softmax(logits, dim=1).numpy()
    names = np.array(run.classes, dtype=object)
    best = names[np.argmax(np.nan_to_num(probability), axis=1)]
    table = pd.DataFrame({"source_id": tensors.source_id[rows]})
    best[~usable] = None
    table["predicted_class"] = best
    for column, name in enumerate(run.classes):
        table[f"prob_{name}"] = probability[:, column]
    table["was_trained_on"] = np.isin(table["source_id"], run.seen_ids)
    return table


def load_classifier(run: Run) -> nn.Module:
    """Return a classifier with its weights, in eval mode."""
    values = {k: v for k, v in run.training.items() if k not in EXTRA_KEYS}
    config: FinetuneConfig = from_dict(FinetuneConfig, values)
    members = [
        build_classifier(MultimodalCLIP(run.model_config), len(run.classes), config)
        for _ in range(config.members)
    ]
    classifier = members[0] if config.members == 1 else Ensemble(members)
    load_strictly(classifier, run.weights(), str(run.path))
    return classifier.eval()


def write_predictions(table: pd.DataFrame, path: str | Path) -> None:
    """Write predictions as Parquet or CSV, by the file's ending; whole or not at all."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.writing")
    if path.suffix == ".parquet":
        table.to_parquet(unfinished, index=False)
    else:
        table.to_csv(unfinished, index=False)
    unfinished.replace(path)


def check_predictions_path(path: str | Path, overwrite: bool) -> list[str]:
    """Return what forbids writing predictions to `path`."""
    path = Path(path)
    if path.suffix not in (".parquet", ".csv"):
        return [f"--out {path} must end in .parquet or .csv."]
    if path.exists() and not overwrite:
        return [f"{path} already exists. Choose another name, or use --overwrite."]
    if not path.parent.is_dir():
        return [f"there is no directory {path.parent} to write {path.name} in."]
    return []
