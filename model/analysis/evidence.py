"""What an atlas holds for and against the label of each star, one score at a time."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.analysis.confident import Confidence, confidence
from model.analysis.data_quality import troubles, troubles_in_words
from model.analysis.disagreement import external_conflict, sources_of_labels, vote_split
from model.analysis.labels import BoolArray, FloatArray, shared_texts
from model.analysis.outliers import percentile_of_others
from model.analysis.period_doubt import PeriodDoubt, period_doubt

FUSED = "fused"


class LabelEvidence:
    """What an atlas holds for and against the label of each star.

    Parameters
    ----------
    objects : DataFrame
        An atlas's objects (N rows).
    modalities : sequence of str
        The atlas's modalities; "fused" among them or not.
    external : DataFrame, optional
        What other catalogues say, as a survey holds it.
    """

    def __init__(
        self,
        objects: pd.DataFrame,
        modalities: Sequence[str],
        external: pd.DataFrame | None = None,
    ) -> None:
        self.external = external
        self.objects = objects
        self.modalities = tuple(m for m in modalities if m != FUSED)
        self.labels = self._text("class_label")
        self.percentiles = {m: self._number(f"centroid_percentile_{m}") for m in self.modalities}
        self.nearest = {m: self._text(f"nearest_centroid_{m}") for m in self.modalities}
        self.vote_class = self._text(f"vote_class_{FUSED}")
        self.vote_fraction = self._number(f"vote_fraction_{FUSED}")
        self.predicted_class = self._text("predicted_class")
        self.predicted_probability = self._number("predicted_probability")
        self.mismatch = percentile(self._number("mismatch"))
        self.isolation = percentile(self._number(f"isolation_{FUSED}"))
        self.stray = percentile(self._number("dbscan_radius"))
        self.recurrence = self._number("dbscan_recurrence")
        """How often (N,), 0 to 1, `is_alone` comes back over the map's seeds, DBSCAN automatic; NaN
        where one map was made. No other flag depends on the map."""
        self.map_xy = np.column_stack([self._number(f"{axis}_{FUSED}") for axis in "xy"])

    def __len__(self) -> int:
        return len(self.objects)

    @cached_property
    def scores(self) -> dict[str, FloatArray]:
        """What speaks against each label (N,), one by one, the higher the more; NaN for nothing.

        probe
            Probability by which the best other class leads the label's, out of fold.
        vote
            Share of the neighbours' vote, in the fused space, that the label does not get.
        centroid
            How much nearer the nearest class centre is than the label's: mean over modalities.
        centers
            The same with several centres a class.
        split
            How clearly the neighbours in different kinds of data name different classes.
        external
            2 where another catalogue names another family, 1 another class, 0 the same.
        """
        return {
            "probe": self.confidence.margin,
            "vote": 1 - self._number(f"vote_label_fraction_{FUSED}"),
            "centroid": self._mean_over_modalities(self._excess_distance),
            "centers": self._center_excess,
            "split": self.split,
            "external": self._conflict[0],
        }

    @cached_property
    def _center_excess(self) -> FloatArray:
        return self._mean_over_modalities(lambda m: self._number(f"center_excess_{m}"))

    @cached_property
    def confidence(self) -> Confidence:
        """What the out-of-fold probabilities say about the labels."""
        names = self._probabilities
        probability = self.objects[names].to_numpy(dtype=np.float64, na_value=np.nan)
        return confidence(probability, [n.removeprefix("prob_") for n in names], self.labels)

    @cached_property
    def split(self) -> FloatArray:
        """How clearly the neighbours in different kinds of data name different classes (N,)."""
        winners = self._votes
        shares = {m: self._number(f"vote_fraction_{m}") for m in self.modalities}
        return vote_split(winners, shares) if winners else np.full(len(self), np.nan)

    @cached_property
    def period(self) -> PeriodDoubt:
        """What speaks against the periods."""
        return period_doubt(self.objects, self.labels)

    @cached_property
    def troubles(self) -> npt.NDArray[np.object_]:
        """What is poor about each star's data (N,), in words; empty for nothing."""
        return troubles_in_words(troubles(self.objects))

    @cached_property
    def _conflict(self) -> tuple[FloatArray, npt.NDArray[np.object_]]:
        if self.external is None or self.external.empty:
            nothing = np.full(len(self), None, dtype=object)
            return np.full(len(self), np.nan), nothing
        ids = self.objects["source_id"].to_numpy(dtype=np.int64)
        copied = sources_of_labels(ids, self.labels, self.external)
        return external_conflict(ids, self.labels, self.external, copied)

    @cached_property
    def _votes(self) -> Mapping[str, npt.NDArray[np.object_]]:
        return {m: self._text(f"vote_class_{m}") for m in self.modalities}

    @cached_property
    def _is_known_class(self) -> BoolArray:
        """Stars (N,) whose class was learned: of any other, a classifier can say nothing."""
        learned = [name.removeprefix("prob_") for name in self._probabilities]
        return np.isin(np.where(pd.isna(self.labels), "", self.labels).astype(str), learned)

    @property
    def _probabilities(self) -> list[str]:
        return [name for name in map(str, self.objects.columns) if name.startswith("prob_")]

    def _excess_distance(self, modality: str) -> FloatArray:
        own = self._number(f"centroid_distance_{modality}")
        return own - self._number(f"nearest_centroid_distance_{modality}")

    def _mean_over_modalities(self, score_of: Callable[[str], FloatArray]) -> FloatArray:
        values = np.reshape([score_of(m) for m in self.modalities], (-1, len(self)))
        known = np.isfinite(values)
        total, count = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
        return np.divide(total, count, out=np.full(len(self), np.nan), where=count > 0)

    def _text(self, column: str) -> npt.NDArray[np.object_]:
        if column not in self.objects:
            return np.full(len(self.objects), None, dtype=object)
        return shared_texts(self.objects[column], None)

    def _number(self, column: str) -> FloatArray:
        if column not in self.objects:
            return np.full(len(self.objects), np.nan)
        return self.objects[column].to_numpy(dtype=np.float64, na_value=np.nan)


def percentile(score: FloatArray) -> FloatArray:
    """Percentage (N,) of the other stars with a lower score; NaN stays."""
    known = np.isfinite(score)
    result = np.full(len(score), np.nan)
    result[known] = percentile_of_others(score[known])
    return result
