"""What sets some stars apart from others: which numbers, how surely, and how well together.

One number at a time: the probability that a star of the group has the larger value (the area under
the ROC curve, 0.5 where it says nothing), with the Mann-Whitney p-value, corrected for the number
of columns looked at (Benjamini & Hochberg 1995). All together: a sparse (L1) logistic regression,
scored on folds it has not seen. A group drawn in a plot of some numbers differs in those numbers by
construction: the measures say how, not why.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri
from scipy.stats import false_discovery_control, mannwhitneyu, rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from model.analysis.labels import BoolArray, FloatArray
from model.analysis.threads import one_thread

MIN_STARS = 5
"""Fewer stars on either side say nothing about a column."""
MAX_PER_SIDE = 2000
PENALTY = 0.3
Row = tuple[str, float, float, float, float, int, int]
"""A row of the table of `Differences`."""
_MIN_KNOWN = 0.5  # share of the stars that must have a value for the joint model to use a column


class Together(NamedTuple):
    """How well all columns tell the two apart: AUC over folds, its scatter, the columns used."""

    auc: float
    auc_std: float
    columns: list[str]


@dataclass(frozen=True)
class Differences:
    """Columns that set a group apart, the clearest first.

    Attributes
    ----------
    table : DataFrame
        column, auc, p (corrected), median_group, median_rest, n_group, n_rest.
    together : Together or None
        None where either side is too small for five folds.
    n_group, n_rest : int
    """

    table: pd.DataFrame
    together: Together | None
    n_group: int
    n_rest: int


def differences(
    values: pd.DataFrame, group: BoolArray, rest: BoolArray, seed: int = 42
) -> Differences:
    """Compare two groups of stars in every column.

    Parameters
    ----------
    values : DataFrame (N rows)
        Numbers; NaN where a star has none.
    group, rest : bool arrays (N,)
        The stars in question, and those they are compared with; those in both count as group.
    seed : int
        Of the folds, and of the draw where a side has more than `MAX_PER_SIDE` stars.
    """
    *_, (_, found) = difference_steps(values, group, rest, seed)
    assert found is not None
    return found


def difference_steps(
    values: pd.DataFrame, group: BoolArray, rest: BoolArray, seed: int = 42
) -> Iterator[tuple[float, Differences | None]]:
    """Do the same column by column: yields the share done, and the result with the last step."""
    rest = rest & ~group
    rows = []
    for place, column in enumerate(values):
        rows.append(_one(str(column), values[column].to_numpy(np.float64), group, rest))
        yield (place + 1) / (values.shape[1] + 2), None
    together = _together(values, group, rest, seed)
    yield 1.0, Differences(_ranked(rows), together, int(group.sum()), int(rest.sum()))


def column_differences(values: pd.DataFrame, group: BoolArray, rest: BoolArray) -> pd.DataFrame:
    """Compare two groups of stars in every column by itself; the table of `Differences`."""
    return _ranked(
        _one(str(column), values[column].to_numpy(np.float64), group, rest) for column in values
    )


def _ranked(rows: Iterable[Row | None]) -> pd.DataFrame:
    """The columns that could be compared, the clearest first, p corrected for their number."""
    found = [row for row in rows if row is not None]
    table = pd.DataFrame(
        found,
        columns=["column", "auc", "p", "median_group", "median_rest", "n_group", "n_rest"],
    )
    if len(table):
        table["p"] = false_discovery_control(table["p"].to_numpy())
        clearest = (table["auc"] - 0.5).abs().to_numpy()
        table = table.iloc[np.argsort(-clearest, kind="stable")].reset_index(drop=True)
    return table


def _one(column: str, values: FloatArray, group: BoolArray, rest: BoolArray) -> Row | None:
    inside, outside = values[group & np.isfinite(values)], values[rest & np.isfinite(values)]
    if min(len(inside), len(outside)) < MIN_STARS:
        return None
    statistic, p = mannwhitneyu(inside, outside)
    auc = float(statistic) / (len(inside) * len(outside))
    medians = float(np.median(inside)), float(np.median(outside))
    return column, auc, float(p), *medians, len(inside), len(outside)


def _together(
    values: pd.DataFrame, group: BoolArray, rest: BoolArray, seed: int
) -> Together | None:
    random = np.random.default_rng(seed)
    sides = [_some(np.flatnonzero(side), random) for side in (group, rest)]
    if min(map(len, sides)) < 2 * MIN_STARS:
        return None
    rows = np.concatenate(sides)
    target = np.repeat([True, False], [len(side) for side in sides])
    table = values.iloc[rows].astype(np.float64).replace([np.inf, -np.inf], np.nan)
    used = table.loc[:, (table.notna().mean() >= _MIN_KNOWN) & (table.nunique() > 1)]
    if used.shape[1] == 0:
        return None
    X = np.column_stack([_normal_scores(used[column].to_numpy()) for column in used])
    scores = []
    with one_thread():
        for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(X, target):
            model = _fit(X[train], target[train], seed)
            scores.append(roc_auc_score(target[test], model.predict_proba(X[test])[:, 1]))
        weights = _fit(X, target, seed).coef_[0]
    order = np.argsort(-np.abs(weights), kind="stable")
    names = [str(used.columns[i]) for i in order if weights[i] != 0]
    return Together(float(np.mean(scores)), float(np.std(scores)), names)


def _fit(X: FloatArray, target: BoolArray, seed: int) -> LogisticRegression:
    """A sparse linear boundary."""
    model = LogisticRegression(
        l1_ratio=1.0, C=PENALTY, solver="liblinear", class_weight="balanced", random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, target)


def _normal_scores(values: FloatArray) -> FloatArray:
    """Normal scores (n,) of the ranks, so that no outlier and no unit counts; 0 for what is NaN.

    Ranks know no labels, so that no fold learns from another what it is asked.
    """
    rank = rankdata(values, nan_policy="omit")
    return np.nan_to_num(ndtri((rank - 0.5) / np.isfinite(rank).sum()))


def _some(rows: npt.NDArray[np.int64], random: np.random.Generator) -> npt.NDArray[np.int64]:
    """At most `MAX_PER_SIDE` of the rows, drawn."""
    if len(rows) <= MAX_PER_SIDE:
        return rows
    return np.sort(random.choice(rows, MAX_PER_SIDE, replace=False))
