"""Contrastive pre-training: a survey and a config in, a RUN out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from data_pipeline.directories import provenance
from data_pipeline.survey import Survey
from model import distributed
from model.checks import check_target, raise_all, split_rows
from model.clip import MultimodalCLIP
from model.config import ModelConfig, TrainConfig
from model.execution import DEFAULT, Execution
from model.loop import Figures, Loop, Task, chosen_device
from model.loss import clip_loss, enough, pair_losses
from model.modalities import Batch, SurveyTensors, chunks, hide_modalities
from model.resident import on_device
from model.resume import fingerprint, fresh_state_path
from model.run import Run, write_run
from model.schedule import parameter_groups


def train(
    survey: Survey,
    out: str | Path,
    model_config: ModelConfig,
    config: TrainConfig,
    execution: Execution = DEFAULT,
) -> Run:
    """Pre-train on the train part of a split and write the run.

    Modalities that the train part lacks are left out of the model. A training that was killed
    continues from its last epoch when called again with the same arguments; `execution.restart`
    drops that state.
    """
    rows, problems = split_rows(survey, config.split)
    raise_all(problems + check_target(out, execution.overwrite))
    where = chosen_device(execution.device)
    tensors = SurveyTensors(survey, model_config, execution.cache, execution.workers)
    tensors = tensors.only_present(rows["train"])
    rows = {part: r[tensors.any_present[r]] for part, r in rows.items()}
    _check_usable(tensors, rows)
    torch.manual_seed(config.seed)
    model = MultimodalCLIP(tensors.config)
    model.fit_scalers(tensors, rows["train"])
    if execution.compile:
        model.compile_encoders()
    tensors = on_device(tensors, where)
    loop = Loop(
        task=Pretraining(model, tensors, rows["val"], config, where),
        tensors=tensors,
        rows=rows["train"],
        config=config,
        device=where,
        state_path=fresh_state_path(out, execution.restart),
        fingerprint=fingerprint(survey.content_hash, tensors.config.to_dict(), asdict(config)),
        magnitude=tensors.magnitude if config.match_brightness else None,
        description="pre-train",
    )
    history = loop.run()
    return write_run(
        out,
        task="pretraining",
        module=model,
        model_config=tensors.config,
        training={**asdict(config), "best_epoch": loop.progress.best_epoch},
        training_ids=tensors.source_id[rows["train"]],
        validation_ids=tensors.source_id[rows["val"]],
        classes=(),
        history=history,
        provenance=provenance(execution.command, survey_inputs(survey), config.seed),
        overwrite=execution.overwrite,
    )


class Pretraining(Task):
    """The pairs of modalities, and two augmented views of each one, told apart in the batch."""

    def __init__(
        self,
        model: MultimodalCLIP,
        tensors: SurveyTensors,
        val_rows: NDArray[np.int64],
        config: TrainConfig,
        device: torch.device,
    ) -> None:
        self.module = model
        self.model, self.tensors = model, tensors
        by_brightness = np.argsort(tensors.magnitude[val_rows], kind="stable")
        self.val_rows = val_rows[by_brightness] if config.match_brightness else val_rows
        self.config, self.device = config, device

    def groups(self) -> list[dict]:
        """Return the parameters that decay and those that do not."""
        return parameter_groups(self.model, self.config)

    def loss(self, batch: Batch, generator: Generator) -> tuple[Tensor, Figures]:
        """Return the loss of one augmented batch."""
        batch = hide_modalities(batch, self.config.modality_dropout, generator)
        losses, views = self._losses(batch, generator)
        figures = {name: float(value.detach()) for name, value in (losses | views).items()}
        return self._total(losses, views), figures

    def after_step(self) -> None:
        """Clamp the logit scales."""
        self.model.clamp_scales()

    def validate(self) -> Figures:
        """Return the losses on the val part, the same views each time."""
        generator = Generator().manual_seed(self.config.seed)
        found: dict[str, list[float]] = {}
        sizes: dict[str, list[int]] = {}
        for rows in chunks(self.val_rows, self.config.batch_size):
            batch = self.tensors.batch(distributed.share(rows))
            losses, views = self._losses(batch, generator)
            score = float(self._total(losses, views))
            figures = {"score": score} | {k: float(v) for k, v in (losses | views).items()}
            for name, value in figures.items():
                found.setdefault(name, []).append(value)
                sizes.setdefault(name, []).append(len(rows))
        # By their stars: a last batch of one has nothing to tell apart, and a loss of zero.
        return {k: float(np.average(v, weights=sizes[k])) for k, v in found.items()}

    def _losses(
        self, batch: Batch, generator: Generator
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        scales = dict(self.model.log_scales.items())
        chunk = self.config.chunk_size
        first = self.model.encode(self.model.augment(batch, generator).to(self.device), chunk)
        present = {name: mask.to(self.device) for name, mask in batch.present.items()}
        losses = pair_losses(first, present, scales)
        views: dict[str, Tensor] = {}
        if self.config.view_weight > 0:
            second = self.model.encode(self.model.augment(batch, generator).to(self.device), chunk)
            for name, mask in present.items():
                if enough(first[name][mask]):
                    views[name] = clip_loss(first[name][mask], second[name][mask], scales[name])
        return losses, views

    def _total(self, losses: Mapping[str, Tensor], views: Mapping[str, Tensor]) -> Tensor:
        """Return the mean of the pairs' losses, of the published model their sum, and the views'.

        As published, rows and columns of a pair add up too. To Adam the size of a loss is the same,
        but not to what is set beside it: the decay in the gradient, the norm that is clipped at.
        """
        total = torch.zeros((), device=self.device)
        if losses and self.model.config.head == "linear":
            total = total + 2 * torch.stack(list(losses.values())).sum()
        elif losses:
            total = total + torch.stack(list(losses.values())).mean()
        if views:
            weight = self.config.view_weight if losses else 1.0
            total = total + weight * torch.stack(list(views.values())).mean()
        return total


def survey_inputs(survey: Survey) -> dict[str, Any]:
    """Return what identifies the survey, for the provenance."""
    return {"survey": survey.name, "survey_hash": survey.content_hash}


def _check_usable(tensors: SurveyTensors, rows: Mapping[str, NDArray[np.int64]]) -> None:
    problems = [
        f"no star of the {part} part has a usable light curve, spectrum or feature."
        for part in ("train", "val")
        if not len(rows[part])
    ]
    raise_all(problems)
