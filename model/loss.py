"""Contrastive losses: symmetric over each pair of modalities, and over two views of one.

Letters: B stars, D embed_dim, n stars of the batch that have both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from model.distributed import gather_rows
from model.modalities import pairs

MAX_LOG_SCALE = math.log(100)


def clip_loss(a: Tensor, b: Tensor, log_scale: Tensor) -> Tensor:
    """Symmetric cross-entropy of telling each row's partner from the others'.

    Parameters
    ----------
    a, b : (n, D), unit vectors; row i of one belongs to row i of the other
    log_scale : (), clamped to [0, ln 100]
    """
    a, b = gather_rows(a), gather_rows(b)  # of all ranks
    logits = log_scale.clamp(0, MAX_LOG_SCALE).exp() * a @ b.T  # (n, n)
    target = torch.arange(len(a), device=a.device)
    return (
        functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)
    ) / 2


def pair_losses(
    vectors: Mapping[str, Tensor], present: Mapping[str, Tensor], log_scales: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return the loss of each pair of modalities over the stars that have both.

    Parameters
    ----------
    vectors : modality to (B, D)
    present : modality to bool, (B,)
    log_scales : "a-b" to ()
    """
    losses = {}
    for a, b in pairs(tuple(vectors)):
        both = present[a] & present[b]  # (B,)
        left, right = vectors[a][both], vectors[b][both]  # (n, D)
        if enough(left):
            losses[f"{a}-{b}"] = clip_loss(left, right, log_scales[f"{a}-{b}"])
    return losses


def enough(rows: Tensor) -> bool:
    """Whether there are at least two stars to tell apart, on all ranks together."""
    return len(gather_rows(rows)) > 1
