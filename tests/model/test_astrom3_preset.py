"""The preset `astrom3` on surveys: the published tensors and vectors, by the common commands."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from torch import Generator

from data_pipeline.cli import run_main
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import PAPER_FEATURES, Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey
from data_pipeline.survey_writer import SurveyWriter
from model.__main__ import main
from model.astrom3.conversion import published_config, published_weights
from model.astrom3.encoder_config import GalSpecNetConfig, InformerConfig, MetaModelConfig
from model.astrom3.encoders import InformerEncoder, MetaModelEncoder
from model.astrom3.informer import Dropout
from model.astrom3.network import AstroM3, AstroM3Config
from model.astrom3.published_data import PHOTO_COLS
from model.astrom3.recipes import RECIPES, with_recipe
from model.config import FinetuneConfig, ModelConfig, TrainConfig, astrom3, preset_settings
from model.embed import embed
from model.evaluation.grid import EvaluationConfig
from model.execution import Execution
from model.finetune import finetune
from model.loss import pair_losses
from model.modalities import SurveyTensors
from model.predict import predict
from model.run import Run
from model.train import Pretraining, train

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(os.environ.get("ASTROM3_GOLDEN", ROOT.parent / "shared" / "golden"))
golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="needs the golden fixture in ASTROM3_GOLDEN or ../shared/golden"
)
CPU = torch.device("cpu")
EXTRA = [
    Column(name, role="feature") for name in ("amplitude", "lksl_statistic", "rfr_score")
]  # of the paper's photometric columns, beside the period


def small(**changes: object) -> ModelConfig:
    """The published architecture, a few wide."""
    encoders = (
        InformerConfig(width=8, n_heads=2, d_ff=8, n_layers=1),
        GalSpecNetConfig(),
        MetaModelConfig(hidden_dim=8),
    )
    config = astrom3(encoders={c.modality: c for c in encoders}, embed_dim=8)
    return replace(config, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def raw_survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """The golden raw records as a survey."""
    raw = np.load(GOLDEN / "raw_samples.npz")
    path = tmp_path_factory.mktemp("golden") / "raw"
    n = len(raw["metadata"])
    with SurveyWriter(path, "Golden", {"V": Band("flux", unit="mJy")}, EXTRA) as writer:
        for i in range(n):
            time, flux, flux_err = raw[f"lc_{i}"].T
            writer.add_light_curve(i + 1, LightCurve.from_flux(time, flux, flux_err, "V"))
            wavelength, flux, third = raw[f"spec_{i}"].T
            error = np.where(third > 0, 1 / np.sqrt(np.where(third > 0, third, 1)), np.nan)
            masked = np.zeros(len(flux), bool)
            writer.add_spectrum(i + 1, Spectrum(i, wavelength, flux, error, masked))
        table = {"source_id": np.arange(1, n + 1)}
        table |= dict(zip(PAPER_FEATURES, raw["metadata"].T, strict=True))
        for column, name in enumerate(("amplitude", None, "lksl_statistic", "rfr_score")):
            if name:
                table[name] = raw["photo_cols"][:, column]
        table["period_days"] = 10 ** raw["photo_cols"][:, 1]
        writer.write_objects(pd.DataFrame(table))
    return Survey.open(path)


@golden
def test_raw_records_become_the_reference_tensors(raw_survey: Survey, tmp_path: Path) -> None:
    tensors = SurveyTensors(raw_survey, astrom3(), tmp_path)
    batch = tensors.batch(np.arange(8))
    expected = np.load(GOLDEN / "preprocessed.npz")
    encoder = InformerEncoder(InformerConfig())  # not fitted: the columns are standardised already
    photometry, mask = encoder.network_inputs(batch.inputs["photometry"])
    np.testing.assert_array_equal(mask, expected["photometry_mask"])
    reference = expected["photometry_padding_all_zero"]
    for i in range(8):  # rows of one epoch may stand in either order
        ours, theirs = photometry[i].numpy(), reference[i]
        orders = [np.lexsort((a[:, 1], a[:, 0], -mask[i].numpy())) for a in (ours, theirs)]
        np.testing.assert_allclose(ours[orders[0]], theirs[orders[1]], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        batch.inputs["spectra"]["spectra"], expected["spectra"], rtol=1e-4, atol=1e-5
    )
    metadata = tensors.arrays["metadata"]
    assert metadata.facts["features"] == list(PAPER_FEATURES)


def test_published_transforms() -> None:
    from model.astrom3.inputs.metadata import transformed

    table = {
        "j_mag": np.array([10.0, 10.0, 10.0]),
        "parallax": np.array([10.0, -1.0, np.nan]),
        "l": np.array([60.0, 0.0, 180.0]),
        "b": np.array([30.0, 0.0, -90.0]),
        "bp_rp": np.array([1.0, 2.0, 3.0]),
    }
    new = transformed(table)
    np.testing.assert_allclose(new["j_mag"], [5.0, 0.0, np.nan])
    np.testing.assert_array_equal(new["parallax"], table["parallax"])
    np.testing.assert_allclose(new["l"], [0.5, 1.0, -1.0])
    np.testing.assert_allclose(new["b"], [0.5, 0.0, -1.0])
    np.testing.assert_array_equal(new["bp_rp"], table["bp_rp"])


def test_window_is_central_or_random_and_never_of_padding() -> None:
    encoder = InformerEncoder(InformerConfig(width=8, n_heads=2, d_ff=8, n_layers=1)).eval()
    n_rows = torch.tensor([260, 30, 201])
    row = (
        torch.arange(300.0)[None, :, None].expand(3, -1, 3)
        * (torch.arange(300) < n_rows[:, None])[..., None]
    )
    inputs = {"row": row, "n_rows": n_rows, "constants": torch.zeros(3, 6)}
    centre, mask = encoder.network_inputs(inputs)
    assert centre[:, 0, 0].tolist() == [30.0, 0.0, 0.0]
    assert mask.sum(1).tolist() == [200, 30, 200]
    starts = set()
    for seed in range(40):
        window = encoder.augment(inputs, Generator().manual_seed(seed))
        assert window["row"].shape == (3, 200, 3)
        assert window["n_rows"].tolist() == [200, 30, 200]
        assert window["row"][0, -1, 0] - window["row"][0, 0, 0] == 199
        starts.add(int(window["row"][2, 0, 0]))
    assert starts == {0, 1}


def test_dropout_keeps_the_mean_and_drops_the_rate() -> None:
    torch.manual_seed(0)
    layer = Dropout(0.25)
    dropped = layer(torch.ones(1000, 101))
    assert float((dropped == 0).float().mean()) == pytest.approx(0.25, abs=0.005)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)
    assert torch.equal(layer.eval()(dropped), dropped)


@pytest.fixture(scope="module")
def trained(survey: Survey, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A narrow `astrom3` pre-trained on the tiny survey, in chunks as the preset has it."""
    config = preset_settings(TrainConfig, "astrom3")
    config = replace(config, epochs=2, batch_size=24, chunk_size=10, learning_rate=1e-3)
    out = tmp_path_factory.mktemp("astrom3") / "run"
    return train(survey, out, small(), config, Execution(cache=cache))


def test_the_preset_trains_embeds_and_classifies(
    trained: Run, survey: Survey, cache: Path, tmp_path: Path
) -> None:
    execution = Execution(cache=cache)
    assert trained.model_config.preset == "astrom3"
    assert trained.training["optimizer"] == "adam"
    vectors = embed(survey, trained, tmp_path / "e", execution)
    assert all(np.isfinite(vectors[name]).all() for name in vectors.modalities)
    assert vectors.present["photometry"].sum() == 59
    config = preset_settings(FinetuneConfig, "astrom3")
    config = replace(config, epochs=2, batch_size=24, min_class_count=5)
    for names in (("photometry", "spectra", "metadata"), ("spectra",)):
        only = trained.model_config.only(names)
        out = tmp_path / "-".join(names)
        run = finetune(survey, out, config, execution, run=trained, model_config=only)
        table = predict(survey, run, execution)
        known = table["predicted_class"].notna()
        assert known.sum() == (60 if len(names) == 3 else survey.has_spectra.sum())
        np.testing.assert_allclose(table.filter(like="prob_")[known].sum(axis=1), 1, atol=1e-5)
        before, after = trained.weights(), run.weights()
        key = "encoders.spectra.network.layers.0.weight"
        assert not torch.equal(before[key], after[f"clip.{key}"])


def test_published_weights_give_the_published_vectors_on_a_survey(
    trained: Run, survey: Survey, cache: Path
) -> None:
    """The network under our names is the published one: same weights, same vectors and losses."""
    clip = trained.clip()
    with torch.no_grad():
        clip.log_scales["photometry-spectra"].fill_(2.0)
    published = AstroM3(published_config(trained.model_config))
    published.load_state_dict(published_weights(clip))
    published.eval()
    rows = np.flatnonzero(survey.has_spectra & survey.has_photometry)
    tensors = SurveyTensors(survey, trained.model_config, cache)
    batch = tensors.batch(rows)
    photometry, metadata = clip.encoder("photometry"), clip.encoder("metadata")
    assert isinstance(photometry, InformerEncoder)
    assert isinstance(metadata, MetaModelEncoder)
    tensor, mask = photometry.network_inputs(batch.inputs["photometry"])
    with torch.no_grad():
        theirs = published.encode(
            photometry=tensor, photometry_mask=mask, spectra=batch.inputs["spectra"]["spectra"],
            metadata=metadata.standardize(batch.inputs["metadata"]["values"]),
        )  # fmt: skip
        ours = clip.encode(batch)
        for name, vectors in theirs.items():
            torch.testing.assert_close(vectors, ours[name], atol=1e-5, rtol=0)
        halves = pair_losses(ours, batch.present, dict(clip.log_scales.items()))
        whole = published.losses(theirs)
    assert float(whole["ps"]) == pytest.approx(2 * float(halves["photometry-spectra"]), rel=1e-4)
    assert float(whole["mp"]) == pytest.approx(2 * float(halves["photometry-metadata"]), rel=1e-4)
    task = Pretraining(clip, tensors, rows, preset_settings(TrainConfig, "astrom3"), CPU)
    assert float(task._total(halves, {})) == pytest.approx(float(sum(whole.values())), rel=1e-4)


def test_published_weights_become_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = AstroM3Config(
        hidden_dim=8, p_d_model=8, p_n_heads=2, p_d_ff=8, p_e_layers=1, m_hidden_dim=8
    )
    torch.manual_seed(3)
    published = AstroM3(config)
    save_file(published.state_dict(), tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(asdict(config)))
    names = [*PHOTO_COLS, *PAPER_FEATURES]
    info = {"all_cols": names, "mean": list(range(38)), "std": [2.0] * 38}
    (tmp_path / "info.json").write_text(json.dumps(info))
    (tmp_path / "train.csv").write_text("id,target\nEDR3 3714273187707121920,EW\nEDR3 7,SR\n")
    command = ["import-published", str(tmp_path), "--info", str(tmp_path / "info.json"),
               "--seen", str(tmp_path / "train.csv"), "--out", str(tmp_path / "run")]  # fmt: skip
    main(command)
    assert "which saw 2 stars" in capsys.readouterr().out
    run = Run.open(tmp_path / "run", "pretraining")
    assert run.training_ids.tolist() == [7, 3714273187707121920]
    clip = run.clip()
    for name, value in published_weights(clip).items():
        assert torch.equal(value, published.state_dict()[name]), name
    metadata = clip.encoder("metadata")
    assert isinstance(metadata, MetaModelEncoder)
    assert metadata.standardize.mean.tolist() == list(range(4, 38))
    assert published_config(run.model_config) == config
    (tmp_path / "train.csv").write_text("name\nx\n")
    assert run_main(main, [*command, "--overwrite"]) == 2
    assert "no CSV file with a column id" in capsys.readouterr().err


def test_published_settings_are_there_for_every_cell() -> None:
    cells = EvaluationConfig(astrom3(), TrainConfig(), FinetuneConfig()).cells(
        ("photometry", "spectra", "metadata")
    )
    for cell in cells:
        with_recipe(astrom3(), FinetuneConfig(), cell.mode, cell.subset, cell.start)
    assert len(RECIPES) == 32
    model, settings = with_recipe(astrom3(), FinetuneConfig(), "spectra", "sub10", "pretrained")
    assert settings.learning_rate == pytest.approx(0.00901894)
    assert model.encoders["spectra"].dropout == pytest.approx(0.376955)
    assert model.encoders["metadata"] == astrom3().encoders["metadata"]
