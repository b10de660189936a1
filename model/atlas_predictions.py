"""Class probabilities for an atlas: from a file of predictions, or from a probe made on the spot.

Either way they must be out of fold: a model that saw a star's label only repeats it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_pipeline.directories import file_record
from data_pipeline.errors import InputError
from model.analysis.labels import Labels
from model.analysis.probe import OutOfFoldProbe
from model.embeddings import Embeddings

_PREFIX = "prob_"


@dataclass(frozen=True)
class Predictions:
    """Class probabilities of N objects.

    Attributes
    ----------
    classes : list of str
    probability : float array (N, C)
        Rows of NaN where there is no prediction.
    description : dict
        Where they come from, for the manifest.
    """

    classes: list[str]
    probability: npt.NDArray[np.floating[Any]]
    description: dict[str, Any]

    def best(self) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.floating[Any]]]:
        """Most probable class (N,) and its probability (N,); None and NaN where unknown."""
        names = np.full(len(self.probability), None, dtype=object)
        highest = np.full(len(self.probability), np.nan)
        known = np.flatnonzero(np.isfinite(self.probability).any(axis=1))
        if len(known):
            column = np.nanargmax(self.probability[known], axis=1)
            names[known] = np.array(self.classes, dtype=object)[column]
            highest[known] = self.probability[known, column]
        return names, highest


def probe_predictions(embeddings: Embeddings, labels: Labels, seed: int) -> Predictions:
    """Out-of-fold probabilities of a linear probe on all modalities side by side."""
    vectors = np.hstack([embeddings.centered(m) for m in embeddings.modalities])
    probe = OutOfFoldProbe(seed=seed)
    probe.fit(vectors, labels, embeddings.source_id, embeddings.any_present)
    description = {"from": "linear probe", "n_folds": probe.n_folds, "C": probe.C, "seed": seed}
    return Predictions(probe.classes_.tolist(), probe.probability_, description)


def read_predictions(path: str | os.PathLike[str], source_id: npt.NDArray[np.int64]) -> Predictions:
    """Read a Parquet or CSV file of predictions and align it with `source_id` (N,).

    Columns: source_id, one ``prob_<class>`` per class, and perhaps was_trained_on, whose rows are
    left out: those probabilities are not out of fold. Objects left out have no prediction.
    """
    path = Path(path)
    table = _read_table(path)
    columns = [name for name in map(str, table.columns) if name.startswith(_PREFIX)]
    if "source_id" not in table or not columns:
        raise InputError(
            f"{path} needs the columns source_id and {_PREFIX}<class>; it has "
            f"{', '.join(map(str, table.columns[:8]))}. Make it with python -m model predict."
        )
    ids = table["source_id"]
    if ids.dtype != np.int64 or ids.duplicated().any():
        raise InputError(f"{path}: source_id must be whole numbers, each once.")
    probability = table[columns].to_numpy(dtype=np.float64, copy=True)
    if "was_trained_on" in table:
        probability[table["was_trained_on"].to_numpy(dtype=bool)] = np.nan
    row = pd.Index(ids).get_indexer(pd.Index(source_id))
    aligned = np.where(row[:, None] >= 0, probability[row], np.nan)
    if np.isnan(aligned).all():
        raise InputError(
            f"{path} predicts none of the {len(source_id)} objects embedded, or only those its "
            "model was trained on. Predict with a model of other folds."
        )
    classes = [name.removeprefix(_PREFIX) for name in columns]
    return Predictions(classes, aligned, {"from": path.name, **file_record(path)})


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"There is no file of predictions at {path}.")
    try:
        return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as a table ({error}).") from None
