"""One code path for one process and many: everything here is the identity where there is one.

`torchrun --nproc-per-node N -m -- model train ...` sets the environment; each rank then takes its
share of a batch, the losses see the vectors of all ranks, and the gradients are averaged. (The bare
`--` keeps torchrun from reading our options as its own.)
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
from numpy.typing import NDArray
from torch import Tensor, distributed
from torch.distributed.nn.functional import all_gather


def start(cuda: bool) -> torch.device:
    """Join the other ranks, where there are any; returns the device of this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if cuda else "gloo")
    return (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if cuda
        else torch.device("cpu")
    )


def stop() -> None:
    """Leave the other ranks, where there are any."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def n_ranks() -> int:
    """Number of processes that train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Number of this process; 0 writes the files."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def share(rows: NDArray) -> NDArray:
    """Return this rank's part of a batch."""
    return rows[rank() :: n_ranks()]


def gather_rows(rows: Tensor) -> Tensor:
    """Concatenate the (n, D) rows of all ranks, whatever each one's n; gradients flow back."""
    if n_ranks() == 1:
        return rows
    if torch.is_grad_enabled() and not rows.requires_grad:
        rows = rows.detach().requires_grad_()  # else this rank would not join the backward pass
    counts = [torch.zeros((), dtype=torch.long, device=rows.device) for _ in range(n_ranks())]
    distributed.all_gather(counts, torch.tensor(len(rows), device=rows.device))
    longest = max(int(count) for count in counts)
    padded = torch.cat([rows, rows.new_zeros(longest - len(rows), *rows.shape[1:])])
    parts = all_gather(padded)
    return torch.cat([part[: int(count)] for part, count in zip(parts, counts, strict=True)])


def add_up(array: NDArray, device: torch.device) -> NDArray:
    """Return the sum over the ranks of an array that each has filled a part of."""
    if n_ranks() == 1:
        return array
    total = torch.from_numpy(array).to(device)
    distributed.all_reduce(total)
    return total.cpu().numpy()


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Sum the gradients of all ranks; each rank's loss is already that of the whole batch."""
    if n_ranks() == 1:
        return
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        distributed.all_reduce(parameter.grad)
        parameter.grad /= n_ranks()


def wait() -> None:
    """Wait until all ranks have come here."""
    if n_ranks() > 1:
        distributed.barrier()
