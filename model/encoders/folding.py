"""Epochs gathered into phase bins and time tokens, on the device and without loops over stars.

Padding has weight zero and so enters no sum.
Letters: B stars, T epochs, F bands, K bins over two periods, L tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SHRINKAGE = 0.5  # weight of the coarser estimate beside that of a bin's own points (about 1/2 each)


def fold_channels(
    phase: Tensor, value: Tensor, weight: Tensor, band: Tensor, n_bands: int, n_bins: int
) -> Tensor:
    """Bin the fold at twice the period, beside that at the period.

    Parameters
    ----------
    phase : (B, T), in [0, 1) of twice the period
    value, weight : (B, T)
    band : int64, (B, T), below n_bands
    n_bins : int, bins over two periods (even)

    Returns
    -------
    Tensor, (B, F, 5, K) : mean at 2 P, mean at P, scatter at P, and how well each mean is known.
        Sparse bins lean on the fold at P, and that on its neighbors.
    """
    bins = (phase * n_bins).long().clamp(0, n_bins - 1)
    index = band * n_bins + bins  # (B, T)
    sums = torch.stack([_sums(w, index, n_bands * n_bins) for w in _moments(value, weight)])
    sums = sums.unflatten(2, (n_bands, n_bins))  # (3, B, F, K)
    once = sums.unflatten(3, (2, n_bins // 2)).sum(3)  # (3, B, F, K / 2)
    smooth = _smooth(once)
    coarse = smooth[1] / (smooth[0] + 1e-3)
    mean_once = (once[1] + SHRINKAGE * coarse) / (once[0] + SHRINKAGE)
    spread = once[2] / (once[0] + 1e-6) - (once[1] / (once[0] + 1e-6)) ** 2
    known_once = once[0] / (once[0] + SHRINKAGE)
    folded_once = torch.stack(
        [mean_once, spread.clamp(min=1e-8).sqrt() * known_once, known_once], 2
    )
    folded_once = torch.cat([folded_once, folded_once], dim=3)  # (B, F, 3, K)
    mean_twice = (sums[1] + SHRINKAGE * folded_once[:, :, 0]) / (sums[0] + SHRINKAGE)
    known_twice = sums[0] / (sums[0] + SHRINKAGE)
    return torch.cat(
        [torch.stack([mean_twice, known_twice], 2), folded_once], dim=2
    )  # (B, F, 5, K)


def time_tokens(
    time: Tensor, value: Tensor, weight: Tensor, band: Tensor, n_bands: int, n_tokens: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Group neighboring epochs, equally many in each group, into at most `n_tokens` tokens.

    Returns
    -------
    features : (B, L, 2), mean value and scatter
    token_time : (B, L), days
    band_share : (B, L, F)
    filled : bool, (B, L)
    """
    valid = weight > 0
    count = valid.sum(1, keepdim=True).clamp(min=1)  # (B, 1)
    rank = (valid.cumsum(1) - 1).clamp(min=0)
    token = torch.where(count > n_tokens, rank * n_tokens // count, rank.clamp(max=n_tokens - 1))
    total, first, second = (_sums(w, token, n_tokens) for w in _moments(value, weight))
    safe = total.clamp(min=1e-9)
    mean = first / safe
    scatter = (second / safe - mean**2).clamp(min=1e-8).sqrt()
    token_time = _sums(weight * time, token, n_tokens) / safe
    share = torch.stack(
        [_sums(weight * (band == index), token, n_tokens) / safe for index in range(n_bands)], dim=2
    )
    return torch.stack([mean, scatter], dim=2), token_time, share, total > 0


def _moments(value: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return weight, weight * value, weight * value**2


def _sums(values: Tensor, index: Tensor, n: int) -> Tensor:
    """Add (B, T) values up by index: (B, n)."""
    return values.new_zeros(len(values), n).scatter_add_(1, index, values)


def _smooth(sums: Tensor) -> Tensor:
    """Running sum of five bins around the circle: (3, B, F, K)."""
    flat = sums.flatten(0, 2)[:, None]  # (3 B F, 1, K)
    padded = functional.pad(flat, (2, 2), mode="circular")
    return (functional.avg_pool1d(padded, 5, 1) * 5).view(sums.shape)
