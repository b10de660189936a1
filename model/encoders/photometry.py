"""Light curves: the fold through circular convolutions, the time series through attention.

Nothing depends on the zero of phase (circular convolutions, pooled) or on the zero of time
(rotary positions: attention sees differences of times only).
Letters: B stars, T epochs, F bands, K phase bins, L tokens, C channels, D token_dim, H hidden_dim.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional

from model.encoder_config import PhotometryConfig
from model.encoders.base import MLP, ConvBlock, Encoder, Inputs, Standardize
from model.encoders.folding import fold_channels, time_tokens
from model.inputs.arrays import ModalityArrays
from model.inputs.photometry import scalars

SCALAR_WIDTH = 64
MIN_KEPT = 3  # epochs that augmentation leaves at least


class PhotometryEncoder(Encoder):
    """From `time, phase, value, weight, band` (B, T) and `scalars` (B, 2 F + 1) to (B, H)."""

    def __init__(self, config: PhotometryConfig) -> None:
        super().__init__()
        self.config: PhotometryConfig = config
        n_bands, n_scalars = len(config.bands), 2 * len(config.bands) + 1
        self.standardize = Standardize(n_scalars)
        self.scalar_mlp = MLP([2 * n_scalars, SCALAR_WIDTH, SCALAR_WIDTH], config.dropout)
        self.fold = FoldBranch(config, n_bands)
        self.series = SeriesBranch(config, n_bands) if config.n_layers else None
        width = SCALAR_WIDTH + self.fold.width + (config.token_dim if self.series else 0)
        self.out = MLP([width, config.hidden_dim, config.hidden_dim], config.dropout)

    def fit_scalers(self, arrays: ModalityArrays, rows: NDArray) -> None:
        """Learn the spread of amplitudes, colors and periods."""
        present = rows[arrays.present[rows]]
        self.standardize.fit(torch.from_numpy(scalars(arrays, present, self.config)))

    def augment(self, inputs: Inputs, generator: Generator) -> Inputs:
        """Leave epochs out, add noise, move the zero of phase."""
        shape, device = inputs["value"].shape, inputs["value"].device
        drawn = torch.rand(shape, generator=generator).to(device)
        noise = torch.randn(shape, generator=generator).to(device)
        per_star = torch.rand((3, shape[0], 1), generator=generator).to(device)
        weight = drop_epochs(inputs["weight"], drawn, per_star[0] * self.config.epoch_dropout)
        value = inputs["value"] + self.config.value_noise * per_star[2] * noise
        phase = torch.remainder(inputs["phase"] + per_star[1], 1.0)
        return {**inputs, "weight": weight, "value": value, "phase": phase}

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the light curves."""
        scaled, known = self.standardize(inputs["scalars"])
        has_period = torch.isfinite(inputs["scalars"][:, -1:])  # (B, 1)
        parts = [self.scalar_mlp(torch.cat([scaled, known], 1)), self.fold(inputs, has_period)]
        if self.series is not None:
            parts.append(self.series(inputs))
        return self.out(torch.cat(parts, dim=1))  # (B, H)


class FoldBranch(nn.Module):
    """The folded curve: all bands through one stem, then residual circular convolutions."""

    def __init__(self, config: PhotometryConfig, n_bands: int) -> None:
        super().__init__()
        self.n_bins, self.n_bands = 2 * config.n_phase_bins, n_bands
        width, kernel = config.channels, config.kernel_size
        self.stem = nn.Conv1d(
            5, width[0], kernel + 2, stride=2, padding=kernel // 2 + 1, padding_mode="circular"
        )
        self.band_scale = nn.Parameter(1 + 0.2 * torch.randn(n_bands, width[0], 1))
        self.band_shift = nn.Parameter(0.2 * torch.randn(n_bands, width[0], 1))
        stages = [ConvBlock(width[0], width[0], kernel, 1, circular=True)]
        for n_in, n_out in pairwise(width):
            stages.append(ConvBlock(n_in, n_out, kernel, 2, circular=True))
        self.blocks = nn.Sequential(*stages)
        self.width = 2 * width[-1]
        self.no_period = nn.Parameter(torch.zeros(self.width))

    def forward(self, inputs: Inputs, has_period: Tensor) -> Tensor:
        """From the epochs to (B, 2 C)."""
        x = fold_channels(
            inputs["phase"], inputs["value"], inputs["weight"], inputs["band"],
            self.n_bands, self.n_bins,
        )  # fmt: skip  # (B, F, 5, K)
        observed = (x[:, :, 1].sum(2) > 0).to(x.dtype)  # (B, F)
        share = observed / observed.sum(1, keepdim=True).clamp(min=1)
        x = self.stem(x.flatten(0, 1)).unflatten(0, (-1, self.n_bands))  # (B, F, C, K / 2)
        x = functional.relu(torch.addcmul(self.band_shift, x, self.band_scale))
        x = (x * share[:, :, None, None]).sum(1)  # (B, C, K / 2)
        x = self.blocks(x)
        pooled = torch.cat([x.mean(2), x.amax(2)], dim=1)  # (B, 2 C)
        return torch.where(has_period, pooled, self.no_period.to(pooled.dtype))


class SeriesBranch(nn.Module):
    """The time series: tokens of neighboring epochs, attention over differences of times."""

    omega: Tensor

    def __init__(self, config: PhotometryConfig, n_bands: int) -> None:
        super().__init__()
        self.n_tokens, self.n_bands = config.n_tokens, n_bands
        n_scales = config.token_dim // config.n_heads // 2
        low, high = (math.log(days) for days in config.time_scales_days)
        scales_days = torch.exp(torch.linspace(low, high, n_scales))
        self.register_buffer("omega", 2 * math.pi / scales_days, persistent=False)
        self.embed = nn.Linear(2 + n_bands, config.token_dim)
        self.blocks = nn.ModuleList(
            AttentionBlock(config.token_dim, config.n_heads) for _ in range(config.n_layers)
        )
        self.norm = nn.LayerNorm(config.token_dim)

    def forward(self, inputs: Inputs) -> Tensor:
        """From the epochs to (B, D)."""
        features, time, share, filled = time_tokens(
            inputs["time"], inputs["value"], inputs["weight"], inputs["band"],
            self.n_bands, self.n_tokens,
        )  # fmt: skip
        x = self.embed(torch.cat([features, share], dim=2))  # (B, L, D)
        angle = time[:, None, :, None] * self.omega  # (B, 1, L, D / heads / 2)
        rotation = torch.polar(torch.ones_like(angle), angle)
        for block in self.blocks:
            x = block(x, rotation, filled)
        kept = filled[:, :, None].to(x.dtype)
        return (self.norm(x) * kept).sum(1) / kept.sum(1).clamp(min=1)  # (B, D)


class AttentionBlock(nn.Module):
    """Pre-norm attention with rotary positions, then a feed-forward layer."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_attention, self.norm_mlp = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.project = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = MLP([dim, 2 * dim, dim])

    def forward(self, x: Tensor, rotation: Tensor, filled: Tensor) -> Tensor:
        """From (B, L, D) to (B, L, D); only filled tokens are attended to."""
        qkv = self.qkv(self.norm_attention(x)).unflatten(2, (3, self.n_heads, -1))
        qkv = qkv.permute(2, 0, 3, 1, 4)  # (3, B, heads, L, D / heads)
        q, k = rotate(qkv[:2], rotation)
        v = qkv[2]
        attended = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=filled[:, None, None, :]
        )
        x = x + self.project(attended.transpose(1, 2).flatten(2))  # (B, L, D)
        return x + self.mlp(self.norm_mlp(x))


def rotate(x: Tensor, rotation: Tensor) -> Tensor:
    """Rotate pairs of (..., L, 2 n) by complex (B, 1, L, n): products see differences only."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * rotation).flatten(-2).to(x.dtype)


def drop_epochs(weight: Tensor, drawn: Tensor, rate: Tensor) -> Tensor:
    """Set the weight (B, T) of a fraction `rate` (B, 1) of the epochs to zero, never of all."""
    drawn = drawn.masked_fill(weight == 0, -1.0)
    n_kept = min(MIN_KEPT, drawn.shape[1])
    threshold = torch.minimum(rate, drawn.topk(n_kept, dim=1).values[:, -1:])
    return weight.masked_fill(drawn < threshold, 0.0)
