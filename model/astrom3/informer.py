"""The light-curve encoder of AstroM3: an Informer encoder (Zhou et al. 2021, arXiv:2012.07436).

Kept as published: padding attends and is attended to and is zeroed only after the last layer;
the token convolution wraps around; positions count rows, not time; the attention result
(B, H, L, E) is flattened to (B, L, H * E) without swapping H and L.

B objects, L rows (200), C channels (9), D width, H heads, E = D / H.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Attention = Literal["sparse", "all"]
MAX_POSITIONS = 5000
EMBEDDING_DROPOUT = 0.1


def sinusoids(n_positions: int, width: int) -> Tensor:
    """Sine (even columns) and cosine (odd) positions with base 10000, (1, n_positions, width)."""
    position = torch.arange(n_positions, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2).float() * (-math.log(10000.0) / width))
    table = torch.zeros(n_positions, width)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table[None]


class ValueEmbedding(nn.Module):
    """Convolution over three neighbouring rows, the last row being a neighbour of the first."""

    def __init__(self, n_channels: int, width: int) -> None:
        super().__init__()
        self.tokenConv = nn.Conv1d(
            n_channels, width, 3, padding=1, padding_mode="circular", bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.tokenConv(x.transpose(1, 2)).transpose(1, 2)  # (B, L, D)


class PositionEmbedding(nn.Module):
    """Fixed sinusoids of the row number."""

    pe: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("pe", sinusoids(MAX_POSITIONS, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.pe[:, : x.shape[1]]  # (1, L, D)


class Embedding(nn.Module):
    """Values plus positions."""

    def __init__(self, n_channels: int, width: int) -> None:
        super().__init__()
        self.value_embedding = ValueEmbedding(n_channels, width)
        self.position_embedding = PositionEmbedding(width)
        self.dropout = nn.Dropout(EMBEDDING_DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.value_embedding(x) + self.position_embedding(x))


def active_queries(scores: Tensor, n_active: int, n_samples: int | None) -> Tensor:
    """Indices of the queries that attend, (B, H, n_active).

    A query is active where its largest dot product stands out from their mean: max - sum / L.
    The paper's code looks at `n_samples` random keys (training does so here too); inference looks
    at every key (`None`), which makes it repeatable.
    """
    n_keys = scores.shape[-1]
    if n_samples is not None:
        chosen = torch.randint(n_keys, (scores.shape[-2], n_samples), device=scores.device)
        scores = scores.gather(-1, chosen.expand(*scores.shape[:2], -1, -1))  # (B, H, L, S)
    sparsity = scores.amax(-1) - scores.sum(-1) / n_keys  # (B, H, L)
    return sparsity.topk(n_active, sorted=False).indices


class ProbSparseAttention(nn.Module):
    """Only the active queries attend; every other row gets the mean of the values."""

    def __init__(self, width: int, n_heads: int, factor: int) -> None:
        super().__init__()
        self.n_heads, self.factor = n_heads, factor
        self.attention: Attention = "sparse"
        self.query_projection = nn.Linear(width, width)
        self.key_projection = nn.Linear(width, width)
        self.value_projection = nn.Linear(width, width)
        self.out_projection = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (B, H, L, E)

    def forward(self, x: Tensor) -> Tensor:
        query = self.split(self.query_projection(x))
        key = self.split(self.key_projection(x))
        value = self.split(self.value_projection(x))
        if self.attention == "all":
            context = functional.scaled_dot_product_attention(query, key, value)
        else:
            context = self.sparse(query, key, value)
        # (B, H, L, E) read as (B, L, H * E): the published weights were trained with this layout.
        return self.out_projection(context.reshape(x.shape))

    def sparse(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        length, head_width = query.shape[-2:]
        n_active = min(self.factor * math.ceil(math.log(length)), length)
        scores = query @ key.transpose(-1, -2)  # (B, H, L, L)
        with torch.no_grad():
            active = active_queries(scores, n_active, n_active if self.training else None)
        rows = active[..., None].expand(-1, -1, -1, length)
        weights = (scores.gather(2, rows) / math.sqrt(head_width)).softmax(-1)  # (B, H, U, L)
        context = value.mean(2, keepdim=True).expand_as(value)
        slots = active[..., None].expand(-1, -1, -1, head_width)
        return context.scatter(2, slots, weights @ value)  # (B, H, L, E)


class EncoderLayer(nn.Module):
    """Attention and a two-layer network on each row, normalised after each."""

    def __init__(self, width: int, n_heads: int, d_ff: int, dropout: float, factor: int) -> None:
        super().__init__()
        self.attention = ProbSparseAttention(width, n_heads, factor)
        self.conv1 = nn.Conv1d(width, d_ff, 1)
        self.conv2 = nn.Conv1d(d_ff, width, 1)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.dropout(self.attention(x)))
        hidden = self.dropout(functional.gelu(self.conv1(x.transpose(1, 2))))  # (B, F, L)
        return self.norm2(x + self.dropout(self.conv2(hidden).transpose(1, 2)))


class Encoder(nn.Module):
    """The stack of layers and the last normalisation."""

    def __init__(self, layers: list[EncoderLayer], width: int) -> None:
        super().__init__()
        self.attn_layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.attn_layers:
            x = layer(x)
        return self.norm(x)


class Informer(nn.Module):
    """Light curve (B, L, C) and mask (B, L) to one long vector (B, L * D)."""

    def __init__(
        self,
        n_channels: int,
        width: int,
        n_heads: int,
        d_ff: int,
        n_layers: int,
        dropout: float,
        factor: int,
    ) -> None:
        super().__init__()
        self.enc_embedding = Embedding(n_channels, width)
        layers = [EncoderLayer(width, n_heads, d_ff, dropout, factor) for _ in range(n_layers)]
        self.encoder = Encoder(layers, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        rows = self.dropout(self.encoder(self.enc_embedding(x)))
        return (rows * mask[..., None]).flatten(1)  # (B, L * D)
