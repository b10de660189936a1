"""Which stars do not fit their class, in what order to look at them, and why in words.

A star is flagged when it lies far from the centre of its class in enough modalities, when it lies
outside the main cluster of its class on the map, when its neighbours and a classifier that never
saw its label name the same other class, when its modalities do not go together, or when few stars
are like it. The order is by suspicion: a mean of ranks of what speaks against the label, so that no
scale outweighs another. In all of it the star is left out of its own evidence; ranks and
percentiles compare stars with each other and are not probabilities.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit
from scipy.stats import rankdata

from model.analysis.clusters import class_clusters
from model.analysis.labels import BoolArray, FloatArray
from model.analysis.outliers import modalities_agree, percentile_of_others
from model.analysis.reasons import because

FUSED = "fused"


class Thresholds(NamedTuple):
    """What the sliders say."""

    percentile: float = 99.0
    min_modalities: int = 2
    eps: float | None = None
    """DBSCAN's radius on the map; None (or 0) for the automatic one of each class."""
    min_samples: int | None = None
    """DBSCAN's; None (or 0) for the automatic one of each class."""


DEFAULTS = Thresholds()


class Evidence:
    """What an atlas holds for and against the label of each star.

    Parameters
    ----------
    objects : DataFrame
        An atlas's objects (N rows).
    modalities : sequence of str
        The atlas's modalities; "fused" among them or not.
    """

    def __init__(self, objects: pd.DataFrame, modalities: Sequence[str]) -> None:
        self.objects = objects
        self.modalities = tuple(m for m in modalities if m != FUSED)
        self.labels = self._text("class_label")
        self.percentiles = {m: self._number(f"centroid_percentile_{m}") for m in self.modalities}
        self.nearest = {m: self._text(f"nearest_centroid_{m}") for m in self.modalities}
        self.vote_class = self._text(f"vote_class_{FUSED}")
        self.vote_fraction = self._number(f"vote_fraction_{FUSED}")
        self.predicted_class = self._text("predicted_class")
        self.predicted_probability = self._number("predicted_probability")
        self.mismatch = _percentile(self._number("mismatch"))
        self.isolation = _percentile(self._number(f"isolation_{FUSED}"))
        self.map_xy = np.column_stack([self._number(f"{axis}_{FUSED}") for axis in "xy"])

    def __len__(self) -> int:
        return len(self.objects)

    @cached_property
    def scores(self) -> dict[str, FloatArray]:
        """What speaks against each label (N,), one by one, the higher the more; NaN for nothing.

        probe
            Log odds of the most probable other class against the label.
        vote
            Share of the neighbours' vote, in the fused space, that the label does not get.
        centroid
            How much nearer the nearest class centre is than the label's: mean over modalities.
        """
        return {
            "probe": self._log_odds_against(),
            "vote": 1 - self._number(f"vote_label_fraction_{FUSED}"),
            "centroid": self._excess_distance(),
        }

    @cached_property
    def suspicion(self) -> FloatArray:
        """Share (N,) of the stars that are less suspicious, 0 to 1; NaN where nothing is known."""
        stacked = np.stack([logit_of_rank(score) for score in self.scores.values()])
        known = np.isfinite(stacked)
        total, count = np.where(known, stacked, 0).sum(axis=0), known.sum(axis=0)
        mean = np.divide(total, count, out=np.full(len(self), np.nan), where=count > 0)
        return _percentile(mean) / 100

    def far(self, thresholds: Thresholds = DEFAULTS) -> BoolArray:
        """Stars (N,) far from the centre of their class in enough modalities."""
        if not self.percentiles:
            return np.zeros(len(self), dtype=bool)
        return modalities_agree(self.percentiles, thresholds.percentile, thresholds.min_modalities)

    def alone(self, thresholds: Thresholds = DEFAULTS) -> BoolArray:
        """Stars (N,) outside the main cluster of their class on the map."""
        if (
            not thresholds.eps
            and not thresholds.min_samples
            and "is_dbscan_outlier" in self.objects
        ):
            return self.objects["is_dbscan_outlier"].to_numpy(dtype=bool)
        return class_clusters(
            self.map_xy, self.labels, thresholds.eps or None, thresholds.min_samples or None
        ).is_outlier

    @cached_property
    def contradicted(self) -> BoolArray:
        """Labelled stars (N,) whose neighbours and whose classifier name the same other class."""
        other = self.predicted_class != self.labels
        agree = self.predicted_class == self.vote_class
        return np.array(other & agree & pd.notna(self.labels) & self._is_known_class, dtype=bool)

    def odd(self, thresholds: Thresholds = DEFAULTS) -> BoolArray:
        """Stars (N,) whose modalities do not go together, or that have few like them."""
        return np.fmax(self.mismatch, self.isolation) >= thresholds.percentile

    def rank(self, thresholds: Thresholds = DEFAULTS) -> pd.DataFrame:
        """List the flagged stars, most suspicious first.

        Returns
        -------
        DataFrame
            row, suspicion (share of stars less suspicious), is_far, is_alone, is_contradicted,
            is_odd, suggestion (another class, or None), sentence.
        """
        far, alone, odd = self.far(thresholds), self.alone(thresholds), self.odd(thresholds)
        rows = np.flatnonzero(far | alone | odd | self.contradicted)
        rows = rows[np.argsort(-np.nan_to_num(self.suspicion[rows], nan=-1), kind="stable")]
        return pd.DataFrame(
            {
                "row": rows,
                "suspicion": self.suspicion[rows],
                "is_far": far[rows],
                "is_alone": alone[rows],
                "is_contradicted": self.contradicted[rows],
                "is_odd": odd[rows],
                "suggestion": [self.suggestion(row) for row in rows.tolist()],
                "sentence": [
                    self.sentence(row, thresholds, bool(alone[row])) for row in rows.tolist()
                ],
            }
        )

    def suggestion(self, row: int) -> str | None:
        """The class most of the evidence names where it is not the label, else None."""
        named = [self.predicted_class[row], self.vote_class[row]]
        named += [nearest[row] for nearest in self.nearest.values()]
        counts = pd.Series([name for name in named if name is not None]).value_counts()
        best = None if counts.empty else str(counts.index[0])
        return None if best == self.labels[row] else best

    def sentence(self, row: int, thresholds: Thresholds = DEFAULTS, is_alone: bool = False) -> str:
        """Say why a star is suspect; for an unlabelled star, what it looks like."""
        return because(
            label=self.labels[row],
            percentiles={m: float(p[row]) for m, p in self.percentiles.items()},
            nearest={m: n[row] for m, n in self.nearest.items()},
            vote=(self.vote_class[row], float(self.vote_fraction[row])),
            predicted=(self.predicted_class[row], float(self.predicted_probability[row])),
            percentile=thresholds.percentile,
            is_alone=is_alone,
            mismatch=float(self.mismatch[row]),
            isolation=float(self.isolation[row]),
        )

    @cached_property
    def _is_known_class(self) -> BoolArray:
        """Stars (N,) whose class was learned: of any other, a classifier can say nothing."""
        learned = [name.removeprefix("prob_") for name in self._probabilities]
        return np.isin(np.where(pd.isna(self.labels), "", self.labels).astype(str), learned)

    @property
    def _probabilities(self) -> list[str]:
        return [name for name in map(str, self.objects.columns) if name.startswith("prob_")]

    def _log_odds_against(self) -> FloatArray:
        names = self._probabilities
        if not names:
            return np.full(len(self), np.nan)
        probability = self.objects[names].to_numpy(dtype=np.float64)
        own_name = np.array([f"prob_{label}" for label in self.labels])
        is_own = own_name[:, None] == np.array(names)[None, :]
        own = np.where(is_own, probability, 0).sum(axis=1)
        other = np.where(is_own, 0, probability).max(axis=1)
        odds = np.log(np.maximum(other, 1e-12)) - np.log(np.maximum(own, 1e-12))
        return np.where(self._is_known_class, odds, np.nan)

    def _excess_distance(self) -> FloatArray:
        excess = [
            self._number(f"centroid_distance_{m}") - self._number(f"nearest_centroid_distance_{m}")
            for m in self.modalities
        ]
        known = np.isfinite(excess)
        total = np.where(known, excess, 0).sum(axis=0)
        count = known.sum(axis=0)
        return np.divide(total, count, out=np.full(len(self), np.nan), where=count > 0)

    def _text(self, column: str) -> npt.NDArray[np.object_]:
        if column not in self.objects:
            return np.full(len(self.objects), None, dtype=object)
        values = self.objects[column].astype(object)
        return values.where(values.notna(), None).to_numpy(dtype=object)

    def _number(self, column: str) -> FloatArray:
        if column not in self.objects:
            return np.full(len(self.objects), np.nan)
        return self.objects[column].to_numpy(dtype=np.float64, na_value=np.nan)


def logit_of_rank(score: FloatArray) -> FloatArray:
    """Ranks of a score (N,) on the logit scale: the ends count more than the middle."""
    known = np.isfinite(score)
    result = np.full(len(score), np.nan)
    n = int(known.sum())
    result[known] = logit((rankdata(score[known]) - 0.5) / max(n, 1))
    return result


def _percentile(score: FloatArray) -> FloatArray:
    """Percentage (N,) of the other stars with a lower score; NaN stays."""
    known = np.isfinite(score)
    result = np.full(len(score), np.nan)
    result[known] = percentile_of_others(score[known])
    return result
