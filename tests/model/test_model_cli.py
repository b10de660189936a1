"""The command line, end to end on the tiny survey, and its refusals."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.cli import run_main
from data_pipeline.errors import InputError
from model.__main__ import main
from model.embeddings import Embeddings
from model.run import Run
from model.ship import ship

SMALL = [
    "--epochs", "2", "--batch-size", "16", "--set", "photometry.channels=[8,8]",
    "--set", "photometry.n_phase_bins=8", "--set", "spectra.step_angstrom=20",
    "--set", "spectra.layers=[8]", "--set", "embed_dim=8",
]  # fmt: skip


def test_train_finetune_predict_embed_atlas(
    tiny_survey: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey, shared = str(tiny_survey), ["--cache", str(cache)]
    run, classifier, emb = (str(tmp_path / name) for name in ("run", "classifier", "emb"))
    figures = tmp_path / "figures.json"

    main(["train", survey, "--out", run, *SMALL, *shared, "--json", str(figures)])
    assert "run written to" in capsys.readouterr().out
    assert json.loads(figures.read_text())["task"] == "pretraining"
    assert "model train" in Run.open(run).manifest["provenance"]["command"]

    main(
        ["finetune", survey, "--run", run, "--out", classifier, "--epochs", "2", *shared,
         "--modalities", "photometry,metadata", "--min-class-count", "5"]
    )  # fmt: skip
    assert Run.open(classifier).model_config.modalities == ("photometry", "metadata")

    table = tmp_path / "test.csv"
    main(
        ["predict", survey, "--run", classifier, "--out", str(table), "--split", "default", *shared]
    )
    predictions = pd.read_csv(table)
    assert {"source_id", "predicted_class", "prob_EW"} <= set(predictions)
    assert not predictions["was_trained_on"].any()
    assert "labelled stars not learned from" in capsys.readouterr().out

    main(["embed", survey, "--run", run, "--out", emb, *shared, "--json", str(figures)])
    assert "spectra: 21 absent, no spectrum" in capsys.readouterr().out
    assert json.loads(figures.read_text())["absent"]["photometry"] == {"no light curve": 1}
    vectors = Embeddings.open(emb)
    assert vectors.embed_dim == 8
    assert np.isfinite(vectors.fused).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "defalt"], "did you mean 'default'"),
        (["--modalities", "spectrum"], "there is no modality 'spectrum' \\(did you mean 'spectra'"),
        (["--set", "photometry.n_layer=1"], "did you mean 'n_layers'"),
        (["--set", "spectre.dropout=0"], "no modality 'spectre'"),
        (["--set", "view_weight"], "must look like KEY=VALUE"),
        (["--set", "patience=0"], "patience must be at least 1"),
        (["--set", "patience=six"], "TrainConfig: patience should be a whole number, found 'six'"),
        (["--set", "photometry.n_layers=x"], "n_layers should be a whole number, found 'x'"),
        (["--set", "embed_dim=0.5"], "ModelConfig: embed_dim should be a whole number, found 0.5"),
        (["--device", "tpu"], "--device must be auto, cpu or cuda"),
        (["--batch-size", "1", "--epochs", "0"], "epochs must be at least 1.*batch_size"),
    ],
)
def test_bad_options_are_one_message(
    tiny_survey: Path,
    cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    out = str(tmp_path / "run")
    command = ["train", str(tiny_survey), "--out", out, "--cache", str(cache), *arguments]
    status = run_main(main, command)
    assert status == 2
    captured = capsys.readouterr().err
    assert captured.startswith("error: ")
    import re

    assert re.search(message, captured)


@pytest.mark.parametrize(
    ("command", "option"), [("evaluate", "--train-set or --finetune-set"), ("tune", "--trial-set")]
)
def test_set_reaches_the_model_alone_where_trainings_have_options_of_their_own(
    tiny_survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, option: str
) -> None:
    words = [command, str(tiny_survey), "--out", str(tmp_path / "x"), "--set", "epochs=1"]
    assert run_main(main, words) == 2
    assert f"is set with {option} epochs=VALUE" in capsys.readouterr().err


def test_all_problems_at_once(
    tiny_survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "x").touch()
    out = str(tmp_path / "run")
    assert run_main(main, ["train", str(tiny_survey), "--out", out, "--split", "other"]) == 2
    message = capsys.readouterr().err
    assert "2 problems" in message
    assert "no split 'other'" in message
    assert "already exists" in message


def test_predictions_need_a_known_ending_and_a_classifier(
    tiny_survey: Path, pretrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "p.parquet")
    command = ["predict", str(tiny_survey), "--run", str(pretrained), "--out", out]
    assert run_main(main, command) == 2
    assert "is a run of pretraining" in capsys.readouterr().err


def test_importing_the_command_line_leaves_torch_unloaded() -> None:
    import subprocess
    import sys

    root = Path(__file__).resolve().parents[2]
    code = "import sys, model.__main__, model.tensors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("option", [["--seed", "-1"], ["--neighbors", "0"], ["--map-seeds", "x"]])
def test_an_atlas_takes_sensible_numbers_only(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["atlas", "survey", "embeddings", "--out", "atlas", *option])
    assert "must be" in capsys.readouterr().err


def test_only_a_run_is_replaced_by_shipping(pretrained: Path, tmp_path: Path) -> None:
    run, target = Run.open(pretrained), tmp_path / "shipped"
    made_by = {**run.manifest["provenance"], "command": "python -m model train survey"}
    run = replace(run, manifest={**run.manifest, "provenance": made_by})
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no run"):
        ship(run, target)
    assert (target / "notes.txt").read_text() == "mine"
    for _ in range(2):
        ship(run, tmp_path / "new")
    assert Run.open(tmp_path / "new").checkpoint_hash == run.checkpoint_hash
