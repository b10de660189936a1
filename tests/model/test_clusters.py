"""The main body of each class on the map, and the parts of a class."""

import numpy as np
import pandas as pd
import pytest

from model.analysis.clusters import class_clusters, class_outliers, main_body_eps, subclusters


@pytest.fixture(scope="module")
def body() -> np.ndarray:
    """200 stars in a blob, two together far off, two by themselves."""
    rng = np.random.default_rng(5)
    return np.vstack([rng.normal(size=(200, 2)), [[20, 0], [20.1, 0]], [[0, 30]], [[-25, -25]]])


def test_the_automatic_radius_leaves_one_main_cluster(body) -> None:
    found = class_clusters(body, ["SR"] * len(body))
    assert np.mean(found.cluster == 0) >= 0.95
    assert found.is_outlier[-4:].all()
    assert not found.is_outlier[np.linalg.norm(body, axis=1) < 1.5].any()
    smaller = class_clusters(body, ["SR"] * len(body), eps=0.9 * found.eps["SR"])
    assert np.mean(smaller.cluster == 0) < 0.95  # it was the smallest that does


def test_classes_are_clustered_by_themselves(body) -> None:
    xy = np.vstack([body, body + 100])
    labels = ["SR"] * len(body) + ["M"] * len(body)
    both = class_clusters(xy, labels)
    alone = class_clusters(body, labels[: len(body)])
    assert np.array_equal(both.cluster[: len(body)], alone.cluster)
    assert set(both.eps) == {"SR", "M"}


def test_nobody_is_clustered_without_label_place_or_company(body) -> None:
    xy = body.copy()
    xy[0] = np.nan
    labels = np.full(len(xy), "SR", dtype=object)
    labels[1], labels[2:5] = None, "RARE"
    found = class_clusters(xy, labels)
    assert (found.cluster[:5] == -2).all()
    assert not found.is_outlier[:5].any()
    assert "RARE" not in found.eps


def test_given_parameters_are_used(body) -> None:
    labels = ["SR"] * len(body)
    assert not class_outliers(body, labels, eps=100.0, min_samples=2).any()
    assert class_outliers(body, labels, eps=1e-3, min_samples=3).all()


def test_stars_on_one_spot_have_a_radius() -> None:
    assert main_body_eps(np.zeros((20, 2)), 3) <= 1e-6


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
@pytest.mark.parametrize("dim", [2, 32])
def test_two_parts_of_a_class_are_found_without_labels(method, dim) -> None:
    rng = np.random.default_rng(2)
    center = rng.normal(size=dim)
    center *= 8 / np.linalg.norm(center)
    truth = np.arange(300) < 40
    X = 0.6 * rng.normal(size=(300, dim)) * min(1, 2 / np.sqrt(dim)) + np.where(
        truth[:, None], center, 0
    )
    color = pd.DataFrame({"bp_rp": np.where(truth, 3.0, 1.0), "name": "x"})
    found = subclusters(X, method, describe=color)
    assert np.mean(found.part[truth] == 1) > 0.9
    assert np.mean(found.part[~truth] == 0) > 0.9
    assert found.summary["bp_rp"].tolist()[:2] == [1.0, 3.0]
    assert found.summary["n"].sum() == 300
    assert found.params["method"] == method


def test_a_class_of_one_piece_is_one_part() -> None:
    X = np.random.default_rng(0).normal(size=(400, 2))
    found = subclusters(X)
    assert set(found.part.tolist()) <= {0, -1}
    assert np.mean(found.part == 0) > 0.9


def test_a_handful_of_stars_is_one_part() -> None:
    assert subclusters(np.eye(6)).part.tolist() == [0] * 6


@pytest.mark.parametrize("dim", [2, 32])
def test_a_large_class_is_cut_on_a_sample_and_every_star_has_its_part(monkeypatch, dim) -> None:
    rng = np.random.default_rng(3)
    truth = np.arange(4000) < 1000
    X = 0.3 * rng.normal(size=(4000, dim)) / np.sqrt(dim) + np.where(truth[:, None], 3.0, 0.0)
    X[-1] = -50.0
    for name in ("MOST", "MOST_IN_SPACE"):
        monkeypatch.setattr(f"model.analysis.clusters.{name}", 800)
    found = subclusters(X)
    assert found.params["n_sampled"] == 800
    assert np.mean(found.part[truth] == 1) > 0.95
    assert np.mean(found.part[~truth] == 0) > 0.95
    assert found.part[-1] == -1, "far from every star of the sample"
    assert found.summary["n"].sum() == 4000


def test_the_search_for_a_radius_tells_how_far_it_is_and_can_be_ended() -> None:
    points = np.random.default_rng(3).normal(size=(300, 2))
    told: list[float] = []
    whole = subclusters(points, told=told.append)
    assert len(told) > 20
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] < 1
    np.testing.assert_array_equal(subclusters(points).part, whole.part)

    def give_up(share: float) -> None:
        if share > 0.3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        subclusters(points, told=give_up)
