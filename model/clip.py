"""`MultimodalCLIP`: one encoder and projection per modality into a shared space of unit vectors.

Letters: B stars, n those of them that have the modality, H hidden_dim, D embed_dim.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from model.config import ModelConfig
from model.encoders.base import Encoder
from model.loss import MAX_LOG_SCALE
from model.modalities import Batch, SurveyTensors, modality_of, pairs

INITIAL_LOG_SCALE = math.log(1 / 0.07)


class MultimodalCLIP(nn.Module):
    """Encoders, projection heads and logit scales; any modality of any star may be missing."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict(
            {name: modality_of(c).encoder(c) for name, c in config.encoders.items()}
        )
        self.heads = nn.ModuleDict(
            {name: _head(c.hidden_dim, config.embed_dim) for name, c in config.encoders.items()}
        )
        names = [f"{a}-{b}" for a, b in pairs(config.modalities)] + list(config.modalities)
        self.log_scales = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(INITIAL_LOG_SCALE)) for name in names}
        )

    def encoder(self, name: str) -> Encoder:
        """Return one modality's encoder."""
        encoder = self.encoders[name]
        assert isinstance(encoder, Encoder)
        return encoder

    def fit_scalers(self, tensors: SurveyTensors, rows: object) -> None:
        """Learn the inputs' centers and scales from the train rows."""
        for name, arrays in tensors.arrays.items():
            self.encoder(name).fit_scalers(arrays, rows)  # type: ignore[arg-type]

    def hidden(self, batch: Batch) -> dict[str, Tensor]:
        """Return the encoders' vectors (n, H) of the stars that have each modality."""
        return {
            name: self.encoder(name)(inputs)
            for name, inputs in batch.inputs.items()
            if bool(batch.present[name].any())
        }

    def encode(self, batch: Batch) -> dict[str, Tensor]:
        """Return unit vectors (B, D) per modality; rows that lack it are zero."""
        hidden = self.hidden(batch)
        return {
            name: self._scatter(name, hidden.get(name), batch.present[name])
            for name in self.config.modalities
        }

    def _scatter(self, name: str, hidden: Tensor | None, present: Tensor) -> Tensor:
        vectors = torch.zeros(len(present), self.config.embed_dim, device=present.device)
        if hidden is None:
            return vectors
        unit = functional.normalize(self.heads[name](hidden).float(), dim=1)  # (n, D)
        return vectors.masked_scatter(present[:, None], unit)  # (B, D)

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


def _head(hidden_dim: int, embed_dim: int) -> nn.Module:
    return nn.Sequential(
        nn.LayerNorm(hidden_dim), nn.Linear(hidden_dim, hidden_dim), nn.GELU(),
        nn.Linear(hidden_dim, embed_dim),
    )  # fmt: skip
