"""Each kind of flag on its own: what it finds, what it leaves alone, and against its sources."""

import numpy as np
import pandas as pd
import pytest
from cleanlab.count import get_confident_thresholds
from cleanlab.rank import get_label_quality_scores

from data_pipeline.errors import InputError
from model.analysis.confident import confidence
from model.analysis.data_quality import troubles, troubles_in_words
from model.analysis.disagreement import (
    broad_class,
    configuration,
    external_conflict,
    sources_of_labels,
    vote_split,
)
from model.analysis.flag_weights import (
    FlagWeights,
    combine,
    learn_from_verdicts,
    learn_weights,
)
from model.analysis.flags import FLAGS, Evidence, Thresholds
from model.analysis.many_centers import center_distances
from model.analysis.outliers import CentroidOutlierDetector
from model.analysis.period_doubt import period_doubt

CLASSES = ["EA", "EW", "SR"]


def test_confident_learning_is_cleanlab_s() -> None:
    rng = np.random.default_rng(3)
    code = rng.integers(0, 3, 400)
    p = rng.dirichlet([1, 1, 1], 400)
    p[np.arange(400), code] += 0.3
    p /= p.sum(axis=1, keepdims=True)
    found = confidence(p, CLASSES, np.array(CLASSES, dtype=object)[code])
    quality = get_label_quality_scores(code, p, method="normalized_margin")
    assert np.allclose((1 - found.margin) / 2, quality)
    assert np.allclose(found.threshold, get_confident_thresholds(code, p))
    assert found.is_issue.any()
    assert (found.other[found.is_issue] != np.array(CLASSES)[code[found.is_issue]]).all()


def test_stars_that_cannot_be_judged_are_left_out() -> None:
    p = np.array([[0.1, 0.9, 0.0], [np.nan, np.nan, np.nan], [0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    found = confidence(p, CLASSES, ["EA", "EA", None, "BCEP"])
    assert found.margin[0] == pytest.approx(0.8)
    assert np.isnan(found.margin[1:]).all()
    assert found.other.tolist() == ["EW", None, None, None]
    assert np.isnan(confidence(p[:, :1], ["EA"], ["EA"] * 4).margin).all()


def _two_clouds(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A class in two opposite clouds, another between them; star 0 labelled wrong."""
    center = np.eye(8)
    X = np.concatenate(
        [center[0] + 0.1 * rng.normal(size=(150, 8)), center[1] + 0.1 * rng.normal(size=(150, 8)),
         center[0] + center[1] + 0.1 * rng.normal(size=(100, 8))]
    )  # fmt: skip
    labels = np.array(["ROT"] * 300 + ["SR"] * 100, dtype=object)
    labels[0] = "SR"
    return X / np.linalg.norm(X, axis=1, keepdims=True), labels


def test_a_class_of_two_clouds_has_two_centers() -> None:
    X, labels = _two_clouds(np.random.default_rng(1))
    everyone = np.ones(len(X), dtype=bool)
    one = CentroidOutlierDetector().fit(X, labels)
    many = center_distances(X, labels, everyone)
    assert (one.nearest_class_[1:300] == "SR").mean() > 0.5, "one mean lies between the clouds"
    assert (many.excess[1:300] < 0).mean() > 0.95
    assert many.excess.argmax() == 0
    assert many.other_class[0] == "ROT"


def test_a_star_is_left_out_of_its_own_center() -> None:
    X = np.eye(6)[[0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]]
    labels = np.array(["A"] * 6 + ["B"] * 5, dtype=object)
    found = center_distances(X, labels, np.ones(11, dtype=bool))
    assert found.own[5] == pytest.approx(1.0), "alone it would be at a distance below one"
    assert np.isnan(center_distances(X, [None] * 11, np.ones(11, dtype=bool)).own).all()


def test_votes_that_differ_clearly_split() -> None:
    winners = {
        "photometry": np.array(["EW", "EW", "EW", None], dtype=object),
        "spectra": np.array(["SR", "EW", None, None], dtype=object),
        "metadata": np.array(["SR", "EW", None, "SR"], dtype=object),
    }
    shares = {name: np.array([0.9, 0.8, 0.7, 0.6]) for name in winners}
    assert np.allclose(vote_split(winners, shares), [0.81, 0, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "broad"),
    [
        ("EA/SD", "detached"), ("ED", "detached"), ("ESD", "semidetached"), ("EC", "contact"),
        ("ECL", "eclipsing"), ("E", "eclipsing"), ("EW/KW", "contact"), ("M", "mira"),
        ("MIRA", "mira"), ("SRA", "semiregular"), ("RRAB", "rrab"), ("RR", "rr"), ("HADS", "scuti"),
        ("EA:", None), ("#", None), ("|EW", None), ("VAR", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_catalogue_classes_in_broad_words(text: str | None, broad: str | None) -> None:
    assert broad_class(text) == broad


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("EB/KE", "contact"), ("EW/KW", "contact"), ("EA/SD", "semidetached"), ("EA/D", "detached"),
        ("EW/DW", "detached"), ("EB/GS", None), ("EB/GS+SRD", None), ("EA", None), ("EB/KE:", None),
        (None, None),
    ],
)  # fmt: skip
def test_how_close_an_eclipsers_stars_are(text: str | None, found: str | None) -> None:
    assert configuration(text) == found
    if found is None:
        return
    label = {"contact": "EC", "semidetached": "ESD", "detached": "ED"}[found]
    ids, labels = np.arange(1, dtype=np.int64), np.array([label], dtype=object)
    external = pd.DataFrame({"source_id": [0], "catalog": "GCVS", "class_label": [text]})
    assert external_conflict(ids, labels, external)[0].tolist() == [0.0]


def test_only_firm_contradictions_of_other_catalogues_count() -> None:
    ids = np.arange(6, dtype=np.int64)
    labels = np.array(["EC", "EC", "EC", "EC", "MIRA", None], dtype=object)
    external = pd.DataFrame(
        {
            "source_id": [0, 1, 2, 3, 4, 99, 5, 0],
            "catalog": ["GCVS"] * 7 + ["OURS"],
            "class_label": ["EA", "RRC", "E", "EA:", "M", "EA", "EA", "MIRA"],
        }
    )
    score, words = external_conflict(ids, labels, external, ["OURS"])
    assert np.allclose(score, [1, 2, 0, np.nan, 0, np.nan], equal_nan=True)
    assert words.tolist() == ["EA in GCVS", "RRC in GCVS", None, None, None, None]
    same = pd.DataFrame({"source_id": ids[:5], "catalog": "OURS", "class_label": labels[:5]})
    assert sources_of_labels(ids, labels, pd.concat([external[:7], same])) == ["OURS"]


def test_a_period_that_is_half_that_of_its_class_is_doubted() -> None:
    rng = np.random.default_rng(5)
    period = np.concatenate([0.55 * rng.lognormal(0, 0.08, 200), 2.4 * rng.lognormal(0, 0.5, 100)])
    objects = pd.DataFrame({"period_days": period, "period_catalog_days": period})
    objects.loc[0, ["period_days", "period_catalog_days"]] = 0.275
    objects.loc[1, "period_days"] = objects.loc[1, "period_catalog_days"] / 2
    objects.loc[2, "period_days"] = np.nan
    labels = ["RRAB"] * 200 + ["EA"] * 100
    found = period_doubt(objects, labels)
    assert (found.score[:2] > 4).all()
    assert found.words[:2].tolist() == ["twice", "twice"]
    assert found.period_days[0] == pytest.approx(0.55)
    assert np.isnan(found.score[2])
    assert (found.score[3:] > 4).mean() < 0.02
    objects.loc[3, "period_days"] = 1.0  # a day's alias is no period at all
    assert np.isfinite(period_doubt(objects, labels).score[3])
    nothing = period_doubt(pd.DataFrame({"source_id": [1, 2]}), ["EA", None])
    assert np.isnan(nothing.score).all()


def test_a_curve_that_is_rough_at_half_its_period_is_not_halved() -> None:
    period = np.concatenate([np.full(60, 0.3), np.full(2, 0.6)])
    objects = pd.DataFrame({"period_days": period})
    labels = ["RRC"] * 62
    found = period_doubt(objects, labels)
    assert found.words[60] == "half"
    objects["lc_string_length_half"], objects["lc_string_length_p"] = 1.0, 0.1
    doubted = period_doubt(objects, labels)
    assert doubted.words[60] != "half"
    assert doubted.score[60] < found.score[60]


def test_poor_data_are_told_and_come_later() -> None:
    objects = pd.DataFrame(
        {
            "source_id": range(4), "class_label": ["EA"] * 4,
            "n_epochs": [12, 300, 0, 500], "ruwe": [9.0, np.nan, 1.0, 1.1],
            "vote_label_fraction_fused": [0.0, 0.1, 0.9, 1.0], "isolation_fused": 1.0,
        }
    )  # fmt: skip
    words = troubles_in_words(troubles(objects))
    assert words.tolist() == ["few points and a blend (RUWE)", "", "", ""]
    evidence = Evidence(objects, ("fused",))
    assert np.argsort(-evidence.suspicion)[0] == 0
    ranked = Evidence(pd.concat([objects] * 30, ignore_index=True), ("fused",)).rank(
        Thresholds(percentile=0)
    )
    assert ranked["row"][0] % 4 in (0, 1)
    assert list(FLAGS) == [name for name in ranked if name.startswith("is_")]


def _planted() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A telling score, a useless one, and one that tells the opposite."""
    rng = np.random.default_rng(7)
    wrong = np.arange(1000) % 25 == 0
    return {
        "telling": rng.normal(size=1000) + 3 * wrong,
        "useless": rng.normal(size=1000),
        "opposite": rng.normal(size=1000) - 3 * wrong,
    }, wrong


def test_weights_follow_what_tells_and_are_never_negative() -> None:
    scores, wrong = _planted()
    weights = learn_weights(scores, wrong)
    assert weights["telling"] > 5 * weights["useless"]
    assert weights["opposite"] == 0
    order = np.argsort(-combine(scores, weights))
    assert wrong[order[:20]].mean() > 0.5
    scores["telling"][:500] = np.nan
    assert np.isfinite(combine(scores, {"telling": 1.0})[500:]).all()
    assert np.isnan(combine(scores, {"telling": 1.0})[:500]).all()
    assert np.isnan(combine(scores, {})).all()
    with pytest.raises(InputError, match="one kind is missing"):
        learn_weights(scores, np.zeros(1000, dtype=bool))


def test_verdicts_teach_once_there_are_enough(tmp_path) -> None:
    scores, wrong = _planted()
    verdict = np.where(wrong, 1.0, 0.0)
    verdict[100:] = np.nan
    assert learn_from_verdicts(scores, verdict, "mine") is None
    verdict = np.where(np.arange(1000) < 800, wrong.astype(float), -1.0)
    learned = learn_from_verdicts(scores, verdict, "after 800 verdicts")
    assert learned is not None
    assert learned.made_from == "32 labels found wrong and 768 right"
    learned.write(tmp_path / "weights.json")
    assert FlagWeights.read(tmp_path / "weights.json").weights == dict(learned.weights)
    (tmp_path / "weights.json").write_text("[]")
    with pytest.raises(InputError, match="holds no weights"):
        FlagWeights.read(tmp_path / "weights.json")
