"""What every encoder offers, and the small layers they share.

Letters: B stars, C channels, H hidden_dim.
"""

from __future__ import annotations

import itertools
from typing import Literal

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional

from model.encoder_config import EncoderConfig
from model.inputs.arrays import ModalityArrays

Inputs = dict[str, Tensor]


class Encoder(nn.Module):
    """From the inputs of B stars that have the modality to (B, H)."""

    config: EncoderConfig

    def fit_scalers(self, arrays: ModalityArrays, rows: NDArray) -> None:
        """Learn centers and scales from the train rows; they are kept among the weights."""

    def augment(self, inputs: Inputs, generator: Generator) -> Inputs:
        """Return another view of the same stars, as if they had been observed otherwise."""
        return inputs


class Standardize(nn.Module):
    """Center and scale (B, n) values by robust train statistics; NaN becomes 0 with a mask."""

    center: Tensor
    scale: Tensor

    def __init__(self, n_values: int, clip: float = 6.0) -> None:
        super().__init__()
        self.clip = clip
        self.register_buffer("center", torch.zeros(n_values))
        self.register_buffer("scale", torch.ones(n_values))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        """Set center and scale to the median and the 16-84 % half-range of (n_rows, n_values)."""
        quantiles = torch.tensor([0.16, 0.5, 0.84], dtype=torch.float64)
        for column in range(values.shape[1]):
            finite = values[:, column][torch.isfinite(values[:, column])].double()
            if len(finite):
                low, middle, high = torch.quantile(finite, quantiles).tolist()
                spread = (high - low) / 2 or float(finite.std(correction=0)) or 1.0
                self.center[column], self.scale[column] = middle, spread

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return standardised values and the mask of those known, both (B, n)."""
        known = torch.isfinite(values)
        scaled = (torch.nan_to_num(values) - self.center) / self.scale
        scaled = scaled.clamp(-self.clip, self.clip)
        return torch.where(known, scaled, 0.0), known.to(scaled.dtype)


class QuantileScale(nn.Module):
    """Map (B, n) values to normal deviates by the train part's quantiles; NaN becomes 0 and a mask.

    However skewed a feature is, its train values come out normal. Beyond the outermost knots the
    map goes on as asinh, so that an extreme value stays more extreme than the others.
    """

    knots: Tensor
    deviates: Tensor

    def __init__(self, n_values: int, clip: float = 6.0, n_knots: int = 65) -> None:
        super().__init__()
        self.clip = clip
        share = torch.linspace(0.005, 0.995, n_knots, dtype=torch.float64)
        self.register_buffer("deviates", torch.special.ndtri(share).float(), persistent=False)
        self.register_buffer("knots", self.deviates.repeat(n_values, 1))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        """Set the knots to the quantiles of (n_rows, n_values)."""
        share = torch.special.ndtr(self.deviates.double())
        for column in range(values.shape[1]):
            finite = values[:, column][torch.isfinite(values[:, column])].double()
            if len(finite):
                self.knots[column] = torch.quantile(finite, share).float()

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return the deviates and the mask of the values known, both (B, n)."""
        known = torch.isfinite(values)
        x = torch.nan_to_num(values).T.contiguous()  # (n, B)
        right = torch.searchsorted(self.knots, x).clamp(1, self.knots.shape[1] - 1)
        low, high = self.knots.gather(1, right - 1), self.knots.gather(1, right)
        share = ((x - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)
        inside = torch.lerp(self.deviates[right - 1], self.deviates[right], share)
        first, last = self.knots[:, :1], self.knots[:, -1:]
        beyond = (x - x.clamp(first, last)) / (last - first).clamp(min=1e-12)
        scaled = (inside + torch.asinh(4 * beyond)).clamp(-self.clip, self.clip).T
        return torch.where(known, scaled, 0.0), known.to(scaled.dtype)


class MLP(nn.Sequential):
    """Linear layers with GELU and dropout between them."""

    def __init__(self, widths: list[int], dropout: float = 0.0) -> None:
        layers: list[nn.Module] = [nn.Linear(widths[0], widths[1])]
        for n_in, n_out in itertools.pairwise(widths[1:]):
            layers += [nn.GELU(), *([nn.Dropout(dropout)] if dropout else [])]
            layers.append(nn.Linear(n_in, n_out))
        super().__init__(*layers)


class ConvBlock(nn.Module):
    """Residual pair of 1-D convolutions with group norm; the first may stride."""

    def __init__(
        self, n_in: int, n_out: int, kernel_size: int, stride: int, circular: bool = False
    ) -> None:
        super().__init__()
        pad = kernel_size // 2
        mode: Literal["circular", "zeros"] = "circular" if circular else "zeros"
        self.first = nn.Conv1d(n_in, n_out, kernel_size, stride, pad, padding_mode=mode, bias=False)
        self.second = nn.Conv1d(n_out, n_out, kernel_size, 1, pad, padding_mode=mode)
        self.norm = nn.GroupNorm(1, n_out)
        self.shortcut = nn.Conv1d(n_in, n_out, 1) if n_in != n_out else nn.Identity()
        self.pool = nn.AvgPool1d(stride, ceil_mode=True) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """From (B, n_in, L) to (B, n_out, ceil(L / stride))."""
        residual = functional.relu(self.norm(self.first(x)))  # (B, n_out, L / stride)
        return functional.relu(self.shortcut(self.pool(x)) + self.second(residual))
