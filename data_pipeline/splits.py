"""Which stars are trained on and which are scored: splits as data, from ids, labels and a seed.

Within a class the stars are ordered by a hash of (seed, source_id), so a split depends neither on
the order of the rows nor on the machine. Stars without a label are a class of their own here.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from data_pipeline.ids import check_source_ids, check_unique_ids

SUBSET_FRACTIONS: Mapping[str, float] = {"sub50": 0.5, "sub25": 0.25, "sub10": 0.1}
_GROUPS = 10


def named_split(
    stored: pd.DataFrame, source_id: ArrayLike, labels: ArrayLike, name: str
) -> pd.DataFrame | None:
    """Return a stored split, or one that follows from its name; None where it does not.

    "seed-12" is `holdout_split` by that seed; "seed-12-sub25", "fold-0-sub10" are label subsets
    of the split before the last dash. They follow from the ids and labels alone, so that any survey
    has them without keeping them.
    """
    rows = stored[stored["split"] == name]
    if len(rows):
        return rows
    base, _, subset = name.rpartition("-")
    if subset in SUBSET_FRACTIONS and base:
        whole = named_split(stored, source_id, labels, base)
        if whole is None:
            return None
        seed = _seed(base)
        fraction = {subset: SUBSET_FRACTIONS[subset]}
        subsets = label_subsets(whole, source_id, labels, fraction, 42 if seed is None else seed)
        return subsets.assign(split=name)
    seed = _seed(name)
    return None if seed is None else holdout_split(source_id, labels, seed, name)


def _seed(name: str) -> int | None:
    """The seed that the name of a split states, if it does: 12 of "seed-12"."""
    found = re.fullmatch(r"seed-([0-9]{1,9})", name)
    return int(found[1]) if found else None


def standard_splits(source_id: ArrayLike, labels: ArrayLike, seed: int = 42) -> pd.DataFrame:
    """Return "default" (80/10/10), its label subsets, and "fold-0" .. "fold-4", stacked."""
    default = holdout_split(source_id, labels, seed=seed)
    subsets = label_subsets(default, source_id, labels, seed=seed)
    folds = fold_splits(source_id, labels, seed=seed)
    return pd.concat([default, subsets, folds], ignore_index=True)


def holdout_split(
    source_id: ArrayLike, labels: ArrayLike, seed: int = 42, name: str = "default"
) -> pd.DataFrame:
    """Return one stratified split of 80 % train, 10 % val, 10 % test.

    Parameters
    ----------
    source_id : array_like of int, shape (N,)
    labels : array_like of str, shape (N,)
        Missing labels (None, NaN, "") form a class of their own.

    Returns
    -------
    DataFrame with columns split, source_id, part
    """
    ids = _checked(source_id)
    group = _stratified_rank(ids, labels, seed) % _GROUPS
    part = np.where(group == 9, "test", np.where(group == 8, "val", "train"))
    return _frame(name, ids, part)


def fold_splits(
    source_id: ArrayLike, labels: ArrayLike, n_folds: int = 5, seed: int = 42
) -> pd.DataFrame:
    """Return cross-validation splits "fold-0" ..: every star is tested in exactly one of them.

    With five folds a split has 70 % train, 10 % val, 20 % test; the validation stars of a fold are
    half of the next fold's test stars.

    Parameters
    ----------
    source_id : array_like of int, shape (N,)
    labels : array_like of str, shape (N,)
    n_folds : int, at least 2

    Returns
    -------
    DataFrame with columns split, source_id, part; N rows per fold
    """
    ids = _checked(source_id)
    group = _stratified_rank(ids, labels, seed) % (2 * n_folds)
    frames = []
    for fold in range(n_folds):
        part = np.full(len(ids), "train")
        part[group == (fold + 1) % n_folds] = "val"
        part[group % n_folds == fold] = "test"
        frames.append(_frame(f"fold-{fold}", ids, part))
    return pd.concat(frames, ignore_index=True)


def label_subsets(
    split: pd.DataFrame,
    source_id: ArrayLike,
    labels: ArrayLike,
    fractions: Mapping[str, float] = SUBSET_FRACTIONS,
    seed: int = 42,
) -> pd.DataFrame:
    """Return the paper's smaller label sets: in each part the common classes are capped.

    The cap is the largest number per class that leaves at most the wanted fraction of the part's
    labelled stars (Rizhko & Bloom 2024), but never below one; rare classes stay whole, stars
    without a label are left out. Smaller subsets lie inside larger ones.
    """
    label_of = pd.Series(_as_text(labels), index=_checked(source_id))
    labelled = split[split["source_id"].map(label_of) != ""]
    frames = []
    for name, fraction in fractions.items():
        for part, rows in labelled.groupby("part", sort=True):
            part_ids = rows["source_id"].to_numpy()
            kept = _capped(part_ids, label_of.loc[part_ids].to_numpy(), fraction, seed)
            frames.append(_frame(name, kept, str(part)))
    empty = _frame("", np.empty(0, np.int64), "")
    return pd.concat([empty, *frames], ignore_index=True)


def class_cap(counts: ArrayLike, fraction: float) -> int:
    """Return the largest cap per class whose capped counts sum to at most `fraction` of all."""
    counts = np.asarray(counts, dtype=np.int64)
    caps = np.arange(counts.max(initial=0) + 1)
    totals = np.minimum(counts[None, :], caps[:, None]).sum(axis=1)
    return int(caps[totals <= fraction * counts.sum()].max(initial=0))


def hash_order(source_id: ArrayLike, seed: int) -> NDArray[np.uint64]:
    """Return a number per id that puts them in a random order fixed by the seed (splitmix64)."""
    state = np.asarray(source_id).astype(np.uint64) ^ _mixed(np.array([seed], dtype=np.uint64))
    return _mixed(state)


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = value + np.uint64(0x9E3779B97F4A7C15)  # arithmetic modulo 2**64 is intended
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _stratified_rank(ids: NDArray[np.int64], labels: ArrayLike, seed: int) -> NDArray[np.int64]:
    """Position of each star in the list sorted by class, then by hash.

    Counting on from one class to the next spreads the remainders of small classes evenly.
    """
    order = np.lexsort((hash_order(ids, seed), _as_text(labels)))
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    return rank


def _capped(
    ids: NDArray[np.int64], labels: NDArray, fraction: float, seed: int
) -> NDArray[np.int64]:
    classes, code = np.unique(labels, return_inverse=True)
    cap = max(1, class_cap(np.bincount(code, minlength=len(classes)), fraction))
    order = np.lexsort((hash_order(ids, seed), code))
    rank_in_class = np.arange(len(ids)) - np.searchsorted(code[order], code[order])
    return ids[order[rank_in_class < cap]]


def _checked(source_id: ArrayLike) -> NDArray[np.int64]:
    ids = check_source_ids(source_id, "splits")
    check_unique_ids(ids, "splits")
    return ids


def _as_text(labels: ArrayLike) -> NDArray[np.str_]:
    return (
        pd.Series(np.asarray(labels, dtype=object)).fillna("").astype(str).to_numpy(dtype=np.str_)
    )


def _frame(name: str, ids: NDArray[np.int64], part: NDArray | str) -> pd.DataFrame:
    return pd.DataFrame({"split": name, "source_id": ids, "part": part})
