"""AstroM3 assembled: three encoders, three projections, three logit scales, and its classifiers.

Parameter names are those of the published files (config.json + model.safetensors).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from data_pipeline.errors import InputError
from model.astrom3.encoder_config import SPECTRUM_FEATURES
from model.astrom3.informer import Informer

PAIRS = {
    "ps": ("photometry", "spectra"),
    "sm": ("spectra", "metadata"),
    "mp": ("metadata", "photometry"),
}


@dataclass(frozen=True)
class AstroM3Config:
    """config.json of the published models; the defaults are those of AstroM3-CLIP."""

    classification: bool = False
    """Adds the classifier head `fc`."""
    num_classes: int = 10
    hidden_dim: int = 512
    """Size of the shared embedding."""
    fusion: str = "avg"
    """How the three vectors are joined before `fc`; only the mean was published."""
    seq_len: int = 200
    """Rows of a light curve."""
    p_enc_in: int = 9
    p_d_model: int = 128
    p_dropout: float = 0.24510711541869523
    p_factor: int = 1
    """Active queries and sampled keys are factor * ceil(ln seq_len)."""
    p_output_attention: bool = False
    p_n_heads: int = 4
    p_d_ff: int = 512
    p_activation: str = "gelu"
    p_e_layers: int = 8
    s_dropout: float = 0.33926589273352475
    s_conv_channels: tuple[int, ...] = (3, 64, 64, 32, 32)
    s_kernel_size: int = 3
    s_mp_kernel_size: int = 4
    m_input_dim: int = 34
    m_hidden_dim: int = 512
    m_dropout: float = 0.1595340013391597

    def __post_init__(self) -> None:
        if self.seq_len % self.p_n_heads:
            raise InputError(
                f"seq_len {self.seq_len} must be a multiple of p_n_heads {self.p_n_heads}."
            )
        if self.fusion != "avg" or self.p_activation != "gelu" or self.p_output_attention:
            raise InputError(
                "This config asks for an AstroM3 variant that was never published: only "
                "fusion='avg', p_activation='gelu' and p_output_attention=false are known, found "
                f"{self.fusion!r}, {self.p_activation!r}, {self.p_output_attention}."
            )

    @classmethod
    def from_json(cls, content: dict[str, object]) -> AstroM3Config:
        """Read the content of config.json, refusing keys that are not known."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(content) - known)
        if unknown:
            raise InputError(f"Unknown keys in the model's config.json: {', '.join(unknown)}.")
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
        return cls(**values)  # type: ignore[arg-type]

    def informer(self) -> Informer:
        """The light-curve encoder this config describes."""
        return Informer(
            self.p_enc_in,
            self.p_d_model,
            self.p_n_heads,
            self.p_d_ff,
            self.p_e_layers,
            self.p_dropout,
            self.p_factor,
        )


class GalSpecNet(nn.Module):
    """Spectrum (B, 3, 2575) to (B, 1184): four bare convolutions, pooling after three of them."""

    def __init__(self, config: AstroM3Config) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for n_in, n_out in pairwise(config.s_conv_channels):
            blocks += [nn.Conv1d(n_in, n_out, config.s_kernel_size), nn.ReLU()]
            blocks.append(nn.MaxPool1d(config.s_mp_kernel_size))
        self.layers = nn.Sequential(*blocks[:-1])
        self.dropout = nn.Dropout(config.s_dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.layers(x).flatten(1))  # (B, 1184)


class MetaModel(nn.Module):
    """Catalogue row (B, 34) to (B, m_hidden_dim)."""

    def __init__(self, config: AstroM3Config) -> None:
        super().__init__()
        width = config.m_hidden_dim
        self.model = nn.Sequential(
            nn.Linear(config.m_input_dim, width),
            nn.ReLU(),
            nn.Dropout(config.m_dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(config.m_dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class AstroM3(nn.Module):
    """Published model; `encode` gives unit vectors, `forward` the logits of a classifier."""

    def __init__(self, config: AstroM3Config) -> None:
        super().__init__()
        self.config = config
        self.photometry_encoder = config.informer()
        self.spectra_encoder = GalSpecNet(config)
        self.metadata_encoder = MetaModel(config)
        self.photometry_proj = nn.Linear(config.seq_len * config.p_d_model, config.hidden_dim)
        self.spectra_proj = nn.Linear(SPECTRUM_FEATURES, config.hidden_dim)
        self.metadata_proj = nn.Linear(config.m_hidden_dim, config.hidden_dim)
        for pair in PAIRS:
            self.register_parameter(
                f"logit_scale_{pair}", nn.Parameter(torch.tensor(math.log(100.0)))
            )
        if config.classification:
            self.fc = nn.Linear(config.hidden_dim, config.num_classes)

    def encode(
        self,
        photometry: Tensor | None = None,
        photometry_mask: Tensor | None = None,
        spectra: Tensor | None = None,
        metadata: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Unit vectors (B, hidden_dim) of the modalities given.

        Parameters
        ----------
        photometry : (B, 200, 9); photometry_mask : (B, 200), needed with it, 1 for real rows
        spectra : (B, 3, 2575)
        metadata : (B, 34)
        """
        projected: dict[str, Tensor] = {}
        if photometry is not None:
            if photometry_mask is None:
                raise InputError(
                    "photometry needs photometry_mask (1 for real rows, 0 for padding)"
                )
            encoded = self.photometry_encoder(photometry, photometry_mask)
            projected["photometry"] = self.photometry_proj(encoded)
        if spectra is not None:
            projected["spectra"] = self.spectra_proj(self.spectra_encoder(spectra))
        if metadata is not None:
            projected["metadata"] = self.metadata_proj(self.metadata_encoder(metadata))
        if not projected:
            raise InputError("encode needs at least one of photometry, spectra, metadata")
        return {
            name: vector / vector.norm(dim=-1, keepdim=True) for name, vector in projected.items()
        }

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (B, num_classes) from the plain mean of the unit vectors given."""
        if not self.config.classification:
            raise InputError("This model has no classifier head (classification=false).")
        vectors = list(self.encode(**inputs).values())
        return self.fc(torch.stack(vectors).mean(0))

    def logits(self, vectors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scaled cosine matrices (B, B) of the pairs ps, sm, mp; scales clamped to [1, 100]."""
        scales = {pair: getattr(self, f"logit_scale_{pair}").exp().clamp(1, 100) for pair in PAIRS}
        return {p: scales[p] * vectors[a] @ vectors[b].T for p, (a, b) in PAIRS.items()}

    def losses(self, vectors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Cross-entropy over rows plus over columns for each pair; training sums the three."""
        matrices = self.logits(vectors)
        target = torch.arange(
            len(next(iter(matrices.values()))), device=next(self.parameters()).device
        )
        return {
            pair: functional.cross_entropy(m, target) + functional.cross_entropy(m.T, target)
            for pair, m in matrices.items()
        }


class SingleClassifier(nn.Module):
    """One encoder and a linear head on its raw output: AstroM3-CLIP-photo, -spectra, -meta."""

    def __init__(self, modality: str, encoder: nn.Module, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.modality, self.encoder = modality, encoder
        self.fc = nn.Linear(n_features, n_classes)

    def features(self, **inputs: Tensor) -> Tensor:
        """Raw encoder output (B, n_features); inputs are named as in `AstroM3.encode`."""
        wanted = ("photometry", "photometry_mask") if self.modality == "photometry" else None
        names = wanted or (self.modality,)
        missing = [name for name in names if name not in inputs]
        if missing:
            raise InputError(f"The {self.modality} classifier needs {', '.join(missing)}.")
        return self.encoder(*(inputs[name] for name in names))

    def encode(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Unit vectors of the one modality this classifier knows."""
        return {self.modality: functional.normalize(self.features(**inputs), dim=-1)}

    def forward(self, **inputs: Tensor) -> Tensor:
        return self.fc(self.features(**inputs))


def build(config: AstroM3Config, modality: str | None = None) -> AstroM3 | SingleClassifier:
    """The three-modality model, or the classifier of one modality, with fresh weights."""
    if modality is None:
        return AstroM3(config)
    encoder, width = {
        "photometry": (config.informer, config.seq_len * config.p_d_model),
        "spectra": (lambda: GalSpecNet(config), SPECTRUM_FEATURES),
        "metadata": (lambda: MetaModel(config), config.m_hidden_dim),
    }[modality]
    return SingleClassifier(modality, encoder(), width, config.num_classes)
