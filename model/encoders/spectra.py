"""Spectra: flux over median and its residual from the continuum, through convolutions.

Letters: B stars, P pixels, C channels, S segments, H hidden_dim.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from model.encoder_config import SpectraConfig
from model.encoders.base import MLP, ConvBlock, Encoder, Inputs
from model.inputs.spectra import RESIDUAL_STRETCH

STEM_STRIDE = 4


class SpectraEncoder(Encoder):
    """From `channels` (B, 3, P) to (B, H)."""

    def __init__(self, config: SpectraConfig) -> None:
        super().__init__()
        self.config: SpectraConfig = config
        width, kernel = config.channels, config.kernel_size
        self.stem = nn.Conv1d(3, width[0], 2 * kernel + 1, STEM_STRIDE, padding=kernel)
        n_places = (config.n_pixels - 1) // STEM_STRIDE + 1
        self.place = nn.Parameter(torch.zeros(width[0], n_places))  # a line is what it is by where
        self.blocks = nn.Sequential(*(ConvBlock(a, b, kernel, 2) for a, b in pairwise(width)))
        flat = width[-1] * config.n_segments
        self.out = MLP([flat, config.hidden_dim, config.hidden_dim], config.dropout)

    def augment(self, inputs: Inputs, generator: Generator) -> Inputs:
        """Add noise and mask one stretch of wavelengths."""
        x = inputs["channels"]
        n_stars, _, n_pixels = x.shape
        noise = torch.randn((n_stars, 1, n_pixels), generator=generator).to(x.device)
        drawn = torch.rand((3, n_stars, 1, 1), generator=generator).to(x.device)
        length, start = drawn[0] * self.config.pixel_dropout * n_pixels, drawn[1] * n_pixels
        pixel = torch.arange(n_pixels, device=x.device)  # (P,)
        hidden = (pixel >= start) & (pixel < start + length)  # (B, 1, P)
        noise = noise * drawn[2] * self.config.value_noise * x[:, 2:]  # (B, 1, P), none where bad
        noisy = torch.cat([x[:, :1] + noise, x[:, 1:2] + RESIDUAL_STRETCH * noise, x[:, 2:]], dim=1)
        return {"channels": noisy.masked_fill(hidden, 0.0)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the spectra."""
        x = functional.relu(self.stem(inputs["channels"]) + self.place)  # (B, C, P / 4)
        x = self.blocks(x)
        x = functional.adaptive_avg_pool1d(x, self.config.n_segments)  # (B, C, S)
        return self.out(x.flatten(1))  # (B, H)
