"""Splits depend on ids, labels and the seed, and on nothing else."""

import numpy as np
import pandas as pd
import pytest

from data_pipeline.errors import InputError
from data_pipeline.splits import (
    class_cap,
    fold_splits,
    hash_order,
    holdout_split,
    label_subsets,
    named_split,
    standard_splits,
)

COUNTS = {"EW": 503, "SR": 201, "RRAB": 97, "M": 11, "": 40}
LABELS = np.repeat(list(COUNTS), list(COUNTS.values()))
IDS = np.random.default_rng(1).permutation(2**61 + np.arange(len(LABELS)) * 12345)


def sizes(split: pd.DataFrame) -> pd.DataFrame:
    label = pd.Series(LABELS, index=IDS)
    return pd.crosstab(label.loc[split["source_id"]].to_numpy(), split["part"].to_numpy())


def test_holdout_is_stratified() -> None:
    split = holdout_split(IDS, LABELS)
    assert set(split["source_id"]) == set(IDS)
    table = sizes(split)
    for label, total in COUNTS.items():
        np.testing.assert_allclose(table.loc[label, "train"], 0.8 * total, atol=1)
        np.testing.assert_allclose(table.loc[label, "test"], 0.1 * total, atol=1)


def test_folds_test_every_star_once() -> None:
    folds = fold_splits(IDS, LABELS)
    assert sorted(folds["split"].unique()) == [f"fold-{k}" for k in range(5)]
    tested = folds.loc[folds["part"] == "test", "source_id"]
    assert sorted(tested) == sorted(IDS)
    for _, fold in folds.groupby("split"):
        table = sizes(fold)
        np.testing.assert_allclose(table["test"], table.sum(axis=1) * 0.2, atol=1)
        np.testing.assert_allclose(table["val"], table.sum(axis=1) * 0.1, atol=1)


def test_row_order_does_not_matter() -> None:
    shuffle = np.random.default_rng(2).permutation(len(IDS))
    key = ["split", "source_id"]
    one = standard_splits(IDS, LABELS).sort_values(key, ignore_index=True)
    two = standard_splits(IDS[shuffle], LABELS[shuffle]).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(one, two)


def test_seed_matters_and_the_order_never_changes() -> None:
    assert not holdout_split(IDS, LABELS, seed=1).equals(holdout_split(IDS, LABELS, seed=2))
    assert hash_order([1, 2], 42).tolist() == [17532488217563185893, 8238092213399105094]


def test_missing_labels_are_one_class() -> None:
    missing = np.where(LABELS == "", None, LABELS.astype(object))
    assert holdout_split(IDS, missing).equals(holdout_split(IDS, LABELS))


@pytest.mark.parametrize(
    ("counts", "caps"),
    [
        ([4890, 3647, 2343, 1886, 1571, 1454, 624, 226, 216, 206], {0.5: 1209, 0.25: 516}),
        ([597, 479, 272, 231, 207, 189, 93, 29, 30, 25], {0.5: 149, 0.25: 64, 0.1: 21}),
        ([681, 464, 301, 234, 198, 196, 79, 26, 22, 24], {0.5: 160, 0.25: 69, 0.1: 22}),
    ],
)
def test_caps_are_the_papers(counts: list[int], caps: dict[float, int]) -> None:
    assert {fraction: class_cap(counts, fraction) for fraction in caps} == caps


def test_label_subsets_cap_common_classes_and_nest() -> None:
    default = holdout_split(IDS, LABELS)
    subsets = label_subsets(default, IDS, LABELS)
    kept = {name: set(part["source_id"]) for name, part in subsets.groupby("split")}
    assert kept["sub10"] < kept["sub25"] < kept["sub50"] < set(IDS)
    table = sizes(subsets[subsets["split"] == "sub50"])
    assert "" not in table.index
    assert table.loc["M"].sum() == COUNTS["M"]
    labelled = sizes(default).drop(index="").sum()
    assert (table.sum() <= 0.5 * labelled).all()
    assert (table.sum() > 0.48 * labelled).all()
    parts = default.set_index("source_id")["part"]
    assert (parts.loc[subsets["source_id"]].to_numpy() == subsets["part"].to_numpy()).all()


def test_survey_without_labels_can_be_split() -> None:
    splits = standard_splits([1, 2, 3], [None] * 3)
    assert set(splits["split"]) == {"default", *(f"fold-{k}" for k in range(5))}


def test_repeated_ids_are_refused() -> None:
    with pytest.raises(InputError, match="occur more than once"):
        holdout_split([1, 1], ["a", "b"])


def test_splits_follow_from_their_names() -> None:
    stored = holdout_split(IDS, LABELS, 3, "seed-mine")
    by_name = named_split(stored, IDS, LABELS, "seed-7")
    assert by_name is not None
    pd.testing.assert_frame_equal(by_name, holdout_split(IDS, LABELS, 7, "seed-7"))
    subset = named_split(stored, IDS, LABELS, "seed-mine-sub10")  # stored, by a name of its own
    assert subset is not None
    assert 0 < len(subset) < len(IDS)
    for none in ("seed-x", "seed-²", "seed--1", f"seed-{'9' * 20}", "seed-7-sub7", "sub10"):
        assert named_split(stored, IDS, LABELS, none) is None
