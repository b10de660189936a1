"""Weights from safetensors, loaded strictly: every key that does not fit is named."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from data_pipeline.errors import InputError


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return weights by name; a file that cannot be read is an error that says why."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} is not a readable safetensors file: {error}.") from error


def load_strictly(module: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Load weights that must fit exactly; every key that does not is named."""
    wanted = module.state_dict()
    problems = [f"missing: {key}" for key in sorted(wanted.keys() - weights.keys())]
    problems += [f"left over: {key}" for key in sorted(weights.keys() - wanted.keys())]
    problems += [
        f"{key} has shape {tuple(weights[key].shape)}, the config asks for {tuple(value.shape)}"
        for key, value in wanted.items()
        if key in weights and weights[key].shape != value.shape
    ]
    if problems:
        raise InputError(
            f"The weights in {where} do not fit its config.json:\n  " + "\n  ".join(problems)
        )
    module.load_state_dict(dict(weights))
