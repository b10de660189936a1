"""`MultimodalCLIP`: one encoder and projection per modality into a shared space of unit vectors.

Letters: B stars, n those of them that have the modality, H hidden_dim, D embed_dim.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional

from model.config import ModelConfig
from model.encoders.base import Encoder, Inputs
from model.loss import MAX_LOG_SCALE
from model.modalities import Batch, SurveyTensors, modality_of, pairs
from model.recompute import in_chunks


class MultimodalCLIP(nn.Module):
    """Encoders, projection heads and logit scales; any modality of any star may be missing."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict(
            {name: modality_of(c).encoder(c) for name, c in config.encoders.items()}
        )
        self.heads = nn.ModuleDict(
            {name: _head(c.hidden_dim, config) for name, c in config.encoders.items()}
        )
        names = [f"{a}-{b}" for a, b in pairs(config.modalities)] + list(config.modalities)
        self.log_scales = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(math.log(config.initial_scale))) for name in names}
        )

    def encoder(self, name: str) -> Encoder:
        """Return one modality's encoder."""
        encoder = self.encoders[name]
        assert isinstance(encoder, Encoder)
        return encoder

    def fit_scalers(self, tensors: SurveyTensors, rows: NDArray[np.int64]) -> None:
        """Learn the inputs' centers and scales from the train rows."""
        for name, arrays in tensors.arrays.items():
            self.encoder(name).fit_scalers(arrays, rows)

    def compile_encoders(self) -> None:
        """Have torch.compile fuse each encoder when it is first called."""
        for encoder in self.encoders.values():
            encoder.compile()

    def hidden(self, batch: Batch) -> dict[str, Tensor]:
        """Return the encoders' vectors (n, H) of the stars that have each modality."""
        return {
            name: self.encoder(name)(inputs)
            for name, inputs in batch.inputs.items()
            if bool(batch.present[name].any())
        }

    def encode(self, batch: Batch, chunk_size: int = 0) -> dict[str, Tensor]:
        """Return unit vectors (B, D) per modality; rows that lack it are zero.

        With `chunk_size` the activations of no more stars are in memory at once; see
        `model.recompute`.
        """
        return {name: self._encode(name, batch, chunk_size) for name in self.config.modalities}

    def _encode(self, name: str, batch: Batch, chunk_size: int) -> Tensor:
        present = batch.present[name]
        vectors = torch.zeros(len(present), self.config.embed_dim, device=present.device)
        if not bool(present.any()):
            return vectors
        unit = in_chunks(lambda inputs: self._unit(name, inputs), batch.inputs[name], chunk_size)
        return vectors.masked_scatter(present[:, None], unit)  # (B, D)

    def _unit(self, name: str, inputs: Inputs) -> Tensor:
        vectors = self.heads[name](self.encoder(name)(inputs))
        return functional.normalize(vectors.float(), dim=1)  # (n, D)

    def augment(self, batch: Batch, generator: Generator) -> Batch:
        """Return another view of the same stars."""
        inputs = {
            name: self.encoder(name).augment(content, generator)
            for name, content in batch.inputs.items()
            if bool(batch.present[name].any())
        }
        return Batch(batch.rows, batch.present, {**batch.inputs, **inputs})

    @torch.no_grad()
    def clamp_scales(self) -> None:
        """Keep the logit scales in [1, 100]; called after every step."""
        for scale in self.log_scales.values():
            scale.clamp_(0, MAX_LOG_SCALE)


def _head(hidden_dim: int, config: ModelConfig) -> nn.Module:
    if config.head == "linear":
        return nn.Linear(hidden_dim, config.embed_dim)
    return nn.Sequential(
        nn.LayerNorm(hidden_dim), nn.Linear(hidden_dim, hidden_dim), nn.GELU(),
        nn.Linear(hidden_dim, config.embed_dim),
    )  # fmt: skip
