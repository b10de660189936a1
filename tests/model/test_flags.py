"""The ranked list of stars that do not fit, with reasons a person can check."""

import numpy as np
import pandas as pd
import pytest

from data_pipeline.directories import provenance
from data_pipeline.survey import Survey
from model.analysis.flags import Evidence, Thresholds, logit_of_rank
from model.analysis.reasons import because
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

NOTHING = {"vote": (None, np.nan), "predicted": (None, np.nan)}


@pytest.fixture(scope="module")
def atlas(make_bare_survey, sky, tmp_path_factory) -> Atlas:
    """The cluster sky as an atlas: stars 5 and 9 carry a wrong label, star 11 none."""
    labels = sky.labels.astype(object)
    for star in (5, 9):
        labels[star] = "EW" if labels[star] != "EW" else "SR"
    labels[11] = None
    root = tmp_path_factory.mktemp("flags")
    make_bare_survey(root / "survey", list(labels))
    survey = Survey.open(root / "survey")
    embeddings = Embeddings.write(
        root / "emb",
        survey.source_id,
        sky.vectors,
        sky.present,
        np.ones(len(labels), dtype=bool),
        checkpoint_hash="",
        survey_path=survey.path,
        provenance=provenance("tests"),
    )
    return build_atlas(survey, embeddings, root / "atlas")


@pytest.fixture(scope="module")
def evidence(atlas: Atlas) -> Evidence:
    return Evidence(atlas.objects, atlas.modalities)


def test_wrong_labels_come_first(evidence: Evidence) -> None:
    ranked = evidence.rank()
    assert set(ranked["row"][:2]) == {5, 9}
    assert ranked["is_contradicted"][:2].all()
    assert ranked["is_far"][:2].all()
    assert ranked["suspicion"].is_monotonic_decreasing
    assert ranked["suspicion"][0] == 1


def test_a_suspect_is_told_why(evidence: Evidence, sky) -> None:
    ranked = evidence.rank()
    first = ranked.join(evidence.told(ranked)).iloc[0]
    true = sky.labels[first["row"]]
    assert first["suggestion"] == true
    assert first["sentence"].startswith(f"Labelled {evidence.labels[first['row']]}; its ")
    assert f"nearer the centre of {true}" in first["sentence"]
    assert f"% of its neighbours' vote says {true}" in first["sentence"]


def test_thresholds_decide_who_is_listed(evidence: Evidence) -> None:
    one = Thresholds(percentile=95, min_modalities=1)
    assert evidence.far(one).sum() > evidence.far().sum()
    assert not evidence.alone(Thresholds(eps=1000.0, min_samples=2)).any()
    assert evidence.alone(Thresholds(eps=1e-6, min_samples=5)).sum() == len(evidence) - 1
    strict = evidence.rank(Thresholds(percentile=100.1, eps=1000.0))
    assert strict["is_contradicted"].all()


def test_an_unlabelled_star_has_no_suspicion_by_label(evidence: Evidence, sky) -> None:
    assert np.isnan(evidence.scores["probe"][11])
    assert np.isnan(evidence.scores["vote"][11])
    assert not evidence.contradicted[11]
    assert evidence.suggestion(11) == sky.labels[11]
    assert evidence.sentence(11).startswith("Unlabelled; ")


def test_a_table_without_labels_or_probabilities_ranks_nobody() -> None:
    objects = pd.DataFrame({"source_id": [1, 2], "x_fused": [0.0, 1.0], "y_fused": [0.0, 1.0]})
    evidence = Evidence(objects, ("fused",))
    assert evidence.rank().empty
    assert np.isnan(evidence.suspicion).all()


def test_ranks_are_taken_on_the_logit_scale() -> None:
    ranks = logit_of_rank(np.array([5.0, np.nan, 1.0, 3.0]))
    assert np.allclose(ranks, [np.log(5), np.nan, -np.log(5), 0], equal_nan=True)


def test_modalities_that_agree_share_a_clause() -> None:
    text = because(
        "SR",
        {"photometry": 99.28, "metadata": 99.9, "spectra": 12.0},
        {"photometry": "M", "metadata": "M", "spectra": "SR"},
        vote=("M", 0.847),
        predicted=("M", 0.931),
        is_alone=True,
    )
    assert text == (
        "Labelled SR; its light curve and its catalogue values lie nearer the centre of M "
        "(farther from SR than 99.2 % of SR stars); it stands apart from the other SR stars on "
        "the map; 85 % of its neighbours' vote says M; "
        "a classifier that never saw its label says M (0.93)."
    )


@pytest.mark.parametrize(
    ("percentile", "words"),
    [(100.0, "than any other EW star"), (99.99, "than 99.9 % of EW stars")],
)
def test_no_more_is_claimed_than_was_measured(percentile, words) -> None:
    text = because("EW", {"spectra": percentile}, {"spectra": "EW"}, **NOTHING)
    assert text == f"Labelled EW; its spectrum lies farther from the centre of EW {words}."


def test_oddities_are_told_and_nothing_is_nothing() -> None:
    text = because(None, {}, {}, **NOTHING, mismatch=99.51, isolation=100.0, stray=99.2)
    assert text == (
        "Unlabelled; its data go together worse than those of 99.5 % of stars; "
        "fewer stars are like it than like any other star; "
        "it is in no cluster of stars, farther out than 99.2 % of stars."
    )
    assert because("EW", {"spectra": 50.0}, {"spectra": "M"}, ("EW", 0.9), ("EW", 0.9)) == ""
