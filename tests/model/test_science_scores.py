"""The real-data report: its scores against scikit-learn's, its trees, its steps."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score

from data_pipeline.errors import InputError
from data_pipeline.schema import Band, Column
from data_pipeline.survey import Survey, SurveyWriter
from model.science.__main__ import main as science
from model.science.baselines import fold_parts, trees_by_fold
from model.science.cases import CASES
from model.science.chain import Chain
from model.science.results import accuracy_by_period, period_agreement
from model.science.scores import score

CLASSES = ("EC", "ED", "RRAB")


def test_scores_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.choice(CLASSES, 300, p=[0.6, 0.3, 0.1])
    guess = np.where(rng.random(300) < 0.7, truth, rng.choice(CLASSES, 300))
    found = score(truth, guess, CLASSES)
    assert found.accuracy == pytest.approx(accuracy_score(truth, guess))
    assert found.macro_f1 == pytest.approx(f1_score(truth, guess, average="macro"))
    np.testing.assert_allclose(found.precision, precision_score(truth, guess, average=None))
    np.testing.assert_array_equal(found.confusion, confusion_matrix(truth, guess))
    low, high = found.macro_f1_interval
    assert low < found.macro_f1 < high


def test_trees_pass_over_columns_that_tell_nothing(
    survey: Survey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = survey.splits[survey.splits["split"] == "default"].assign(split="fold-0")
    monkeypatch.setitem(survey.__dict__, "splits", fold)
    labels = survey.objects["class_label"].astype(object)
    rng = np.random.default_rng(0)
    tells = pd.factorize(labels)[0] + 0.1 * rng.normal(size=len(survey))
    features = pd.DataFrame({"tells": tells, "same": 3.0, "unknown": np.nan})
    guess = trees_by_fold(survey, features, labels, ["fold-0"])
    test = fold_parts(survey, "fold-0") == "test"
    alone = trees_by_fold(survey, features[["tells"]], labels, ["fold-0"])
    assert guess[test].tolist() == alone[test].tolist()
    assert "fold-0: trees are not shown same, unknown" in caplog.text
    nothing = trees_by_fold(survey, features[["same", "unknown"]], labels, ["fold-0"])
    assert set(nothing[test]) == {labels[~test].mode()[0]}


def test_results_of_another_command_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    chain = Chain(CASES[0], tmp_path / "data", tmp_path / "work")
    chain.survey.mkdir(parents=True)
    record = chain.home / "steps" / "build.json"
    record.parent.mkdir()
    step = {"name": "build", "command": "python -m other", "seconds": 1.0, "figures": {}}
    record.write_text(json.dumps(step))
    with pytest.raises(InputError, match=r"was made by another command \(python -m other; now"):
        chain.build()
    command = "python -m data_pipeline build asas_acvs --data DATA/asas_acvs --out WORK/acvs/survey"
    record.write_text(json.dumps({**step, "command": command}))
    assert chain.build().seconds == 1.0


def test_an_unknown_survey_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no 'acv' \(did you mean 'acvs'\?\)"):
        science([str(tmp_path), "--out", str(tmp_path), "--surveys", "acv"])


def test_a_star_without_prediction_counts_as_wrong():
    found = score(["EC", "ED", "EC"], ["EC", None, "BCEP"], ("EC", "ED"))
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.recall.tolist() == [0.5, 0.0]
    assert found.precision.tolist() == [1.0, 0.0]
    assert found.to_dict()["per_class"]["EC"]["count"] == 2


def test_stars_with_the_published_period_are_scored_apart(tmp_path: Path) -> None:
    columns = [
        Column("class_label", "", "class", "meta.code.class", "label", dtype="string"),
        Column("period_catalog_days", "d", "published", "time.period"),
        Column("period_days", "d", "found", "time.period", "derived"),
    ]
    stars = pd.DataFrame(
        {
            "source_id": [1, 2, 3, 4, 5],
            "class_label": ["EC", "EC", "EC", "ED", "ED"],
            "period_catalog_days": [0.4, 0.4, 0.4, 2.0, np.nan],
            "period_days": [0.4001, 0.2, np.nan, 2.0, 3.0],
        }
    )
    with SurveyWriter(tmp_path / "s", "Periods", {"V": Band("mag")}, columns) as writer:
        writer.write_objects(stars)
    survey = Survey.open(tmp_path / "s")
    guess = np.array(["EC", "ED", "EC", "EC", "ED"], dtype=object)
    found = accuracy_by_period(survey, survey.objects["class_label"], guess)
    assert found == {"the published period": (2, 0.5), "another period or none": (2, 0.5)}
    shares = period_agreement(survey, ("EC",)).loc["EC", ["right", "half", "none"]]
    np.testing.assert_allclose(shares.to_numpy(float), 1 / 3)
