"""`compact` beside `astrom3`, the same stars in the same run: speeds, loader, memory.

    python tests/benchmarks/presets.py SURVEY [--batch-size 64] [--json FILE]
    python tests/benchmarks/presets.py SURVEY --memory 512    peak memory of one training step

Rounds alternate between the presets, the best of each counts. The loader's share is the time to
gather and augment a batch, over that of the whole step.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator
from torch.utils.flop_counter import FlopCounterMode

from data_pipeline.cli import run_main, write_json
from data_pipeline.survey import Survey
from model.clip import MultimodalCLIP
from model.config import PRESETS, TrainConfig, preset_settings
from model.modalities import SurveyTensors
from model.resident import ResidentTensors
from model.train import Pretraining

REFERENCE = {"embed": 109.0, "train": 41.0}
"""Objects per second of the reference implementation on two cores of an AMD EPYC, batch 64."""
REFERENCE_CPU = {"embed": 1000 / 17.8, "train": 1000 / 42.4}
"""Its objects per second of CPU time in the same run."""


@dataclass
class Subject:
    """One preset, ready to embed and to train."""

    preset: str
    tensors: SurveyTensors
    device: torch.device
    batch_size: int
    chunk_size: int = 0
    precision: torch.dtype = torch.float32

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        self.model = MultimodalCLIP(self.tensors.config)
        self.model.fit_scalers(self.tensors, np.arange(len(self.tensors)))
        self.model.to(self.device)
        values = vars(preset_settings(TrainConfig, self.preset))
        config = TrainConfig(**{**values, "chunk_size": self.chunk_size, "match_brightness": False})
        rows = np.flatnonzero(np.all(list(self.tensors.present.values()), axis=0))
        self.rows = rows[np.arange(self.batch_size) % len(rows)]
        self.task = Pretraining(self.model, self.tensors, self.rows, config, self.device)
        self.optimizer = torch.optim.AdamW(self.task.groups(), lr=1e-5)
        self.generator = Generator().manual_seed(0)

    def load(self) -> None:
        """Gather and augment a batch, as a training step does."""
        batch = self.tensors.batch(self.rows)
        self.model.augment(batch, self.generator)
        self._wait()

    def embed(self) -> None:
        """Embed a batch."""
        self.model.eval()
        with torch.inference_mode(), self._autocast():
            self.model.encode(self.tensors.batch(self.rows).to(self.device))
        self._wait()

    def train(self) -> None:
        """Train one step."""
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            loss, _ = self.task.loss(self.tensors.batch(self.rows), self.generator)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self._wait()

    def flops(self) -> float:
        """Floating-point operations of a training step, per object."""
        with FlopCounterMode(display=False) as counter:
            self.train()
        return counter.get_total_flops() / self.batch_size

    def _autocast(self) -> torch.autocast:
        half = self.precision != torch.float32
        return torch.autocast(self.device.type, dtype=self.precision, enabled=half)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def best_seconds(
    actions: dict[str, Callable[[], None]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Run all actions in turn, `rounds` times after a first one; the best time of each."""
    best = dict.fromkeys(actions, float("inf"))
    for number in range(rounds + 1):
        for name, action in actions.items():
            started = clock()
            action()
            if number:
                best[name] = min(best[name], clock() - started)
    return best


def prepared(survey: Survey, preset: str, cache: Path, device: torch.device) -> SurveyTensors:
    """The inputs of a preset, on the device where that is a GPU."""
    tensors = SurveyTensors(survey, PRESETS[preset](), cache)
    return ResidentTensors(tensors, device) if device.type == "cuda" else tensors


def compare(
    survey: Survey, cache: Path, batch_size: int, rounds: int = 3, cpu_time: bool = False
) -> dict[str, Any]:
    """Objects per second (of CPU time, if asked for) of both presets and their ratios."""
    device = torch.device("cpu")
    subjects = {p: Subject(p, prepared(survey, p, cache, device), device, batch_size)
                for p in ("compact", "astrom3")}  # fmt: skip
    actions = {f"{what} {p}": getattr(s, what) for what in ("load", "embed", "train")
               for p, s in subjects.items()}  # fmt: skip
    clock = time.process_time if cpu_time else time.perf_counter
    seconds = best_seconds(actions, rounds, clock)
    figures: dict[str, Any] = {}
    for what in ("embed", "train"):
        for preset in subjects:
            figures[f"{what} {preset}, objects/s"] = batch_size / seconds[f"{what} {preset}"]
        figures[f"{what}: compact over astrom3"] = (
            seconds[f"{what} astrom3"] / seconds[f"{what} compact"]
        )
        reference = (REFERENCE_CPU if cpu_time else REFERENCE)[what]
        figures[f"{what}: astrom3 over the reference's {reference:.0f}/s"] = (
            batch_size / seconds[f"{what} astrom3"] / reference
        )
    for preset in subjects:
        share = seconds[f"load {preset}"] / seconds[f"train {preset}"]
        figures[f"loader's share of a training step, {preset}"] = share
    return figures


def memory(survey: Survey, cache: Path, batch_size: int, chunk_size: int) -> dict[str, float]:
    """Peak resident memory of a training step of astrom3 (of this process, so once per process)."""
    device = torch.device("cpu")
    tensors = prepared(survey, "astrom3", cache, device)
    subject = Subject("astrom3", tensors, device, batch_size, chunk_size)
    started = time.perf_counter()
    subject.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"peak GB": peak, "seconds per step": time.perf_counter() - started}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("survey", type=Path, metavar="SURVEY")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--cpu-time", action="store_true", help="count CPU time (busy machine, OMP_NUM_THREADS=1)"
    )
    parser.add_argument("--memory", type=int, metavar="BATCH", help="measure memory instead")
    parser.add_argument("--chunk-size", type=int, default=32, help="with --memory (32; 0: whole)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    args = parser.parse_args(argv)
    survey, cache = Survey.open(args.survey), args.survey.with_name(f"{args.survey.name}.tensors")
    if args.memory:
        figures: dict[str, Any] = memory(survey, cache, args.memory, args.chunk_size)
    else:
        figures = compare(survey, cache, args.batch_size, args.rounds, args.cpu_time)
        figures["threads"] = torch.get_num_threads()
    for name, value in figures.items():
        print(f"{name:48} {value:10.3g}")
    write_json(args.json, figures)


if __name__ == "__main__":
    sys.exit(run_main(main, None))
