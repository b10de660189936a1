"""`compact` against `astrom3` at equal cost, beside boosted trees and a cyclic network.

    python tests/benchmarks/preset_grid.py --out DIR --demo SURVEY [--acvs SURVEY] [--eros1 SURVEY]
        [--seeds 42,0,66] [--presets compact,astrom3] [--cpu-seconds 2400] [--report]

A run is one preset, one survey and one seed (which is its split too). It may spend `--cpu-seconds`
of processor time, by default what two cores give in 20 minutes: half of it on pre-training, three
tenths on a classifier of all labels, two tenths on one of a tenth of them. An epoch's cost is
measured first, and each training gets the epochs that fit, with its schedule stretched over them.
Processor time is counted and not the clock, so that what else the machine does favors no preset;
run it with OMP_NUM_THREADS=1, two surveys side by side.

Then, from the test part: accuracy and macro-F1 of the classifiers and of a linear probe on the
vectors, retrieval across modalities among all stars and among those alike in brightness and color,
and how well three per cent of moved labels are found by the probe (average precision). A run that
is done is kept in DIR and not done again; `--report` only prints the tables of what is there.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cyclic_network import cyclic_network
from flag_cases import ACVS_MOVES, DEMO_MOVES, EROS_MOVES
from grid_figures import moved_label_precision, probe, trees
from grid_tables import tables

from data_pipeline.cli import run_main, write_json
from data_pipeline.survey import Survey
from model.checks import split_rows
from model.config import PRESETS, FinetuneConfig, TrainConfig, preset_settings
from model.evaluation.cells import Workshop
from model.evaluation.grid import ALL, FULL, PRETRAINED, Cell, EvaluationConfig
from model.evaluation.report import brightness_and_color
from model.evaluation.zero_shot import retrieval, zero_shot
from model.execution import Execution
from model.finetune import finetune
from model.modalities import SurveyTensors
from model.train import train

TENTH = "sub10"
SHARES = {"pre-training": 0.5, FULL: 0.3, TENTH: 0.2}
MOVES = {"demo": DEMO_MOVES, "acvs": ACVS_MOVES, "eros1": EROS_MOVES}
BASELINES = ("trees", "cyclic")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    for name in MOVES:
        parser.add_argument(f"--{name}", type=Path, metavar="SURVEY")
    parser.add_argument("--seeds", default="42,0,66")
    parser.add_argument("--presets", default=",".join((*PRESETS, *BASELINES)))
    parser.add_argument("--cpu-seconds", type=float, default=2400.0)
    parser.add_argument("--learning-rate", type=float, help="of the pre-training, all presets")
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    surveys = {name: getattr(args, name) for name in MOVES if getattr(args, name)}
    for seed in () if args.report else args.seeds.split(","):
        for name, path in surveys.items():
            for preset in args.presets.split(","):
                one_run(args, name, Survey.open(path), preset, f"seed-{seed}")
    files = sorted(args.out.glob("*.json"))
    print(tables([json.loads(path.read_text(encoding="utf-8")) for path in files]))


def one_run(args: argparse.Namespace, name: str, survey: Survey, preset: str, base: str) -> None:
    """Do one run and write its figures, unless they are there."""
    path = args.out / f"{name}.{preset}.{base}.json"
    if path.exists():
        return
    print(f"{name} {preset} {base}", file=sys.stderr, flush=True)
    started = time.process_time()
    if preset == "trees":
        figures = trees(survey, base, (FULL, TENTH))
    elif preset == "cyclic":
        figures = cyclic_network(survey, base, (FULL, TENTH), args.cpu_seconds, SHARES)
    else:
        figures = _preset(args, name, survey, preset, base)
    about = {"survey": name, "preset": preset, "base": base, "cpu_seconds": args.cpu_seconds}
    write_json(path, {**about, "spent": time.process_time() - started, **figures})


def _preset(
    args: argparse.Namespace, name: str, survey: Survey, preset: str, base: str
) -> dict[str, Any]:
    home = args.out / f"{name}.{preset}.{base}"
    for folder in ("cells", "runs"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    model, execution = PRESETS[preset](), Execution(device="cpu", workers=1)
    tensors = SurveyTensors(survey, model, None, 1)
    training = replace(preset_settings(TrainConfig, preset), split=base)
    if args.learning_rate:
        training = replace(training, learning_rate=args.learning_rate)
    finetuning = preset_settings(FinetuneConfig, preset)
    config = EvaluationConfig(model, training, finetuning, bases=(base,), modes=(ALL,))
    shop = Workshop(survey, config, home, execution, tensors)
    trial = home / "trial"

    def fitting(share: str, once: Callable[[], Any]) -> int:
        """How many epochs a share of the time holds, by one that is thrown away."""
        shutil.rmtree(trial, ignore_errors=True)
        begun = time.process_time()
        once()
        cost = time.process_time() - begun
        shutil.rmtree(trial, ignore_errors=True)
        return max(1, int(SHARES[share] * args.cpu_seconds / cost))

    epochs = {
        "pre-training": fitting(
            "pre-training",
            lambda: train(survey, trial, model, replace(training, epochs=1), execution),
        )
    }
    training = replace(training, epochs=epochs["pre-training"])
    shop = replace(shop, config=replace(config, training=training))
    figures: dict[str, Any] = {"epochs": epochs, "finetuned": {}}
    origin = shop.pretrained(base)
    for subset in (FULL, TENTH):
        settings = shop.settings(base, subset)
        epochs[subset] = fitting(
            subset,
            lambda s=settings: finetune(survey, trial, replace(s, epochs=1), execution, run=origin),
        )
        longer = replace(finetuning, epochs=epochs[subset])
        here = replace(shop, config=replace(shop.config, finetuning=longer))
        cell = here.run_cell(Cell(base, subset, ALL, PRETRAINED))
        figures["finetuned"][subset] = {k: cell[k] for k in ("accuracy", "macro_f1", "epochs")}
    return figures | _of_vectors(shop, base, MOVES[name])


def _of_vectors(shop: Workshop, base: str, moves: dict[str, list[str]]) -> dict[str, Any]:
    """What the pre-training's vectors know, without a classifier."""
    embeddings = shop.embeddings(base)
    figures: dict[str, Any] = {"probe": {}, "zero_shot": {}}
    for subset in (FULL, TENTH):
        labels, rows = shop.classes(base, subset)
        figures["probe"][subset] = probe(embeddings, labels.code, rows["train"], rows["test"])
        figures["zero_shot"][subset] = zero_shot(
            embeddings, labels.code, rows["train"], rows["test"]
        )
    test = split_rows(shop.survey, base)[0]["test"]
    figures["retrieval"] = retrieval(embeddings, test)
    figures["matched_retrieval"] = retrieval(embeddings, test, brightness_and_color(shop))
    figures["moved_labels"] = moved_label_precision(
        embeddings, shop.survey.objects["class_label"].astype(object).to_numpy(), moves
    )
    return figures


if __name__ == "__main__":
    sys.exit(run_main(main, sys.argv[1:]))
