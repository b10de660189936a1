"""Surveys whose labels are moved to a class they might be taken for: data and spaces of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import QuantileTransformer

from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.analysis.neighbors import NeighborIndex
from model.atlas import Atlas
from model.embeddings import Embeddings

MOVED = 0.03
ACVS_MOVES = {
    "EC": ["ESD", "RRC", "DSCT"], "ESD": ["EC", "ED"], "ED": ["ESD", "EC"],
    "RRC": ["EC", "DSCT"], "DSCT": ["EC", "RRC"], "RRAB": ["RRC", "EC"],
    "MIRA": ["ESD", "ED"], "ACV": ["ESD", "ED"],
}  # fmt: skip
EROS_MOVES = {
    "CEP": ["RRLYR", "ECL"], "RRLYR": ["CEP", "ECL"], "ECL": ["CEP", "RRLYR"], "LPV": ["CEP", "ECL"]
}  # fmt: skip
DEMO_MOVES = {
    "EW": ["EB", "RRC", "HADS"], "EB": ["EW", "EA"], "EA": ["EB", "ROT"], "RRC": ["EW", "HADS"],
    "RRAB": ["RRC", "EB"], "DSCT": ["HADS", "EW"], "HADS": ["DSCT", "RRC"], "SR": ["M", "ROT"],
    "M": ["SR"], "ROT": ["SR", "EW", "EB"],
}  # fmt: skip

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.object_]


@dataclass
class Case:
    """A survey whose labels are moved.

    Attributes
    ----------
    labels : object array (N,)
        As they are before; None for stars that are not learned from.
    features : float array (N, F) or None
    spaces : dict of str to (unit vectors (N, D), presence (N,))
        The first stands for all data.
    planted : bool array (N,) or None
        Labels that are wrong from the beginning.
    """

    name: str
    objects: pd.DataFrame
    labels: Labels
    moves: Mapping[str, Sequence[str]]
    features: Floats | None
    spaces: dict[str, tuple[Any, Mask]]
    external: pd.DataFrame = field(default_factory=pd.DataFrame)
    map_xy: Floats | None = None
    planted: Mask | None = None
    given: Labels | None = None

    def __post_init__(self) -> None:
        self.source_id = self.objects["source_id"].to_numpy(np.int64)
        self.known = {
            name: NeighborIndex(20).fit(vectors, present=present).kneighbors()
            for name, (vectors, present) in self.spaces.items()
        }

    def moved(self, seed: int) -> tuple[Labels, Mask]:
        """Labels with three per cent of them moved, and which ones."""
        if seed < 0:  # the errors of the survey itself
            assert self.given is not None
            assert self.planted is not None
            return self.given, self.planted
        return moved_labels(self.labels, self.moves, seed)


def moved_labels(
    labels: Labels, moves: Mapping[str, Sequence[str]], seed: int
) -> tuple[Labels, Mask]:
    """Labels (N,) with three per cent of them moved, and which ones."""
    rng = np.random.default_rng(seed)
    moved = labels.copy()
    can = np.flatnonzero(np.isin(labels.astype(str), list(moves)))
    chosen = rng.choice(can, round(MOVED * len(can)), replace=False)
    for row in chosen.tolist():
        moved[row] = rng.choice(moves[labels[row]])
    is_moved = np.zeros(len(labels), dtype=bool)
    is_moved[chosen] = True
    return moved, is_moved


def survey_case(
    name: str, path: Path, embeddings: Path | None, moves: dict[str, list[str]], own: str
) -> Case:
    """A real survey, with its features and, where they are given, embeddings."""
    survey = Survey.open(path)
    labels = survey.objects["class_label"].astype(object).to_numpy()
    kept = np.isin(labels.astype(str), list(moves))
    objects = survey.objects[kept].reset_index(drop=True)
    features = survey.features.to_numpy()[kept]
    scaled = scaled_features(features)
    everyone = np.ones(len(objects), dtype=bool)
    spaces = {"features": (unit(scaled), everyone)}
    if embeddings is not None:
        aligned = Embeddings.open(embeddings).aligned(objects["source_id"].to_numpy(np.int64))
        spaces = {"fused": (aligned.fused, aligned.any_present), **spaces}
    external = survey.external
    return Case(
        name, objects, labels[kept], moves, features, spaces,
        external[external["catalog"] != own],
    )  # fmt: skip


def demo_case(path: Path) -> Case:
    """The simulated sky: its true classes, its atlas's spaces and map; and its planted errors."""
    atlas = Atlas.open(path)
    truth = atlas.survey.truth
    if truth is None:
        raise InputError(f"{atlas.name} is not simulated.")
    of_star = truth.set_index("source_id").loc[atlas.source_id].reset_index()
    given = atlas.objects["class_label"].astype(object).to_numpy()
    labels = of_star["true_class"].astype(object).to_numpy().copy()
    labels[~np.isin(labels.astype(str), list(set(given.astype(str))))] = None
    spaces = {m: (np.asarray(atlas.vectors(m)), atlas.present(m)) for m in atlas.modalities}
    xy = atlas.objects[["x_fused", "y_fused"]].to_numpy(np.float64)
    planted = (of_star["fault"] == "wrong_label").to_numpy()
    return Case(
        "demo", atlas.objects, labels, DEMO_MOVES, None, spaces, pd.DataFrame(), xy, planted, given
    )


def scaled_features(features: Floats) -> Floats:
    """Features (N, F) as normal deviates by rank, missing ones in the middle."""
    filled = np.where(np.isfinite(features), features, np.nanmedian(features, axis=0))
    made = QuantileTransformer(output_distribution="normal", n_quantiles=200, random_state=0)
    return np.asarray(np.clip(made.fit_transform(filled), -3, 3))


def unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
