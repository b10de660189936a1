"""The labels a classifier learns: which, of which stars, and their numbers. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.ids import check_source_ids, check_unique_ids
from data_pipeline.survey import Survey
from data_pipeline.verdict_log import is_log, labels_from, read_log

UNLABELLED = -1


@dataclass(frozen=True)
class ClassLabels:
    """Classes and, for each star, the index of its own.

    Attributes
    ----------
    classes : tuple of str, sorted
    code : int64, (N,)
        Index into `classes`; -1 where the star has no label among them.
    """

    classes: tuple[str, ...]
    code: NDArray[np.int64]

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Mask (N,)."""
        return self.code != UNLABELLED


def read_labels(survey: Survey, file: str | Path | None = None) -> pd.Series:
    """Return the label of each star (N,), None where there is none.

    With `file`, its labels replace those of the survey for the stars it names. It is a table (CSV
    or Parquet; columns source_id and class_label), or a log of verdicts: its database, by path or
    URL, or a file exported from it (see data_pipeline.verdict_log.labels_from).
    """
    labels = np.full(len(survey), None, dtype=object)
    if "class_label" in survey.objects:
        labels[:] = survey.objects["class_label"].to_numpy(dtype=object)
    if file is not None:
        table = _from_verdicts(survey, file) if is_log(file) else _read_table(Path(file))
        labels[survey.rows(table["source_id"].to_numpy())] = table["class_label"].to_numpy(object)
    series = pd.Series(labels, dtype=object)
    return series.where(series.notna() & (series != ""), None)


def choose_classes(
    labels: pd.Series, train_rows: NDArray[np.int64], exclude: tuple[str, ...], min_count: int
) -> ClassLabels:
    """Number the classes that have at least `min_count` stars in the train part."""
    counts = labels.iloc[train_rows].value_counts()
    kept = sorted(str(name) for name, n in counts.items() if n >= min_count and name not in exclude)
    codes = {name: i for i, name in enumerate(kept)}
    code = np.array([codes.get(label, UNLABELLED) for label in labels], dtype=np.int64)
    return ClassLabels(tuple(kept), code)


def _from_verdicts(survey: Survey, file: str | Path) -> pd.DataFrame:
    """What a log says of the stars of this survey; a team's log may know others too."""
    table = labels_from(read_log(file))
    return table[table["source_id"].isin(survey.source_id)]


def _read_table(path: Path) -> pd.DataFrame:
    try:
        as_text = {"class_label": str}  # classes may be numbers
        is_parquet = path.suffix == ".parquet"
        table = pd.read_parquet(path) if is_parquet else pd.read_csv(path, dtype=as_text)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} could not be read as a table of labels: {error}.") from None
    missing = {"source_id", "class_label"} - set(table.columns)
    if missing:
        raise InputError(
            f"{path} lacks the column {sorted(missing)[0]}; labels need source_id and class_label."
        )
    check_unique_ids(check_source_ids(table["source_id"], str(path)), str(path))
    labels = table["class_label"].astype("str")
    return table.assign(class_label=labels.where(table["class_label"].notna()))
