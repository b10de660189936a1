"""`Classifier`: the encoders' vectors side by side, then a small head; any of them may be missing.

Letters: B stars, M modalities, H hidden_dim, K classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.clip import MultimodalCLIP
from model.config import FinetuneConfig
from model.modalities import Batch


class Classifier(nn.Module):
    """From a batch to logits (B, K)."""

    def __init__(self, clip: MultimodalCLIP, n_classes: int, config: FinetuneConfig) -> None:
        super().__init__()
        self.clip = clip
        sizes = {name: c.hidden_dim for name, c in clip.config.encoders.items()}
        self.norms = nn.ModuleDict({name: nn.LayerNorm(n) for name, n in sizes.items()})
        self.absent = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(n)) for name, n in sizes.items()}
        )
        self.head = nn.Sequential(
            nn.Dropout(config.head_dropout),
            nn.Linear(sum(sizes.values()), config.head_width),
            nn.GELU(),
            nn.Dropout(config.head_dropout),
            nn.Linear(config.head_width, n_classes),
        )

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits (B, K)."""
        hidden = self.clip.hidden(batch)
        columns = []
        for name in self.clip.config.modalities:
            present = batch.present[name]
            vectors = self.absent[name].expand(len(present), -1)  # (B, H)
            if name in hidden:
                known = self.norms[name](hidden[name]).to(vectors.dtype)  # (n, H)
                vectors = vectors.masked_scatter(present[:, None], known)
            columns.append(vectors)
        return self.head(torch.cat(columns, dim=1))  # (B, K)
