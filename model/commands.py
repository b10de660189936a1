"""The commands that need torch: each runs, prints a short summary and writes its figures."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from data_pipeline.cli import write_json
from data_pipeline.survey import Survey
from model import distributed, options
from model.astrom3.importing import import_published
from model.checks import raise_all, split_rows
from model.config import FinetuneConfig, TrainConfig
from model.embed import embed
from model.execution import Execution
from model.finetune import finetune
from model.labels import read_labels
from model.plain import embed_plain
from model.predict import check_predictions_path, predict, write_predictions
from model.run import Run
from model.train import train


def run(args: argparse.Namespace) -> None:
    """Run the command that the arguments name."""
    try:
        {
            "train": train_command,
            "finetune": finetune_command,
            "predict": predict_command,
            "embed": embed_command,
            "evaluate": evaluate_command,
            "tune": tune_command,
            "import-published": import_command,
        }[args.main](args)
    finally:
        distributed.stop()


def train_command(args: argparse.Namespace) -> None:
    """Pre-train."""
    started = time.perf_counter()
    config = options.model_config(args)
    run = train(
        Survey.open(args.survey),
        args.out,
        config,
        options.training_config(TrainConfig, args, config.preset),
        _execution(args),
    )
    _report_training(args, run, started, ("score",))


def finetune_command(args: argparse.Namespace) -> None:
    """Train a classifier."""
    started = time.perf_counter()
    origin = Run.open(args.run, "pretraining") if args.run else None
    config = options.model_config(args, origin.model_config if origin else None)
    run = finetune(
        Survey.open(args.survey),
        args.out,
        options.training_config(FinetuneConfig, args, config.preset),
        _execution(args),
        run=origin,
        model_config=config,
        labels_file=args.labels,
    )
    _report_training(args, run, started, ("accuracy", "macro_f1"))


def predict_command(args: argparse.Namespace) -> None:
    """Predict, and say how often the labels of stars not learned from are met."""
    survey, run = Survey.open(args.survey), Run.open(args.run, "classifier")
    problems = check_predictions_path(args.out, args.overwrite)
    rows = None
    if args.split:
        parts, found = split_rows(survey, args.split)
        problems += found
        rows = parts.get(args.part)
        if rows is None and parts:
            problems.append(f"--part must be one of {', '.join(parts)}, found {args.part!r}.")
    raise_all(problems)
    table = predict(survey, run, _execution(args), rows=rows)
    write_predictions(table, args.out)
    labels = read_labels(survey).iloc[survey.rows(table["source_id"])].to_numpy()
    scored = ~table["was_trained_on"].to_numpy() & np.isin(labels, run.classes)
    agree = table["predicted_class"].to_numpy()[scored] == labels[scored]
    figures = {
        "n_objects": len(table),
        "n_predicted": int(table["predicted_class"].notna().sum()),
        "n_scored": int(scored.sum()),
        "accuracy": float(agree.mean()) if scored.any() else None,
        "classes": list(run.classes),
    }
    print(f"{figures['n_predicted']} of {len(table)} stars predicted, written to {args.out}")
    if scored.any():
        print(f"of {scored.sum()} labelled stars not learned from, {agree.mean():.1%} agree")
    write_json(args.json, figures)


def evaluate_command(args: argparse.Namespace) -> None:
    """Evaluate, and show the report."""
    # Imported here: the other commands need not wait for the plotting library.
    from model.evaluation.grid import EvaluationConfig
    from model.evaluation.report import evaluate

    options.refuse_training_fields(args, "--train-set or --finetune-set")
    survey = Survey.open(args.survey)
    given: dict[str, Any] = {}
    origin = Run.open(args.run, "pretraining") if args.run else None
    model = options.model_config(args, origin.model_config if origin else None)
    if origin is not None:
        given = {"run": str(args.run), "bases": (origin.training["split"],)}
    if args.seeds:
        given["bases"] = tuple(f"seed-{s}" if s.isdigit() else s for s in args.seeds)
    given |= {n: getattr(args, n) for n in ("subsets", "modes", "starts") if getattr(args, n)}
    config = EvaluationConfig(
        model=model,
        training=options.settings(TrainConfig, args.train_set, model.preset),
        finetuning=options.settings(FinetuneConfig, args.finetune_set, model.preset),
        columns=args.columns,
        published_settings=args.published_settings,
        keep=args.keep,
        **given,
    )
    report = evaluate(survey, args.out, config, _execution(args))
    print((args.out / "report.txt").read_text(encoding="utf-8"))
    print(f"report written to {args.out}")
    write_json(args.json, report)


def tune_command(args: argparse.Namespace) -> None:
    """Search, and show the best settings."""
    from model.tune import Search, in_words, tune  # optuna is slow to import

    options.refuse_training_fields(args, "--trial-set")
    origin = Run.open(args.run, "pretraining") if args.run else None
    model = options.model_config(args, origin.model_config if origin else None)
    kind: Any = TrainConfig if args.task == "train" else FinetuneConfig
    search = Search(model, options.settings(kind, args.trial_set, model.preset), origin)
    figures = tune(Survey.open(args.survey), args.out, search, args.trials, _execution(args))
    print(in_words(figures))
    print(f"study written to {args.out}")
    write_json(args.json, figures)


def import_command(args: argparse.Namespace) -> None:
    """Make a run of published weights."""
    execution = Execution(overwrite=args.overwrite, command=args.command_line)
    run = import_published(args.where, args.info, args.seen, args.out, execution)
    print(f"run of {args.where}, which saw {len(run.training_ids)} stars, written to {args.out}")


def embed_command(args: argparse.Namespace) -> None:
    """Embed, and say what is absent."""
    started = time.perf_counter()
    survey = Survey.open(args.survey)
    if args.plain:
        embeddings = embed_plain(survey, args.out, args.overwrite)
    else:
        embeddings = embed(survey, Run.open(args.run), args.out, _execution(args))
    if distributed.rank() > 0:
        return
    seconds = time.perf_counter() - started
    figures: dict[str, Any] = {
        "n_objects": len(embeddings),
        "n_present": {name: int(mask.sum()) for name, mask in embeddings.present.items()},
        "absent": embeddings.manifest["provenance"]["absent"],
        "seconds": seconds,
    }
    have = ", ".join(f"{n} with {name}" for name, n in figures["n_present"].items())
    print(f"{len(embeddings)} objects ({have}) embedded in {seconds:.0f} s, written to {args.out}")
    for name, reasons in figures["absent"].items():
        for reason, count in reasons.items():
            print(f"  {name}: {count} absent, {reason}")
    write_json(args.json, figures)


def _execution(args: argparse.Namespace) -> Execution:
    return Execution(
        device=args.device,
        cache=args.cache,
        workers=args.workers,
        compile=args.compile,
        restart=getattr(args, "restart", False),
        overwrite=args.overwrite,
        command=args.command_line,
    )


def _report_training(
    args: argparse.Namespace, run: Run, started: float, shown: Sequence[str]
) -> None:
    if distributed.rank() > 0:
        return
    best = run.history[run.training["best_epoch"]]
    figures = {
        "task": run.task,
        "modalities": list(run.model_config.modalities),
        "classes": list(run.classes),
        "n_train": run.training.get("n_labelled", len(run.training_ids)),
        "n_val": len(run.validation_ids),
        "n_epochs": len(run.history),
        "best": best,
        "seconds": time.perf_counter() - started,
    }
    values = ", ".join(f"val {name} {best[f'val_{name}']:.3f}" for name in shown)
    print(
        f"{len(run.history)} epochs on {figures['n_train']} stars in {figures['seconds']:.0f} s; "
        f"best epoch {int(best['epoch'])}: {values}"
    )
    print(f"run written to {args.out}")
    write_json(args.json, figures)
