"""What a model is and how it is trained: frozen dataclasses that travel with the weights as JSON.

`ModelConfig` holds one encoder's config per modality, in order; `TrainConfig` and `FinetuneConfig`
hold the trainings. A preset is a function that returns a `ModelConfig`. No torch here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_type_hints

from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean
from data_pipeline.toml_tables import convert
from model.astrom3.encoder_config import GalSpecNetConfig, InformerConfig, MetaModelConfig
from model.encoder_config import (
    EncoderConfig,
    MetadataConfig,
    PhotometryConfig,
    SpectraConfig,
    require,
)


@dataclass(frozen=True)
class ModelConfig:
    """The modalities in order and the space they share."""

    encoders: Mapping[str, EncoderConfig]
    """Modality name to its encoder's config; the order is that of pairs and reports."""
    embed_dim: int = 128
    """Dimensions of the shared space."""
    preset: str = "compact"
    """Name of the preset this config began as."""
    head: str = "mlp"
    """From an encoder's vector to the shared space: "mlp", or "linear" as published."""
    initial_scale: float = 1 / 0.07
    """What the cosines are multiplied by when a training begins, 1 to 100; it is learned."""

    def __post_init__(self) -> None:
        problems = [] if self.encoders else ["a model needs at least one modality"]
        if self.head not in ("mlp", "linear"):
            problems.append(f"head must be mlp or linear, found {self.head!r}")
        if not 1 <= self.initial_scale <= 100:
            problems.append(f"initial_scale must be in [1, 100], found {self.initial_scale}")
        if self.embed_dim < 2:
            problems.append(f"embed_dim must be at least 2, found {self.embed_dim}")
        problems += [
            f"the encoder of {name!r} is one for {config.modality!r}"
            for name, config in self.encoders.items()
            if config.modality != name
        ]
        require(problems, "ModelConfig")

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
        values = {name: getattr(self, name) for name in _names(ModelConfig) if name != "encoders"}
        return {**values, "encoders": encoders}

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
    """Decay of the matrices; biases, norms and scales have none, unless the optimizer is `adam`."""
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
    chunk_size: int = 0
    """Stars whose activations are in memory at once, 0 for all of a batch. With fewer the batch is
    encoded twice, chunk by chunk; the gradient is the same."""
    optimizer: str = "adamw"
    """`adamw`, or `adam`, whose decay is added to the gradient, and of all weights."""
    beta1: float = 0.9
    """Memory of the optimizer's first moment."""
    schedule: str = "cosine"
    """After the warm-up: "cosine", or "plateau": `plateau_factor` whenever the validation score has
    not improved for three epochs."""
    plateau_factor: float = 0.5
    """What a plateau multiplies the rate by."""

    def __post_init__(self) -> None:
        require(_training_problems(self), "TrainConfig")


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
    members: int = 1
    """Classifiers trained with seeds of their own; their mean probability predicts."""
    epochs: int = 40
    """Passes over the labelled train part, at most, of each member."""
    batch_size: int = 128
    """Stars per step."""
    learning_rate: float = 1e-3
    """Peak of the schedule."""
    encoder_rate: float = 1.0
    """The pre-trained encoders learn at this fraction of the rate."""
    weight_decay: float = 0.05
    """As in `TrainConfig`."""
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
    ladder_steps: int = 16
    """Steps in which the catalog's features reach the head beside their encoder; 0 for none."""
    ladder_width: int = 128
    """Width of the layer on these steps."""
    head_dropout: float = 0.3
    """Dropout before the last layer."""
    optimizer: str = "adamw"
    """`adamw`, or `adam`, whose decay is added to the gradient, and of all weights."""
    beta1: float = 0.9
    """Memory of the optimizer's first moment."""
    schedule: str = "cosine"
    """As in `TrainConfig`."""
    plateau_factor: float = 0.5
    """What a plateau multiplies the rate by."""

    def __post_init__(self) -> None:
        problems = _training_problems(self)
        if self.members < 1:
            problems.append(f"members must be at least 1, found {self.members}")
        for name in ("label_smoothing", "average_decay", "head_dropout"):
            if not 0 <= getattr(self, name) < 1:
                problems.append(f"{name} must be in [0, 1), found {getattr(self, name)}")
        require(problems, "FinetuneConfig")


def compact(**changes: Any) -> ModelConfig:
    """Return the default preset: small enough for two CPU cores."""
    encoders = {
        config.modality: config
        for config in (PhotometryConfig(), SpectraConfig(), MetadataConfig())
    }
    return ModelConfig(**{"encoders": encoders, "preset": "compact", **changes})


def astrom3(**changes: Any) -> ModelConfig:
    """Return the published architecture (Rizhko & Bloom 2024): 15.9 million parameters."""
    encoders = {
        config.modality: config
        for config in (InformerConfig(), GalSpecNetConfig(), MetaModelConfig())
    }
    values = {"preset": "astrom3", "embed_dim": 512, "head": "linear", "initial_scale": 100.0}
    return ModelConfig(**{"encoders": encoders, **values, **changes})


NO_CLIPPING = 1e9
"""A norm that no gradient reaches."""
PRESETS: dict[str, Callable[..., ModelConfig]] = {"compact": compact, "astrom3": astrom3}

_PUBLISHED = {"optimizer": "adam", "schedule": "plateau", "batch_size": 512, "patience": 6,
              "modality_dropout": 0.0}  # fmt: skip
PRESET_TRAINING: dict[str, dict[str, Any]] = {
    "astrom3": {
        **_PUBLISHED, "epochs": 100, "warmup": 0.1, "learning_rate": 0.00392103, "beta1": 0.926192,
        "weight_decay": 0.00467007, "plateau_factor": 0.112508, "clip_norm": 45.0,
        "view_weight": 0.0, "match_brightness": False, "chunk_size": 32,
    }
}  # fmt: skip
"""Pre-training as published, where it is not as in `TrainConfig`."""
PRESET_FINETUNING: dict[str, dict[str, Any]] = {
    "astrom3": {
        **_PUBLISHED, "epochs": 50, "warmup": 0.2, "learning_rate": 0.00424595, "beta1": 0.914985,
        "weight_decay": 6.93271e-05, "plateau_factor": 0.100363, "clip_norm": NO_CLIPPING,
        "label_smoothing": 0.0, "class_balance": 0.0, "average_decay": 0.0,
    }
}  # fmt: skip
"""Fine-tuning as published for all modalities and all labels."""


def preset_settings(cls: type, preset: str) -> Any:
    """Return the training config that goes with a preset."""
    table = PRESET_TRAINING if cls is TrainConfig else PRESET_FINETUNING
    return cls(**table.get(preset, {}))


def from_dict(cls: type, values: Mapping[str, Any]) -> Any:
    """Build a config dataclass from JSON values; unknown keys and wrong types are refused."""
    names = _names(cls)
    unknown = [name for name in values if name not in names]
    if unknown:
        hints = [f"{name!r}{did_you_mean(name, names)}" for name in unknown]
        raise InputError(f"{cls.__name__} has no field {'; no field '.join(hints)}.")
    problems: list[str] = []
    types = get_type_hints(cls)
    typed = {name: convert(types[name], value, name, problems) for name, value in values.items()}
    require(problems, cls.__name__)
    return cls(**typed)


def _names(cls: type) -> list[str]:
    return [item.name for item in fields(cls)]


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
        for name in ("learning_rate", "clip_norm", "plateau_factor")
        if not getattr(config, name) > 0
    ]
    problems += [
        f"{name} must be in [0, 1), found {getattr(config, name)}"
        for name in ("warmup", "modality_dropout", "weight_decay", "beta1")
        if not 0 <= getattr(config, name) < 1
    ]
    problems += [
        f"{name} must be {' or '.join(known)}, found {getattr(config, name)!r}"
        for name, known in (("optimizer", ("adamw", "adam")), ("schedule", ("cosine", "plateau")))
        if getattr(config, name) not in known
    ]
    return problems
