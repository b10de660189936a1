"""`evaluate` and `tune` from end to end on tiny surveys, and the arithmetic of their tables."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from data_pipeline.cli import run_main
from data_pipeline.errors import InputError
from data_pipeline.schema import Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey, SurveyWriter
from model.__main__ import main
from model.config import FinetuneConfig, ModelConfig
from model.evaluation import numeric, plots
from model.evaluation.statistics import calibration, holm, paired, r2_interval
from model.evaluation.tables import merged, spread
from model.evaluation.zero_shot import retrieval, zero_shot
from model.execution import Execution
from model.loop import DivergedError
from model.run import Run
from model.tune import Search, tune

TINY = [
    "--set", "photometry.channels=[8,8]", "--set", "photometry.n_phase_bins=8",
    "--set", "spectra.step_angstrom=20", "--set", "spectra.layers=[8]", "--set", "embed_dim=8",
]  # fmt: skip


@pytest.mark.filterwarnings("error")
def test_evaluate_writes_the_tables_and_resumes(
    tiny_survey: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    command = [
        "evaluate", str(tiny_survey), "--out", str(out), "--cache", str(cache), *TINY,
        "--seeds", "42,0", "--subsets", "full,sub50", "--modes", "metadata,all",
        "--train-set", "epochs=1", "--train-set", "batch_size=16",
        "--finetune-set", "epochs=2", "--finetune-set", "batch_size=16",
        "--finetune-set", "min_class_count=3",
    ]  # fmt: skip
    main(command)
    shown = capsys.readouterr()
    assert "16 of 16 classifiers and 2 pre-trainings to do: at most" in shown.err
    assert "nearest star" in shown.out
    report = json.loads((out / "report.json").read_text())
    assert [(r["mode"], r["subset"]) for r in report["accuracy"]] == [
        ("metadata", "full"), ("metadata", "sub50"), ("all", "full"), ("all", "sub50"),
    ]  # fmt: skip
    assert all(row["paired"]["n"] == 2 for row in report["accuracy"])
    combinations = [r["modalities"] for r in report["combinations"] if r["start"] == "pretrained"]
    assert len(combinations) == 7
    assert report["about"]["n_seen"] == 0
    for name in ("accuracy", "confusion_all", "calibration", "combinations"):
        pdf = (out / "plots" / f"{name}.pdf").read_bytes()
        assert pdf.startswith(b"%PDF")
        assert b"/FontFile2" in pdf, "text is text, in fonts that go with the file"
        box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", pdf)
        assert box is not None
        width = float(box[1]) / 72
        assert any(width == pytest.approx(known) for known in (plots.COLUMN, plots.PAGE))
        assert (out / "plots" / f"{name}.png").stat().st_size > 5000
    cells = sorted((out / "cells").glob("*.parquet"))
    assert len(cells) == 16
    table = pd.read_parquet(cells[0])
    np.testing.assert_allclose(table.filter(like="prob_").sum(axis=1), 1, atol=1e-6)
    assert not list((out / "runs").glob("*.classifier"))

    removed = out / "cells" / "seed-0.full.all.scratch.json"
    removed.unlink()
    before = {path: path.stat().st_mtime_ns for path in (out / "cells").glob("*.json")}
    main(command)
    assert "1 of 16 classifiers and 0 pre-trainings to do" in capsys.readouterr().err
    assert removed.is_file()
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    again = json.loads((out / "report.json").read_text())
    assert again["accuracy"] == report["accuracy"]

    assert run_main(main, [*command, "--subsets", "full"]) == 2
    assert "an evaluation with other settings" in capsys.readouterr().err


def test_a_modality_that_no_test_star_has_is_left_blank(tmp_path: Path) -> None:
    """Spectra of the train and val part alone: nothing to score, and no reason to stop."""
    rng = np.random.default_rng(0)
    ids, wavelength = np.arange(1, 61), np.linspace(3850.0, 9000.0, 300)
    part = np.repeat(["train", "val", "test"], 20)
    columns = [Column("lc_skew", "", "skewness", "", "feature")]
    with SurveyWriter(tmp_path / "s", "S", {"V": Band("mag")}, columns) as writer:
        for one in ids[part != "test"]:
            flux = 2 + rng.normal(0, 0.1, 300)
            spectrum = Spectrum(int(one), wavelength, flux, 0.1 + 0 * flux, flux < 0)
            writer.add_spectrum(int(one), spectrum)
        table = {"source_id": ids, "lc_skew": rng.normal(size=60)}
        table |= {"class_label": np.resize(["EW", "SR"], 60), "ra_deg": ids, "dec_deg": 0.0 * ids}
        writer.write_objects(pd.DataFrame(table))
        writer.write_splits(pd.DataFrame({"split": "default", "source_id": ids, "part": part}))
    words = ["evaluate", str(tmp_path / "s"), "--out", str(tmp_path / "r"), *TINY[4:]]
    main([*words, "--seeds", "default", "--subsets", "full", "--starts", "scratch",
          "--finetune-set", "epochs=1", "--finetune-set", "min_class_count=2"])  # fmt: skip
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    by_mode = {row["mode"]: row for row in report["accuracy"]}
    assert by_mode["spectra"]["scratch_accuracy"]["n"] == by_mode["spectra"]["n_test"] == 0
    assert by_mode["metadata"]["scratch_accuracy"]["n"] == 1


def test_a_run_that_saw_the_test_stars_is_refused(
    tiny_survey: Path, pretrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(tiny_survey), "--out", str(tmp_path / "r"), "--run", str(pretrained)]
    assert run_main(main, [*command, "--seeds", "0", "--subsets", "ful"]) == 2
    assert "there is no subset 'ful'" in capsys.readouterr().err
    assert run_main(main, [*command, "--seeds", "0"]) == 2
    assert "test stars of split 'seed-0'" in capsys.readouterr().err


def test_a_given_run_is_evaluated_on_its_own_split(
    tiny_survey: Path, pretrained: Path, cache: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "report"
    command = ["evaluate", str(tiny_survey), "--run", str(pretrained), "--out", str(out)]
    settings = ["epochs=1", "batch_size=16", "min_class_count=5"]
    command += ["--cache", str(cache), "--subsets", "full", "--modes", "metadata"]
    main(command + [word for text in settings for word in ("--finetune-set", text)])
    assert "2 of 2 classifiers and 0 pre-trainings to do" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text())
    assert report["about"]["bases"] == "default"
    assert report["accuracy"][0]["paired"]["p"] is None  # one seed proves nothing
    assert [p.name for p in (out / "runs").iterdir()] == ["default.embeddings"]


def test_tune_reaches_its_trials_and_goes_on(
    tiny_survey: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study"
    command = [
        "tune", str(tiny_survey), "--out", str(out), "--cache", str(cache), "--task", "finetune",
        "--modalities", "metadata", "--set", "metadata.layers=[8]",
        "--trial-set", "epochs=1", "--trial-set", "min_class_count=5",
    ]  # fmt: skip
    main([*command, "--trials", "3"])
    main([*command, "--trials", "5"])
    best = json.loads((out / "best.json").read_text())
    assert best["n_finished"] == 5
    table = pd.read_csv(out / "trials.csv")
    assert table["value"].is_monotonic_increasing
    assert table["params_learning_rate"].nunique() == 5
    assert table["params_learning_rate"].between(1e-5, 1e-2).all()
    assert "--set learning_rate=" in capsys.readouterr().out
    assert not list(out.glob("trial-*"))
    (out / "trial-9.resume.safetensors").touch()  # as a kill leaves it
    assert run_main(main, [*command, "--trials", "6", "--trial-set", "epochs=2"]) == 2
    assert "with other settings" in capsys.readouterr().err
    main([*command, "--trials", "5"])
    assert not list(out.glob("trial-*"))


def test_tune_sets_aside_and_goes_on_after_a_trial_that_diverged(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out, execution = tmp_path / "study", Execution(cache=cache)
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    training = FinetuneConfig(epochs=1, min_class_count=5)
    search = Search(model_config.only(["metadata"]), training)
    with pytest.raises(InputError, match="something else than a study"):
        tune(survey, out, search, 2, execution)
    train_trial, calls = Search.train, []

    def second_diverges(self: Search, *arguments: Any) -> Run:
        calls.append(1)
        if len(calls) == 2:
            raise DivergedError("the loss became nan.")
        return train_trial(self, *arguments)

    monkeypatch.setattr(Search, "train", second_diverges)
    found = tune(survey, out, search, 2, replace(execution, overwrite=True))
    assert (found["n_finished"], found["n_failed"]) == (2, 1)
    assert (tmp_path / "study.old-1" / "mine.txt").read_text() == "keep me"


def test_paired_test_and_its_correction() -> None:
    first, second = np.array([0.9, 0.92, 0.91, 0.95, 0.9]), np.array([0.88, 0.9, 0.9, 0.9, 0.89])
    found = paired(first, second, test_share=0.125)
    assert found.p_plain == pytest.approx(stats.ttest_rel(first, second).pvalue)
    assert found.p > found.p_plain  # overlapping splits are worth less
    assert np.isnan(paired([0.9], [0.8], 0.1).p)
    assert holm([0.01, np.nan, 0.04, 0.03]) == pytest.approx(
        [0.03, np.nan, 0.06, 0.06], nan_ok=True
    )


def test_calibration_of_known_probabilities() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1, 20000)
    truth = np.where(rng.random(20000) < p, 0, 1)
    honest = calibration(np.stack([p, 1 - p], 1), truth)
    assert honest.ece < 0.02
    boastful = calibration(np.tile([0.99, 0.01], (20000, 1)), truth)
    assert boastful.ece == pytest.approx(0.99 - 0.75, abs=0.02)
    assert boastful.count.sum() == 20000


def test_r2_is_zero_for_the_mean_and_one_for_the_truth() -> None:
    truth = np.random.default_rng(1).normal(size=200)
    assert r2_interval(truth, truth)[0] == 1
    value, low, high = r2_interval(truth, np.full(200, truth.mean()))
    assert value == 0
    assert low <= 0 >= high
    assert np.isnan(r2_interval(np.ones(9), np.ones(9))[0])


def test_zero_shot_and_retrieval_find_what_clusters(sky) -> None:  # type: ignore[no-untyped-def]
    embeddings = sky.embeddings()
    code = np.unique(sky.labels, return_inverse=True)[1]
    rows = np.arange(len(code))
    found = zero_shot(embeddings, code, rows[rows % 5 != 0], rows[rows % 5 == 0])
    assert set(found) == {"photometry", "spectra", "metadata", "mean", "fused"}
    assert min(f["centroid"] for f in found.values()) > 0.95
    assert found["spectra"]["n"] < found["metadata"]["n"] == 48
    pairs = retrieval(embeddings, rows)
    assert set(pairs) >= {"photometry→spectra", "spectra→photometry"}
    # classes are shared between the modalities, single stars are not
    assert 0.02 < pairs["photometry→metadata"]["recall_10"] < 0.5
    color = code[:, None] + 0.01 * np.random.default_rng(0).normal(size=(len(code), 1))
    matched = retrieval(embeddings, rows, color)
    assert matched["photometry→metadata"]["among"] == 50


def test_numbers_are_read_off_where_they_can_be(sky, survey: Survey) -> None:  # type: ignore[no-untyped-def]
    embeddings = sky.embeddings()
    code = np.unique(sky.labels, return_inverse=True)[1]
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({"n_epochs": rng.normal(size=len(code))})
    columns = {"by class": code + 0.1 * rng.normal(size=len(code)), "noise": rng.normal(size=240)}
    rows = np.arange(len(code))
    records = numeric.read_off(embeddings, columns, noise, rows[rows % 2 == 0], rows[rows % 2 == 1])
    by = {(r["column"], r["by"], r["from"]): r for r in records}
    alone = by["by class", "photometry", "photometry"]
    assert alone["neighbors"][0] > 0.8
    assert alone["probe"][0] > 0.8
    assert alone["nuisance"][0] < 0.2
    assert by["noise", "fused", "fused"]["neighbors"][0] < 0.2
    assert ("by class", "photometry", "spectra") in by
    table = merged([records, records], ("column", "by", "from"))
    assert table[0]["neighbors"]["n"] == 2
    few = numeric.read_off(embeddings, columns, noise, rows[:10], rows[10:20])
    assert few[0]["reason"] == "fewer than 30 stars"
    named = numeric.numeric_columns(survey, ["period_days", "bp_rp"])
    assert list(named) == ["log10 period_days", "bp_rp"]
    assert set(numeric.numeric_columns(survey)) >= {"bp_rp", "parallax", "log10 period_days"}


def test_spread_leaves_nan_out() -> None:
    assert spread([0.5, float("nan"), 1.5]) == {"mean": 1.0, "std": 0.5, "n": 2}
