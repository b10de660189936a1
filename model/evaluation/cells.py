"""One cell of the grid: train a classifier, ask it about the test part, keep the answers.

What a cell leaves is a table of probabilities and a JSON file of figures; its weights are dropped
once every combination of modalities has been asked for, unless they are to be kept.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score

from data_pipeline.cli import write_json
from data_pipeline.survey import Survey
from model.astrom3.recipes import with_recipe
from model.checks import Rows, raise_all, split_rows
from model.config import FinetuneConfig
from model.embed import embed
from model.embeddings import Embeddings
from model.evaluation.grid import (
    ALL,
    FULL,
    PRETRAINED,
    Cell,
    EvaluationConfig,
    seed_of,
    split_name,
)
from model.evaluation.statistics import calibration
from model.execution import Execution
from model.finetune import finetune
from model.labels import ClassLabels, choose_classes, read_labels
from model.loop import chosen_device
from model.modalities import SurveyTensors
from model.predict import load_classifier
from model.run import Run
from model.science.baselines import varying_columns
from model.train import train

Names = tuple[str, ...]


@dataclass(frozen=True)
class Workshop:
    """What the cells of one evaluation share."""

    survey: Survey
    config: EvaluationConfig
    home: Path
    execution: Execution
    tensors: SurveyTensors

    def pretrained(self, base: str) -> Run:
        """Return the pre-training of a split, made when it is first asked for."""
        if self.config.run:
            return Run.open(self.config.run, "pretraining")
        path = self.home / "runs" / f"{base}.run"
        if not path.is_dir():
            settings = replace(self.config.training, split=base, seed=seed_of(base))
            train(self.survey, path, self.config.model, settings, self.execution)
        return Run.open(path, "pretraining")

    def embeddings(self, base: str) -> Embeddings:
        """Return the vectors of the pre-training of a split."""
        path = self.home / "runs" / f"{base}.embeddings"
        if not path.is_dir():
            embed(self.survey, self.pretrained(base), path, self.execution)
        return Embeddings.open(path)

    def settings(self, base: str, subset: str) -> FinetuneConfig:
        """Return the settings of a classifier: a label subset learns the classes of the whole."""
        settings = replace(
            self.config.finetuning, split=split_name(base, subset), seed=seed_of(base)
        )
        if subset == FULL:
            return settings
        labels = read_labels(self.survey)
        rows, _ = split_rows(self.survey, base)
        learned = choose_classes(
            labels, rows["train"], settings.exclude_classes, settings.min_class_count
        ).classes
        others = tuple(sorted(set(labels.dropna()) - set(learned)))
        return replace(settings, exclude_classes=others, min_class_count=1)

    def classes(self, base: str, subset: str) -> tuple[ClassLabels, Rows]:
        """Return the classes learned from a label subset, and its labelled rows."""
        settings = self.settings(base, subset)
        rows, problems = split_rows(self.survey, settings.split)
        raise_all(problems)
        labels = choose_classes(
            read_labels(self.survey), rows["train"], settings.exclude_classes,
            settings.min_class_count,
        )  # fmt: skip
        return labels, {part: r[labels.labelled[r]] for part, r in rows.items()}

    def run_cell(self, cell: Cell) -> dict[str, Any]:
        """Return a cell's figures, from its file where there is one."""
        file = self.home / "cells" / f"{cell.name}.json"
        if file.is_file():
            return json.loads(file.read_text(encoding="utf-8"))
        started = time.perf_counter()
        modalities = self.tensors.config.modalities
        names = modalities if cell.mode == ALL else (cell.mode,)
        origin = self.pretrained(cell.base) if cell.start == PRETRAINED else None
        config = origin.model_config if origin else self.config.model
        settings = self.settings(cell.base, cell.subset)
        if self.config.published_settings:
            config, settings = with_recipe(config, settings, cell.mode, cell.subset, cell.start)
        path = self.home / "runs" / f"{cell.name}.classifier"
        if not path.is_dir():
            finetune(
                self.survey, path, settings, self.execution, run=origin,
                model_config=config.only([n for n in names if n in config.encoders]),
            )  # fmt: skip
        run = Run.open(path, "classifier")
        figures: dict[str, Any] = {**vars(cell), **self._score(cell, run)}
        figures |= self._leaks(cell, run) | {"seconds": time.perf_counter() - started}
        write_json(file, figures)
        if not self.config.keep:
            shutil.rmtree(path)
        return json.loads(file.read_text(encoding="utf-8"))

    def _score(self, cell: Cell, run: Run) -> dict[str, Any]:
        """Ask a classifier about the test part; figures are NaN where no test star has its data."""
        labels, rows = self.classes(cell.base, cell.subset)
        device = chosen_device(self.execution.device)
        classifier = load_classifier(run).to(device)
        names = run.model_config.modalities
        tensors = self.tensors.only(names)
        tensors.config = run.model_config
        asked = rows["test"][tensors.any_present[rows["test"]]]
        combined = {}
        overall = score(np.empty((0, len(labels.classes))), np.empty(0, np.int64))
        for kept in _combinations(names):
            here = asked[np.any([tensors.present[n][asked] for n in kept], axis=0)]
            if not len(here):
                continue
            probability = class_probabilities(classifier, tensors, here, device, kept)
            combined[" + ".join(kept)] = {
                "n": len(here),
                "accuracy": float((probability.argmax(1) == labels.code[here]).mean()),
                "recall": recall(probability.argmax(1), labels.code[here], labels.classes),
            }
            if len(kept) == len(names):
                table = pd.DataFrame({"source_id": tensors.source_id[here]})
                table["class_label"] = [labels.classes[c] for c in labels.code[here]]
                columns = [f"prob_{name}" for name in labels.classes]
                table[columns] = probability
                table.to_parquet(self.home / "cells" / f"{cell.name}.parquet", index=False)
                overall = score(probability, labels.code[here])
        return {
            "classes": list(labels.classes),
            "n_train": int(tensors.any_present[rows["train"]].sum()),
            "n_test": len(asked),
            "epochs": len(run.history),
            **overall,
            "combinations": combined,
        }

    def _leaks(self, cell: Cell, run: Run) -> dict[str, Any]:
        """Count the test stars that pre-training or classifier have seen: none, or it is refused.

        `finetune` has refused already; this is counted from what was written.
        """
        rows, _ = split_rows(self.survey, cell.split)
        n = len(np.intersect1d(run.seen_ids, self.survey.source_id[rows["test"]]))
        if n:
            raise AssertionError(f"{cell.name} has seen {n} of its test stars")
        return {"n_test_seen": n}

    def nuisance(self, base: str, subset: str, table: pd.DataFrame) -> dict[str, Any]:
        """Return what trees on nuisance features reach, over the test stars of each mode."""
        file = self.home / "cells" / f"{base}.{subset}.nuisance.json"
        if file.is_file():
            return json.loads(file.read_text(encoding="utf-8"))
        labels, rows = self.classes(base, subset)
        features = table.to_numpy(np.float64, na_value=np.nan)
        features = features[:, varying_columns(features[rows["train"]])]
        trees = HistGradientBoostingClassifier(
            max_iter=100, learning_rate=0.1, max_leaf_nodes=15, random_state=0
        )
        trees.fit(features[rows["train"]], labels.code[rows["train"]])
        guess = np.full(len(self.survey), -1)
        guess[rows["test"]] = trees.predict(features[rows["test"]])
        present = {**self.tensors.present, ALL: self.tensors.any_present}
        figures: dict[str, Any] = {"base": base, "subset": subset, "modes": {}}
        for mode, mask in present.items():
            asked = rows["test"][mask[rows["test"]]]
            if not len(asked):
                continue
            figures["modes"][mode] = {
                "n_test": len(asked),
                "accuracy": float((guess[asked] == labels.code[asked]).mean()),
                "macro_f1": macro_f1(guess[asked], labels.code[asked]),
                "recall": recall(guess[asked], labels.code[asked], labels.classes),
            }
        write_json(file, figures)
        return figures


@torch.inference_mode()
def class_probabilities(
    classifier: torch.nn.Module,
    tensors: SurveyTensors,
    rows: NDArray[np.int64],
    device: torch.device,
    kept: Sequence[str],
    batch_size: int = 128,
) -> NDArray[np.float64]:
    """Return probabilities (n, K) of some rows when only the modalities `kept` are seen."""
    parts = []
    for batch in tensors.batches(rows, batch_size):
        hidden = {name: mask for name, mask in batch.present.items() if name not in kept}
        logits = classifier(batch.without(hidden).to(device)).double().cpu()
        parts.append(torch.softmax(logits, dim=1).numpy())
    return np.concatenate(parts)


def score(probability: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, Any]:
    """Return accuracy, macro-F1, confusion matrix and calibration of probabilities (N, K).

    Of no stars the matrix is zero and all else NaN.
    """
    guess, n = probability.argmax(axis=1), probability.shape[1]
    kept = calibration(probability, truth)
    return {
        "accuracy": float((guess == truth).mean()) if len(truth) else float("nan"),
        "macro_f1": macro_f1(guess, truth),
        "confusion": np.bincount(truth * n + guess, minlength=n * n).reshape(n, n).tolist(),
        "ece": kept.ece,
        "log_loss": kept.log_loss,
        "reliability": {
            "confidence": kept.confidence, "accuracy": kept.accuracy, "count": kept.count,
        },
    }  # fmt: skip


def macro_f1(guess: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Return the mean F1 of the classes that occur, NaN where none does."""
    if not len(truth):
        return float("nan")
    return float(f1_score(truth, guess, labels=np.unique(truth), average="macro", zero_division=0))


def recall(
    guess: NDArray[np.int64], truth: NDArray[np.int64], classes: Sequence[str]
) -> dict[str, float]:
    """Return the share of each class that is found; classes without a star are left out."""
    return {
        name: float((guess[truth == i] == i).mean())
        for i, name in enumerate(classes)
        if (truth == i).any()
    }


def _combinations(names: Names) -> list[Names]:
    return [kept for n in range(1, len(names) + 1) for kept in combinations(names, n)]
