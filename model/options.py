"""From command-line options to configs: `--set KEY=VALUE` for every field of every config."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from data_pipeline.cli import positive
from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean
from model.config import (
    PRESETS,
    FinetuneConfig,
    ModelConfig,
    TrainConfig,
    from_dict,
    preset_settings,
)

Settings = TypeVar("Settings", TrainConfig, FinetuneConfig)


def add_common(parser: argparse.ArgumentParser, out: str, out_help: str) -> None:
    """Add what every command of the model has."""
    parser.add_argument("survey", type=Path, metavar="SURVEY", help="survey directory")
    parser.add_argument("--out", type=Path, required=True, metavar=out, help=out_help)
    parser.add_argument("--overwrite", action="store_true", help="set an existing directory aside")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (auto)")
    parser.add_argument(
        "--compile", action="store_true", help="fuse the encoders: for long trainings on a GPU"
    )
    parser.add_argument(
        "--workers", type=positive, metavar="N", help="processes that prepare the inputs"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep prepared inputs here (SURVEY.tensors)"
    )


def add_training(parser: argparse.ArgumentParser, defaults: TrainConfig | FinetuneConfig) -> None:
    """Add what both trainings have."""
    for name, kind, text in (
        ("split", str, "split of the survey"),
        ("seed", int, "seed of everything random"),
        ("epochs", int, "passes over the train part, at most"),
        ("batch_size", int, "stars per step"),
        ("learning_rate", float, "peak of the schedule"),
    ):
        default = getattr(defaults, name)
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(
            option, type=kind, help=f"{text} ({default}, or as the preset was published)"
        )
    _add_settings(parser, "any field of a config: view_weight=0, photometry.n_layers=1")
    parser.add_argument(
        "--restart", action="store_true", help="drop the state of a killed training"
    )


def add_evaluation(parser: argparse.ArgumentParser) -> None:
    """Add what `evaluate` has of its own."""
    parser.add_argument("--run", type=Path, help="evaluate this pre-training, on its own split")
    parser.add_argument("--modes", type=names, default=(), metavar="A,B", help="modalities, all")
    parser.add_argument(
        "--subsets", type=names, default=(), metavar="A,B", help="full,sub50,sub25,sub10"
    )
    parser.add_argument(
        "--seeds",
        type=names,
        default=(),
        metavar="A,B",
        help="seeds of splits, or names of splits (42,0,66,12,123)",
    )
    parser.add_argument(
        "--starts", type=names, default=(), metavar="A,B", help="pretrained,scratch"
    )
    parser.add_argument(
        "--columns", type=names, default=(), metavar="A,B", help="numeric columns to read off"
    )
    parser.add_argument(
        "--published-settings", action="store_true",
        help="with --preset astrom3: each classifier by its own published hyper-parameters",
    )  # fmt: skip
    parser.add_argument("--keep", action="store_true", help="keep the weights of all classifiers")
    for name, what in (("train", "pre-training"), ("finetune", "classifiers")):
        parser.add_argument(
            f"--{name}-set", action="append", default=[], metavar="KEY=VALUE",
            help=f"set a field of the {what}: epochs=5; may be repeated",
        )  # fmt: skip
    _add_settings(parser, "a field of the model: photometry.n_layers=1")


def add_tuning(parser: argparse.ArgumentParser) -> None:
    """Add what `tune` has of its own."""
    parser.add_argument("--task", choices=("train", "finetune"), default="train", help="(train)")
    parser.add_argument("--run", type=Path, help="pre-training to fine-tune from")
    parser.add_argument("--trials", type=int, default=100, help="finished trials to reach (100)")
    parser.add_argument("--trial-set", action="append", default=[], metavar="KEY=VALUE",
                        help="set a field of every trial's training: epochs=5")  # fmt: skip
    _add_settings(parser, "a field of the model: photometry.n_layers=1")


def _add_settings(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--modalities", type=names, default=(), metavar="A,B", help="use these only (all)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help=f"set {what}; may be repeated",
    )  # fmt: skip


def settings(cls: type[Settings], given: Sequence[str], preset: str) -> Settings:
    """Return a training's config: the preset's, changed by KEY=VALUE."""
    return from_dict(cls, asdict(preset_settings(cls, preset)) | assignments(given))


def add_preset(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the architecture."""
    parser.add_argument(
        "--preset", choices=sorted(PRESETS), default="compact", help="architecture (compact)"
    )


def training_config(cls: type[Settings], args: argparse.Namespace, preset: str) -> Settings:
    """Return the training's config: the preset's, changed by options and `--set`."""
    values = asdict(preset_settings(cls, preset))
    given = {name: getattr(args, name) for name in values if getattr(args, name, None) is not None}
    given |= {key: value for key, value in assignments(args.set).items() if "." not in key}
    for name in MODEL_FIELDS:
        given.pop(name, None)
    return from_dict(cls, values | given)


MODEL_FIELDS = ("embed_dim", "initial_scale")
"""Fields of `ModelConfig` that `--set` reaches by their bare name."""


def model_config(args: argparse.Namespace, base: ModelConfig | None = None) -> ModelConfig:
    """Return `base` or the preset, of the modalities asked for, with what `--set` changes."""
    config = base or PRESETS[args.preset]()
    config = config.only(args.modalities or config.modalities)
    chosen = dict(config.encoders)
    values = assignments(args.set)
    for key, value in values.items():
        name, _, field = key.partition(".")
        if field:
            if name not in chosen:
                raise InputError(f"--set {key}: there is no modality {name!r} to set it for.")
            known_fields = asdict(chosen[name])
            if field not in known_fields:
                hint = did_you_mean(field, known_fields)
                raise InputError(f"--set {key}: {name} has no field {field!r}{hint}.")
            chosen[name] = from_dict(type(chosen[name]), known_fields | {field: value})
    own = {name: values[name] for name in MODEL_FIELDS if name in values}
    return from_dict(ModelConfig, {**vars(config), "encoders": chosen, **own})


def refuse_training_fields(args: argparse.Namespace, option: str) -> None:
    """Refuse `--set epochs=5` where `--set` reaches the model alone, and name what reaches it."""
    for key in assignments(args.set):
        if "." not in key and key not in MODEL_FIELDS:
            hint = did_you_mean(key, MODEL_FIELDS)
            raise InputError(
                f"--set {key}: the model has no field {key!r}{hint}; what concerns the training is "
                f"set with {option} {key}=VALUE."
            )


def assignments(given: Sequence[str]) -> dict[str, Any]:
    """Parse KEY=VALUE; a value is JSON where it can be, else text."""
    values = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InputError(f"--set {text!r} must look like KEY=VALUE.")
        values[key] = _value(value)
    return values


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return tuple(value) if isinstance(value, list) else value


def names(text: str) -> tuple[str, ...]:
    """Parse A,B,C."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
