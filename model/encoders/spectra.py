"""Spectra: flux over median and its residual from the continuum, pixel by pixel, through an MLP.

A line means what it means by its wavelength, so every pixel has weights of its own: with a few
thousand spectra these learn sooner, and tell more, than convolutions that look for a shape anywhere
and are then told where. Pixels are wide enough for the velocities of stars to stay within one.
Letters: B stars, P pixels, H hidden_dim.
"""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from model.encoder_config import SpectraConfig
from model.encoders.base import MLP, Encoder, Inputs
from model.inputs.arrays import ModalityArrays
from model.inputs.spectra import RESIDUAL_STRETCH, collate

SPREAD_FLOOR = 0.02  # a pixel that is the same in all spectra is not blown up
CLIP = 6.0  # standard deviations
FITTED = 20_000  # spectra that a pixel's mean and spread are learned from, at most


class SpectraEncoder(Encoder):
    """From `channels` (B, 3, P) to (B, H)."""

    center: Tensor
    spread: Tensor

    def __init__(self, config: SpectraConfig) -> None:
        super().__init__()
        self.config: SpectraConfig = config
        self.register_buffer("center", torch.zeros(2, config.n_pixels))
        self.register_buffer("spread", torch.ones(2, config.n_pixels))
        self.mlp = MLP([2 * config.n_pixels, *config.layers, config.hidden_dim], config.dropout)

    @torch.no_grad()
    def fit_scalers(self, arrays: ModalityArrays, rows: NDArray) -> None:
        """Learn each pixel's mean and standard deviation over the spectra where it is good."""
        present = rows[arrays.present[rows]]
        if not len(present):
            return
        present = present[:: -(-len(present) // FITTED)]
        channels = torch.from_numpy(collate(arrays, present, self.config)["channels"])
        value, good = channels[:, :2], channels[:, 2:]  # (n, 2, P), (n, 1, P)
        count = good.sum(0).clamp(min=1)  # (1, P)
        self.center.copy_((value * good).sum(0) / count)
        variance = ((value - self.center) ** 2 * good).sum(0) / count
        self.spread.copy_(variance.sqrt() + SPREAD_FLOOR)

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
        """Encode the spectra; a bad pixel counts as the mean of the others' there."""
        value, good = inputs["channels"][:, :2], inputs["channels"][:, 2:]
        scaled = ((value - self.center) / self.spread).clamp(-CLIP, CLIP) * good  # (B, 2, P)
        return self.mlp(scaled.flatten(1))  # (B, H)
