"""The training loop, with a task of one weight whose scores are given."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Generator, Tensor, nn

from data_pipeline.errors import InputError
from model.config import TrainConfig
from model.loop import Figures, Loop, Task
from model.modalities import Batch, SurveyTensors
from model.resume import load_state


class Scored(Task):
    """Learns one weight; its validation scores are those given."""

    def __init__(self, scores: list[float]) -> None:
        self.module = self.linear = nn.Linear(1, 1, bias=False)
        self.scores = iter(scores)

    def groups(self) -> list[dict]:
        return [{"params": list(self.module.parameters()), "rate": 1.0}]

    def loss(self, batch: Batch, generator: Generator) -> tuple[Tensor, Figures]:
        return self.linear.weight.sum(), {}

    def validate(self) -> Figures:
        return {"score": next(self.scores)}


class NoTensors(SurveyTensors):
    """The rows themselves are the batch: the task above looks at none."""

    def __init__(self) -> None:
        """Read no survey."""

    def batch(self, rows: Any) -> Any:
        """Return the rows."""
        return rows


def trained(scores: list[float], directory: Path) -> Loop:
    config = TrainConfig(epochs=len(scores), batch_size=2, patience=10)
    loop = Loop(
        Scored(scores), NoTensors(), np.arange(4), config,
        torch.device("cpu"), directory / "state", "same",
    )  # fmt: skip
    loop.run()
    return loop


@pytest.mark.parametrize("scores", [[math.nan, 2.0, 3.0], [3.0, 2.0, math.nan], [9.0, 2.0, 3.0]])
def test_the_epoch_of_the_lowest_score_is_kept(scores: list[float], tmp_path: Path) -> None:
    loop = trained(scores, tmp_path)
    assert loop.progress.best_epoch == 1
    assert loop.progress.best_score == 2.0


def test_a_file_that_is_no_state_is_told(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "state")
    with pytest.raises(InputError, match="Remove it to start anew"):
        load_state(tmp_path / "state", "same")
