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


@torch.no_grad()
def active_queries(query: Tensor, key: Tensor, n_active: int, n_samples: int | None) -> Tensor:
    """Indices of the queries (B, H, L, E) that attend, (B, H, n_active).

    A query is active where its largest dot product stands out from their mean: max - sum / L.
    The paper's code looks at `n_samples` random keys (training does so here too); inference looks
    at every key (`None`), which makes it repeatable.
    """
    n_keys = key.shape[-2]
    scores = query @ key.transpose(-1, -2)  # (B, H, L, L)
    if n_samples is None:
        mean = (query @ key.mean(-2)[..., None])[..., 0]  # (B, H, L), of the same dot products
        sparsity = scores.amax(-1) - mean
    else:
        chosen = torch.randint(n_keys, (query.shape[-2], n_samples), device=scores.device)
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
        if self.attention == "sparse":
            return self.sparse(x)
        query = self.split(self.query_projection(x))
        key = self.split(self.key_projection(x))
        value = self.split(self.value_projection(x))
        context = functional.scaled_dot_product_attention(query, key, value)
        return self.out_projection(context.reshape(x.shape))  # the layout is told in `sparse`

    def sparse(self, x: Tensor) -> Tensor:
        """From rows (B, L, D) to the rows added to them, with U active queries per head.

        Only what the active queries need is computed: the weights of keys and values are applied
        on the queries' side, and the rows that no active query falls in share one product.
        """
        length, n_heads = x.shape[1], self.n_heads
        n_active = min(self.factor * math.ceil(math.log(length)), length)
        with torch.no_grad():
            query, key = self.split(self.query_projection(x)), self.split(self.key_projection(x))
            active = active_queries(query, key, n_active, n_active if self.training else None)
        picked = self.attended(x, active)  # (B, H, U, E)
        mean = self.value_projection(x.mean(1)).unflatten(1, (n_heads, -1))  # (B, H, E)
        # (B, H, L, E) read as (B, L, H * E): the published weights were trained with this layout,
        # in which a row holds H neighbouring positions of one head.
        shared = self.out_projection(mean.repeat(1, 1, n_heads))  # (B, H, D)
        shared = shared.repeat_interleave(length // n_heads, 1)  # (B, L, D)
        first = torch.arange(n_heads, device=x.device)[:, None] * length
        row, place = (active + first) // n_heads, (active + first) % n_heads  # (B, H, U)
        weight = self.out_projection.weight.unflatten(1, (n_heads, -1))  # (D, H, E)
        added = torch.einsum("bhue,dpe->bhupd", picked - mean[:, :, None], weight)
        choice = place[..., None, None].expand(*place.shape, 1, x.shape[2])
        added = added.gather(3, choice)[..., 0, :].flatten(1, 2)  # (B, H * U, D)
        return shared.scatter_add(1, row.flatten(1)[..., None].expand_as(added), added)

    def attended(self, x: Tensor, active: Tensor) -> Tensor:
        """Softmax attention of the active queries (B, H, U) to all rows, (B, H, U, E)."""
        n_heads, shape = self.n_heads, (*active.shape, x.shape[2])
        rows = active.flatten(1)[..., None].expand(-1, -1, x.shape[2])
        query, key, value = (
            (layer.weight.unflatten(0, (n_heads, -1)), layer.bias.unflatten(0, (n_heads, 1, -1)))
            for layer in (self.query_projection, self.key_projection, self.value_projection)
        )
        asking = torch.einsum("bhud,hed->bhue", x.gather(1, rows).view(shape), query[0]) + query[1]
        # The keys' bias adds the same to all scores of a query: softmax does not see it.
        asking = torch.einsum("bhue,hed->bhud", asking, key[0]) / math.sqrt(key[0].shape[1])
        weights = (asking.flatten(1, 2) @ x.transpose(1, 2)).softmax(-1)  # (B, H * U, L)
        return torch.einsum("bhud,hed->bhue", (weights @ x).view(shape), value[0]) + value[1]


class Dropout(nn.Dropout):
    """Dropout that asks the CPU for one random byte per value, where torch's draws doubles.

    The rate is rounded to 1/256 there and the kept values are scaled accordingly. (Of the time of a
    training step torch's own took a quarter.)
    """

    def forward(self, x: Tensor) -> Tensor:
        level = round(256 * self.p)
        if not self.training or level == 0 or x.device.type != "cpu":
            return super().forward(x)
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= level
        return x * (kept.to(x.dtype) * (256 / (256 - level)))


class EncoderLayer(nn.Module):
    """Attention and a two-layer network on each row, normalised after each."""

    def __init__(self, width: int, n_heads: int, d_ff: int, dropout: float, factor: int) -> None:
        super().__init__()
        self.attention = ProbSparseAttention(width, n_heads, factor)
        self.conv1 = nn.Conv1d(width, d_ff, 1)
        self.conv2 = nn.Conv1d(d_ff, width, 1)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.dropout(self.attention(x)))
        hidden = self.dropout(functional.gelu(_rowwise(self.conv1, x)))  # (B, L, F)
        return self.norm2(x + self.dropout(_rowwise(self.conv2, hidden)))


def _rowwise(conv: nn.Conv1d, x: Tensor) -> Tensor:
    """Apply a convolution over one row to (B, L, C), as the matrix product it is."""
    return functional.linear(x, conv.weight[..., 0], conv.bias)


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
