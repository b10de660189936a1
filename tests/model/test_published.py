"""The faithful AstroM3: golden outputs of the reference implementation, and strict loading."""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from data_pipeline.errors import InputError
from model.astrom3.network import PAIRS, AstroM3, AstroM3Config, build
from model.published import load_published

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(os.environ.get("ASTROM3_GOLDEN", ROOT.parent / "shared" / "golden"))
golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="needs the golden fixture in ASTROM3_GOLDEN or ../shared/golden"
)
INPUTS = ("photometry", "photometry_mask", "spectra", "metadata")
TINY = AstroM3Config(
    hidden_dim=8, seq_len=20, p_d_model=8, p_n_heads=2, p_d_ff=8, p_e_layers=1, m_hidden_dim=8
)


@pytest.fixture(scope="module")
def inputs() -> dict[str, Tensor]:
    arrays = np.load(GOLDEN / "preprocessed.npz")
    return {name: torch.from_numpy(arrays[name]) for name in INPUTS}


@pytest.fixture(scope="module")
def outputs() -> dict[str, np.ndarray]:
    return dict(np.load(GOLDEN / "outputs_narrow.npz"))


def publish(
    config: AstroM3Config, directory: Path, content: dict[str, object] | None = None
) -> Path:
    """Write a model with fresh weights the way the published ones are stored."""
    directory.mkdir(exist_ok=True)
    (directory / "config.json").write_text(json.dumps(content or asdict(config)))
    torch.manual_seed(1)
    save_file(AstroM3(config).state_dict(), directory / "model.safetensors")
    return directory


def tiny_inputs(n: int = 4) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    mask = torch.ones(n, TINY.seq_len)
    mask[0, 12:] = 0
    return {
        "photometry": torch.randn(n, TINY.seq_len, TINY.p_enc_in, generator=generator),
        "photometry_mask": mask,
        "spectra": torch.randn(n, 3, 2575, generator=generator),
        "metadata": torch.randn(n, TINY.m_input_dim, generator=generator),
    }


@golden
@torch.no_grad()
def test_embeddings_match_the_reference(
    inputs: dict[str, Tensor], outputs: dict[str, np.ndarray]
) -> None:
    vectors = load_published(GOLDEN, attention="all").encode(**inputs)
    photometry = vectors["photometry"].numpy()
    np.testing.assert_allclose(photometry, outputs["photometry_embedding_all_queries"], atol=1e-5)
    np.testing.assert_allclose(vectors["spectra"], outputs["spectra_embedding"], atol=1e-5)
    np.testing.assert_allclose(vectors["metadata"], outputs["metadata_embedding"], atol=1e-5)
    control = outputs["photometry_embedding_headfixed_dense_NOT_reference"]
    assert np.abs(photometry - control).max() > 0.1


@golden
@torch.no_grad()
def test_encoders_and_losses_match_the_reference(
    inputs: dict[str, Tensor], outputs: dict[str, np.ndarray]
) -> None:
    model = load_published(GOLDEN, attention="all")
    assert isinstance(model, AstroM3)
    photometry = model.photometry_encoder(inputs["photometry"], inputs["photometry_mask"])
    expected = outputs["photometry_encoder_out_all_queries"]
    np.testing.assert_allclose(photometry[:2].reshape(expected.shape), expected, atol=1e-4)
    spectra = model.spectra_encoder(inputs["spectra"])
    np.testing.assert_allclose(spectra, outputs["spectra_encoder_out"], atol=1e-4)
    metadata = model.metadata_encoder(inputs["metadata"])
    np.testing.assert_allclose(metadata, outputs["metadata_encoder_out"], atol=1e-4)

    vectors = model.encode(**inputs)
    checks = json.loads((GOLDEN / "checks.json").read_text())["narrow"]
    losses = {pair: float(loss) for pair, loss in model.losses(vectors).items()}
    assert losses == pytest.approx(checks["clip_losses_dense_default_scale100"], abs=1e-4)
    custom = checks["clip_losses_dense_custom_scales"]
    for pair, log_scale in custom["log_scales"].items():
        getattr(model, f"logit_scale_{pair}").fill_(log_scale)
    losses = {pair: float(loss) for pair, loss in model.losses(vectors).items()}
    assert losses == pytest.approx(custom["losses"], abs=1e-4)


@golden
@torch.no_grad()
def test_sparse_inference_is_as_near_the_mean_of_random_runs_as_a_run_is(
    inputs: dict[str, Tensor], outputs: dict[str, np.ndarray]
) -> None:
    """Looking at every key beats a fixed random sample and stays far nearer than dense."""

    def cosine_to_mean(vectors: np.ndarray) -> np.ndarray:
        mean = outputs["photometry_embedding_factor1_mean"]
        return (vectors * mean).sum(1) / np.linalg.norm(mean, axis=1)

    model = load_published(GOLDEN)
    ours = model.encode(**inputs)["photometry"].numpy()
    runs = [cosine_to_mean(run) for run in outputs["photometry_embedding_factor1_first3"]]
    dense = cosine_to_mean(outputs["photometry_embedding_all_queries"])
    assert cosine_to_mean(ours).min() > np.mean([run.min() for run in runs])
    assert cosine_to_mean(ours).min() > 0.99 > 0.9 > dense.min()
    np.testing.assert_array_equal(ours, model.encode(**inputs)["photometry"].numpy())


@golden
@torch.no_grad()
def test_full_size_losses_match_the_reference(inputs: dict[str, Tensor], tmp_path: Path) -> None:
    """Weights by the fixture's recipe; the reference's losses for them are in checks.json."""
    checks = json.loads((GOLDEN / "checks.json").read_text())["full_formula"]
    model = AstroM3(AstroM3Config())
    random = np.random.RandomState(4242)
    state = model.state_dict()
    for name in sorted(state):
        if name.endswith(".pe") or name.startswith("logit_scale_"):
            continue
        shape = tuple(state[name].shape)
        draw = random.standard_normal(math.prod(shape)).reshape(shape)
        if re.search(r"norm[12]?\.weight$", name):
            draw = 1 + 0.05 * draw
        else:
            draw = 0.05 * draw if len(shape) == 1 else draw / math.sqrt(math.prod(shape[1:]))
        state[name] = torch.from_numpy(draw.astype(np.float32))
    total = sum(float(value.double().abs().sum()) for value in state.values())
    assert total == pytest.approx(checks["weights_checksum"]["sum_abs_all"], rel=1e-6)
    (tmp_path / "config.json").write_text((GOLDEN / "config_full.json").read_text())
    save_file(
        {name: value.contiguous() for name, value in state.items()}, tmp_path / "model.safetensors"
    )
    full = load_published(tmp_path, attention="all")
    assert isinstance(full, AstroM3)
    losses = {pair: float(loss) for pair, loss in full.losses(full.encode(**inputs)).items()}
    assert losses == pytest.approx(checks["clip_losses_dense_default_scale100"], abs=1e-4)


def test_full_size_has_the_published_parameters() -> None:
    with torch.device("meta"):
        model = AstroM3(AstroM3Config())
    assert sum(parameter.numel() for parameter in model.parameters()) == 15_869_827
    assert len(model.state_dict()) == 153


@pytest.mark.parametrize(
    ("modality", "n_parameters"),
    [(None, 15_874_957), ("photometry", 1_845_898), ("spectra", 34_122), ("metadata", 285_706)],
)
def test_full_size_classifiers_have_the_published_parameters(
    modality: str | None, n_parameters: int
) -> None:
    model = build(AstroM3Config(classification=True), modality)
    assert sum(parameter.numel() for parameter in model.parameters()) == n_parameters


@torch.no_grad()
def test_the_classifier_of_all_modalities_reads_the_mean_of_their_unit_vectors(
    tmp_path: Path,
) -> None:
    config = AstroM3Config(**(asdict(TINY) | {"classification": True}))
    model, inputs = load_published(publish(config, tmp_path / "all")), tiny_inputs()
    assert isinstance(model, AstroM3)
    mean = torch.stack(list(model.encode(**inputs).values())).mean(0)
    expected = mean @ model.fc.weight.T + model.fc.bias
    torch.testing.assert_close(model(**inputs), expected)
    plain = load_published(publish(TINY, tmp_path / "clip"))
    with pytest.raises(InputError, match="no classifier head"):
        plain(**inputs)


@torch.no_grad()
def test_round_trip_and_any_subset_of_modalities(tmp_path: Path) -> None:
    model = load_published(publish(TINY, tmp_path / "clip"))
    inputs = tiny_inputs()
    everything = model.encode(**inputs)
    assert set(everything) == {"photometry", "spectra", "metadata"}
    alone = model.encode(spectra=inputs["spectra"])
    torch.testing.assert_close(alone["spectra"], everything["spectra"])
    for vector in everything.values():
        torch.testing.assert_close(vector.norm(dim=1), torch.ones(4))
    assert isinstance(model, AstroM3)
    assert set(model.losses(everything)) == set(PAIRS)


def test_training_samples_keys_and_passes_gradients() -> None:
    model = AstroM3(TINY).train()
    loss = sum(model.losses(model.encode(**tiny_inputs())).values(), torch.zeros(()))
    loss.backward()
    gradient = model.photometry_encoder.enc_embedding.value_embedding.tokenConv.weight.grad
    assert gradient is not None
    assert math.isfinite(loss.item())
    assert gradient.abs().sum().item() > 0


@pytest.mark.parametrize("modality", ["photometry", "spectra", "metadata"])
def test_single_classifiers_load_from_their_short_configs(tmp_path: Path, modality: str) -> None:
    prefix = {"photometry": "p_", "spectra": "s_", "metadata": "m_"}[modality]
    config = AstroM3Config(**(asdict(TINY) | {"classification": True}))
    short = {k.removeprefix(prefix): v for k, v in asdict(config).items() if k.startswith(prefix)}
    short |= {"classification": True, "num_classes": 10}
    if modality == "photometry":
        short["seq_len"] = config.seq_len
    weights = build(config, modality).state_dict()
    (tmp_path / "config.json").write_text(json.dumps(short))
    save_file(
        {k.removeprefix("encoder."): v for k, v in weights.items()}, tmp_path / "model.safetensors"
    )
    model = load_published(tmp_path)
    inputs = tiny_inputs()
    assert model(**inputs).shape == (4, 10)
    assert set(model.encode(**inputs)) == {modality}


def test_a_key_that_does_not_fit_is_named(tmp_path: Path) -> None:
    directory = publish(TINY, tmp_path / "clip")
    weights = AstroM3(TINY).state_dict()
    weights["surplus.weight"] = weights.pop("metadata_proj.bias")
    save_file(weights, directory / "model.safetensors")
    with pytest.raises(InputError, match=r"missing: metadata_proj.bias\n.*left over: surplus"):
        load_published(directory)


def test_shapes_that_disagree_are_named(tmp_path: Path) -> None:
    content = asdict(TINY) | {"m_hidden_dim": 16}
    directory = publish(TINY, tmp_path / "clip", content)
    with pytest.raises(InputError, match=r"metadata_proj.weight has shape \(8, 8\).*\(8, 16\)"):
        load_published(directory)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a directory nor a hub id"):
        load_published(tmp_path / "absent")
    with pytest.raises(InputError, match=r"config.json and model.safetensors not found"):
        load_published(tmp_path)
    directory = publish(TINY, tmp_path / "clip", asdict(TINY) | {"colour": 1})
    with pytest.raises(InputError, match=r"Unknown keys.*colour"):
        load_published(directory)
    publish(TINY, directory, asdict(TINY) | {"fusion": "sum"})
    with pytest.raises(InputError, match="never published"):
        load_published(directory)
    publish(TINY, directory)
    (directory / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match="not a readable safetensors"):
        load_published(directory)
    with pytest.raises(InputError, match="attention must be"):
        load_published(directory, attention="some")  # type: ignore[arg-type]
