"""A model small enough to train in a second, and a run of it on the tiny survey."""

from pathlib import Path

import pytest

from data_pipeline.survey import Survey
from model.config import (
    MetadataConfig,
    ModelConfig,
    PhotometryConfig,
    SpectraConfig,
    TrainConfig,
)
from model.execution import Execution

TINY_TRAINING = TrainConfig(epochs=3, batch_size=16, warmup=0.2)


def tiny_model_config() -> ModelConfig:
    """Two layers, width eight."""
    photometry = PhotometryConfig(
        hidden_dim=16, channels=(8, 8), n_phase_bins=8, n_tokens=8, token_dim=8, n_heads=2,
        n_layers=1,
    )  # fmt: skip
    spectra = SpectraConfig(hidden_dim=16, channels=(4, 8), step_angstrom=20.0, n_segments=4)
    metadata = MetadataConfig(hidden_dim=16, layers=(16,))
    encoders = {c.modality: c for c in (photometry, spectra, metadata)}
    return ModelConfig(encoders, embed_dim=8)


@pytest.fixture(scope="session")
def model_config() -> ModelConfig:
    """A model of three modalities, width eight."""
    return tiny_model_config()


@pytest.fixture(scope="session")
def survey(tiny_survey: Path) -> Survey:
    """The tiny survey, open."""
    return Survey.open(tiny_survey)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests keep prepared inputs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def pretrained(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A pre-trained run on the tiny survey; do not write into it."""
    from model.train import train

    path = tmp_path_factory.mktemp("runs") / "pretrained"
    train(survey, path, model_config, TINY_TRAINING, Execution(cache=cache))
    return path
