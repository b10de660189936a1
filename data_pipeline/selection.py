"""Which stars are kept: a funnel of criteria, each with what it removed and why."""

from collections.abc import Sequence

import pandas as pd

from data_pipeline.config_tables import Criterion
from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean
from data_pipeline.sources.base import Rejections

OBSERVED = ("n_epochs", "n_spectra", "is_duplicate")
"""Columns that are known only when light curves and spectra have been read."""


def select(
    objects: pd.DataFrame,
    criteria: Sequence[Criterion],
    rejections: Rejections,
    features: Sequence[str] = (),
    observed: bool = False,
) -> pd.DataFrame:
    """Return the rows that pass every criterion; the others are rejected with the reason.

    Parameters
    ----------
    objects : DataFrame
    criteria : sequence of Criterion
        Applied one after another.
    rejections : Rejections
        Takes the rejected rows, and what each criterion removed.
    features : sequence of str
        What `complete = ["features"]` means.
    observed : bool
        Whether the observations have been read: then the criteria on `OBSERVED` are applied, else
        all others.
    """
    for one in criteria:
        if (one.column in OBSERVED) != observed:
            continue
        passed = _passed(objects, one, features)
        table = objects.assign(row=0) if "row" not in objects else objects
        kept = rejections.without(table, ~passed, "selection", one.reason or _in_words(one))
        objects = kept if "row" in objects else kept.drop(columns="row")
    return objects.reset_index(drop=True)


def _passed(objects: pd.DataFrame, one: Criterion, features: Sequence[str]) -> pd.Series:
    passed = pd.Series(True, objects.index)
    for name in one.complete:
        for column in features if name == "features" else (name,):
            passed &= _column(objects, column).notna()
    if not one.column:
        return passed
    values = _column(objects, one.column)
    if one.min is not None or one.max is not None:
        number = pd.to_numeric(values, errors="coerce")
        low = -float("inf") if one.min is None else one.min
        high = float("inf") if one.max is None else one.max
        passed &= number.between(low, high)
    if one.one_of:
        passed &= values.astype("str").isin(one.one_of)
    if one.none_of:
        passed &= ~values.astype("str").isin(one.none_of)
    return passed


def _column(objects: pd.DataFrame, name: str) -> pd.Series:
    if name not in objects:
        raise InputError(
            f"select: the survey has no column {name!r}{did_you_mean(name, objects.columns)}; it "
            f"has {', '.join(map(str, objects.columns))}."
        )
    return objects[name]


def _in_words(one: Criterion) -> str:
    parts = []
    if one.min is not None:
        parts.append(f"{one.column} below {one.min:g} or unknown")
    if one.max is not None:
        parts.append(f"{one.column} above {one.max:g} or unknown")
    if one.one_of:
        parts.append(f"{one.column} not one of {', '.join(one.one_of)}")
    if one.none_of:
        parts.append(f"{one.column} one of {', '.join(one.none_of)}")
    if one.complete:
        parts.append(f"not all known: {', '.join(one.complete)}")
    return "; ".join(parts)
