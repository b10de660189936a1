"""Spectra: flux over median and its residual from the continuum, through convolutions.

Letters: B stars, P pixels, C channels, S segments, H hidden_dim.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from model.config import SpectraConfig
from model.encoders.base import MLP, ConvBlock, Encoder, Inputs

N_POSITIONS = 4  # sine and cosine of two wavelength scales: a line's place matters, not its shape only


class SpectraEncoder(Encoder):
    """From `flux`, `flux_err`, `good` (B, P) to (B, H)."""

    positions: Tensor

    def __init__(self, config: SpectraConfig) -> None:
        super().__init__()
        self.config: SpectraConfig = config
        self.continuum_pixels = 2 * int(config.continuum_angstrom / config.step_angstrom / 2) + 1
        self.register_buffer("positions", _positions(config.n_pixels), persistent=False)
        width, kernel, dropout = config.channels, config.kernel_size, config.dropout
        self.stem = nn.Conv1d(4 + N_POSITIONS, width[0], 2 * kernel + 1, stride=4, padding=kernel)
        self.blocks = nn.Sequential(
            *(
                ConvBlock(n_in, n_out, kernel, 2, "zeros", dropout)
                for n_in, n_out in zip(width, width[1:], strict=False)
            )
        )
        self.out = MLP([width[-1] * config.n_segments, config.hidden_dim, config.hidden_dim], dropout)

    def augment(self, inputs: Inputs, generator: Generator) -> Inputs:
        """Add noise and mask one stretch of wavelengths."""
        flux, good = inputs["flux"], inputs["good"]
        n_stars, n_pixels = flux.shape
        noise = torch.randn(flux.shape, generator=generator).to(flux.device)
        drawn = torch.rand((2, n_stars, 1), generator=generator).to(flux.device)
        length, start = drawn[0] * self.config.pixel_dropout * n_pixels, drawn[1] * n_pixels
        pixel = torch.arange(n_pixels, device=flux.device)  # (P,)
        good = good & ~((pixel >= start) & (pixel < start + length))  # (B, P)
        flux = torch.where(good, flux + self.config.value_noise * noise, 0.0)
        return {"flux": flux, "flux_err": inputs["flux_err"] * good, "good": good}

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the spectra."""
        x = self.stem(self._channels(inputs))  # (B, C, P / 4)
        x = self.blocks(functional.gelu(x))
        x = _average_segments(x, self.config.n_segments)  # (B, C, S)
        return self.out(x.flatten(1))  # (B, H)

    def _channels(self, inputs: Inputs) -> Tensor:
        flux, flux_err, good = inputs["flux"], inputs["flux_err"], inputs["good"].to(inputs["flux"])
        continuum = self._running_mean(flux * good) / (self._running_mean(good) + 1e-3)
        residual = good * (flux - continuum) / (continuum.abs() + 0.1)
        positions = self.positions.expand(len(flux), -1, -1)  # (B, 4, P)
        error = torch.log1p(10 * flux_err)
        stacked = torch.stack([torch.asinh(flux), 3 * residual.clamp(-3, 3), error, good], dim=1)
        return torch.cat([stacked, positions], dim=1)  # (B, 8, P)

    def _running_mean(self, values: Tensor) -> Tensor:
        width = self.continuum_pixels
        return functional.avg_pool1d(values[:, None], width, 1, width // 2)[:, 0]  # (B, P)


def _positions(n_pixels: int) -> Tensor:
    angle = torch.linspace(0, torch.pi, n_pixels)
    return torch.stack([torch.sin(angle), torch.cos(angle), torch.sin(4 * angle), torch.cos(4 * angle)])


def _average_segments(x: Tensor, n_segments: int) -> Tensor:
    """Average (B, C, P) over equal stretches: (B, C, S)."""
    return functional.adaptive_avg_pool1d(x, n_segments)
