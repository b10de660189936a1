"""The contrastive loss: its level for random vectors, and who takes part in it."""

import math
import os

import pytest
import torch
from torch import Tensor, multiprocessing
from torch.nn.functional import normalize

from model.loss import MAX_LOG_SCALE, clip_loss, pair_losses
from model.modalities import pairs


def unit(n: int, dim: int = 64, seed: int = 0) -> Tensor:
    return normalize(torch.randn(n, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_random_features_give_ln_b() -> None:
    loss = clip_loss(unit(512, seed=1), unit(512, seed=2), torch.tensor(0.0))
    assert float(loss) == pytest.approx(math.log(512), rel=0.01)


def test_equal_features_give_zero_at_a_high_scale() -> None:
    vectors = unit(32)
    assert float(clip_loss(vectors, vectors, torch.tensor(MAX_LOG_SCALE))) < 1e-3


def test_scale_is_clamped() -> None:
    a, b = unit(16, seed=1), unit(16, seed=2)
    beyond = clip_loss(a, b, torch.tensor(50.0))
    assert float(beyond) == pytest.approx(float(clip_loss(a, b, torch.tensor(math.log(100)))))


def test_loss_is_symmetric() -> None:
    a, b, scale = unit(16, seed=1), unit(16, seed=2), torch.tensor(2.0)
    assert float(clip_loss(a, b, scale)) == pytest.approx(float(clip_loss(b, a, scale)))


def test_missing_modalities_do_not_take_part() -> None:
    names = ("photometry", "spectra", "metadata")
    scales = {f"{a}-{b}": torch.tensor(1.0) for a, b in pairs(names)}
    vectors = {name: unit(20, seed=i).requires_grad_() for i, name in enumerate(names)}
    present = {name: torch.ones(20, dtype=torch.bool) for name in names}
    present["spectra"] = torch.arange(20) < 12
    losses = pair_losses(vectors, present, scales)
    subset = pair_losses(
        {name: value[:12] for name, value in vectors.items()},
        {name: value[:12] for name, value in present.items()},
        scales,
    )
    name = "photometry-spectra"
    torch.testing.assert_close(losses[name], subset[name])
    losses[name].backward()
    gradient = vectors["photometry"].grad
    assert gradient is not None
    assert gradient[:12].abs().sum() > 0
    assert gradient[12:].abs().sum() == 0


def test_a_pair_that_no_two_stars_have_is_left_out() -> None:
    vectors = {"photometry": unit(4), "spectra": unit(4)}
    present = {"photometry": torch.ones(4, dtype=torch.bool), "spectra": torch.arange(4) == 0}
    assert pair_losses(vectors, present, {"photometry-spectra": torch.tensor(1.0)}) == {}


def _rank_gradient(rank: int, port: int, results: multiprocessing.SimpleQueue) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2"}
    from torch import distributed

    from model.distributed import average_gradients, start

    start(cuda=False)
    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.eye(8))
    rows = slice(0, 5) if rank == 0 else slice(5, 12)  # ranks need not have equally many
    a, b = unit(12, 8, seed=1)[rows] @ weight, unit(12, 8, seed=2)[rows]
    clip_loss(normalize(a, dim=1), b, torch.tensor(2.0)).backward()
    average_gradients([weight])
    assert weight.grad is not None
    results.put(weight.grad.numpy().copy())
    distributed.destroy_process_group()


def test_two_ranks_give_the_gradient_of_one() -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    multiprocessing.spawn(_rank_gradient, args=(port, results), nprocs=2)
    weight = torch.nn.Parameter(torch.eye(8))
    a, b = unit(12, 8, seed=1) @ weight, unit(12, 8, seed=2)
    clip_loss(normalize(a, dim=1), b, torch.tensor(2.0)).backward()
    assert weight.grad is not None
    for _ in range(2):
        torch.testing.assert_close(torch.from_numpy(results.get()), weight.grad)
