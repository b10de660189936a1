"""Average precision, recall at a reviewed fraction, bootstrap intervals."""

import numpy as np
import pytest

from model.analysis.metrics import average_precision, bootstrap, recall_at


def test_a_perfect_ranking_scores_one() -> None:
    truth, score = np.arange(100) >= 95, np.arange(100.0)
    assert average_precision(truth, score) == 1
    assert recall_at(truth, score, 0.05) == 1
    assert recall_at(truth, score, 0.02) == pytest.approx(0.4)


def test_unknown_scores_rank_last() -> None:
    assert average_precision([True, False], [np.nan, -5.0]) == 0.5
    assert average_precision([True, False], [np.nan, np.nan]) == 0.5


def test_ties_count_by_their_mean() -> None:
    assert recall_at([True, True, False, False], [1.0, 1.0, 1.0, 1.0], 0.5) == pytest.approx(0.5)


def test_without_anything_to_find_there_is_no_value() -> None:
    assert np.isnan(average_precision([False], [1.0]))
    assert np.isnan(recall_at([False], [1.0], 1.0))


def test_the_interval_holds_the_value_and_follows_the_seed() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(400) < 0.1
    score = truth + rng.normal(size=400)
    interval = bootstrap(average_precision, truth, score, n_resamples=100)
    assert interval.low < interval.value < interval.high
    assert interval == bootstrap(average_precision, truth, score, n_resamples=100)
    assert str(interval).count(".") == 3
