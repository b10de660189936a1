"""The report's scores against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score

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


def test_a_star_without_prediction_counts_as_wrong():
    found = score(["EC", "ED", "EC"], ["EC", None, "BCEP"], ("EC", "ED"))
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.recall.tolist() == [0.5, 0.0]
    assert found.precision.tolist() == [1.0, 0.0]
    assert found.to_dict()["per_class"]["EC"]["count"] == 2
