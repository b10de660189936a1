"""Checks before the expensive part; all problems are told at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean
from data_pipeline.survey import Survey

Rows = dict[str, NDArray[np.int64]]
PARTS = ("train", "val", "test")


def raise_all(problems: list[str]) -> None:
    """Raise one `InputError` that lists every problem, if there are any."""
    if len(problems) == 1:
        raise InputError(problems[0])
    if problems:
        raise InputError(f"{len(problems)} problems:\n" + "\n".join(f"  - {p}" for p in problems))


def check_target(path: str | Path, overwrite: bool) -> list[str]:
    """Return what forbids writing to `path`, before hours are spent on what goes there."""
    path = Path(path)
    if path.is_file():
        return [f"{path} is a file; give the path of a directory to make."]
    if path.exists() and any(path.iterdir()) and not overwrite:
        return [f"{path} already exists. Choose another place, or use --overwrite."]
    return []


def split_rows(survey: Survey, name: str) -> tuple[Rows, list[str]]:
    """Return the rows of each part of a split, and what is wrong with it."""
    chosen = survey.split(name)
    if chosen is None:
        names = list(dict.fromkeys(survey.splits["split"]))
        known = ", ".join([*names, "seed-N", "and of any split S its label subsets S-sub50"])
        return {}, [
            f"{survey.path} has no split {name!r}{did_you_mean(name, names)}; it has {known}."
        ]
    rows = {
        part: np.sort(survey.rows(chosen.loc[chosen["part"] == part, "source_id"].to_numpy()))
        for part in PARTS
    }
    problems = [
        f"the {part} part of split {name!r} has {len(rows[part])} stars; it needs at least {least}."
        for part, least in (("train", 4), ("val", 2))
        if len(rows[part]) < least
    ]
    return rows, problems


def check_unseen(seen_ids: NDArray[np.int64], test_ids: NDArray[np.int64], split: str) -> list[str]:
    """Return a complaint where stars to be scored were seen in pre-training."""
    leaked = np.intersect1d(seen_ids, test_ids)
    if not len(leaked):
        return []
    return [
        f"{len(leaked)} of the {len(test_ids)} test stars of split {split!r} were seen in the "
        f"pre-training (the first is {leaked[0]}); scores on them would be too good. "
        f"Pre-train with --split {split}, or leave --run out to train from scratch."
    ]
