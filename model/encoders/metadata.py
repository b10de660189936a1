"""Catalog features: by quantile, with a mask of the missing ones, through an MLP.

Letters: B stars, N features, H hidden_dim.
"""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from model.encoder_config import MetadataConfig
from model.encoders.base import MLP, Encoder, Inputs, QuantileScale
from model.inputs.arrays import ModalityArrays
from model.inputs.metadata import collate


class MetadataEncoder(Encoder):
    """From `values` (B, N), NaN where missing, to (B, H)."""

    def __init__(self, config: MetadataConfig) -> None:
        super().__init__()
        self.config: MetadataConfig = config
        n_features = len(config.features)
        self.scale = QuantileScale(n_features, config.clip)
        self.mlp = MLP([2 * n_features, *config.layers, config.hidden_dim], config.dropout)

    def fit_scalers(self, arrays: ModalityArrays, rows: NDArray) -> None:
        """Learn each feature's quantiles."""
        present = rows[arrays.present[rows]]
        values = collate(arrays, present, self.config)["values"]
        self.scale.fit(torch.from_numpy(values))

    def augment(self, inputs: Inputs, generator: Generator) -> Inputs:
        """Hide some values."""
        values = inputs["values"]
        drawn = torch.rand(values.shape, generator=generator).to(values.device)
        return {"values": values.masked_fill(drawn < self.config.feature_dropout, torch.nan)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Encode the features."""
        scaled, known = self.scale(inputs["values"])
        return self.mlp(torch.cat([scaled, known], dim=1))  # (B, H)
