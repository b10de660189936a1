"""One vector per object, whatever it lacks: what is missing must not show."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from model.analysis.neighbors import NeighborIndex

PROBES = {
    "linear": LogisticRegression(max_iter=500),
    "neighbours": KNeighborsClassifier(20),
    "trees": HistGradientBoostingClassifier(max_iter=30, random_state=0),
}


@pytest.fixture(scope="module")
def large(make_sky):
    """1,800 stars; of the 1,200 with a spectrum, half have it hidden at random."""
    return make_sky(n=1800)


def auc_of_telling(large, method: str) -> dict[str, float]:
    """How well each probe tells whose spectrum was hidden, among those that had one."""
    hidden = np.random.default_rng(1).random(len(large.labels)) < 0.5
    had = large.present["spectra"]
    vectors = 10 * large.embeddings().without("spectra", hidden & had).fuse(method)[had]
    told = {}
    for name, probe in PROBES.items():
        score = cross_val_predict(probe, vectors, hidden[had], cv=5, method="predict_proba")
        told[name] = roc_auc_score(hidden[had], score[:, 1])
    return told


def test_filled_fusion_does_not_tell_whose_spectrum_was_hidden(large) -> None:
    assert max(auc_of_telling(large, "filled").values()) < 0.6


def test_the_papers_mean_tells_and_centering_alone_hides_it_from_a_linear_probe_only(large) -> None:
    assert min(auc_of_telling(large, "paper").values()) > 0.9
    told = auc_of_telling(large, "centered")
    assert told["linear"] < 0.6
    assert told["trees"] > 0.7


def test_neighbors_do_not_flock_by_what_they_lack(large) -> None:
    embeddings = large.embeddings()
    lacks = ~embeddings.present["spectra"]
    _, rows = NeighborIndex(20).fit(embeddings.fused).kneighbors()
    chance = lacks.mean()
    assert lacks[rows[lacks]].mean() == pytest.approx(chance, abs=0.06)
    assert lacks[rows[~lacks]].mean() == pytest.approx(chance, abs=0.06)


def test_complete_objects_are_the_plain_centered_mean(large) -> None:
    embeddings = large.embeddings()
    complete = embeddings.present["spectra"]
    assert np.allclose(embeddings.fused[complete], embeddings.fuse("centered")[complete], atol=1e-5)


def test_filling_in_finds_the_class_of_an_incomplete_object(large) -> None:
    embeddings = large.embeddings()
    lacks = ~embeddings.present["spectra"]
    _, rows = NeighborIndex(1).fit(embeddings.fused).kneighbors()
    assert np.mean(large.labels[rows[:, 0]][lacks] == large.labels[lacks]) > 0.95


def test_new_objects_are_fused_alike(large) -> None:
    embeddings = large.embeddings()
    some = slice(10, 40)
    fused = embeddings.fusion().transform(
        {m: v[some] for m, v in large.vectors.items()},
        {m: p[some] for m, p in large.present.items()},
        embeddings.source_id[some],
    )
    assert np.allclose(fused, embeddings.fused[some], atol=1e-5)


def test_too_few_complete_objects_fall_back_to_what_is_there(make_sky) -> None:
    few = make_sky(n=60).embeddings()
    assert not few.fusion().fillings_
    assert np.allclose(few.fused, few.fuse("centered"), atol=1e-6)


def test_a_modality_nobody_has_is_left_out(large) -> None:
    nobody = np.ones(len(large.labels), dtype=bool)
    embeddings = large.embeddings().without("spectra", nobody)
    assert embeddings.fusion().modalities_ == ("photometry", "metadata")
    assert np.allclose(embeddings.fused, embeddings.fuse("filled", ("photometry", "metadata")))


def test_everything_about_a_single_modality_is_its_centered_vectors(large) -> None:
    embeddings = large.embeddings()
    fused = embeddings.fuse("filled", ("spectra",))
    assert np.allclose(fused, embeddings.centered("spectra"), atol=1e-5)
