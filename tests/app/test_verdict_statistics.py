"""The queue's random tenth, what is estimated from it, and how far vetters agree."""

import numpy as np
import pytest
from statsmodels.stats import inter_rater

from app.verdicts.agreement import agreement, cohen_kappa, disputed, fleiss_kappa, opinions
from app.verdicts.book import VerdictBook, wrong_by_majority
from app.verdicts.entry import Entry, new_client_id
from app.verdicts.estimates import wrong_shares, wrong_total_interval
from app.verdicts.log import VerdictLog
from app.verdicts.queue import Queue, beginning, make_queue, permutation

N = 3000


@pytest.fixture(scope="module")
def sky() -> dict[str, np.ndarray]:
    """Stars of two classes; wrong labels are likelier, not certain, to rank high."""
    rng = np.random.default_rng(1)
    label = np.where(rng.random(N) < 0.3, "EW", "SR").astype(object)
    is_wrong = rng.random(N) < np.where(label == "EW", 0.10, 0.02)
    ranked = np.argsort(-(2 * is_wrong + rng.normal(size=N)))[:200]
    is_flagged = np.isin(np.arange(N), ranked)
    return {"label": label, "is_wrong": is_wrong, "ranked": ranked, "is_flagged": is_flagged}


def queue_of(sky: dict[str, np.ndarray], seed: int = 0, **more: object) -> Queue:
    population = np.ones(N, dtype=bool)
    order = permutation(N, f"{seed:016x}")
    return make_queue(sky["ranked"], sky["is_flagged"], population, order, **more)  # type: ignore[arg-type]


def test_a_tenth_are_unflagged_stars_at_places_nobody_can_guess(sky: dict[str, np.ndarray]) -> None:
    queue = queue_of(sky)
    assert len(set(queue.rows.tolist())) == len(queue.rows)
    assert set(sky["ranked"]) <= set(queue.rows.tolist())
    assert queue.is_control.sum() == pytest.approx(len(queue.rows) / 10, abs=2)
    assert not sky["is_flagged"][queue.rows[queue.is_control]].any()
    places = np.flatnonzero(queue.is_control)
    assert len(set(places % 10)) > 4, "not always at the same place of ten"
    # what the queue goes through of the permutation is its beginning, without holes
    assert set(queue.drawn) <= set(queue.rows.tolist())
    assert queue.drawn.tolist() == permutation(N, f"{0:016x}")[: len(queue.drawn)].tolist()


def test_the_draw_can_be_switched_off_and_keeps_the_rank(sky: dict[str, np.ndarray]) -> None:
    queue = queue_of(sky, with_controls=False)
    assert queue.rows.tolist() == sky["ranked"].tolist()
    assert len(queue.drawn) == 0


def test_stars_outside_the_population_do_not_enter(sky: dict[str, np.ndarray]) -> None:
    only = sky["label"] == "EW"
    queue = make_queue(sky["ranked"], sky["is_flagged"], only, permutation(N, "ab"))
    assert only[queue.rows].all()
    assert queue.is_control.any()


def test_beginning_stops_at_the_first_unseen() -> None:
    seen = np.array([True, True, False, True])
    assert beginning(np.array([3, 1, 2, 0]), seen).tolist() == [3, 1]
    assert beginning(np.array([3, 1]), seen).tolist() == [3, 1]


def test_the_estimate_is_unbiased_and_its_interval_holds(sky: dict[str, np.ndarray]) -> None:
    """However far the vetter gets; the share among the ranked alone would be far off."""
    population = np.ones(N, dtype=bool)
    truth = {
        "all": sky["is_wrong"].mean(),
        "EW": sky["is_wrong"][sky["label"] == "EW"].mean(),
    }
    values: dict[str, list[float]] = {name: [] for name in truth}
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for seed in range(300):
        queue = queue_of(sky, seed)
        stop = np.random.default_rng(seed).integers(100, len(queue.rows))
        wrong = np.full(N, -1.0)
        wrong[queue.rows[:stop]] = sky["is_wrong"][queue.rows[:stop]]
        for share in wrong_shares(queue, population, sky["label"], wrong):
            if share.label in truth and share.is_estimable:
                values[share.label].append(share.value)
                held[share.label].append(share.low <= truth[share.label] <= share.high)
    naive = sky["is_wrong"][sky["ranked"]].mean()
    assert naive > 4 * truth["all"]
    for name, true in truth.items():
        error = np.std(values[name]) / np.sqrt(len(values[name]))
        assert abs(np.mean(values[name]) - true) < 4 * error, name
        assert np.mean(held[name]) >= 0.95 - 0.02, name


def test_without_drawn_stars_nothing_is_claimed(sky: dict[str, np.ndarray]) -> None:
    queue = queue_of(sky, with_controls=False)
    wrong = np.full(N, -1.0)
    wrong[queue.rows] = sky["is_wrong"][queue.rows]
    shares = wrong_shares(queue, np.ones(N, dtype=bool), sky["label"], wrong)
    assert {share.words for share in shares} == {"not estimable"}
    # but a class that was looked at to the last star is known
    whole = np.zeros(N, dtype=bool)
    whole[queue.rows] = True
    (everything, *_) = wrong_shares(queue, whole, sky["label"], wrong)
    exact = sky["is_wrong"][queue.rows].mean()
    assert (everything.value, everything.low, everything.high) == pytest.approx((exact,) * 3)


def test_undecided_stars_widen_the_interval(sky: dict[str, np.ndarray]) -> None:
    queue = queue_of(sky, with_controls=False)
    wrong = np.full(N, -1.0)
    wrong[queue.rows] = sky["is_wrong"][queue.rows]
    wrong[queue.rows[:20]] = np.nan
    whole = np.zeros(N, dtype=bool)
    whole[queue.rows] = True
    (share, *_) = wrong_shares(queue, whole, sky["label"], wrong)
    assert share.undecided == 20
    assert share.high - share.low == pytest.approx(20 / len(queue.rows))


@pytest.mark.parametrize(("n", "m", "k"), [(50, 10, 0), (50, 10, 3), (400, 40, 40), (9, 9, 4)])
def test_the_interval_inverts_the_hypergeometric_test(n: int, m: int, k: int) -> None:
    """Checked against the definition, total by total, with random draws in place of formulae."""
    low, high = wrong_total_interval(n, m, k)
    rng = np.random.default_rng(4)
    for total in range(k, n - (m - k) + 1):
        drawn = rng.hypergeometric(total, n - total, m, 20_000)
        tail = min((drawn <= k).mean(), (drawn >= k).mean())
        if abs(tail - 0.025) > 0.006:
            assert (low <= total <= high) == (tail > 0.025), total


# agreement


def test_kappas_agree_with_other_implementations() -> None:
    rng = np.random.default_rng(2)
    truth = rng.choice(["right", "EW", "artefact"], 80, p=[0.6, 0.3, 0.1])
    ratings = np.array(
        [np.where(rng.random(80) < 0.75, truth, rng.permutation(truth)) for _ in range(4)]
    )
    table, _ = inter_rater.aggregate_raters(ratings.T)
    assert fleiss_kappa(ratings.T.tolist()) == pytest.approx(inter_rater.fleiss_kappa(table))
    names, codes = np.unique(ratings[:2], return_inverse=True)
    square = np.zeros((len(names), len(names)))
    np.add.at(square, tuple(codes.reshape(2, -1)), 1)
    expected = inter_rater.cohens_kappa(square, return_results=False)
    assert cohen_kappa(*ratings[:2].tolist()) == pytest.approx(expected)


def test_kappa_by_hand_and_where_there_is_nothing_to_compare() -> None:
    assert cohen_kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]) == pytest.approx(0.5)
    assert fleiss_kappa([["a", "a", "a"], ["b", "b"]]) == pytest.approx(1.0)
    assert np.isnan(cohen_kappa(["a", "a"], ["a", "a"]))
    assert np.isnan(fleiss_kappa([]))


def test_disagreements_are_found_and_the_undecided_do_not_disagree() -> None:
    book = VerdictBook(VerdictLog())
    said = {
        "ada": {1: "right", 2: "right", 3: "wrong_class", 4: "right", 5: "right"},
        "bob": {1: "right", 2: "unsure", 3: "right", 4: "wrong_class", 5: "skip"},
        "eve": {3: "right"},
    }
    for vetter, of_star in said.items():
        for star, kind in of_star.items():
            classes = "EW|RRC" if kind == "wrong_class" else ""
            entry = Entry(new_client_id(), "verdict", vetter, star, kind=kind, classes=classes)
            book.append(entry)
    found = opinions(book)
    assert disputed(found) == [4, 3]  # one against one before two against one
    result = agreement(found)
    assert (result.n_stars, result.n_same) == (3, 1)
    assert result.pairs["ada", "bob"][1] == 3
    assert result.pairs["bob", "eve"] == (pytest.approx(np.nan, nan_ok=True), 1)
    wrong = wrong_by_majority(book, np.arange(7))
    assert wrong.tolist() == pytest.approx([-1, 0, 0, 0, np.nan, 0, -1], nan_ok=True)
