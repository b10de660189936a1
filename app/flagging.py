"""Which stars do not fit their class, how badly, and why in words.

A star is listed when it lies far from the centre of its class in enough modalities, or alone on
the map among the stars of its class (DBSCAN). The order is by suspicion: the mean of all that
speaks against the label (distance from the centre, the neighbours' vote, the classifier). All of
it comes from the atlas, where each star is left out of its own evidence.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.diagrams import number
from model.analysis.clusters import class_clusters
from model.analysis.outliers import modalities_agree
from model.atlas import Atlas

_IN_WORDS = {"photometry": "light curve", "spectra": "spectrum", "metadata": "catalogue values"}


class Thresholds(NamedTuple):
    """What the sliders say."""

    percentile: float = 99.0
    min_modalities: int = 2
    eps: float = 0.0
    """Radius on the map; zero for one chosen for each class."""
    min_samples: int = 0
    """Stars that make a core; zero for a number chosen for each class."""


DEFAULTS = Thresholds()


class Evidence:
    """What an atlas holds for and against the label of each star."""

    def __init__(self, atlas: Atlas) -> None:
        objects = self._objects = atlas.objects
        self.labels = self._text("class_label")
        self.map_xy = objects[["x_fused", "y_fused"]].to_numpy(np.float64)
        columns = {m: number(objects, f"centroid_percentile_{m}") for m in atlas.modalities}
        self.percentiles = {
            modality: values
            for modality, values in columns.items()
            if modality != "fused" and values is not None
        }
        self.vote_class = self._text("vote_class_fused")
        self.vote_fraction = self._number("vote_fraction_fused")
        self.vote_for_label = self._number("vote_label_fraction_fused")
        self.predicted_class = self._text("predicted_class")
        self.predicted_probability = self._number("predicted_probability")

    def rank(self, thresholds: Thresholds) -> pd.DataFrame:
        """List the stars that do not fit, most suspicious first.

        Returns
        -------
        DataFrame
            row, suspicion (0 to 1), is_far (centroid rule), is_alone (DBSCAN), sentence.
        """
        far, alone = self.far(thresholds), self.alone(thresholds)
        rows = np.flatnonzero(far | alone)
        rows = rows[np.argsort(-self.suspicion[rows], kind="stable")]
        return pd.DataFrame(
            {
                "row": rows,
                "suspicion": self.suspicion[rows],
                "is_far": far[rows],
                "is_alone": alone[rows],
                "sentence": [self.sentence(int(row), thresholds, bool(alone[row])) for row in rows],
            }
        )

    def far(self, thresholds: Thresholds) -> NDArray[np.bool_]:
        """Stars (N,) far from the centre of their class in enough modalities."""
        if not self.percentiles:
            return np.zeros(len(self.labels), dtype=bool)
        return modalities_agree(self.percentiles, thresholds.percentile, thresholds.min_modalities)

    def alone(self, thresholds: Thresholds) -> NDArray[np.bool_]:
        """Stars (N,) outside the main cluster of their class on the map."""
        automatic = not (thresholds.eps or thresholds.min_samples)
        if automatic and "is_dbscan_outlier" in self._objects:
            return self._objects["is_dbscan_outlier"].to_numpy(bool)
        clusters = class_clusters(
            self.map_xy, self.labels, thresholds.eps or None, thresholds.min_samples or None
        )
        return clusters.is_outlier

    @cached_property
    def suspicion(self) -> NDArray[np.float64]:
        """Mean of what speaks against each label, 0 to 1, shape (N,); 0 where nothing speaks."""
        against = [values / 100 for values in self.percentiles.values()]
        against.append(1 - self.vote_for_label)
        against.append(1 - self._probability_of_label())
        stacked = np.stack(against)
        counted = np.isfinite(stacked).sum(axis=0)
        return np.nansum(stacked, axis=0) / np.maximum(counted, 1)

    def sentence(self, row: int, thresholds: Thresholds = DEFAULTS, alone: bool = False) -> str:
        """Why a star is suspect, for a person; empty when nothing speaks against it."""
        label = self.labels[row]
        parts = [self._distance_part(row, thresholds.percentile)]
        if alone:
            parts.append(f"stands apart from the other {label} on the map")
        if self.vote_class[row] is not None and self.vote_class[row] != label:
            share = f"{100 * self.vote_fraction[row]:.0f} %"
            parts.append(f"{share} of the neighbours' vote says {self.vote_class[row]}")
        if self.predicted_class[row] is not None and self.predicted_class[row] != label:
            probability = f"{self.predicted_probability[row]:.2f}"
            parts.append(f"the classifier says {self.predicted_class[row]} ({probability})")
        text = "; ".join(part for part in parts if part)
        return f"{text[0].upper()}{text[1:]}." if text else ""

    def _distance_part(self, row: int, percentile: float) -> str:
        beyond = {m: p[row] for m, p in self.percentiles.items() if p[row] >= percentile}
        if not beyond:
            return ""
        where = " and ".join(_IN_WORDS.get(modality, modality) for modality in beyond)
        least = np.floor(10 * min(beyond.values())) / 10
        others = "every other" if least >= 100 else f"{least:g} % of them"
        return f"farther from the {self.labels[row]} centre than {others} by {where}"

    def _probability_of_label(self) -> NDArray[np.float64]:
        probability = np.full(len(self.labels), np.nan)
        for label in pd.unique(self.labels):
            values = number(self._objects, f"prob_{label}")
            if values is not None:
                probability = np.where(self.labels == label, values, probability)
        return probability

    def _text(self, column: str) -> NDArray[np.object_]:
        if column not in self._objects:
            return np.full(len(self._objects), None, dtype=object)
        values = self._objects[column].astype(object)
        return values.where(values.notna(), None).to_numpy(object)

    def _number(self, column: str) -> NDArray[np.float64]:
        values = number(self._objects, column)
        return np.full(len(self._objects), np.nan) if values is None else values
