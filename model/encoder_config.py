"""How each modality becomes tensors and is encoded: frozen dataclasses, one per architecture.

A docstring under each field says what it means and in which unit; values are checked when a config
is made. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from data_pipeline.errors import InputError

MIN_PIXELS = 16  # of a spectrum


@dataclass(frozen=True)
class EncoderConfig:
    """Base of the encoders' configs; a subclass names its modality and its architecture."""

    modality: ClassVar[str] = ""
    architecture: ClassVar[str] = ""
    prepared_by: ClassVar[tuple[str, ...]] = ()
    """The fields that change the prepared arrays; they are part of the cache's key."""
    known: ClassVar[dict[tuple[str, str], type[EncoderConfig]]] = {}

    hidden_dim: int = 256
    """Length of the vector an encoder returns, before the projection head."""
    dropout: float = 0.1
    """Dropout rate inside the encoder."""

    def __init_subclass__(cls) -> None:
        EncoderConfig.known[cls.modality, cls.architecture] = cls

    def __post_init__(self) -> None:
        require(self.problems(), type(self).__name__)

    def problems(self) -> list[str]:
        """Return what is wrong with the values, in words."""
        problems = []
        if self.hidden_dim < 1:
            problems.append(f"hidden_dim must be at least 1, found {self.hidden_dim}")
        if not 0 <= self.dropout < 1:
            problems.append(f"dropout must be in [0, 1), found {self.dropout}")
        return problems


@dataclass(frozen=True)
class PhotometryConfig(EncoderConfig):
    """The folded curve through circular convolutions, the time series through attention."""

    modality: ClassVar[str] = "photometry"
    architecture: ClassVar[str] = "compact"
    prepared_by: ClassVar[tuple[str, ...]] = ("min_epochs", "max_epochs")

    bands: tuple[str, ...] = ()
    """Names of the bands, in the order of the band embedding; empty: those of the survey."""
    min_epochs: int = 5
    """With fewer good points the light curve counts as absent."""
    max_epochs: int = 1000
    """Of longer light curves an evenly spaced subset of this many points is used."""
    n_phase_bins: int = 64
    """Bins per period; the fold at twice the period has twice as many."""
    channels: tuple[int, ...] = (32, 64, 128)
    """Channels of the stages over phase; the stem and each stage but the first halve the bins."""
    kernel_size: int = 5
    """Width of the circular convolutions, bins (odd)."""
    n_tokens: int = 48
    """The time series enters attention as at most this many groups of neighboring epochs."""
    token_dim: int = 64
    """Width of the attention over time."""
    n_heads: int = 4
    """Attention heads; each sees every time scale."""
    n_layers: int = 2
    """Attention blocks over time; 0 leaves the time series out."""
    time_scales_days: tuple[float, float] = (2.0, 5000.0)
    """Shortest and longest time scale of the positions, days; those between are log-spaced."""
    epoch_dropout: float = 0.4
    """In training up to this fraction of the epochs is left out, at random per star."""
    value_noise: float = 0.3
    """In training noise of up to this standard deviation is added, random per star, in units of its
    own scatter: how noisy a star is says how faint it appears, not what it is."""

    def problems(self) -> list[str]:
        """Return what is wrong with the values, in words."""
        problems = super().problems()
        strides = 2 ** (len(self.channels) - 1)
        if not self.channels or self.n_phase_bins % strides:
            problems.append(
                f"n_phase_bins {self.n_phase_bins} must be a multiple of {strides}, "
                f"since {len(self.channels)} stages halve it {len(self.channels) - 1} times"
            )
        if self.kernel_size % 2 == 0:
            problems.append(f"kernel_size must be odd, found {self.kernel_size}")
        if self.token_dim % (2 * self.n_heads):
            problems.append(
                f"token_dim {self.token_dim} must be a multiple of 2 n_heads = {2 * self.n_heads}"
            )
        if not 1 <= self.min_epochs <= self.max_epochs:
            problems.append(f"min_epochs {self.min_epochs} must be in [1, max_epochs]")
        if not 0 < self.time_scales_days[0] < self.time_scales_days[1]:
            problems.append(f"time_scales_days must increase, found {self.time_scales_days}")
        if not 0 <= self.epoch_dropout < 1:
            problems.append(f"epoch_dropout must be in [0, 1), found {self.epoch_dropout}")
        return problems


@dataclass(frozen=True)
class SpectraConfig(EncoderConfig):
    """One spectrum per star, every pixel with weights of its own."""

    modality: ClassVar[str] = "spectra"
    architecture: ClassVar[str] = "compact"
    prepared_by: ClassVar[tuple[str, ...]] = (
        "wavelength_angstrom",
        "step_angstrom",
        "continuum_angstrom",
    )

    wavelength_angstrom: tuple[float, float] = (3850.0, 9000.0)
    """Middle of the first and about that of the last pixel, Å in vacuum."""
    step_angstrom: float = 8.0
    """Width of a pixel, Å: the spectrum is averaged over it."""
    continuum_angstrom: float = 200.0
    """Width of the running mean taken as the continuum, Å."""
    layers: tuple[int, ...] = (256,)
    """Widths of the hidden layers."""
    value_noise: float = 0.07
    """In training noise of up to this standard deviation, random per star, is added to flux over
    median."""
    pixel_dropout: float = 0.15
    """In training up to this fraction of the wavelength range is masked, in one stretch."""

    def problems(self) -> list[str]:
        """Return what is wrong with the values, in words."""
        problems = super().problems()
        low, high = self.wavelength_angstrom
        if not (0 < low < high and self.step_angstrom > 0):
            problems.append(
                f"the grid {low} to {high} Å by {self.step_angstrom} Å must increase from above 0"
            )
        elif self.n_pixels < MIN_PIXELS:
            problems.append(f"{self.n_pixels} pixels are too few; at least {MIN_PIXELS}")
        if not self.layers:
            problems.append("layers must name at least one width")
        return problems

    @property
    def n_pixels(self) -> int:
        """Number of wavelengths of the grid."""
        low, high = self.wavelength_angstrom
        return int((high - low) / self.step_angstrom) + 1


@dataclass(frozen=True)
class MetadataConfig(EncoderConfig):
    """The survey's feature columns through a multi-layer perceptron."""

    modality: ClassVar[str] = "metadata"
    architecture: ClassVar[str] = "compact"
    prepared_by: ClassVar[tuple[str, ...]] = ("exclude",)

    features: tuple[str, ...] = ()
    """Names of the columns, in the order of the inputs; empty: all features of the survey."""
    exclude: tuple[str, ...] = ("l", "b", "ra_deg", "dec_deg", "w3_mag", "w4_mag", "w3_w4")
    """Features left out, * for any letters: the pairs would align on position on the sky, or on
    apparent brightness, which magnitudes at their limit tell (W3 and W4 of most stars)."""
    layers: tuple[int, ...] = (256, 256)
    """Widths of the hidden layers."""
    feature_dropout: float = 0.1
    """In training each value is hidden with this probability."""
    clip: float = 6.0
    """Scaled values are clipped to plus or minus this many normal deviates."""

    def problems(self) -> list[str]:
        """Return what is wrong with the values, in words."""
        problems = super().problems()
        if not self.layers:
            problems.append("layers must name at least one width")
        return problems


def require(problems: list[str], what: str) -> None:
    """Raise one `InputError` with all problems of a config, if there are any."""
    if problems:
        raise InputError(f"{what}: {'; '.join(problems)}.")
