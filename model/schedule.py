"""The learning rate of each step, and which weights decay."""

from __future__ import annotations

import math

from torch import nn

FINAL_FRACTION = 0.01


def learning_rate(step: int, n_steps: int, warmup: float, peak: float) -> float:
    """Return the rate of a step: linear warm-up, then a cosine down to a hundredth of the peak.

    Parameters
    ----------
    step : int, from 0
    n_steps : int, of the whole training
    warmup : float, fraction of the steps
    peak : float
    """
    n_warmup = max(1, round(warmup * n_steps))
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    done = min(1.0, (step - n_warmup) / max(1, n_steps - n_warmup))
    return peak * (FINAL_FRACTION + (1 - FINAL_FRACTION) * 0.5 * (1 + math.cos(math.pi * done)))


def parameter_groups(module: nn.Module, weight_decay: float, rate: float = 1.0) -> list[dict]:
    """Return AdamW groups: matrices and kernels decay; biases, norms and scales do not.

    `rate` multiplies the schedule for these parameters.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    decayed = [p for p in parameters if p.ndim >= 2]
    others = [p for p in parameters if p.ndim < 2]
    return [
        {"params": decayed, "weight_decay": weight_decay, "rate": rate},
        {"params": others, "weight_decay": 0.0, "rate": rate},
    ]
