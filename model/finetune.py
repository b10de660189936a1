"""A classifier on any subset of the modalities, from a pre-trained run or from scratch."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from torch import Generator, Tensor
from torch.nn import functional

from data_pipeline.directories import provenance
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.checks import Rows, check_target, check_unseen, raise_all, split_rows
from model.classifier import Classifier, Ensemble, build_classifier
from model.clip import MultimodalCLIP
from model.config import FinetuneConfig, ModelConfig, compact
from model.execution import DEFAULT, Execution
from model.labels import ClassLabels, choose_classes, read_labels
from model.loop import Figures, Loop, Task, chosen_device
from model.modalities import Batch, SurveyTensors, hide_modalities
from model.resume import fingerprint, fresh_state_path, state_path
from model.run import Run, write_run
from model.schedule import parameter_groups
from model.train import survey_inputs
from model.weights import load_strictly


def finetune(
    survey: Survey,
    out: str | Path,
    config: FinetuneConfig,
    execution: Execution = DEFAULT,
    *,
    run: Run | None = None,
    model_config: ModelConfig | None = None,
    labels_file: str | Path | None = None,
) -> Run:
    """Train a classifier on the labelled train part of a split and write its run.

    Parameters
    ----------
    run : Run, optional
        Pre-training to start from; refused when it has seen a test star of the split.
    model_config : ModelConfig, optional
        What to train; by default the run's, or the compact preset. `ModelConfig.only` picks some of
        the modalities; with a run its weights must fit.
    labels_file : path or URL, optional
        Labels that replace the survey's, see `model.labels.read_labels`.
    """
    rows, problems = split_rows(survey, config.split)
    problems += check_target(out, execution.overwrite)
    raise_all(problems)
    labels = _checked_labels(survey, read_labels(survey, labels_file), config, rows, run)
    model_config = model_config or (run.model_config if run else compact())
    where = chosen_device(execution.device)
    tensors = SurveyTensors(survey, model_config, execution.cache, execution.workers)
    tensors = tensors.only_present(rows["train"])
    usable = tensors.any_present & labels.labelled
    rows = {part: r[usable[r]] for part, r in rows.items()}
    if not len(rows["val"]):
        raise InputError(
            f"the val part of split {config.split!r} has no star with one of the classes learned "
            f"({', '.join(labels.classes)}) and data to see; it chooses the weights."
        )
    origin = run.checkpoint_hash if run else "scratch"
    identity = (survey.content_hash, tensors.config.to_dict(), origin, labels.code.tolist())
    members: list[torch.nn.Module] = []
    history: list[Figures] = []
    best, best_score = 0, float("inf")  # of all members' epochs, in the order of the history
    for member in range(config.members):
        own = replace(config, seed=config.seed + member)
        torch.manual_seed(own.seed)
        encoders = _encoders(run, tensors, rows["train"])
        classifier = build_classifier(encoders, len(labels.classes), own)
        loop = Loop(
            task=Classification(classifier, tensors, labels, rows, own, where),
            tensors=tensors,
            rows=rows["train"],
            config=own,
            device=where,
            state_path=fresh_state_path(out, execution.restart, member),
            fingerprint=fingerprint(*identity, asdict(own)),
            average_decay=config.average_decay,
            description=_description(member, config.members),
        )
        trained = loop.run()
        if loop.progress.best_score < best_score:
            best, best_score = len(history) + loop.progress.best_epoch, loop.progress.best_score
        history += [{"member": member, **figures} for figures in trained]
        members.append(classifier)
    seen = [run.training_ids, run.validation_ids] if run else [np.empty(0, np.int64)] * 2
    written = write_run(
        out,
        task="classifier",
        module=members[0] if len(members) == 1 else Ensemble(members),
        model_config=tensors.config,
        training={
            **asdict(config),
            "from": origin,
            "best_epoch": best,
            "n_labelled": len(rows["train"]),
        },
        training_ids=np.union1d(seen[0], tensors.source_id[rows["train"]]),
        validation_ids=np.union1d(seen[1], tensors.source_id[rows["val"]]),
        classes=labels.classes,
        history=history,
        provenance=provenance(execution.command, survey_inputs(survey), config.seed),
        overwrite=execution.overwrite,
    )
    for member in range(1, config.members):
        state_path(out, member).unlink(missing_ok=True)
    return written


class Classification(Task):
    """Cross-entropy over the labelled stars; macro-F1 and loss on the val part."""

    def __init__(
        self,
        classifier: Classifier,
        tensors: SurveyTensors,
        labels: ClassLabels,
        rows: Rows,
        config: FinetuneConfig,
        device: torch.device,
    ) -> None:
        self.module = self.classifier = classifier
        self.tensors, self.labels, self.config, self.device = tensors, labels, config, device
        self.val_rows = rows["val"]
        counts = np.bincount(labels.code[rows["train"]], minlength=len(labels.classes))
        weight = np.maximum(counts, 1.0) ** -config.class_balance
        weight *= counts.sum() / (weight * counts).sum()  # the mean weight of a star is one
        self.class_weight = torch.tensor(weight, dtype=torch.float32, device=device)

    def groups(self) -> list[dict]:
        """Return the encoders' parameters, at their own rate, and the head's."""
        head = [m for n, m in self.classifier.named_children() if n != "clip"]
        known = self.classifier.pretrained_parts()
        encoders = parameter_groups(known, self.config, self.config.encoder_rate)
        return encoders + parameter_groups(torch.nn.ModuleList(head), self.config)

    def loss(self, batch: Batch, generator: Generator) -> tuple[Tensor, Figures]:
        """Return the loss of one augmented batch."""
        batch = hide_modalities(batch, self.config.modality_dropout, generator)
        batch = self.classifier.clip.augment(batch, generator).to(self.device)
        logits = self.classifier(batch).float()
        target = torch.from_numpy(self.labels.code[batch.rows]).to(self.device)
        accuracy = float((logits.argmax(1) == target).float().mean())
        return self._cross_entropy(logits, target), {"accuracy": accuracy}

    def validate(self) -> Figures:
        """Return loss, accuracy and macro-F1 on the val part."""
        logits = classify_rows(self.classifier, self.tensors, self.val_rows, self.device)
        target = self.labels.code[self.val_rows]
        predicted = logits.argmax(1).numpy()
        loss = float(functional.cross_entropy(logits, torch.from_numpy(target)))
        macro_f1 = float(f1_score(target, predicted, average="macro", zero_division=0))
        # Macro-F1 alone moves in steps of single stars; the loss decides between equals.
        score = 0.5 * loss - macro_f1
        accuracy = float((predicted == target).mean())
        return {"score": score, "loss": loss, "accuracy": accuracy, "macro_f1": macro_f1}

    def _cross_entropy(self, logits: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(
            logits, target, weight=self.class_weight, label_smoothing=self.config.label_smoothing
        )


@torch.inference_mode()
def classify_rows(
    classifier: torch.nn.Module,
    tensors: SurveyTensors,
    rows: NDArray[np.int64],
    device: torch.device,
    batch_size: int = 256,
) -> Tensor:
    """Return the logits (n, K) of some rows, on the CPU."""
    classifier.eval()
    parts = [classifier(b.to(device)).float().cpu() for b in tensors.batches(rows, batch_size)]
    return torch.cat(parts)


def _description(member: int, members: int) -> str:
    return "fine-tune" if members == 1 else f"fine-tune {member + 1} of {members}"


def _encoders(run: Run | None, tensors: SurveyTensors, rows: NDArray[np.int64]) -> MultimodalCLIP:
    """Return the run's encoders of the modalities used, or fresh ones."""
    clip = MultimodalCLIP(tensors.config)
    if run is None:
        clip.fit_scalers(tensors, rows)
        return clip
    known = run.clip().state_dict()
    wanted = clip.state_dict().keys()
    load_strictly(clip, {k: v for k, v in known.items() if k in wanted}, str(run.path))
    return clip


def _checked_labels(
    survey: Survey, labels: pd.Series, config: FinetuneConfig, rows: Rows, run: Run | None
) -> ClassLabels:
    """Number the classes; refuse too few of them, and a run that has seen the test stars."""
    chosen = choose_classes(labels, rows["train"], config.exclude_classes, config.min_class_count)
    problems = []
    if run is not None:
        problems += check_unseen(run.seen_ids, survey.source_id[rows["test"]], config.split)
    if len(chosen.classes) < 2:
        problems.append(
            f"the train part has {len(chosen.classes)} classes with at least "
            f"{config.min_class_count} labelled stars; two are needed (see --min-class-count)."
        )
    raise_all(problems)
    return chosen
