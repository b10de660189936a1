"""Embeddings of made-up clusters (known classes, gaps, absences), and a model of width eight."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.directories import provenance
from data_pipeline.survey import Survey, SurveyWriter
from model.atlas import build_atlas
from model.config import ModelConfig, TrainConfig
from model.embeddings import Embeddings
from model.encoder_config import MetadataConfig, PhotometryConfig, SpectraConfig
from model.execution import Execution

MODALITIES = ("photometry", "spectra", "metadata")
TINY_TRAINING = TrainConfig(epochs=3, batch_size=16, warmup=0.2)


@dataclass(frozen=True)
class ClusterSky:
    """Unit vectors around class centres, one cone a modality, with the labels they came from."""

    labels: np.ndarray
    vectors: dict[str, np.ndarray]
    present: dict[str, np.ndarray]

    @property
    def source_id(self) -> np.ndarray:
        return np.arange(1000, 1000 + len(self.labels))

    def embeddings(self) -> Embeddings:
        return Embeddings(
            source_id=self.source_id,
            vectors=self.vectors,
            present=self.present,
            train_mask=self.source_id % 5 != 0,
        )


def cluster_sky(n: int = 240, dim: int = 16, noise: float = 0.25, seed: int = 3) -> ClusterSky:
    """Three classes; a spectrum is missing for every third star."""
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 3, n)
    centers = rng.normal(size=(3, dim))
    vectors, present = {}, {}
    for modality in MODALITIES:
        cone = 3 * rng.normal(size=dim)  # what sets a modality apart: the gap of contrastive spaces
        raw = cone + centers[code] + noise * rng.normal(size=(n, dim))
        vectors[modality] = unit(raw).astype(np.float32)
        present[modality] = np.ones(n, dtype=bool)
    present["spectra"] = np.arange(n) % 3 != 0
    vectors["spectra"][~present["spectra"]] = 0
    return ClusterSky(np.array(["EW", "RRAB", "SR"])[code], vectors, present)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="session")
def sky() -> ClusterSky:
    """240 stars in three clusters; do not modify."""
    return cluster_sky()


@pytest.fixture(scope="session")
def make_sky() -> Callable[..., ClusterSky]:
    """The function that makes such skies."""
    return cluster_sky


@pytest.fixture(scope="session")
def tiny_embeddings(tiny_survey: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Embeddings of the tiny survey, on disk: clusters by class; do not write into it."""
    survey = Survey.open(tiny_survey)
    path = tmp_path_factory.mktemp("embeddings") / "tiny"
    write_tiny_embeddings(survey, path)
    return path


def write_tiny_embeddings(survey: Survey, path: Path, rows: np.ndarray | None = None) -> None:
    """Write embeddings of a survey's objects (all, or `rows` in that order)."""
    rng = np.random.default_rng(0)
    rows = np.arange(len(survey)) if rows is None else rows
    centers = rng.normal(size=(3, 8))
    by_star = centers[np.arange(len(survey)) % 3]
    vectors = {m: unit(by_star + 0.3 * rng.normal(size=(len(survey), 8))) for m in MODALITIES}
    present = {
        "photometry": survey.has_photometry,
        "spectra": survey.has_spectra,
        "metadata": np.ones(len(survey), dtype=bool),
    }
    Embeddings.write(
        path,
        survey.source_id[rows],
        {m: v[rows].astype(np.float32) for m, v in vectors.items()},
        {m: mask[rows] for m, mask in present.items()},
        np.arange(len(rows)) % 5 != 0,
        checkpoint_hash="0" * 64,
        survey_path=survey.path,
        provenance=provenance("tests"),
    )


@pytest.fixture(scope="session")
def write_embeddings() -> Callable[..., None]:
    """The function that writes such embeddings."""
    return write_tiny_embeddings


@pytest.fixture(scope="session")
def tiny_atlas(
    tiny_survey: Path, tiny_embeddings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Atlas of the tiny survey; do not write into it."""
    path = tmp_path_factory.mktemp("atlases") / "tiny"
    build_atlas(Survey.open(tiny_survey), Embeddings.open(tiny_embeddings), path)
    return path


@pytest.fixture(scope="session")
def make_bare_survey() -> Callable[..., None]:
    """The function that writes a survey of labels alone: no light curve, no spectrum."""

    def write(path: Path, labels: list[str | None]) -> None:
        n = len(labels)
        with SurveyWriter(path, "Bare", bands={}) as writer:
            writer.write_objects(
                pd.DataFrame(
                    {
                        "source_id": np.arange(1, n + 1),
                        "name": [f"Bare {i}" for i in range(n)],
                        "ra_deg": np.linspace(0, 10, n),
                        "dec_deg": np.zeros(n),
                        "class_label": labels,
                    }
                )
            )

    return write


def tiny_model_config() -> ModelConfig:
    """Two layers, width eight."""
    photometry = PhotometryConfig(
        hidden_dim=16, channels=(8, 8), n_phase_bins=8, n_tokens=8, token_dim=8, n_heads=2,
        n_layers=1,
    )  # fmt: skip
    spectra = SpectraConfig(hidden_dim=16, layers=(16,), step_angstrom=20.0)
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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the subprocess has it: sums over threads differ in the last digit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
