"""`Classifier`: the encoders' vectors side by side, then a small head; any of them may be missing.

A model with linear heads gets the published classifiers instead: `PublishedClassifier`.
Letters: B stars, M modalities, H hidden_dim, K classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from model.clip import MultimodalCLIP
from model.config import FinetuneConfig
from model.encoders.metadata import MetadataEncoder
from model.modalities import Batch


def build_classifier(clip: MultimodalCLIP, n_classes: int, config: FinetuneConfig) -> Classifier:
    """Return the classifier that goes with a model's heads."""
    kind = PublishedClassifier if clip.config.head == "linear" else Classifier
    return kind(clip, n_classes, config)


class Classifier(nn.Module):
    """From a batch to logits (B, K)."""

    clip: MultimodalCLIP

    def __init__(self, clip: MultimodalCLIP, n_classes: int, config: FinetuneConfig) -> None:
        super().__init__()
        self.clip = clip
        sizes = {name: c.hidden_dim for name, c in clip.config.encoders.items()}
        self.ladders = nn.ModuleDict()
        for name, encoder in clip.encoders.items():
            if config.ladder_steps and isinstance(encoder, MetadataEncoder):
                self.ladders[name] = Ladder(len(encoder.config.features), config)
                sizes[name] += config.ladder_width
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
                known = self.norms[name](self._beside(name, hidden[name], batch))  # (n, H)
                known = known.to(vectors.dtype)
                vectors = vectors.masked_scatter(present[:, None], known)
            columns.append(vectors)
        return self.head(torch.cat(columns, dim=1))  # (B, K)

    def _beside(self, name: str, hidden: Tensor, batch: Batch) -> Tensor:
        """Return the encoder's vectors (n, H) with those of the ladder, where there is one."""
        if name not in self.ladders:
            return hidden
        encoder = self.clip.encoder(name)
        assert isinstance(encoder, MetadataEncoder)
        scaled, known = encoder.scale(batch.inputs[name]["values"])
        return torch.cat([hidden, self.ladders[name](scaled, known)], dim=1)

    def pretrained_parts(self) -> nn.Module:
        """Return what of the pre-training is used, to be trained at a rate of its own."""
        return self.clip.encoders


class Ladder(nn.Module):
    """Catalog features by how many steps of their distribution they have climbed.

    A linear layer on such steps can set thresholds, as trees do; on the values themselves it takes
    an MLP many epochs (piecewise-linear encoding, Gorishniy et al. 2022, arXiv:2203.05556).
    """

    def __init__(self, n_features: int, config: FinetuneConfig) -> None:
        super().__init__()
        self.steps = config.ladder_steps
        self.layers = nn.Sequential(
            nn.Dropout(config.head_dropout),
            nn.Linear(n_features * (self.steps + 1), config.ladder_width),
            nn.GELU(),
        )

    def forward(self, scaled: Tensor, known: Tensor) -> Tensor:
        """From normal deviates and their mask (n, N) to (n, ladder_width)."""
        climbed = self.steps * torch.special.ndtr(scaled)  # (n, N)
        step = torch.arange(self.steps, device=scaled.device)
        ladder = (climbed[:, :, None] - step).clamp(0, 1) * known[:, :, None]  # (n, N, steps)
        return self.layers(torch.cat([ladder.flatten(1), known], dim=1))


class Ensemble(nn.Module):
    """Classifiers that differ in their seed only; their mean probability is the answer."""

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logarithm of the mean probability (B, K)."""
        logs = [member(batch).float().log_softmax(1) for member in self.members]
        return torch.logsumexp(torch.stack(logs), dim=0) - math.log(len(logs))


class PublishedClassifier(Classifier):
    """AstroM3's: one linear layer on the mean of the unit vectors present; on the encoder's own
    vector where the model has a single modality.
    """

    def __init__(self, clip: MultimodalCLIP, n_classes: int, config: FinetuneConfig) -> None:
        nn.Module.__init__(self)
        self.clip = clip
        self.alone = len(clip.config.modalities) == 1
        only = next(iter(clip.config.encoders.values()))
        self.fc = nn.Linear(only.hidden_dim if self.alone else clip.config.embed_dim, n_classes)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits (B, K)."""
        if self.alone:
            (name,) = self.clip.config.modalities
            present = batch.present[name]
            logits = self.fc.bias.expand(len(present), -1)  # where it is absent
            hidden = self.clip.hidden(batch)
            if name not in hidden:
                return logits
            return logits.masked_scatter(present[:, None], self.fc(hidden[name]).to(logits.dtype))
        vectors = self.clip.encode(batch)
        count = torch.stack(list(batch.present.values())).sum(0).clamp(min=1)  # (B,)
        mean = torch.stack(list(vectors.values())).sum(0) / count[:, None]
        return self.fc(mean)

    def pretrained_parts(self) -> nn.Module:
        """Return encoders and projections."""
        if self.alone:
            return self.clip.encoders
        return nn.ModuleList([self.clip.encoders, self.clip.heads])
