"""Training: resumed as if unbroken, the same for a seed, and never on the stars it is scored on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
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
from model.clip import MultimodalCLIP
from model.config import FinetuneConfig, ModelConfig, TrainConfig
from model.cross_validation import cross_validate
from model.embed import embed
from model.embeddings import Embeddings
from model.execution import Execution
from model.finetune import finetune
from model.loop import Loop
from model.loss import pair_losses
from model.modalities import Batch, SurveyTensors
from model.predict import load_classifier, predict
from model.resident import ResidentTensors, resident_bytes
from model.resume import state_path
from model.run import Run, load_strictly
from model.schedule import learning_rate, parameter_groups
from model.train import train

TRAINING = TrainConfig(epochs=3, batch_size=16, warmup=0.2)
CLASSIFIER = FinetuneConfig(epochs=2, batch_size=16, min_class_count=5, head_width=8)


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


def test_only_matrices_decay() -> None:
    groups = parameter_groups(
        torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2)), 0.1
    )
    assert [g["weight_decay"] for g in groups] == [0.1, 0.0]
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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the subprocess has it: sums over threads differ in the last digit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


def test_finetune_refuses_a_run_that_saw_the_test_stars(
    survey: Survey, pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = survey.splits.copy()
    swapped = splits["part"].map({"train": "test", "test": "train", "val": "val"})
    other = pd.concat([splits, splits.assign(part=swapped, split="swapped")])
    monkeypatch.setitem(survey.__dict__, "splits", other)
    config = replace(CLASSIFIER, split="swapped", min_class_count=1)
    with pytest.raises(InputError, match="were seen in the pre-training"):
        finetune(survey, tmp_path / "c", config, run=Run.open(pretrained))


def test_classifier_predicts_every_usable_star(
    survey: Survey, pretrained: Path, cache: Path, tmp_path: Path
) -> None:
    execution = Execution(cache=cache)
    run = finetune(survey, tmp_path / "c", CLASSIFIER, execution, run=Run.open(pretrained))
    assert run.classes == ("EW", "RRAB", "SR")
    table = predict(survey, run, execution)
    probabilities = table[[f"prob_{name}" for name in run.classes]].to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert table["source_id"].tolist() == survey.source_id.tolist()
    assert set(table["predicted_class"]) <= set(run.classes)
    seen = table.loc[table["was_trained_on"], "source_id"]
    assert set(seen) == set(run.seen_ids)
    vectors = embed(survey, run, tmp_path / "e", execution)
    assert np.isfinite(vectors.fused).all()


def test_members_predict_their_mean_probability(
    survey: Survey, pretrained: Path, cache: Path, tmp_path: Path
) -> None:
    execution, origin = Execution(cache=cache), Run.open(pretrained)
    config = replace(CLASSIFIER, members=2, epochs=2)
    run = finetune(survey, tmp_path / "both", config, execution, run=origin)
    singles = [
        finetune(
            survey,
            tmp_path / f"one-{seed}",
            replace(config, members=1, seed=seed),
            execution,
            run=origin,
        )
        for seed in (config.seed, config.seed + 1)
    ]
    columns = [f"prob_{name}" for name in run.classes]
    both, first, second = (
        predict(survey, one, execution)[columns].to_numpy() for one in (run, *singles)
    )
    np.testing.assert_allclose(both, (first + second) / 2, atol=1e-5)
    assert np.abs(first - second).max() > 1e-3
    assert [figures["member"] for figures in run.history] == [0, 0, 1, 1]
    assert not list(tmp_path.glob("*.resume.safetensors"))
    assert np.isfinite(embed(survey, run, tmp_path / "e", execution).fused).all()


def test_classifier_of_one_modality_leaves_the_others_stars_unpredicted(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    execution = Execution(cache=cache)
    only = model_config.only(["spectra"])
    run = finetune(survey, tmp_path / "c", CLASSIFIER, execution, model_config=only)
    table = predict(survey, run, execution)
    assert table["predicted_class"].notna().tolist() == survey.has_spectra.tolist()
    assert table.loc[~survey.has_spectra, "prob_EW"].isna().all()


def test_excluded_and_rare_classes_are_unlabelled(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    only, execution = model_config.only(["metadata"]), Execution(cache=cache)
    config = replace(CLASSIFIER, exclude_classes=("SR",))
    run = finetune(survey, tmp_path / "c", config, execution, model_config=only)
    assert run.classes == ("EW", "RRAB")
    with pytest.raises(InputError, match="two are needed"):
        finetune(survey, tmp_path / "d", replace(CLASSIFIER, min_class_count=99), model_config=only)


def test_labels_of_a_file_replace_the_surveys(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    labels = pd.DataFrame({"source_id": survey.source_id, "class_label": ["A", "B"] * 30})
    labels.to_csv(tmp_path / "labels.csv", index=False)
    run = finetune(
        survey, tmp_path / "c", CLASSIFIER, Execution(cache=cache),
        model_config=model_config.only(["metadata"]), labels_file=tmp_path / "labels.csv",
    )  # fmt: skip
    assert run.classes == ("A", "B")


def test_cross_validation_predicts_each_star_once_and_resumes(
    survey: Survey,
    model_config: ModelConfig,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = np.arange(len(survey)) % 5
    folds = [
        pd.DataFrame(
            {
                "split": f"fold-{i}",
                "source_id": survey.source_id,
                "part": np.where(part == i, "test", np.where(part == (i + 1) % 5, "val", "train")),
            }
        )
        for i in range(2)
    ]
    monkeypatch.setitem(survey.__dict__, "splits", pd.concat(folds))
    config, execution = model_config.only(["photometry", "metadata"]), Execution(cache=cache)
    settings = (replace(TRAINING, epochs=1), replace(CLASSIFIER, epochs=1), execution)
    table = cross_validate(survey, tmp_path, config, *settings, folds=("fold-0", "fold-1"))
    assert sorted(table["source_id"]) == sorted(survey.source_id[part < 2])
    before = (tmp_path / "fold-0.parquet").stat().st_mtime_ns
    again = cross_validate(survey, tmp_path, config, *settings, folds=("fold-0", "fold-1"))
    pd.testing.assert_frame_equal(table, again)
    assert (tmp_path / "fold-0.parquet").stat().st_mtime_ns == before


def test_weights_load_strictly(pretrained: Path) -> None:
    run = Run.open(pretrained)
    weights = run.weights()
    name = next(iter(weights))
    missing = {k: v for k, v in weights.items() if k != name}
    with pytest.raises(InputError, match="is missing"):
        load_strictly(run.clip(), missing, "x")
    with pytest.raises(InputError, match="surplus is left over"):
        load_strictly(run.clip(), {**weights, "surplus": torch.zeros(1)}, "x")
    with pytest.raises(InputError, match="has shape"):
        load_strictly(run.clip(), {**weights, name: torch.zeros(3, 3, 3)}, "x")


def test_a_run_of_the_wrong_kind_is_refused(pretrained: Path) -> None:
    with pytest.raises(InputError, match="one of classifier is needed"):
        load_classifier(Run.open(pretrained, "classifier"))


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


UNSHAKEN = [  # nothing random that depends on the rank
    "--modalities", "spectra,metadata", "--set", "modality_dropout=0", "--set", "view_weight=0",
    "--set", "spectra.dropout=0", "--set", "spectra.value_noise=0",
    "--set", "spectra.pixel_dropout=0", "--set", "spectra.step_angstrom=20",
    "--set", "spectra.layers=[8]", "--set", "metadata.dropout=0",
    "--set", "metadata.feature_dropout=0", "--set", "metadata.layers=[16]",
    "--epochs", "3", "--batch-size", "16",
]  # fmt: skip


@pytest.mark.usefixtures("one_thread")
def test_two_ranks_train_and_embed_as_one(
    tiny_survey: Path, cache: Path, survey: Survey, tmp_path: Path
) -> None:
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "ASTROM3_QUIET": "1"}
    ranks = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    training = ["train", str(tiny_survey), *UNSHAKEN, "--cache", str(cache), "--out"]
    main([*training, str(tmp_path / "one")])
    embedding = ["embed", str(tiny_survey), "--run", str(tmp_path / "one"), "--cache", str(cache)]
    commands = ([*training, str(tmp_path / "two")], [*embedding, "--out", str(tmp_path / "e")])
    for command in commands:
        words = [*ranks, "-m", "--", "model", *command]
        done = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("written to") == 1
    one, two = Run.open(tmp_path / "one"), Run.open(tmp_path / "two")
    for alone, together in zip(one.history, two.history, strict=True):
        assert together == pytest.approx(alone, abs=1e-5)
    for name, value in one.weights().items():
        torch.testing.assert_close(two.weights()[name], value, atol=1e-4, rtol=1e-4)
    whole = embed(survey, one, tmp_path / "whole", Execution(cache=cache))
    parts = Embeddings.open(tmp_path / "e")
    for name in whole.modalities:
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-5)


def test_chunks_give_the_gradient_of_the_whole_batch(
    survey: Survey, model_config: ModelConfig, cache: Path
) -> None:
    """Without dropout by one pass; with dropout by the same chunks, their activations kept."""
    plain = {name: replace(c, dropout=0.0) for name, c in model_config.encoders.items()}
    tensors = SurveyTensors(survey, replace(model_config, encoders=plain), cache)
    batch = tensors.batch(np.arange(40))

    def gradients(model: MultimodalCLIP, chunk_size: int, keep: bool = False) -> list[torch.Tensor]:
        model.zero_grad()
        torch.manual_seed(5)
        if keep:  # the same pieces of each modality, by hand
            whole = {
                name: torch.cat([model._unit(name, part) for part in pieces(batch, name)])
                for name in model.config.modalities
            }
            vectors = {
                name: torch.zeros(40, 8).masked_scatter(batch.present[name][:, None], unit)
                for name, unit in whole.items()
            }
        else:
            vectors = model.encode(batch, chunk_size)
        losses = pair_losses(vectors, batch.present, dict(model.log_scales.items()))
        torch.stack(list(losses.values())).sum().backward()
        return [p.grad.clone() for p in model.parameters() if p.grad is not None]

    def pieces(batch: Batch, name: str) -> list[dict[str, torch.Tensor]]:
        inputs = batch.inputs[name]
        n = len(next(iter(inputs.values())))
        return [{k: v[i : i + 7] for k, v in inputs.items()} for i in range(0, n, 7)]

    torch.manual_seed(0)
    model = MultimodalCLIP(tensors.config).train()
    model.fit_scalers(tensors, np.arange(40))
    for whole, chunked in zip(gradients(model, 0), gradients(model, 7), strict=True):
        torch.testing.assert_close(chunked, whole, atol=1e-5, rtol=1e-5)
    torch.manual_seed(0)
    shaken = MultimodalCLIP(SurveyTensors(survey, model_config, cache).config).train()
    kept, chunked_all = gradients(shaken, 7, keep=True), gradients(shaken, 7)
    for whole, chunked in zip(kept, chunked_all, strict=True):
        torch.testing.assert_close(chunked, whole, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_resident_tensors_give_the_same_vectors(
    survey: Survey, pretrained: Path, cache: Path
) -> None:
    run = Run.open(pretrained)
    tensors = SurveyTensors(survey, run.model_config, cache)
    resident = ResidentTensors(tensors, torch.device("cpu"))
    rows = np.array([3, 59, 0, 17])
    one, two = (run.clip().encode(t.batch(rows)) for t in (tensors, resident))
    for name, vectors in one.items():
        torch.testing.assert_close(two[name], vectors, atol=1e-5, rtol=0)
    taken = sum(t.nbytes for content in resident.content.values() for t in content.values())
    assert resident_bytes(tensors) == taken
