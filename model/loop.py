"""The training loop that pre-training and fine-tuning share.

Per step: warm-up and cosine, clipping, AdamW. Per epoch: validation, early stopping, and a state
from which a killed training continues to the same weights. Random numbers depend on seed and epoch.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from data_pipeline.cli import progress_bar
from data_pipeline.errors import InputError
from model import distributed
from model.config import FinetuneConfig, TrainConfig
from model.modalities import Batch, SurveyTensors, shuffled
from model.resume import load_state, optimizer_tensors, restore_optimizer, save_state
from model.schedule import learning_rate, plateau_scale

Weights = dict[str, Tensor]
Figures = dict[str, float]


class DivergedError(InputError):
    """A training whose loss is no longer a number; other settings may fare better."""


class Task(ABC):
    """What is learned: a module, its loss on a batch, and how well it does on the val part."""

    module: nn.Module

    @abstractmethod
    def groups(self) -> list[dict]:
        """Return the optimizer's parameter groups."""

    @abstractmethod
    def loss(self, batch: Batch, generator: Generator) -> tuple[Tensor, Figures]:
        """Return the loss of a batch and figures to report."""

    @abstractmethod
    def validate(self) -> Figures:
        """Return figures on the val part; the weights with the lowest "score" are kept."""

    def after_step(self) -> None:  # noqa: B027 (most tasks have nothing to do here)
        """Adjust the weights after the optimizer."""


@dataclass
class Progress:
    """Where a training stands."""

    epoch: int = 0
    best_score: float = float("inf")
    best_epoch: int = -1
    history: list[Figures] = field(default_factory=list)


@dataclass
class Loop:
    """One training; `run` returns its history and leaves the best weights in the module."""

    task: Task
    tensors: SurveyTensors
    rows: NDArray[np.int64]
    config: TrainConfig | FinetuneConfig
    device: torch.device
    state_path: Path
    fingerprint: str
    average_decay: float = 0.0
    magnitude: NDArray[np.float64] | None = None
    """Apparent magnitudes (N,) to draw batches of similar ones by."""
    description: str = "train"

    def __post_init__(self) -> None:
        self.module = self.task.module.to(self.device)
        kind = torch.optim.AdamW if self.config.optimizer == "adamw" else torch.optim.Adam
        betas = (self.config.beta1, 0.999)
        self.optimizer = kind(self.task.groups(), lr=self.config.learning_rate, betas=betas)
        self.progress = Progress()
        self.best: Weights = {}
        self.average: Weights = _copy(self.module.state_dict()) if self.average_decay else {}
        self.steps_per_epoch = max(1, len(self.rows) // self.config.batch_size)

    def run(self) -> list[Figures]:
        """Train to the end, from where the last saved state left off."""
        self._resume()
        quiet = distributed.rank() > 0
        with progress_bar(self.description, self.config.epochs, quiet) as bar:
            bar.update(self.progress.epoch)
            while self.progress.epoch < self.config.epochs and not self._is_stale():
                figures = self._epoch()
                bar.set_postfix_str(" ".join(f"{k} {v:.3f}" for k, v in figures.items()), False)
                bar.update()
        self.module.load_state_dict(self.best)
        return self.progress.history

    def _epoch(self) -> Figures:
        epoch = self.progress.epoch
        rng = np.random.default_rng([self.config.seed, epoch])
        generator = _seed_everything(self.config.seed, epoch)
        steps: list[Figures] = []
        for picked in shuffled(self.rows, self.config.batch_size, rng, self.magnitude):
            batch = self.tensors.batch(distributed.share(picked))
            step = epoch * self.steps_per_epoch + len(steps)
            steps.append(self._step(batch, generator, step))
        figures = {name: _mean(steps, name) for name in dict.fromkeys(k for s in steps for k in s)}
        figures |= {f"val_{name}": value for name, value in self._validate().items()}
        self._finish_epoch(figures)
        return figures

    def _step(self, batch: Batch, generator: Generator, step: int) -> Figures:
        config = self.config
        n_steps = config.epochs * self.steps_per_epoch
        plateau = None
        if config.schedule == "plateau":
            scores = [figures["val_score"] for figures in self.progress.history]
            plateau = plateau_scale(scores, config.plateau_factor)
        rate = learning_rate(step, n_steps, config.warmup, config.learning_rate, plateau)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["rate"]
        self.module.train()
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            loss, figures = self.task.loss(batch, generator)
        if not torch.isfinite(loss):
            raise DivergedError(
                f"the loss became {loss.item()} at step {step}: the training diverged. Lower "
                f"--learning-rate ({config.learning_rate:g})."
            )
        if loss.requires_grad:
            loss.backward()
            distributed.average_gradients(self.module.parameters())
            nn.utils.clip_grad_norm_(self.module.parameters(), config.clip_norm)
            self.optimizer.step()
            self.task.after_step()
        for name, value in self.module.state_dict().items() if self.average_decay else ():
            _move_average(self.average[name], value, self.average_decay, step)
        return {"loss": float(loss.detach()), **figures}

    @torch.no_grad()
    def _validate(self) -> Figures:
        """Validate the averaged weights, where there are any."""
        trained = _copy(self.module.state_dict()) if self.average_decay else {}
        if trained:
            self.module.load_state_dict(self.average)
        self.module.eval()
        with self._autocast():
            figures = self.task.validate()
        score = figures["score"]
        if not math.isfinite(score):  # else no later epoch could be better than the first
            score = math.inf
        if score < self.progress.best_score or not self.best:
            self.progress.best_score, self.progress.best_epoch = score, self.progress.epoch
            self.best = _copy(self.module.state_dict())
        if trained:
            self.module.load_state_dict(trained)
        return figures

    def _finish_epoch(self, figures: Figures) -> None:
        self.progress.history.append({"epoch": self.progress.epoch, **figures})
        self.progress.epoch += 1
        if distributed.rank() == 0:
            tensors = {
                "model": self.module.state_dict(),
                "best": self.best,
                "average": self.average,
                "optimizer": optimizer_tensors(self.optimizer),
            }
            record = {"fingerprint": self.fingerprint, **asdict(self.progress)}
            save_state(self.state_path, tensors, record)

    def _resume(self) -> None:
        found = load_state(self.state_path, self.fingerprint)
        if found is None:
            return
        tensors, record = found
        record.pop("fingerprint")
        self.progress = Progress(**record)
        self.module.load_state_dict(tensors["model"])
        self.best, self.average = tensors["best"], tensors.get("average", {})
        restore_optimizer(self.optimizer, tensors.get("optimizer", {}))

    def _is_stale(self) -> bool:
        return self.progress.epoch - 1 - self.progress.best_epoch >= self.config.patience

    def _autocast(self) -> AbstractContextManager:
        if self.device.type == "cuda":
            return torch.autocast("cuda", dtype=torch.bfloat16)
        return nullcontext()


def chosen_device(name: str = "auto") -> torch.device:
    """Return the device to train on: of "auto", "cpu", "cuda"."""
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"--device must be auto, cpu or cuda, found {name!r}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch sees no such device here; use --device cpu.")
    return distributed.start(cuda=name != "cpu" and torch.cuda.is_available())


def _seed_everything(seed: int, epoch: int) -> Generator:
    """Seed dropout and augmentation: the same for the same epoch of the same rank."""
    state = np.random.SeedSequence([seed, epoch, distributed.rank()]).generate_state(1)
    torch.manual_seed(int(state[0]))
    return Generator().manual_seed(int(state[0]))


def _move_average(average: Tensor, value: Tensor, decay: float, step: int) -> None:
    """Move the average towards the value; fast in the first steps, then at 1 − decay."""
    decay = min(decay, (1 + step) / (10 + step))
    if average.is_floating_point():
        average.lerp_(value.to(average.device), 1 - decay)
    else:
        average.copy_(value)


def _copy(weights: Weights) -> Weights:
    return {name: value.detach().clone() for name, value in weights.items()}


def _mean(steps: list[Figures], name: str) -> float:
    return float(np.mean([step[name] for step in steps if name in step]))
