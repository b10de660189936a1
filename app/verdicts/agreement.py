"""How far vetters agree beyond chance, and the stars they disagree about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from sklearn.metrics import cohen_kappa_score

from app.verdicts.book import VerdictBook, is_decided, opinion

Opinions = dict[int, dict[str, str]]
"""For each star what each vetter who decided says."""


class Agreement(NamedTuple):
    """How far several vetters agree.

    Attributes
    ----------
    n_stars : int
        Stars that two or more decided.
    n_same : int
        Those on which all who decided say the same.
    fleiss : float
        Fleiss' kappa over all vetters; NaN where there is nothing to compare.
    pairs : dict of (vetter, vetter) to (kappa, number of stars)
        Cohen's kappa of each two.
    """

    n_stars: int
    n_same: int
    fleiss: float
    pairs: dict[tuple[str, str], tuple[float, int]]


def opinions(book: VerdictBook) -> Opinions:
    """What each vetter who decided says about each star."""
    found: Opinions = defaultdict(dict)
    for entry in book.standing():
        if is_decided(entry):
            found[entry.source_id][entry.vetter] = opinion(entry)
    return dict(found)


def disputed(said: Opinions) -> list[int]:
    """Stars on which vetters differ, the most even first."""
    ties = {
        star: max(Counter(of_star.values()).values()) / len(of_star)
        for star, of_star in said.items()
        if len(set(of_star.values())) > 1
    }
    return sorted(ties, key=lambda star: ties[star])


def agreement(said: Opinions) -> Agreement:
    """Measure how far vetters agree beyond chance."""
    shared = [of_star for of_star in said.values() if len(of_star) > 1]
    vetters = sorted({name for of_star in shared for name in of_star})
    pairs = {}
    for one, other in combinations(vetters, 2):
        both = [(s[one], s[other]) for s in shared if one in s and other in s]
        if both:
            first, second = zip(*both, strict=True)
            pairs[one, other] = (cohen_kappa(first, second), len(both))
    same = sum(len(set(of_star.values())) == 1 for of_star in shared)
    return Agreement(len(shared), same, fleiss_kappa([[*s.values()] for s in shared]), pairs)


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Agreement of two vetters beyond chance (Cohen 1960); NaN where both only ever say one."""
    if len({*first, *second}) < 2:
        return float("nan")
    return float(cohen_kappa_score(first, second))


def fleiss_kappa(ratings: Sequence[Sequence[str]]) -> float:
    """Agreement of several vetters beyond chance, not always the same ones or as many.

    Fleiss (1971), for different numbers of ratings as in Fleiss, Nee & Landis (1979).

    Parameters
    ----------
    ratings : sequence of sequences of str
        For each star what its vetters say, two or more of them.

    Returns
    -------
    float
        1 for full agreement, 0 for what chance gives; NaN where nothing can be said.
    """
    categories = sorted({said for of_star in ratings for said in of_star})
    if len(categories) < 2:
        return float("nan")
    counts = np.array([[of_star.count(c) for c in categories] for of_star in ratings], dtype=float)
    n_ratings = counts.sum(axis=1)
    observed = ((counts * (counts - 1)).sum(axis=1) / (n_ratings * (n_ratings - 1))).mean()
    chance = ((counts.sum(axis=0) / n_ratings.sum()) ** 2).sum()
    return float((observed - chance) / (1 - chance))
