"""What a model is and how it is trained: frozen dataclasses that travel with the weights as JSON.

One `EncoderConfig` per modality says both how the survey's rows become tensors and how they are
encoded. `ModelConfig` holds them in order; `TrainConfig` and `FinetuneConfig` hold the training.
No torch here. A preset is a function that returns a `ModelConfig`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean


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
        _require(self.problems(), type(self).__name__)

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
    """One spectrum per star through convolutions over wavelength."""

    modality: ClassVar[str] = "spectra"
    architecture: ClassVar[str] = "compact"
    prepared_by: ClassVar[tuple[str, ...]] = (
        "wavelength_angstrom",
        "step_angstrom",
        "continuum_angstrom",
    )

    wavelength_angstrom: tuple[float, float] = (3850.0, 9000.0)
    """First and last wavelength of the grid, Å in vacuum."""
    step_angstrom: float = 4.0
    """Step of the grid, Å."""
    continuum_angstrom: float = 200.0
    """Width of the running mean taken as the continuum, Å."""
    channels: tuple[int, ...] = (16, 32, 64, 96)
    """Channels of the stages over wavelength; the stem divides the pixels by 4, the others by 2."""
    kernel_size: int = 5
    """Width of the convolutions (odd)."""
    n_segments: int = 8
    """The last stage is averaged in this many stretches of wavelength."""
    value_noise: float = 0.1
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
        elif self.n_pixels >> (len(self.channels) + 1) < self.n_segments:
            problems.append(
                f"{self.n_pixels} pixels are too few for {len(self.channels)} stages "
                f"and {self.n_segments} segments"
            )
        if self.kernel_size % 2 == 0:
            problems.append(f"kernel_size must be odd, found {self.kernel_size}")
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
    exclude: tuple[str, ...] = ("l", "b", "ra_deg", "dec_deg")
    """Features left out, * for any letters: position on the sky would let the pairs align on it."""
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


@dataclass(frozen=True)
class ModelConfig:
    """The modalities in order and the space they share."""

    encoders: Mapping[str, EncoderConfig]
    """Modality name to its encoder's config; the order is that of pairs and reports."""
    embed_dim: int = 128
    """Dimensions of the shared space."""
    preset: str = "compact"
    """Name of the preset this config began as."""

    def __post_init__(self) -> None:
        problems = [] if self.encoders else ["a model needs at least one modality"]
        if self.embed_dim < 2:
            problems.append(f"embed_dim must be at least 2, found {self.embed_dim}")
        problems += [
            f"the encoder of {name!r} is one for {config.modality!r}"
            for name, config in self.encoders.items()
            if config.modality != name
        ]
        _require(problems, "ModelConfig")

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in order."""
        return tuple(self.encoders)

    def only(self, names: Sequence[str]) -> ModelConfig:
        """Return the config of some of the modalities, in the model's order."""
        unknown = [name for name in names if name not in self.encoders]
        if unknown:
            known = ", ".join(self.modalities)
            hint = did_you_mean(unknown[0], self.modalities)
            raise InputError(f"there is no modality {unknown[0]!r}{hint}; there are {known}.")
        kept = {name: config for name, config in self.encoders.items() if name in names}
        return replace(self, encoders=kept)

    def to_dict(self) -> dict[str, Any]:
        """Return the config as plain JSON values."""
        encoders = {
            name: {"architecture": config.architecture, **asdict(config)}
            for name, config in self.encoders.items()
        }
        return {"preset": self.preset, "embed_dim": self.embed_dim, "encoders": encoders}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelConfig:
        """Rebuild a config from `to_dict`; unknown keys are refused."""
        encoders = {
            name: _encoder_from_dict(name, dict(content))
            for name, content in values["encoders"].items()
        }
        return from_dict(cls, {**values, "encoders": encoders})


@dataclass(frozen=True)
class TrainConfig:
    """Contrastive pre-training."""

    seed: int = 42
    """Seed of the weights, the batches, the augmentation and the dropout."""
    split: str = "default"
    """Split of the survey whose train part is learned and whose val part stops the training."""
    epochs: int = 60
    """Passes over the train part, at most."""
    batch_size: int = 256
    """Stars per step, and so the number of candidates each pair is told apart from."""
    learning_rate: float = 1.5e-3
    """Peak of the schedule."""
    weight_decay: float = 0.05
    """AdamW decay of the matrices; biases, norms and scales have none."""
    warmup: float = 0.05
    """Fraction of the steps over which the rate rises linearly."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    patience: int = 12
    """Epochs without a lower validation loss before the training stops."""
    modality_dropout: float = 0.1
    """In training each modality of a star is hidden with this probability."""
    match_brightness: bool = True
    """Draw each batch from stars of similar apparent magnitude: the pairs then cannot be told apart
    by how bright or how noisy they are."""
    view_weight: float = 0.5
    """Weight of the terms between two augmented views of one modality, beside the pairs'."""

    def __post_init__(self) -> None:
        _require(_training_problems(self), "TrainConfig")


@dataclass(frozen=True)
class FinetuneConfig:
    """Training of a classifier, from a pre-trained run or from scratch."""

    seed: int = 42
    """Seed of the head's weights, the batches, the augmentation and the dropout."""
    split: str = "default"
    """Split whose train part is learned, whose val part chooses, whose test part is scored."""
    exclude_classes: tuple[str, ...] = ()
    """Labels treated as unlabelled; such stars still receive predictions."""
    min_class_count: int = 10
    """Classes with fewer labelled stars in the train part are left out."""
    epochs: int = 40
    """Passes over the labelled train part, at most."""
    batch_size: int = 128
    """Stars per step."""
    learning_rate: float = 1e-3
    """Peak of the schedule."""
    encoder_rate: float = 1.0
    """The pre-trained encoders learn at this fraction of the rate."""
    weight_decay: float = 0.05
    """AdamW decay of the matrices."""
    warmup: float = 0.05
    """Fraction of the steps over which the rate rises linearly."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    patience: int = 12
    """Epochs without a better validation macro-F1 before the training stops."""
    modality_dropout: float = 0.1
    """In training each modality of a star is hidden with this probability."""
    label_smoothing: float = 0.05
    """Share of the target spread over all classes."""
    class_balance: float = 0.5
    """Classes are weighted by count to minus this power: 0 as they come, 1 all equal."""
    average_decay: float = 0.99
    """The weights that predict are a running average of the trained ones; 0 for the last ones."""
    head_width: int = 256
    """Width of the hidden layer of the head."""
    head_dropout: float = 0.3
    """Dropout before the last layer."""

    def __post_init__(self) -> None:
        problems = _training_problems(self)
        for name in ("label_smoothing", "average_decay", "head_dropout"):
            if not 0 <= getattr(self, name) < 1:
                problems.append(f"{name} must be in [0, 1), found {getattr(self, name)}")
        _require(problems, "FinetuneConfig")


def compact(**changes: Any) -> ModelConfig:
    """Return the default preset: small enough for two CPU cores."""
    encoders = {
        config.modality: config
        for config in (PhotometryConfig(), SpectraConfig(), MetadataConfig())
    }
    return ModelConfig(**{"encoders": encoders, "preset": "compact", **changes})


PRESETS: dict[str, Callable[..., ModelConfig]] = {"compact": compact}


def from_dict(cls: type, values: Mapping[str, Any]) -> Any:
    """Build a config dataclass from JSON values; lists become tuples, unknown keys are refused."""
    names = [item.name for item in fields(cls)]
    unknown = [name for name in values if name not in names]
    if unknown:
        hints = [f"{name!r}{did_you_mean(name, names)}" for name in unknown]
        raise InputError(f"{cls.__name__} has no field {'; no field '.join(hints)}.")
    return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def load_config_file(path: str | Path) -> dict[str, Any]:
    """Read a JSON file of config values."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} could not be read as a JSON config: {error}.") from None


def _encoder_from_dict(name: str, content: dict[str, Any]) -> EncoderConfig:
    architecture = content.pop("architecture", "compact")
    cls = EncoderConfig.known.get((name, architecture))
    if cls is None:
        known = ", ".join(f"{a} of {m}" for m, a in EncoderConfig.known)
        raise InputError(f"no encoder {architecture!r} of {name!r} is known; known are {known}.")
    return from_dict(cls, content)


def _training_problems(config: TrainConfig | FinetuneConfig) -> list[str]:
    problems = [
        f"{name} must be at least {least}, found {getattr(config, name)}"
        for name, least in (("epochs", 1), ("batch_size", 2), ("patience", 1), ("seed", 0))
        if getattr(config, name) < least
    ]
    problems += [
        f"{name} must be above 0, found {getattr(config, name)}"
        for name in ("learning_rate", "clip_norm")
        if not getattr(config, name) > 0
    ]
    problems += [
        f"{name} must be in [0, 1), found {getattr(config, name)}"
        for name in ("warmup", "modality_dropout", "weight_decay")
        if not 0 <= getattr(config, name) < 1
    ]
    return problems


def _require(problems: list[str], what: str) -> None:
    if problems:
        raise InputError(f"{what}: {'; '.join(problems)}.")
