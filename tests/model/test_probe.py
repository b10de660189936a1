"""The out-of-fold probe: folds from ids, nobody judged by a model that saw the label."""

import numpy as np

from model.analysis.probe import OutOfFoldProbe, stratified_folds


def fit(sky, labels=None, **options) -> OutOfFoldProbe:
    labels = sky.labels if labels is None else labels
    everybody = np.ones(len(labels), dtype=bool)
    vectors = sky.vectors["photometry"]
    return OutOfFoldProbe(**options).fit(vectors, labels, sky.source_id, everybody)


def test_probabilities_sum_to_one_and_find_the_class(sky) -> None:
    probe = fit(sky)
    assert np.allclose(probe.probability_.sum(axis=1), 1, atol=1e-5)
    assert np.mean(probe.classes_[probe.probability_.argmax(axis=1)] == sky.labels) > 0.95


def test_a_wrong_label_does_not_speak_for_itself(sky) -> None:
    labels = sky.labels.astype(object)
    wrong = int(np.flatnonzero(labels == "SR")[0])
    labels[wrong] = "EW"
    probe = fit(sky, labels, C=100.0)
    assert probe.classes_[probe.probability_[wrong].argmax()] == "SR"


def test_folds_follow_the_ids_not_the_order(sky) -> None:
    code = np.unique(sky.labels, return_inverse=True)[1]
    used = np.ones(len(code), dtype=bool)
    fold = stratified_folds(sky.source_id, code, used, 5, seed=42)
    order = np.random.default_rng(0).permutation(len(code))
    again = stratified_folds(sky.source_id[order], code[order], used, 5, seed=42)
    assert np.array_equal(fold[order], again)
    assert not np.array_equal(fold, stratified_folds(sky.source_id, code, used, 5, seed=1))
    for label in range(3):
        counts = np.bincount(fold[code == label], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_unlabelled_and_tiny_classes_are_judged_not_learned(sky) -> None:
    labels = sky.labels.astype(object)
    labels[:3], labels[3] = "RARE", None
    probe = fit(sky, labels)
    assert "RARE" not in probe.classes_
    assert np.allclose(probe.probability_[:4].sum(axis=1), 1, atol=1e-5)
    assert (probe.fold_[:4] == -1).all()


def test_nothing_to_learn_is_no_error(sky) -> None:
    n = len(sky.labels)
    assert fit(sky, [None] * n).probability_.shape == (n, 0)
    assert (fit(sky, ["SR"] * n).probability_ == 1).all()


def test_absent_stars_have_no_probability(sky) -> None:
    probe = OutOfFoldProbe().fit(
        sky.vectors["spectra"], sky.labels, sky.source_id, sky.present["spectra"]
    )
    assert np.isnan(probe.probability_[~sky.present["spectra"]]).all()
    assert np.isfinite(probe.probability_[sky.present["spectra"]]).all()
