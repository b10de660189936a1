"""The RUN directory: weights, config, history and the ids that were learned from.

config.json rebuilds the model, model.safetensors holds its weights and the inputs' scalers,
history.json one record per epoch; training_ids.npy and validation_ids.npy say which stars a run has
seen, so that none of them is scored. A classifier's run also keeps those of its pre-training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from data_pipeline.directories import new_directory, read_manifest, write_manifest
from data_pipeline.errors import InputError
from model import distributed
from model.clip import MultimodalCLIP
from model.config import ModelConfig
from model.resume import state_path
from model.weights import load_strictly, read_weights

KIND = "run"
SCHEMA_VERSION = 1
CONFIG, WEIGHTS, HISTORY = "config.json", "model.safetensors", "history.json"
TRAINING_IDS, VALIDATION_IDS = "training_ids.npy", "validation_ids.npy"


@dataclass(frozen=True)
class Run:
    """A finished training, opened with `Run.open`.

    Attributes
    ----------
    task : "pretraining" or "classifier"
    model_config : ModelConfig
    training : the config of the training, as JSON values
    classes : names of the classes, in the order of the probabilities; empty for pre-training
    training_ids, validation_ids : int64, the source_ids the weights were learned and chosen on
    """

    path: Path
    manifest: Mapping[str, Any]
    task: str
    model_config: ModelConfig
    training: Mapping[str, Any]
    training_ids: NDArray[np.int64]
    validation_ids: NDArray[np.int64]
    classes: tuple[str, ...] = ()
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def open(cls, path: str | Path, task: str | None = None) -> Run:
        """Open a run directory; with `task`, refuse a run of another kind."""
        path = Path(path)
        manifest = read_manifest(path, KIND, SCHEMA_VERSION)
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        if task is not None and config["task"] != task:
            raise InputError(f"{path} is a run of {config['task']}; one of {task} is needed here.")
        return cls(
            path=path,
            manifest=manifest,
            task=config["task"],
            model_config=ModelConfig.from_dict(config["model"]),
            training=config["training"],
            training_ids=np.load(path / TRAINING_IDS),
            validation_ids=np.load(path / VALIDATION_IDS),
            classes=tuple(config["classes"]),
            history=json.loads((path / HISTORY).read_text(encoding="utf-8")),
        )

    @property
    def checkpoint_hash(self) -> str:
        """The sha256 of the weights."""
        return self.manifest["files"][WEIGHTS]["sha256"]

    @property
    def seen_ids(self) -> NDArray[np.int64]:
        """Ids of all stars the weights were learned or chosen on, sorted."""
        return np.union1d(self.training_ids, self.validation_ids)

    def weights(self) -> dict[str, Tensor]:
        """Return the weights by name."""
        return read_weights(self.path / WEIGHTS)

    def clip(self) -> MultimodalCLIP:
        """Return the encoders, heads and scales with their weights, in eval mode.

        Of a classifier with several members, those of the first.
        """
        weights = self.weights()
        if self.task == "classifier":
            prefix = "members.0.clip." if self.training.get("members", 1) > 1 else "clip."
            weights = {
                k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)
            }
        model = MultimodalCLIP(self.model_config)
        load_strictly(model, weights, str(self.path))
        return model.eval()


def write_run(
    path: str | Path,
    *,
    task: str,
    module: nn.Module,
    model_config: ModelConfig,
    training: Mapping[str, Any],
    training_ids: NDArray[np.int64],
    validation_ids: NDArray[np.int64],
    classes: tuple[str, ...],
    history: list[dict[str, float]],
    provenance: Mapping[str, Any],
    overwrite: bool = False,
) -> Run:
    """Write a run directory, whole or not at all, drop the state to resume from, and open it.

    Of several ranks the first one writes.
    """
    if distributed.rank() > 0:
        distributed.wait()
        return Run.open(path)
    content = {
        "task": task,
        "model": model_config.to_dict(),
        "training": dict(training),
        "classes": list(classes),
    }
    with new_directory(path, overwrite) as building:
        (building / CONFIG).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        (building / HISTORY).write_text(json.dumps(history, indent=1) + "\n", encoding="utf-8")
        state = {key: value.contiguous().cpu() for key, value in module.state_dict().items()}
        save_file(state, building / WEIGHTS)
        np.save(building / TRAINING_IDS, np.sort(training_ids))
        np.save(building / VALIDATION_IDS, np.sort(validation_ids))
        write_manifest(building, KIND, SCHEMA_VERSION, provenance, task=task)
    state_path(path).unlink(missing_ok=True)
    distributed.wait()
    return Run.open(path)
