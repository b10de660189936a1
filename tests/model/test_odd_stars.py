"""What is known to go wrong: never a vector that is NaN, always a reason where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey
from data_pipeline.survey_writer import SurveyWriter
from model.astrom3.encoder_config import GalSpecNetConfig, InformerConfig, MetaModelConfig
from model.clip import MultimodalCLIP
from model.config import FinetuneConfig, ModelConfig, TrainConfig, astrom3
from model.execution import Execution
from model.finetune import Classification
from model.labels import choose_classes
from model.loop import DivergedError
from model.loss import clip_loss
from model.modalities import SurveyTensors
from model.predict import predict
from model.train import train

TIME = np.sort(np.random.default_rng(1).uniform(0, 300, 60)) + 2457000.0
WAVE = np.linspace(3800.0, 9100.0, 1300)
SLOPE = WAVE / 6000
NOWHERE = np.full(60, np.nan)
COLUMNS = [Column(name, role="feature") for name in ("lc_skew", "bp_rp", "amplitude")]
ODD_CURVES = {  # what compact says of it, what astrom3 says of it
    "as usual": (LightCurve.from_mag(TIME, 12 + 0.3 * np.sin(TIME), 0.02), None, None),
    "constant": (LightCurve.from_mag(TIME, np.full(60, 12.0), 0.02), None, "constant light curve"),
    "one point": (
        LightCurve.from_mag(TIME[:1], [12.0], 0.02),
        "too few good epochs",
        "fewer than two good epochs, or all at one time",
    ),
    "all at one time": (
        LightCurve.from_mag(np.full(9, TIME[0]), np.arange(9.0), 0.02),
        None,
        "fewer than two good epochs, or all at one time",
    ),
    "NaN": (
        LightCurve.from_mag(TIME, NOWHERE, 0.02),
        "too few good epochs",
        "fewer than two good epochs, or all at one time",
    ),
    "huge": (LightCurve.from_flux(TIME, 1e30 * (2 + np.sin(TIME)), 1e28, "g"), None, None),
    "no errors": (LightCurve.from_mag(TIME, 12 + 0.3 * np.sin(TIME), np.nan), None, None),
    "none": (None, "no light curve", "no light curve"),
}
ODD_SPECTRA = {
    "as usual": (SLOPE, None, None),
    "all zero": (0 * SLOPE, "no positive flux", "flux without spread, as of an empty one"),
    "NaN": (np.nan * SLOPE, "too few good pixels in range", "no finite flux"),
    "negative": (-SLOPE, "no positive flux", None),
    "one spike": (SLOPE + 1e9 * (np.arange(1300) == 500), None, None),
    "none": (None, "no spectrum", "no spectrum"),
}


def narrow() -> ModelConfig:
    encoders = (
        InformerConfig(width=8, n_heads=2, d_ff=8, n_layers=1),
        GalSpecNetConfig(),
        MetaModelConfig(hidden_dim=8),
    )
    return astrom3(encoders={c.modality: c for c in encoders}, embed_dim=8)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """Every odd light curve with a usual spectrum, every odd spectrum with a usual light curve."""
    path = tmp_path_factory.mktemp("odd") / "survey"
    usual, (slope, *_) = ODD_CURVES["as usual"][0], ODD_SPECTRA["as usual"]
    stars = [(curve, slope) for curve, *_ in ODD_CURVES.values()]
    stars += [(usual, flux) for flux, *_ in ODD_SPECTRA.values()]
    bands = {"V": Band("mag"), "g": Band("flux", unit="mJy")}
    with SurveyWriter(path, "Odd", bands, COLUMNS) as writer:
        for i, (curve, flux) in enumerate(stars, 1):
            if curve is not None:
                writer.add_light_curve(i, curve)
            if flux is not None:
                masked = np.zeros(len(WAVE), bool)
                writer.add_spectrum(i, Spectrum(i, WAVE, flux, 0.1 + 0 * WAVE, masked))
        n = len(stars)
        table = {"source_id": np.arange(1, n + 1), "period_days": np.full(n, 2 * np.pi)}
        skew = np.random.default_rng(0).normal(size=n)
        skew[:3] = np.nan, np.inf, 1e300  # the last is infinite in single precision
        amplitude = np.where(np.arange(n) % 3 == 0, np.inf, 0.3)
        amplitude[0], amplitude[4] = np.nan, -1e300
        color = np.where(np.arange(n) == 0, np.nan, 0.7)  # no spread to scale by
        table |= {"lc_skew": skew, "bp_rp": color, "amplitude": amplitude}
        writer.write_objects(pd.DataFrame(table))
    return Survey.open(path)


@pytest.mark.parametrize("preset", ["compact", "astrom3"])
def test_vectors_are_finite_or_absent_for_a_reason(
    odd: Survey, model_config: ModelConfig, tmp_path: Path, preset: str
) -> None:
    config = model_config if preset == "compact" else narrow()
    tensors = SurveyTensors(odd, config, tmp_path)
    says = 1 if preset == "compact" else 2
    reasons = [None if a == 0 else tensors.arrays["photometry"].facts["reasons"][a]
               for a in tensors.arrays["photometry"].absence]  # fmt: skip
    assert reasons[: len(ODD_CURVES)] == [entry[says] for entry in ODD_CURVES.values()]
    reasons = [None if a == 0 else tensors.arrays["spectra"].facts["reasons"][a]
               for a in tensors.arrays["spectra"].absence]  # fmt: skip
    assert reasons[len(ODD_CURVES) :] == [entry[says] for entry in ODD_SPECTRA.values()]
    assert tensors.arrays["metadata"].absent_counts() == {"every feature is missing": 1}

    torch.manual_seed(0)
    model = MultimodalCLIP(tensors.config)
    model.fit_scalers(tensors, np.arange(len(odd)))
    batch = tensors.batch(np.arange(len(odd)))
    augmented = model.augment(batch, torch.Generator().manual_seed(0))
    total = torch.zeros(())
    for name, vectors in model.encode(augmented).items():
        assert torch.isfinite(vectors).all(), name
        length = vectors.norm(dim=1)
        torch.testing.assert_close(length, batch.present[name].float(), atol=1e-4, rtol=0)
        total = total + vectors[:, 0].sum()
    total.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(bool(torch.isfinite(g).all()) for g in gradients)


def test_stars_that_are_all_alike_give_a_finite_loss() -> None:
    """False negatives at their worst: nothing tells the stars of a batch apart."""
    same = torch.nn.functional.normalize(torch.ones(64, 8), dim=1).requires_grad_()
    loss = clip_loss(same, same, torch.tensor(np.log(100.0)))
    loss.backward()
    assert loss.item() == pytest.approx(np.log(64), rel=1e-5)
    assert same.grad is not None
    assert torch.isfinite(same.grad).all()


def test_classes_of_unlike_size_are_weighed(survey: Survey, model_config: ModelConfig) -> None:
    """24 to 1: between counting stars and counting classes, and one star weighs one on average."""
    labels = pd.Series(["EW"] * 240 + ["M"] * 10)
    rows = np.arange(250)
    chosen = choose_classes(labels, rows, (), 10)
    parts = {"train": rows, "val": rows, "test": rows}

    def weights(balance: float) -> np.ndarray:
        config = FinetuneConfig(class_balance=balance)
        task = Classification(torch.nn.Identity(), None, chosen, parts, config, torch.device("cpu"))  # type: ignore[arg-type]
        weight = task.class_weight.numpy()
        assert (weight * [240, 10]).sum() == pytest.approx(250)
        return weight

    assert weights(0)[1] / weights(0)[0] == pytest.approx(1)
    assert weights(1)[1] / weights(1)[0] == pytest.approx(24)
    assert 1 < weights(0.5)[1] / weights(0.5)[0] < 24


def test_a_class_that_is_missing_in_training_is_never_predicted(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    """Wrong and rare labels leave classes out; such stars still get a prediction."""
    from model.finetune import finetune

    config = FinetuneConfig(
        epochs=1, batch_size=16, min_class_count=5, head_width=8, exclude_classes=("SR",)
    )
    only = model_config.only(["metadata"])
    run = finetune(survey, tmp_path / "c", config, Execution(cache=cache), model_config=only)
    table = predict(survey, run, Execution(cache=cache))
    assert set(table["predicted_class"]) <= {"EW", "RRAB"}
    assert table["predicted_class"].notna().all()


def test_a_loss_that_is_not_finite_stops_the_training(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    config = TrainConfig(epochs=3, batch_size=16, learning_rate=1e18, clip_norm=1e30)
    only = replace(model_config, head="linear").only(["metadata"])
    with pytest.raises(DivergedError, match=r"the loss became .* at step .* Lower --learning-rate"):
        train(survey, tmp_path / "r", only, config, Execution(cache=cache))
