"""The state of a training after each epoch: one safetensors file, replaced atomically.

It holds the weights, the best and the averaged ones, the optimizer's moments and, as JSON in the
header, the epoch and the history. Random numbers are seeded by epoch, so nothing else is needed to
continue exactly as if the training had not been killed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

from data_pipeline.errors import InputError
from model import distributed

State = dict[str, dict[str, Tensor]]


def state_path(run: str | Path, member: int = 0) -> Path:
    """Return where the state of the training that will become `run` is kept."""
    run = Path(run)
    number = f".{member}" if member else ""
    return run.with_name(f"{run.name}{number}.resume.safetensors")


def fresh_state_path(run: str | Path, restart: bool, member: int = 0) -> Path:
    """Return `state_path`, with what is there removed when the training is to begin anew."""
    path = state_path(run, member)
    if restart and distributed.rank() == 0:
        path.unlink(missing_ok=True)
    distributed.wait()
    return path


def fingerprint(*parts: Any) -> str:
    """Return a hash of what makes two trainings the same one."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def save_state(path: Path, tensors: State, record: Mapping[str, Any]) -> None:
    """Write the state beside itself and put it in place in one step."""
    flat = {
        f"{group}/{key}": value.detach().cpu().contiguous().clone()
        for group, content in tensors.items()
        for key, value in content.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.writing")
    save_file(flat, temporary, metadata={"record": json.dumps(dict(record))})
    os.replace(temporary, path)  # noqa: PTH105 (atomic, also over an existing file)


def load_state(path: Path, expected: str) -> tuple[State, dict[str, Any]] | None:
    """Return the tensors by group and the record, or None where there is nothing to resume.

    Raises `InputError` when the state belongs to another training.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads(file.metadata()["record"])
            tensors: State = {}
            for name in file.keys():  # noqa: SIM118 (not a dict)
                group, key = name.split("/", 1)
                tensors.setdefault(group, {})[key] = file.get_tensor(name)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not readable ({error}). Remove it to start anew.") from None
    if record.get("fingerprint") != expected:
        raise InputError(
            f"{path} is left from a training with another config or survey. "
            "Use --restart to drop it, or repeat the earlier command to continue it."
        )
    return tensors, record


def optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the optimizer's moments as named tensors."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": torch.as_tensor(value)
        for index, content in state.items()
        for name, value in content.items()
    }


def restore_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
