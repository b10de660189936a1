"""The confusion matrix and the reliability of confidences."""

import numpy as np
import pytest

from model.analysis.confusion import confusion, reliability


def test_counts_and_numbers_per_class() -> None:
    labels = ["EA", "EA", "EA", "EB", "EB", None, "EW"]
    predicted = ["EA", "EA", "EB", "EB", "EA", "EA", None]
    found = confusion(labels, predicted, ["EB", "EA", "EW"])
    assert found is not None
    assert found.classes == ["EB", "EA"]
    assert found.counts.tolist() == [[1, 1], [1, 2]]
    table = found.per_class.set_index("class")
    assert table.loc["EA", "recall"] == pytest.approx(2 / 3)
    assert table.loc["EB", "precision"] == 0.5
    assert found.accuracy == pytest.approx(3 / 5)
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert confusion(["EA"], ["EA"], ["EA"]) is None


def test_honest_confidences_are_reliable_and_boastful_ones_are_not() -> None:
    rng = np.random.default_rng(1)
    stated = rng.uniform(0.3, 1, 5000)
    stated[::50] = np.nan
    right = rng.uniform(size=5000) < np.nan_to_num(stated)
    honest = reliability(stated, right)
    assert honest.n.sum() == np.isfinite(stated).sum()
    assert honest.expected_error < 0.03
    assert (np.abs(honest.confidence - honest.correct) < 4 * honest.error).all()
    assert reliability(np.sqrt(stated), right).expected_error > 0.1
