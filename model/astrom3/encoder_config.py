"""The published architecture as three encoders' configs: the preset `astrom3`. No torch here.

Defaults are those of AstroM3-CLIP (Rizhko & Bloom 2024). How other surveys are read
(missing values, magnitudes instead of fluxes) is told in `model.astrom3.inputs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model.encoder_config import EncoderConfig

N_CHANNELS = 9
SPECTRUM_FEATURES = 1184  # what 2575 pixels leave after four convolutions and three poolings
WINDOW = 200


@dataclass(frozen=True)
class InformerConfig(EncoderConfig):
    """The light curve's rows through an Informer encoder; its rows side by side are the vector."""

    modality: ClassVar[str] = "photometry"
    architecture: ClassVar[str] = "astrom3"

    hidden_dim: int = 0
    """Follows from seq_len and width."""
    dropout: float = 0.24510711541869523
    """As published, like those of the other two."""
    seq_len: int = WINDOW
    """Rows of a light curve: longer ones are cropped (at random in training, else the centre)."""
    width: int = 128
    """Width of the rows."""
    n_heads: int = 4
    """Attention heads."""
    d_ff: int = 512
    """Width of the layers' hidden rows."""
    n_layers: int = 8
    """Layers of attention."""
    factor: int = 1
    """Active queries and sampled keys are factor × ceil(ln seq_len)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden_dim", self.seq_len * self.width)
        super().__post_init__()

    def problems(self) -> list[str]:
        """Return what is wrong with the values, in words."""
        problems = super().problems()
        if self.n_heads < 1 or self.width % self.n_heads or self.width % 2:
            problems.append(f"width {self.width} must be even and a multiple of n_heads")
        elif self.seq_len % self.n_heads:
            problems.append(f"seq_len {self.seq_len} must be a multiple of n_heads {self.n_heads}")
        return problems


@dataclass(frozen=True)
class GalSpecNetConfig(EncoderConfig):
    """One spectrum of 2575 pixels through four bare convolutions."""

    modality: ClassVar[str] = "spectra"
    architecture: ClassVar[str] = "astrom3"

    hidden_dim: int = SPECTRUM_FEATURES
    """As the convolutions leave it; cannot be chosen."""
    dropout: float = 0.33926589273352475
    """As published."""

    def problems(self) -> list[str]:
        """Return what is wrong with the values, in words."""
        problems = super().problems()
        if self.hidden_dim != SPECTRUM_FEATURES:
            problems.append(f"hidden_dim must be {SPECTRUM_FEATURES}, found {self.hidden_dim}")
        return problems


@dataclass(frozen=True)
class MetaModelConfig(EncoderConfig):
    """The catalog row through two linear layers."""

    modality: ClassVar[str] = "metadata"
    architecture: ClassVar[str] = "astrom3"

    hidden_dim: int = 512
    """Width of both layers."""
    dropout: float = 0.1595340013391597
    """As published."""
    features: tuple[str, ...] = ()
    """Names of the columns, in the order of the inputs; empty: the paper's 34 where the survey has
    them all, else all features of the survey."""
