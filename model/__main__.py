"""``python -m model``: train, finetune, predict, evaluate, tune, embed, atlas, import-published.

Progress goes to stderr, a short summary to stdout, figures to ``--json FILE``. Torch is imported by
the commands that need it only.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.cli import run_main
from model import atlas_cli, options
from model.config import FinetuneConfig, TrainConfig


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("train", help="contrastive pre-training of a survey")
    options.add_common(command, "RUN", "run directory to make")
    options.add_preset(command)
    options.add_training(command, TrainConfig())
    command.set_defaults(main="train")

    command = commands.add_parser("finetune", help="train a classifier")
    options.add_common(command, "RUN", "run directory to make")
    options.add_preset(command)
    options.add_training(command, FinetuneConfig())
    command.add_argument("--run", type=Path, help="pre-trained run to start from (from scratch)")
    command.add_argument(
        "--labels", metavar="FILE",
        help="labels that replace the survey's: a table, or verdicts (database or export)",
    )  # fmt: skip
    command.add_argument(
        "--exclude-classes", type=options.names, default=(), metavar="A,B",
        help="treat these labels as unlabelled",
    )  # fmt: skip
    command.add_argument(
        "--min-class-count", type=int, default=10, help="smallest class learned (10)"
    )
    command.set_defaults(main="finetune")

    command = commands.add_parser("predict", help="class probabilities of every star")
    options.add_common(command, "FILE", "table to write, .parquet or .csv")
    command.add_argument("--run", type=Path, required=True, help="run of a classifier")
    command.add_argument("--split", help="predict one part of this split only")
    command.add_argument("--part", default="test", help="train, val or test of --split (test)")
    command.set_defaults(main="predict")

    command = commands.add_parser("evaluate", help="the paper's tables for a survey")
    options.add_common(command, "REPORT", "report directory to make, or to go on in")
    options.add_preset(command)
    options.add_evaluation(command)
    command.set_defaults(main="evaluate")

    command = commands.add_parser("tune", help="search hyper-parameters")
    options.add_common(command, "STUDY", "study directory to make, or to go on in")
    options.add_preset(command)
    options.add_tuning(command)
    command.set_defaults(main="tune")

    command = commands.add_parser("embed", help="unit vectors of every star and modality")
    options.add_common(command, "EMB", "embeddings directory to make")
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, help="run to embed with")
    source.add_argument(
        "--plain", action="store_true", help="no model: the survey's own features, standardised"
    )
    command.set_defaults(main="embed")

    command = commands.add_parser("import-published", help="published AstroM3 weights as a run")
    command.add_argument("where", metavar="WHERE", help="directory or hub id of the weights")
    command.add_argument("--out", type=Path, required=True, metavar="RUN", help="run to make")
    command.add_argument("--overwrite", action="store_true", help="set an existing directory aside")
    command.add_argument(
        "--info", type=Path, required=True, metavar="FILE", help="info.json of their split"
    )
    command.add_argument(
        "--seen", type=Path, required=True, nargs="+", metavar="FILE",
        help="train.csv and val.csv of their split: stars that are never scored",
    )  # fmt: skip
    command.set_defaults(main="import-published")

    command = commands.add_parser("atlas", help="neighbours, maps and flags: what the page opens")
    atlas_cli.add_arguments(command)
    command.set_defaults(main=atlas_cli.main)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the arguments and run the command."""
    args = build_parser().parse_args(argv)
    args.command_line = shlex.join(
        ["python", "-m", "model", *(sys.argv[1:] if argv is None else argv)]
    )
    if isinstance(args.main, str):
        commands = importlib.import_module("model.commands")
        commands.run(args)
    else:
        args.main(args)


if __name__ == "__main__":
    sys.exit(run_main(main, None))
