"""Large batches in little memory: activations are thrown away and computed again when needed.

A contrastive loss needs all vectors of a batch at once, but not the activations that led to them.
Each chunk is encoded once without keeping activations, and again in the backward pass, with the
same random numbers (Gao et al. 2021, arXiv:2101.06983, by PyTorch's own checkpointing).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from model.encoders.base import Inputs


def in_chunks(function: Callable[[Inputs], Tensor], inputs: Inputs, size: int) -> Tensor:
    """Apply a function of rows (n, ...) to `size` rows at a time and join what it returns.

    Its gradient is that of one call on all rows, as far as the function treats rows one by one and
    draws no random numbers; with `size` 0 it is one call.
    """
    n = len(next(iter(inputs.values())))
    if size == 0 or n <= size:
        return function(inputs)
    chunks = [
        {name: tensor[start : start + size] for name, tensor in inputs.items()}
        for start in range(0, n, size)
    ]
    if not torch.is_grad_enabled():
        return torch.cat([function(chunk) for chunk in chunks])
    return torch.cat([checkpoint(function, chunk, use_reentrant=False) for chunk in chunks])
