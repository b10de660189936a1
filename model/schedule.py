"""The learning rate of each step, and which weights decay."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from model.config import FinetuneConfig, TrainConfig

FINAL_FRACTION = 0.01
PLATEAU_EPOCHS = 3  # without a better score before the rate falls, as published
PLATEAU_THRESHOLD = 1e-4  # relative improvement that counts


def learning_rate(
    step: int, n_steps: int, warmup: float, peak: float, plateau: float | None = None
) -> float:
    """Return the rate of a step: linear warm-up, then a cosine down to a hundredth of the peak.

    With `plateau` (from `plateau_scale`) that fraction of the peak stands in for the cosine.

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
    if plateau is not None:
        return peak * plateau
    done = min(1.0, (step - n_warmup) / max(1, n_steps - n_warmup))
    return peak * (FINAL_FRACTION + (1 - FINAL_FRACTION) * 0.5 * (1 + math.cos(math.pi * done)))


def plateau_scale(scores: Sequence[float], factor: float) -> float:
    """Return what a rate is scaled by after epochs of these validation scores, lower being better.

    It falls by `factor` each time `PLATEAU_EPOCHS` epochs and one have brought nothing better.
    """
    scale, best, waited = 1.0, math.inf, 0
    for score in scores:
        waited += 1
        if score < best - PLATEAU_THRESHOLD * abs(best if math.isfinite(best) else 0):
            best, waited = score, 0
        if waited > PLATEAU_EPOCHS:
            scale, waited = scale * factor, 0
    return scale


def parameter_groups(
    module: nn.Module, config: TrainConfig | FinetuneConfig, rate: float = 1.0
) -> list[dict]:
    """Return the optimizer's groups: matrices and kernels decay; biases, norms and scales do not.

    With plain Adam everything decays, as published. `rate` multiplies the schedule for these
    parameters.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    decayed = [p for p in parameters if p.ndim >= 2]
    others = [p for p in parameters if p.ndim < 2]
    of_others = config.weight_decay if config.optimizer == "adam" else 0.0
    return [
        {"params": decayed, "weight_decay": config.weight_decay, "rate": rate},
        {"params": others, "weight_decay": of_others, "rate": rate},
    ]
