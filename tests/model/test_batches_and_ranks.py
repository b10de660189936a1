"""Chunks, several ranks, inputs on the device: ways to compute that change nothing."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from data_pipeline.survey import Survey
from model.__main__ import main
from model.clip import MultimodalCLIP
from model.config import ModelConfig
from model.embed import embed
from model.embeddings import Embeddings
from model.execution import Execution
from model.loss import pair_losses
from model.modalities import Batch, SurveyTensors
from model.resident import ResidentTensors, resident_bytes
from model.run import Run

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
