"""What share of a class is labelled wrong, estimated from verdicts on part of it.

Two groups of stars have been looked at for reasons that are known: the beginning of the ranking,
each star with probability 1, and the beginning of a random permutation of the population, each
other star with the same probability. The estimate weights each verdict with the inverse of that
probability (Horvitz & Thompson 1952, JASA 47, 663), the weights of the sampled stars scaled to the
number of stars of the class outside the ranking's beginning (Hájek 1971). The interval holds 95 %
exactly: the number of wrong stars among those not looked at is bounded by the two one-sided
hypergeometric tests that the sample passes. Stars nobody could decide count as anything between
right and wrong where they were ranked, and are left out where they were drawn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from app.verdicts.queue import Mask, Queue, beginning

CONFIDENCE = 0.95


class Share(NamedTuple):
    """Fraction of the stars of a class that are labelled wrong.

    Attributes
    ----------
    label : str
    n : int
        Stars of the class in the population.
    n_ranked, wrong_ranked : int
        Looked at because of their rank and decided, and found wrong.
    n_drawn, wrong_drawn : int
        Drawn at random, outside the former, and decided; and found wrong.
    undecided : int
    value, low, high : float
        Estimate and 95 % interval; NaN where nothing can be said.
    """

    label: str
    n: int
    n_ranked: int
    wrong_ranked: int
    n_drawn: int
    wrong_drawn: int
    undecided: int
    value: float
    low: float
    high: float

    @property
    def is_estimable(self) -> bool:
        """Whether anything follows about the class."""
        return self.value == self.value

    @property
    def words(self) -> str:
        """The estimate as text, e.g. "3.1 % (1.2–6.8)"."""
        if not self.is_estimable:
            return "not estimable"
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f}–{100 * self.high:.1f})"


def wrong_shares(
    queue: Queue, population: Mask, labels: NDArray[np.object_], wrong: NDArray[np.float64]
) -> list[Share]:
    """Estimate the share of wrong labels of the population, and of each class.

    Parameters
    ----------
    queue : Queue
    population : bool, (N,)
    labels : object, (N,)
    wrong : float, (N,)
        1 wrong, 0 right, NaN undecided, −1 not looked at.
    """
    seen = wrong != -1
    certain = np.zeros(len(wrong), dtype=bool)
    certain[beginning(queue.ranked, seen)] = True
    drawn = np.zeros(len(wrong), dtype=bool)
    drawn[beginning(queue.drawn, seen)] = True
    classes = [str(label) for label in np.unique(labels[population].astype(str))]
    domains = [("all", population), *((c, population & (labels == c)) for c in classes)]
    return [_share(name, domain, certain, drawn, wrong) for name, domain in domains]


def _share(label: str, domain: Mask, certain: Mask, drawn: Mask, wrong: NDArray) -> Share:
    ranked = wrong[domain & certain]
    sample = wrong[domain & drawn & ~certain]
    n, n_rest = int(domain.sum()), int((domain & ~certain).sum())
    ranked_known, sample_known = ranked[np.isfinite(ranked)], sample[np.isfinite(sample)]
    counts = (
        len(ranked_known), int(ranked_known.sum()),
        len(sample_known), int(sample_known.sum()),
    )  # fmt: skip
    n_undecided = len(ranked) - counts[0]
    nothing = (float("nan"),) * 3
    if n == 0 or (n_rest > 0 and counts[2] == 0) or (n_undecided and not counts[0]):
        estimate = nothing
    else:
        estimate = _estimate(n, n_rest, n_undecided, *counts)
    undecided = n_undecided + len(sample) - counts[2]
    return Share(label, n, *counts, undecided, *estimate)


def _estimate(
    n: int, n_rest: int, n_undecided: int, n_ranked: int, wrong_ranked: int, m: int, k: int
) -> tuple[float, float, float]:
    """Share and interval from both groups; see the head of this file."""
    like_the_others = n_undecided * wrong_ranked / n_ranked if n_undecided else 0.0
    value = wrong_ranked + like_the_others + (n_rest * k / m if n_rest else 0.0)
    low, high = wrong_total_interval(n_rest, m, k) if n_rest else (0, 0)
    return value / n, (wrong_ranked + low) / n, (wrong_ranked + n_undecided + high) / n


def wrong_total_interval(n: int, m: int, k: int, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Numbers of wrong stars among `n` that are compatible with `k` wrong of `m` drawn from them.

    Exact: with equal tails, by inverting the hypergeometric test (Konijn 1973, section II.9).
    """
    tail = (1 - confidence) / 2
    fewest, most = k, n - (m - k)

    def too_few(total: int) -> bool:
        return bool(hypergeom.sf(k - 1, n, total, m) <= tail)

    def too_many(total: int) -> bool:
        return bool(hypergeom.cdf(k, n, total, m) <= tail)

    low, high = fewest, most
    while low < high:  # the smallest that is not too few
        middle = (low + high) // 2
        low, high = (middle + 1, high) if too_few(middle) else (low, middle)
    lowest, low, high = low, fewest, most
    while low < high:  # the largest that is not too many
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if too_many(middle) else (middle, high)
    return lowest, low
