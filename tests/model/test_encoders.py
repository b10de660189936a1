"""The encoders: what must not change a vector does not, and nothing makes it NaN."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Generator

from data_pipeline.survey import Survey
from model.clip import MultimodalCLIP
from model.config import ModelConfig
from model.encoder_config import EncoderConfig, PhotometryConfig
from model.encoders.base import MLP, Encoder, Inputs, QuantileScale, Standardize
from model.encoders.folding import fold_channels
from model.encoders.photometry import PhotometryEncoder, drop_epochs
from model.inputs import photometry
from model.inputs.arrays import ModalityArrays
from model.modalities import (
    Batch,
    Modality,
    SurveyTensors,
    hide_modalities,
    pairs,
    register,
    shuffled,
)


@pytest.fixture(scope="module")
def tensors(survey: Survey, model_config: ModelConfig, cache: Path) -> SurveyTensors:
    return SurveyTensors(survey, model_config, cache)


@pytest.fixture(scope="module")
def model(tensors: SurveyTensors) -> MultimodalCLIP:
    torch.manual_seed(0)
    model = MultimodalCLIP(tensors.config)
    model.fit_scalers(tensors, np.arange(len(tensors)))
    return model.eval()


def light_curves(period: float = 0.7, n_stars: int = 3) -> Inputs:
    """Inputs of some stars with one band, folded at a period."""
    generator = Generator().manual_seed(5)
    time = torch.sort(600 * torch.rand(n_stars, 80, generator=generator), dim=1).values
    value = torch.sin(2 * torch.pi * time / period)
    return {
        "time": time - 300,
        "phase": torch.remainder(time / (2 * period), 1.0),
        "value": value,
        "weight": torch.full_like(value, 0.5),
        "band": torch.zeros_like(value, dtype=torch.int64),
        "scalars": torch.zeros(n_stars, 3),
    }


@pytest.fixture(scope="module")
def photometry_encoder() -> PhotometryEncoder:
    torch.manual_seed(0)
    config = PhotometryConfig(
        bands=("V",), hidden_dim=16, channels=(8, 8), n_tokens=16, token_dim=16
    )
    return PhotometryEncoder(config).eval()


def test_vectors_are_unit_or_zero(tensors: SurveyTensors, model: MultimodalCLIP) -> None:
    batch = tensors.batch(np.arange(len(tensors)))
    for name, vectors in model.encode(batch).items():
        length = vectors.norm(dim=1)
        expected = batch.present[name].to(length.dtype)
        torch.testing.assert_close(length, expected, atol=1e-5, rtol=0)


def test_companions_in_the_batch_change_nothing(
    tensors: SurveyTensors, model: MultimodalCLIP
) -> None:
    together = model.encode(tensors.batch(np.arange(20)))
    for row in (0, 5, 7):
        alone = model.encode(tensors.batch(np.array([row])))
        for name, vectors in alone.items():
            torch.testing.assert_close(vectors[0], together[name][row], atol=1e-5, rtol=0)


@torch.no_grad()
def test_padding_cannot_reach_the_output(photometry_encoder: PhotometryEncoder) -> None:
    inputs = light_curves()
    padded = {
        name: torch.cat([value, torch.full((3, 7), 99 if name != "band" else 0)], dim=1).to(
            value.dtype
        )
        for name, value in inputs.items()
        if name != "scalars"
    } | {"scalars": inputs["scalars"]}
    padded["phase"][:, -7:] = 0.3
    padded["weight"][:, -7:] = 0
    torch.testing.assert_close(
        photometry_encoder(padded), photometry_encoder(inputs), atol=1e-5, rtol=0
    )


@torch.no_grad()
def test_zero_of_time_cannot_reach_the_output(photometry_encoder: PhotometryEncoder) -> None:
    inputs = light_curves()
    later = {**inputs, "time": inputs["time"] + 117.3}
    torch.testing.assert_close(
        photometry_encoder(later), photometry_encoder(inputs), atol=1e-4, rtol=0
    )


@torch.no_grad()
def test_shift_by_whole_strides_of_phase_changes_nothing(
    photometry_encoder: PhotometryEncoder,
) -> None:
    inputs = light_curves()
    strides = 2 ** len(photometry_encoder.config.channels)
    n_bins = 2 * photometry_encoder.config.n_phase_bins
    shifted = torch.remainder(inputs["phase"] + 5 * strides / n_bins, 1.0)
    torch.testing.assert_close(
        photometry_encoder({**inputs, "phase": shifted}), photometry_encoder(inputs),
        atol=1e-2, rtol=0,
    )  # fmt: skip


def test_phase_does_not_depend_on_the_zero_of_time() -> None:
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(0, 900, 100))
    value = np.sin(2 * np.pi * time / 0.61) ** 3
    weight = np.full(100, 0.5)
    phases = [photometry.aligned_phase(time + dt, value, weight, 0.61) for dt in (0.0, 0.5, 77.123)]
    for phase in phases[1:]:
        difference = (phase - phases[0] + 0.25) % 0.5 - 0.25  # half a cycle at 2 P is a choice
        np.testing.assert_allclose(difference, 0.0, atol=1e-6)


def test_fold_counts_every_point_once() -> None:
    inputs = light_curves()
    grid = fold_channels(
        inputs["phase"], inputs["value"], inputs["weight"], inputs["band"], n_bands=2, n_bins=8
    )
    assert grid.shape == (3, 2, 5, 8)
    assert torch.isfinite(grid).all()
    known = grid[:, :, 1]  # w / (w + s)
    weight = 0.5 * known / (1 - known)
    torch.testing.assert_close(weight[:, 0].sum(1), torch.full((3,), 40.0))
    assert (known[:, 1] == 0).all()


def test_no_period_masks_the_fold(photometry_encoder: PhotometryEncoder) -> None:
    inputs = light_curves()
    inputs["scalars"][:, -1] = torch.nan
    other = {**inputs, "phase": torch.rand(inputs["phase"].shape)}
    torch.testing.assert_close(photometry_encoder(inputs), photometry_encoder(other))


def test_nothing_makes_a_vector_nan(model: MultimodalCLIP, tensors: SurveyTensors) -> None:
    batch = tensors.batch(np.arange(10))
    photometry = dict(batch.inputs["photometry"])
    photometry["value"] = torch.zeros_like(photometry["value"])
    photometry["scalars"] = torch.full_like(photometry["scalars"], torch.nan)
    metadata = {"values": torch.full_like(batch.inputs["metadata"]["values"], torch.nan)}
    spectra = {"channels": torch.zeros_like(batch.inputs["spectra"]["channels"])}
    empty = Batch(
        batch.rows,
        batch.present,
        {"photometry": photometry, "metadata": metadata, "spectra": spectra},
    )
    for vectors in model.encode(empty).values():
        assert torch.isfinite(vectors).all()
    for vectors in model.encode(model.augment(empty, Generator())).values():
        assert torch.isfinite(vectors).all()


def test_augmented_gradients_are_finite(tensors: SurveyTensors, model: MultimodalCLIP) -> None:
    model.train()
    batch = model.augment(tensors.batch(np.arange(len(tensors))), Generator().manual_seed(1))
    sum(v.square().sum() for v in model.hidden(batch).values()).backward()  # type: ignore[union-attr]
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    model.eval().zero_grad()
    assert gradients
    assert all(torch.isfinite(g).all() for g in gradients)


def test_epochs_are_dropped_but_never_all() -> None:
    weight = torch.ones(50, 6)
    weight[:, 5] = 0
    drawn = torch.rand(50, 6, generator=Generator().manual_seed(0))
    kept = drop_epochs(weight, drawn, torch.full((50, 1), 0.99)) > 0
    assert kept.sum(1).min() == 3
    assert not kept[:, 5].any()


def test_hidden_modalities_leave_at_least_one(tensors: SurveyTensors) -> None:
    batch = tensors.batch(np.arange(len(tensors)))
    hidden = hide_modalities(batch, 0.9, Generator().manual_seed(0))
    had = torch.stack(list(batch.present.values()))
    has = torch.stack(list(hidden.present.values()))
    assert (has.any(0) == had.any(0)).all()
    assert has.sum() < had.sum()
    assert not (has & ~had).any()
    for name, mask in hidden.present.items():
        assert all(len(t) == int(mask.sum()) for t in hidden.inputs[name].values())


def test_batches_are_of_similar_brightness() -> None:
    rng = np.random.default_rng(0)
    magnitude = rng.uniform(10, 17, 500)
    magnitude[::10] = np.nan
    rows = np.arange(500)
    batches = shuffled(rows, 64, rng, magnitude)
    assert [len(batch) for batch in batches] == [64] * 7
    assert len(np.unique(np.concatenate(batches))) == 7 * 64
    spread = [np.nanstd(magnitude[batch]) for batch in batches]
    assert np.median(spread) < 0.5 < np.nanstd(magnitude)
    assert all(np.isnan(magnitude[batch]).any() for batch in batches)
    assert len(shuffled(rows[:10], 64, rng)[0]) == 10


def test_standardize_uses_robust_statistics_and_marks_the_missing() -> None:
    layer = Standardize(2, clip=3.0)
    values = torch.randn(1000, 2, generator=Generator().manual_seed(0))
    values[:, 0] = 5 + 2 * values[:, 0]
    values[0], values[1] = 1e6, torch.nan
    layer.fit(values)
    scaled, known = layer(values)
    assert layer.center[0] == pytest.approx(5, abs=0.3)
    assert layer.scale[0] == pytest.approx(2, rel=0.1)
    assert scaled[0].tolist() == [3, 3]
    assert scaled[1].tolist() == [0, 0]
    assert known[1].tolist() == [0, 0]


def test_quantiles_make_a_skewed_feature_normal() -> None:
    layer = QuantileScale(2)
    values = torch.randn(4000, 2, generator=Generator().manual_seed(0)).exp()
    values[:, 1] = (values[:, 1] > 1).float()  # most knots of a flag coincide
    values[0] = torch.nan
    layer.fit(values)
    scaled, known = layer(torch.cat([values, torch.tensor([[1e9, 1e9]])]))
    assert torch.isfinite(scaled).all()
    assert float(scaled[1:-1, 0].std()) == pytest.approx(1, abs=0.05)
    assert float(scaled[1:-1, 0].mean()) == pytest.approx(0, abs=0.05)
    assert scaled[0].tolist() == known[0].tolist() == [0, 0]
    assert (scaled[-1] > scaled[:-1].amax(0)).all()


def test_a_band_the_model_does_not_know_is_ignored(
    survey: Survey, model_config: ModelConfig, cache: Path
) -> None:
    photometry = replace(model_config.encoders["photometry"], bands=("V",))  # type: ignore[call-arg]
    config = replace(model_config, encoders={"photometry": photometry})
    batch = SurveyTensors(survey, config, cache).batch(np.array([0, 1]))
    assert set(batch.inputs["photometry"]["band"].unique().tolist()) == {0}
    assert batch.inputs["photometry"]["scalars"].shape == (2, 3)


class ImageConfig(EncoderConfig):
    """A fourth modality, all of it in this file."""

    modality = "image"
    architecture = "mean"


class ImageEncoder(Encoder):
    """Brightness of the image only."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.mlp = MLP([1, config.hidden_dim])

    def forward(self, inputs: Inputs) -> torch.Tensor:
        """From (B, 1) to (B, H)."""
        return self.mlp(inputs["mean"])


def test_a_fourth_modality_needs_one_registration(
    survey: Survey, model_config: ModelConfig, tmp_path: Path
) -> None:
    def prepare(survey: Survey, config: ImageConfig, rows: np.ndarray) -> ModalityArrays:
        absence = (np.arange(len(rows)) % 2).astype(np.int8)
        return ModalityArrays(
            absence=absence,
            per_object={"mean": np.ones(((absence == 0).sum(), 1), np.float32)},
            facts={"reasons": ["", "no image"]},
        )

    inputs = SimpleNamespace(
        VERSION=1,
        prepare=prepare,
        resolve=lambda config, arrays: config,
        collate=lambda arrays, rows, config: {"mean": arrays.per_object["mean"][arrays.at(rows)]},
    )
    register(Modality(ImageConfig, ImageEncoder, inputs))  # type: ignore[arg-type]
    encoders = {**model_config.encoders, "image": ImageConfig(hidden_dim=8)}
    tensors = SurveyTensors(survey, replace(model_config, encoders=encoders), tmp_path)
    model = MultimodalCLIP(tensors.config)
    vectors = model.encode(tensors.batch(np.arange(6)))
    assert len(pairs(tensors.config.modalities)) == 6
    assert vectors["image"].norm(dim=1).round().tolist() == [1, 0, 1, 0, 1, 0]
    assert "metadata-image" in model.log_scales
