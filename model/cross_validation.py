"""Out-of-fold predictions: per fold pre-train, fine-tune, and predict the test part.

Neither training sees the stars it predicts. Each fold's runs and predictions are kept in `out`, so
that a killed cross-validation continues with the fold it was in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from data_pipeline.survey import Survey
from model.checks import raise_all, split_rows
from model.config import FinetuneConfig, ModelConfig, TrainConfig
from model.execution import DEFAULT, Execution
from model.finetune import finetune
from model.predict import predict, write_predictions
from model.run import Run
from model.train import train

DEFAULT_FOLDS = tuple(f"fold-{i}" for i in range(5))


def cross_validate(
    survey: Survey,
    out: str | Path,
    model_config: ModelConfig,
    train_config: TrainConfig | None,
    finetune_config: FinetuneConfig,
    execution: Execution = DEFAULT,
    folds: Sequence[str] = DEFAULT_FOLDS,
) -> pd.DataFrame:
    """Return the predictions of every fold's test part, and write them to out/predictions.parquet.

    Parameters
    ----------
    out : path
        Working directory: ``<fold>.run``, ``<fold>.classifier``, ``<fold>.parquet``.
    train_config : TrainConfig or None
        None: the classifiers are trained from scratch.
    folds : names of splits of the survey

    Returns
    -------
    DataFrame with source_id, fold, predicted_class, prob_<class>; a class that a fold did not learn
        has probability 0 there.
    """
    raise_all([problem for fold in folds for problem in split_rows(survey, fold)[1]])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    tables = []
    for fold in folds:
        file = out / f"{fold}.parquet"
        if not file.is_file():
            classifier = _classifier(
                survey, out / fold, model_config,
                replace(train_config, split=fold) if train_config else None,
                replace(finetune_config, split=fold), execution,
            )  # fmt: skip
            rows = split_rows(survey, fold)[0]["test"]
            write_predictions(predict(survey, classifier, execution, rows=rows), file)
        tables.append(pd.read_parquet(file).assign(fold=fold))
    combined = _combined(tables)
    write_predictions(combined, out / "predictions.parquet")
    return combined


def _classifier(
    survey: Survey,
    stem: Path,
    model_config: ModelConfig,
    train_config: TrainConfig | None,
    finetune_config: FinetuneConfig,
    execution: Execution,
) -> Run:
    """Return a fold's classifier, from where an earlier call left off."""
    run_path, classifier_path = (stem.with_name(f"{stem.name}.{x}") for x in ("run", "classifier"))
    if classifier_path.exists():
        return Run.open(classifier_path, "classifier")
    run = None
    if run_path.exists():
        run = Run.open(run_path, "pretraining")
    elif train_config is not None:
        run = train(survey, run_path, model_config, train_config, execution)
    return finetune(
        survey, classifier_path, finetune_config, execution, run=run, model_config=model_config
    )


def _combined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    combined = pd.concat(tables, ignore_index=True).drop(columns="was_trained_on")
    probabilities = [name for name in combined.columns if name.startswith("prob_")]
    predicted = combined["predicted_class"].notna()
    combined.loc[predicted, probabilities] = combined.loc[predicted, probabilities].fillna(0.0)
    return combined
