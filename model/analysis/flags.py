"""Which stars do not fit their class, in what order to look at them, and why in words.

A star is flagged when it lies far from the centre of its class in enough modalities, when it lies
outside the main cluster of its class on the map, when its neighbours and a classifier that never
saw its label name the same other class, when that classifier is confident of another class, when
another class's centres are nearer, when the kinds of data name different classes, when its period
looks wrong, when another catalogue contradicts, when its modalities do not go together, when few
stars are like it, or when it is in no cluster of stars, whatever their labels. The order is by
suspicion: a weighted sum of ranks of what speaks against the label (`flag_weights`); stars with
poor data come later. In all of it the star is left out of its own evidence; ranks and percentiles
compare stars with each other and are not probabilities.
"""

from collections import Counter
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from model.analysis.clusters import class_clusters
from model.analysis.evidence import LabelEvidence, percentile
from model.analysis.flag_weights import DEFAULT_WEIGHTS, FlagWeights, combine, logit_of_rank
from model.analysis.labels import BoolArray, FloatArray
from model.analysis.outliers import modalities_agree
from model.analysis.reasons import because

__all__ = ["DEFAULTS", "FLAGS", "Evidence", "Thresholds", "logit_of_rank"]


class Thresholds(NamedTuple):
    """What the sliders say."""

    percentile: float = 99.0
    min_modalities: int = 2
    eps: float | None = None
    """DBSCAN's radius on the map; None (or 0) for the automatic one of each class."""
    min_samples: int | None = None
    """DBSCAN's; None (or 0) for the automatic one of each class."""
    margin: float = 0.5
    """Probability by which another class must lead the label's."""
    split: float = 0.5
    """Product of the shares of two votes for different classes."""
    period: float = 4.0
    """Log evidence for another period."""
    external: float = 1.0
    """1: another class in another catalogue; 2: another family."""


DEFAULTS = Thresholds()
POOR_DATA = 0.05
"""How much less suspicious, as a share of the stars, a star with poor data counts."""
FLAGS = {
    "is_far": "far from the centre of their class in enough of the data",
    "is_alone": "outside the main cluster of their class on the map",
    "is_contradicted": "neighbours and classifier name the same other class",
    "is_doubted": "a classifier that never saw their label is confident of another class",
    "is_between": "nearer a centre of another class than any of their own",
    "is_split": "neighbours by different kinds of data name different classes",
    "is_disputed": "another catalogue firmly gives another class",
    "is_period_doubted": "another period would be more usual for their class",
    "is_odd": "their data do not go together, or few stars are like them",
    "is_stray": "in no cluster of all stars, whatever their labels (DBSCAN of all data)",
}
"""Columns of the ranking that say why a star is on it, and what they mean."""


class Evidence(LabelEvidence):
    """What an atlas holds for and against the label of each star, and who is flagged for it.

    Parameters
    ----------
    objects : DataFrame
        An atlas's objects (N rows).
    modalities : sequence of str
        The atlas's modalities; "fused" among them or not.
    external : DataFrame, optional
        What other catalogues say, as a survey holds it.
    weights : FlagWeights
        Of the ranking.
    """

    def __init__(
        self,
        objects: pd.DataFrame,
        modalities: Sequence[str],
        external: pd.DataFrame | None = None,
        weights: FlagWeights = DEFAULT_WEIGHTS,
    ) -> None:
        super().__init__(objects, modalities, external)
        self.weights = weights

    def with_weights(self, weights: FlagWeights) -> "Evidence":
        """The same evidence, ranked by other weights; itself where they are the same."""
        if weights == self.weights:
            return self
        other = copy(self)  # what was computed is shared, but for what hangs on the weights
        other.weights = weights
        other.__dict__.pop("suspicion", None)
        return other

    @cached_property
    def suspicion(self) -> FloatArray:
        """Share (N,) of the stars that are less suspicious, 0 to 1; NaN where nothing is known."""
        return percentile(combine(self.scores, self.weights.weights)) / 100

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

    def strays(self, thresholds: Thresholds = DEFAULTS) -> BoolArray:
        """Stars (N,) that DBSCAN of all data, blind to labels, leaves outside every cluster.

        Its radius is that which leaves outside the share of the stars beyond the percentile: the
        complete outliers of Rizhko & Bloom (2024).
        """
        return self.stray >= thresholds.percentile

    def between(self, percentile: float = DEFAULTS.percentile) -> BoolArray:
        """Stars (N,) nearer a centre of another class than any of their own, and few more so."""
        return (self._center_percentile >= percentile) & (self._center_excess > 0)

    @cached_property
    def _center_percentile(self) -> FloatArray:
        return percentile(self._center_excess)

    def flags(self, thresholds: Thresholds = DEFAULTS) -> dict[str, BoolArray]:
        """Which stars (N,) each of `FLAGS` raises."""
        percentile = thresholds.percentile
        return {
            "is_far": self.far(thresholds),
            "is_alone": self.alone(thresholds),
            "is_contradicted": self.contradicted,
            "is_doubted": self.confidence.is_issue & (self.confidence.margin >= thresholds.margin),
            "is_between": self.between(percentile),
            "is_split": self.split >= thresholds.split,
            "is_disputed": self.scores["external"] >= thresholds.external,
            "is_period_doubted": self.period.score >= thresholds.period,
            "is_odd": self.odd(thresholds),
            "is_stray": self.strays(thresholds),
        }

    def rank(self, thresholds: Thresholds = DEFAULTS) -> pd.DataFrame:
        """List the flagged stars, most suspicious first, those with poor data later.

        Returns
        -------
        DataFrame
            row, suspicion (share of stars less suspicious), a column for each of `FLAGS`.
        """
        flags = self.flags(thresholds)
        rows = np.flatnonzero(np.logical_or.reduce(list(flags.values())))
        order = np.nan_to_num(self.suspicion[rows], nan=-1)
        order = order - POOR_DATA * (self.troubles[rows] != "")
        rows = rows[np.argsort(-order, kind="stable")]
        return pd.DataFrame(
            {
                "row": rows,
                "suspicion": self.suspicion[rows],
                **{name: raised[rows] for name, raised in flags.items()},
            }
        )

    def told(self, ranked: pd.DataFrame, thresholds: Thresholds = DEFAULTS) -> pd.DataFrame:
        """Say of some rows of a ranking what the class may be instead (or None), and why.

        Returns
        -------
        DataFrame
            suggestion, sentence; its index is that of `ranked`.
        """
        stars = list(zip(ranked["row"].tolist(), ranked["is_alone"].tolist(), strict=True))
        words = {
            "suggestion": [self.suggestion(row) for row, _ in stars],
            "sentence": [self.sentence(row, thresholds, alone) for row, alone in stars],
        }
        return pd.DataFrame(words, index=ranked.index, dtype=object)

    def suggestion(self, row: int) -> str | None:
        """The class most of the evidence names where it is not the label, else None."""
        named = [self.predicted_class[row], self.vote_class[row]]
        named += [nearest[row] for nearest in self.nearest.values()]
        counts = Counter(str(name) for name in named if name is not None).most_common(1)
        best = counts[0][0] if counts else None
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
            recurrence=float(self.recurrence[row]),
            mismatch=float(self.mismatch[row]),
            isolation=float(self.isolation[row]),
            stray=float(self.stray[row]),
            more=self._more(row, thresholds),
        )

    def _more(self, row: int, thresholds: Thresholds) -> list[str]:
        """Clauses about centres, periods, other catalogues and poor data."""
        parts = []
        if self._center_percentile[row] >= thresholds.percentile and self._center_excess[row] > 0:
            parts.append("it lies nearer a centre of another class than any of its own")
        if self.split[row] >= thresholds.split:
            named = {self._vote(m, row): m for m in self.modalities if self._vote(m, row)}
            parts.append(
                "its neighbours disagree: "
                + ", ".join(f"{label} by {m}" for label, m in named.items())
            )
        if self._conflict[1][row] is not None and self._conflict[0][row] >= thresholds.external:
            parts.append(f"it is {self._conflict[1][row]}")
        if self.period.score[row] >= thresholds.period:
            other, label = self.period.period_days[row], self.labels[row]
            of_class = f" for {label}" if label is not None else ""
            parts.append(
                f"{self.period.words[row]} its period ({other:.6g} d) would be more usual{of_class}"
            )
        if parts and self.troubles[row]:
            parts.append(f"but beware of {self.troubles[row]}")
        return parts

    def _vote(self, modality: str, row: int) -> str | None:
        return self._votes[modality][row]
