"""The published encoders behind the interface of `model.encoders`, for training and embedding.

The networks are those of `network.py`, so that published weights fit; around them stands what the
paper does outside: standardising by the train part, and the window of 200 rows.
Letters: B stars, T rows, L rows of the window, H hidden_dim.
"""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from model.astrom3.encoder_config import (
    N_CHANNELS,
    GalSpecNetConfig,
    InformerConfig,
    MetaModelConfig,
)
from model.astrom3.informer import Informer
from model.astrom3.network import AstroM3Config, GalSpecNet, MetaModel
from model.encoders.base import Encoder, Inputs
from model.inputs.arrays import ModalityArrays
from model.recompute import in_chunks

N_PHOTO_COLS = 4
CHUNK = 16  # light curves whose activations stay in a CPU's cache


class MeanStd(nn.Module):
    """Center and scale (B, n) values by the train part's mean and deviation; NaN becomes 0."""

    mean: Tensor
    std: Tensor

    def __init__(self, n_values: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_values))
        self.register_buffer("std", torch.ones(n_values))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        """Set mean and population deviation to those of the known ones of (n_rows, n_values)."""
        for column in range(values.shape[1]):
            finite = values[:, column][torch.isfinite(values[:, column])].double()
            if len(finite):
                self.mean[column] = finite.mean()
                self.std[column] = float(finite.std(correction=0)) or 1.0

    def forward(self, values: Tensor) -> Tensor:
        """Return standardised values (B, n)."""
        return torch.nan_to_num((values - self.mean) / self.std, nan=0.0)


class InformerEncoder(Encoder):
    """From `row` (B, T, 3), `n_rows` (B,) and `constants` (B, 6) to (B, H)."""

    def __init__(self, config: InformerConfig) -> None:
        super().__init__()
        self.config: InformerConfig = config
        self.standardize = MeanStd(N_PHOTO_COLS)
        self.network = Informer(
            N_CHANNELS,
            config.width,
            config.n_heads,
            config.d_ff,
            config.n_layers,
            config.dropout,
            config.factor,
        )

    def fit_scalers(self, arrays: ModalityArrays, rows: NDArray) -> None:
        """Learn mean and deviation of the photometric columns."""
        constants = arrays.per_object["constants"][arrays.at(rows[arrays.present[rows]])]
        self.standardize.fit(torch.from_numpy(constants[:, :N_PHOTO_COLS]))

    def augment(self, inputs: Inputs, generator: Generator) -> Inputs:
        """Take a window of each light curve at random."""
        drawn = torch.rand(len(inputs["n_rows"]), generator=generator).to(inputs["row"].device)
        spare = (inputs["n_rows"] - self.config.seq_len).clamp(min=0)
        return self._window(inputs, (drawn * (spare + 1)).long().clamp(max=spare))

    def _window(self, inputs: Inputs, start: Tensor) -> Inputs:
        row, length = inputs["row"], min(self.config.seq_len, inputs["row"].shape[1])
        index = start[:, None] + torch.arange(length, device=row.device)  # (B, L)
        index = index.clamp(max=row.shape[1] - 1)
        return {
            **inputs,
            "row": row.gather(1, index[..., None].expand(-1, -1, 3)),
            "n_rows": inputs["n_rows"].clamp(max=self.config.seq_len),
        }

    def network_inputs(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Return the nine channels (B, 200, 9), zero where padded, and the mask (B, 200)."""
        if inputs["row"].shape[1] > self.config.seq_len:
            spare = (inputs["n_rows"] - self.config.seq_len).clamp(min=0)
            inputs = self._window(inputs, spare // 2)
        row, constants = inputs["row"], inputs["constants"]
        scaled = self.standardize(constants[:, :N_PHOTO_COLS])
        constants = torch.cat([scaled, constants[:, N_PHOTO_COLS:]], 1)  # (B, 6)
        mask = row.new_zeros(len(row), self.config.seq_len)
        place = torch.arange(self.config.seq_len, device=row.device)
        mask[place < inputs["n_rows"][:, None]] = 1
        tensor = row.new_zeros(*mask.shape, N_CHANNELS)
        tensor[:, : row.shape[1], :3] = row
        tensor[..., 3:] = constants[:, None]
        return tensor * mask[..., None], mask

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the light curves."""
        size = 0 if torch.is_grad_enabled() or inputs["row"].is_cuda else CHUNK
        return in_chunks(lambda part: self.network(*self.network_inputs(part)), inputs, size)


class GalSpecNetEncoder(Encoder):
    """From `spectra` (B, 3, 2575) to (B, 1184)."""

    def __init__(self, config: GalSpecNetConfig) -> None:
        super().__init__()
        self.config: GalSpecNetConfig = config
        self.network = GalSpecNet(AstroM3Config(s_dropout=config.dropout))

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the spectra."""
        return self.network(inputs["spectra"])


class MetaModelEncoder(Encoder):
    """From `values` (B, N), NaN where missing, to (B, H)."""

    def __init__(self, config: MetaModelConfig) -> None:
        super().__init__()
        self.config: MetaModelConfig = config
        n_features = len(config.features)
        self.standardize = MeanStd(n_features)
        self.network = MetaModel(
            AstroM3Config(
                m_input_dim=n_features, m_hidden_dim=config.hidden_dim, m_dropout=config.dropout
            )
        )

    def fit_scalers(self, arrays: ModalityArrays, rows: NDArray) -> None:
        """Learn each feature's mean and deviation."""
        values = arrays.per_object["values"][arrays.at(rows[arrays.present[rows]])]
        self.standardize.fit(torch.from_numpy(values))

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the features."""
        return self.network(self.standardize(inputs["values"]))
