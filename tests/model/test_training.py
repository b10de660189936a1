"""Pre-training: resumed as if unbroken, the same for a seed, whatever modality is missing."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.survey import Survey
from data_pipeline.survey_writer import SurveyWriter
from model.__main__ import main
from model.config import ModelConfig, TrainConfig
from model.embed import embed
from model.embeddings import Embeddings
from model.execution import Execution
from model.loop import Loop
from model.resume import state_path
from model.run import Run
from model.schedule import learning_rate, parameter_groups
from model.train import train
from model.weights import load_strictly

TRAINING = TrainConfig(epochs=3, batch_size=16, warmup=0.2)


def assert_equal_weights(first: Run, second: Run) -> None:
    one, two = first.weights(), second.weights()
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert torch.equal(value, two[name]), name


def test_learning_rate_warms_up_and_decays() -> None:
    rates = [learning_rate(step, 100, 0.1, 1.0) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == pytest.approx(1.0)
    assert all(a >= b for a, b in pairwise(rates[10:]))
    assert rates[-1] < 0.02


def test_only_matrices_decay_but_all_weights_with_plain_adam() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    for optimizer, of_others in (("adamw", 0.0), ("adam", 0.1)):
        groups = parameter_groups(module, TrainConfig(weight_decay=0.1, optimizer=optimizer))
        assert [g["weight_decay"] for g in groups] == [0.1, of_others]
        assert [len(g["params"]) for g in groups] == [1, 3]


def test_run_records_what_it_was(pretrained: Path, survey: Survey) -> None:
    run = Run.open(pretrained, "pretraining")
    splits = survey.splits
    in_train = splits.loc[splits["part"] == "train", "source_id"]
    assert set(run.training_ids) <= set(in_train)
    assert run.model_config.encoders["photometry"].bands == ("V", "g")  # type: ignore[attr-defined]
    assert len(run.history) == 3
    assert run.manifest["provenance"]["inputs"]["survey_hash"] == survey.content_hash
    assert not state_path(pretrained).exists()


def test_same_seed_same_weights(
    survey: Survey, model_config: ModelConfig, pretrained: Path, cache: Path, tmp_path: Path
) -> None:
    execution = Execution(cache=cache)
    again = train(survey, tmp_path / "again", model_config, TRAINING, execution)
    other = train(survey, tmp_path / "other", model_config, replace(TRAINING, seed=1), execution)
    assert_equal_weights(Run.open(pretrained), again)
    assert again.checkpoint_hash != other.checkpoint_hash


def test_resume_equals_unbroken(
    survey: Survey,
    model_config: ModelConfig,
    pretrained: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finish_epoch = Loop._finish_epoch

    def killed(self: Loop, figures: dict[str, float]) -> None:
        finish_epoch(self, figures)
        raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "_finish_epoch", killed)
    out, execution = tmp_path / "run", Execution(cache=cache)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train(survey, out, model_config, TRAINING, execution)
    monkeypatch.undo()
    assert state_path(out).exists()
    resumed = train(survey, out, model_config, TRAINING, execution)
    assert_equal_weights(Run.open(pretrained), resumed)
    assert len(resumed.history) == 3


def test_state_of_another_training_is_refused(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path, pretrained: Path
) -> None:
    from safetensors.torch import save_file

    out = tmp_path / "run"
    record = json.dumps({"fingerprint": "other"})
    save_file({"model/x": torch.zeros(1)}, state_path(out), metadata={"record": record})
    with pytest.raises(InputError, match="--restart"):
        train(survey, out, model_config, TRAINING, Execution(cache=cache))
    restarted = train(survey, out, model_config, TRAINING, Execution(cache=cache, restart=True))
    assert_equal_weights(Run.open(pretrained), restarted)


@pytest.mark.usefixtures("one_thread")
def test_kill_9_and_resume_equals_unbroken(tiny_survey: Path, cache: Path, tmp_path: Path) -> None:
    options = [
        "train", str(tiny_survey), "--epochs", "8", "--batch-size", "16", "--cache", str(cache),
        "--modalities", "metadata", "--set", "metadata.layers=[8]", "--out",
    ]  # fmt: skip
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "ASTROM3_QUIET": "1"}
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    command = [sys.executable, "-m", "model", *options, str(broken)]
    process = subprocess.Popen(command, cwd=root, env=env, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not state_path(broken).exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not broken.exists():  # it may have been faster than the signal
        main([*options, str(broken)])
    main([*options, str(whole)])
    assert_equal_weights(Run.open(broken), Run.open(whole))


def test_one_modality_trains_on_its_views(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    alone = model_config.only(["photometry"])
    run = train(survey, tmp_path / "run", alone, TRAINING, Execution(cache=cache))
    assert run.history[-1]["loss"] < run.history[0]["loss"]
    assert "val_photometry" in run.history[0]


def test_embeddings_of_a_run(pretrained: Path, survey: Survey, cache: Path, tmp_path: Path) -> None:
    run = Run.open(pretrained)
    first = embed(survey, run, tmp_path / "a", Execution(cache=cache))
    again = embed(survey, run, tmp_path / "b", Execution(cache=cache))
    assert first.modalities == ("photometry", "spectra", "metadata")
    assert first.source_id.tolist() == survey.source_id.tolist()
    assert set(first.source_id[first.train_mask]) == set(run.training_ids)
    assert first.manifest["provenance"]["absent"]["photometry"] == {"no light curve": 1}
    for name in first.modalities:
        np.testing.assert_array_equal(first[name], again[name])
        assert np.isfinite(first[name]).all()
    assert isinstance(Embeddings.open(tmp_path / "a"), Embeddings)


def test_weights_load_strictly(pretrained: Path) -> None:
    run = Run.open(pretrained)
    weights = run.weights()
    name = next(iter(weights))
    missing = {k: v for k, v in weights.items() if k != name}
    with pytest.raises(InputError, match="missing: "):
        load_strictly(run.clip(), missing, "x")
    with pytest.raises(InputError, match="left over: surplus"):
        load_strictly(run.clip(), {**weights, "surplus": torch.zeros(1)}, "x")
    with pytest.raises(InputError, match="has shape"):
        load_strictly(run.clip(), {**weights, name: torch.zeros(3, 3, 3)}, "x")


def test_a_modality_that_no_star_has_is_left_out(model_config: ModelConfig, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = np.arange(1, 31)
    columns = [Column("lc_skew", "", "skewness", "", "feature")]
    with SurveyWriter(tmp_path / "s", "No spectra", {"V": Band("mag")}, columns) as writer:
        for source_id in ids[:-1]:
            time = np.sort(rng.uniform(0, 100, 30))
            mag = rng.normal(12, 0.1, 30)
            writer.add_light_curve(int(source_id), LightCurve.from_mag(time, mag, 0.1))
        writer.write_objects(pd.DataFrame({"source_id": ids, "lc_skew": rng.normal(size=30)}))
        part = np.where(ids < 20, "train", np.where(ids < 26, "val", "test"))
        writer.write_splits(pd.DataFrame({"split": "default", "source_id": ids, "part": part}))
    survey = Survey.open(tmp_path / "s")
    run = train(survey, tmp_path / "run", model_config, TRAINING)
    assert run.model_config.modalities == ("photometry", "metadata")
    vectors = embed(survey, run, tmp_path / "e")
    assert vectors.present["photometry"].sum() == 29
    assert np.isfinite(vectors.fused).all()
