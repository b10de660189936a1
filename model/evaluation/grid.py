"""Which trainings an evaluation consists of: seeds × label subsets × modes × with and without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from data_pipeline.splits import SUBSET_FRACTIONS
from model.config import FinetuneConfig, ModelConfig, TrainConfig
from model.encoder_config import require

FULL = "full"
SUBSETS = (FULL, *SUBSET_FRACTIONS)
ALL = "all"
PRETRAINED, SCRATCH = "pretrained", "scratch"
PAPER_SEEDS = (42, 0, 66, 12, 123)


@dataclass(frozen=True)
class Cell:
    """One classifier: trained from one start on one subset of one split, in one mode."""

    base: str
    """Split that pre-training and classifier share: "seed-42", "default", "fold-0"."""
    subset: str
    mode: str
    """A modality, or "all"."""
    start: str

    @property
    def name(self) -> str:
        """Name of its files."""
        return f"{self.base}.{self.subset}.{self.mode}.{self.start}"

    @property
    def split(self) -> str:
        """Split of the survey that the classifier learns."""
        return split_name(self.base, self.subset)


@dataclass(frozen=True)
class EvaluationConfig:
    """What an evaluation is made of."""

    model: ModelConfig
    """Architecture, of the pre-training and from scratch."""
    training: TrainConfig
    """Pre-training; its seed and split are those of the cell."""
    finetuning: FinetuneConfig
    """Training of the classifiers; its seed and split are those of the cell."""
    bases: tuple[str, ...] = tuple(f"seed-{seed}" for seed in PAPER_SEEDS)
    """Splits; a star of a test part is seen by no training of that split."""
    subsets: tuple[str, ...] = SUBSETS
    """Label subsets."""
    modes: tuple[str, ...] = ()
    """Modalities and "all"; empty: every one of them."""
    starts: tuple[str, ...] = (PRETRAINED, SCRATCH)
    """With and without pre-training."""
    columns: tuple[str, ...] = ()
    """Numeric columns to read off; empty: periods, colors, parallaxes, abundances."""
    published_settings: bool = False
    """Train each classifier of `astrom3` by its own published hyper-parameters."""
    run: str = ""
    """Weights of a given pre-training, which then serves every cell."""
    keep: bool = field(default=False, compare=False)
    """Keep the weights of all classifiers."""

    def __post_init__(self) -> None:
        known_modes = (*self.model.modalities, ALL)
        problems = [
            f"there is no {what} {one!r}; there are {', '.join(known)}"
            for what, chosen, known in (
                ("subset", self.subsets, SUBSETS),
                ("mode", self.modes, known_modes),
                ("start", self.starts, (PRETRAINED, SCRATCH)),
            )
            for one in chosen
            if one not in known
        ]
        if self.published_settings and self.model.preset != "astrom3":
            problems.append(f"there are no published settings of {self.model.preset}")
        require(problems + ([] if self.bases else ["bases must name a split"]), "evaluate")

    def chosen_modes(self, modalities: Sequence[str]) -> tuple[str, ...]:
        """Return the modes for a survey that has these modalities."""
        several = (*modalities, ALL) if len(modalities) > 1 else tuple(modalities)
        return tuple(mode for mode in several if not self.modes or mode in self.modes)

    def cells(self, modalities: Sequence[str]) -> list[Cell]:
        """Return every cell, those of one pre-training together."""
        return [
            Cell(base, subset, mode, start)
            for base in self.bases
            for subset in self.subsets
            for mode in self.chosen_modes(modalities)
            for start in self.starts
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the config as plain JSON values."""
        return {
            **{k: v for k, v in vars(self).items() if k not in ("model", "keep")},
            "model": self.model.to_dict(),
            "training": asdict(self.training),
            "finetuning": asdict(self.finetuning),
        }


def split_name(base: str, subset: str) -> str:
    """Return the split of a label subset."""
    return base if subset == FULL else f"{base}-{subset}"


def seed_of(base: str) -> int:
    """Return the seed of the trainings on a split: that in its name, else the usual one.

    "seed-12", and "full_12" of the published data.
    """
    found = re.fullmatch(r"(?:seed-|full_)(\d+)", base)
    return int(found[1]) if found else 42
