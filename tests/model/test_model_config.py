"""Configs: documented, checked, and the same after a trip through JSON."""

import ast
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import model.config
import model.encoder_config
from data_pipeline.errors import InputError
from model.config import FinetuneConfig, ModelConfig, TrainConfig, compact, from_dict
from model.encoder_config import PhotometryConfig, SpectraConfig


@pytest.mark.parametrize("module", [model.config, model.encoder_config])
def test_every_field_has_a_docstring(module: ModuleType) -> None:
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    bare = []
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.ClassDef) and node.name.endswith("Config")):
            continue
        for item, following in zip(node.body, [*node.body[1:], None], strict=True):
            is_field = isinstance(item, ast.AnnAssign) and "ClassVar" not in ast.unparse(item)
            said = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            if is_field and not said:
                bare.append(f"{node.name}.{ast.unparse(item.target)}")
    assert not bare


def test_model_config_survives_json() -> None:
    config = compact(embed_dim=64)
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_order_of_modalities_survives_json() -> None:
    config = compact().only(["metadata", "photometry"])
    assert config.modalities == ("photometry", "metadata")
    assert ModelConfig.from_dict(config.to_dict()).modalities == config.modalities


def test_unknown_field_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match="did you mean 'learning_rate'"):
        from_dict(TrainConfig, {"learning_rat": 0.1})


def test_unknown_modality_and_encoder_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'spectra'"):
        compact().only(["spectr"])
    values = compact().to_dict()
    values["encoders"]["spectra"]["architecture"] = "vit"
    with pytest.raises(InputError, match="no encoder 'vit' of 'spectra'"):
        ModelConfig.from_dict(values)


def test_problems_are_told_at_once() -> None:
    with pytest.raises(InputError, match=r"kernel_size.*time_scales_days"):
        PhotometryConfig(kernel_size=4, time_scales_days=(10.0, 1.0))
    with pytest.raises(InputError, match=r"epochs.*warmup"):
        TrainConfig(epochs=0, warmup=1.5)
    with pytest.raises(InputError, match="label_smoothing"):
        FinetuneConfig(label_smoothing=1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_phase_bins": 63}, "multiple of 4"),
        ({"token_dim": 60}, "multiple of 2 n_heads"),
        ({"min_epochs": 0}, "min_epochs"),
        ({"epoch_dropout": 1.0}, "epoch_dropout"),
        ({"dropout": -0.1}, "dropout"),
    ],
)
def test_photometry_fields_are_checked(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(PhotometryConfig(), **change)


def test_spectra_grid_is_checked() -> None:
    with pytest.raises(InputError, match="must increase"):
        SpectraConfig(wavelength_angstrom=(9000.0, 3850.0))
    with pytest.raises(InputError, match="pixels are too few"):
        SpectraConfig(step_angstrom=500.0)
