"""How long an evaluation will take, from one measured step; told before it starts."""

from __future__ import annotations

import os
import time

import numpy as np
import torch

from model.checks import split_rows
from model.clip import MultimodalCLIP
from model.evaluation.cells import Workshop
from model.evaluation.grid import PRETRAINED

N_STARS = 32


def seconds_per_star(workshop: Workshop, device: torch.device) -> float:
    """Return the time of forward and backward pass of one star, the better of two tries."""
    tensors = workshop.tensors
    rows = np.flatnonzero(tensors.any_present)[:N_STARS]
    model = MultimodalCLIP(tensors.config).to(device).train()
    best = float("inf")
    for _ in range(2):
        started = time.perf_counter()
        vectors = model.encode(tensors.batch(rows).to(device))
        torch.stack([v.square().sum() for v in vectors.values()]).sum().backward()
        best = min(best, time.perf_counter() - started)
    return best / len(rows)


def estimate(workshop: Workshop, device: torch.device) -> tuple[str, float]:
    """Return a sentence about the time all trainings take at most, and that time in hours.

    Early stopping makes it less. A mode of one modality counts as all of them.
    """
    config = workshop.config
    cells = config.cells(workshop.tensors.config.modalities)
    todo = [c for c in cells if not (workshop.home / "cells" / f"{c.name}.json").is_file()]
    n_passes = 0
    sizes = {c.split: len(split_rows(workshop.survey, c.split)[0].get("train", ())) for c in todo}
    for cell in todo:
        n_passes += config.finetuning.epochs * config.finetuning.members * sizes[cell.split]
    made = (workshop.home / "runs").glob("*.run")
    bases = {c.base for c in todo if c.start == PRETRAINED} - {path.stem for path in made}
    bases = set() if config.run else bases
    for base in bases:
        n_train = len(split_rows(workshop.survey, base)[0].get("train", ()))
        views = 2 if config.training.view_weight else 1
        again = 4 / 3 if config.training.chunk_size else 1
        n_passes += int(config.training.epochs * n_train * views * again)
    hours = n_passes * seconds_per_star(workshop, device) / 3600
    where = f"{os.cpu_count()} CPU cores" if device.type == "cpu" else "this GPU"
    text = (
        f"{len(todo)} of {len(cells)} classifiers and {len(bases)} pre-trainings to do: "
        f"at most {hours:,.1f} hours on {where}."
    )
    if device.type == "cpu" and config.model.preset == "astrom3":
        text += " The published architecture is made for a GPU; fewer --seeds, --subsets or --modes"
        text += " or --preset compact take less. What is done is kept when this is interrupted."
    return text, hours
