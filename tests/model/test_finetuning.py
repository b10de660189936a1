"""Classifiers: never on stars they are scored on, of any modalities, labels and members."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.__main__ import main
from model.config import FinetuneConfig, ModelConfig
from model.embed import embed
from model.execution import Execution
from model.finetune import finetune
from model.labels import read_labels
from model.predict import load_classifier, predict
from model.run import Run

CLASSIFIER = FinetuneConfig(epochs=2, batch_size=16, min_class_count=5, head_width=8)


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


def test_a_run_of_the_wrong_kind_is_refused(pretrained: Path) -> None:
    with pytest.raises(InputError, match="one of classifier is needed"):
        load_classifier(Run.open(pretrained, "classifier"))


def test_a_val_part_without_labels_is_refused(
    survey: Survey, model_config: ModelConfig, cache: Path, tmp_path: Path
) -> None:
    splits = survey.splits[survey.splits["split"] == "default"]
    in_val = splits.loc[splits["part"] == "val", "source_id"]
    table = pd.DataFrame({"source_id": survey.source_id, "class_label": ["A", "B"] * 30})
    table.loc[table["source_id"].isin(in_val), "class_label"] = None
    table.to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(InputError, match=r"val part of split 'default' has no star .*\(A, B\)"):
        finetune(
            survey, tmp_path / "c", CLASSIFIER, Execution(cache=cache),
            model_config=model_config.only(["metadata"]), labels_file=tmp_path / "labels.csv",
        )  # fmt: skip


def test_classes_may_be_numbers_and_a_star_has_one_label(survey: Survey, tmp_path: Path) -> None:
    ids = survey.source_id[:3]
    for name, write in (("l.csv", pd.DataFrame.to_csv), ("l.parquet", pd.DataFrame.to_parquet)):
        write(pd.DataFrame({"source_id": ids, "class_label": [1, 2, 2]}), tmp_path / name)
        assert read_labels(survey, tmp_path / name)[:3].tolist() == ["1", "2", "2"]
    twice = pd.DataFrame({"source_id": ids[[0, 0]], "class_label": ["A", "B"]})
    twice.to_csv(tmp_path / "l.csv", index=False)
    with pytest.raises(InputError, match=r"l\.csv: 1 source_id occur more than once"):
        read_labels(survey, tmp_path / "l.csv")


def test_the_command_counts_the_stars_it_learned_from(
    tiny_survey: Path, pretrained: Path, cache: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    table = pd.DataFrame({"source_id": Survey.open(tiny_survey).source_id})
    table["class_label"] = np.where(np.arange(60) % 3 == 0, None, np.resize(["A", "B"], 60))
    table.to_csv(tmp_path / "labels.csv", index=False)
    config = ["--epochs", "1", "--batch-size", "16", "--min-class-count", "2"]
    main(["finetune", str(tiny_survey), "--run", str(pretrained), "--out", str(tmp_path / "c"),
          "--labels", str(tmp_path / "labels.csv"), "--cache", str(cache), *config,
          "--set", "exclude_classes=[]", "--json", str(tmp_path / "f.json")])  # fmt: skip
    run = Run.open(tmp_path / "c")
    n_labelled = json.loads((tmp_path / "f.json").read_text())["n_train"]
    assert f"epochs on {n_labelled} stars" in capsys.readouterr().out
    assert n_labelled < len(Run.open(pretrained).training_ids) <= len(run.training_ids)
