"""Distance to the class centroid, and when modalities agree that a star is out."""

import numpy as np
import pytest

from model.analysis.outliers import (
    CentroidOutlierDetector,
    modalities_agree,
    percentile_of_others,
)


def test_a_star_is_left_out_of_its_own_centroid(sky) -> None:
    vectors, labels = sky.vectors["photometry"], sky.labels
    detector = CentroidOutlierDetector().fit(vectors, labels)
    star = 10
    others = (labels == labels[star]) & (np.arange(len(labels)) != star)
    centroid = vectors[others].astype(np.float64).mean(axis=0)
    expected = 1 - vectors[star] @ centroid / np.linalg.norm(centroid)
    assert detector.distance_[star] == pytest.approx(expected, abs=1e-6)


def test_a_lone_wrong_label_is_far_out_and_names_its_true_class(sky) -> None:
    labels = sky.labels.astype(object)
    wrong = int(np.flatnonzero(labels == "SR")[0])
    labels[wrong] = "EW"
    detector = CentroidOutlierDetector(percentile=99).fit(sky.vectors["metadata"], labels)
    assert detector.percentile_[wrong] == 100
    assert detector.is_outlier_[wrong]
    assert detector.nearest_class_[wrong] == "SR"
    assert detector.nearest_distance_[wrong] < detector.distance_[wrong]


def test_absent_unlabelled_and_tiny_classes_have_no_percentile(sky) -> None:
    labels = sky.labels.astype(object)
    labels[:4] = "RARE"
    labels[4] = None
    labels[5] = np.nan
    detector = CentroidOutlierDetector().fit(sky.vectors["spectra"], labels, sky.present["spectra"])
    assert "RARE" not in detector.classes_
    assert np.isnan(detector.percentile_[:6]).all()
    assert np.isnan(detector.percentile_[~sky.present["spectra"]]).all()
    assert detector.nearest_class_[4] in detector.classes_  # a class is still suggested
    assert detector.nearest_class_[3] is None  # star 3 has no spectrum
    assert not detector.is_outlier_[:6].any()


def test_no_labels_at_all_is_no_error(sky) -> None:
    detector = CentroidOutlierDetector().fit(sky.vectors["spectra"], [None] * len(sky.labels))
    assert not detector.is_outlier_.any()
    assert np.isnan(detector.distance_).all()


def test_a_percentile_counts_the_others_that_lie_nearer() -> None:
    assert percentile_of_others([3.0, 1.0, 2.0]).tolist() == [100, 0, 50]
    assert percentile_of_others([1.0, 1.0, 1.0]).tolist() == [50, 50, 50]
    assert np.isnan(percentile_of_others([1.0])).all()


def test_two_modalities_must_agree() -> None:
    percentiles = {
        "photometry": [99.5, 99.5, 10.0, np.nan],
        "spectra": [99.9, 50.0, np.nan, 100.0],
        "metadata": [10.0, 98.9, 100.0, 99.0],
    }
    assert modalities_agree(percentiles).tolist() == [True, False, False, True]
    assert modalities_agree(percentiles, min_modalities=1).all()
    assert modalities_agree(percentiles, 98.9).tolist() == [True, True, False, True]
    only = {"photometry": percentiles["photometry"]}
    assert modalities_agree(only).tolist() == [True, True, False, False]


def test_parameters_can_be_read_and_set() -> None:
    detector = CentroidOutlierDetector(percentile=95)
    assert detector.get_params() == {"percentile": 95, "min_class_size": 5}
