"""Class labels as integer codes, with missing labels and tiny classes kept apart.

Catalogue labels may be null, and a class may have one star. Every rule that compares a star with
its class goes through `encode`, so that all of them agree on what counts as a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

MIN_CLASS_SIZE = 5
"""A class with fewer stars has no centre, no percentile and no vote worth a flag."""

Labels = Sequence[Any] | npt.NDArray[Any] | pd.Series
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.floating[Any]]


def shared_texts(column: pd.Series, missing: str | None) -> npt.NDArray[np.object_]:
    """Texts (N,) of a column with few distinct ones, each of them held once for all rows."""
    code, texts = pd.factorize(column)
    return np.append(np.asarray(texts, dtype=object), [missing])[code]  # -1, missing, is the last


@dataclass(frozen=True)
class EncodedLabels:
    """Labels as codes into a sorted list of classes.

    Attributes
    ----------
    code : int32 array (N,)
        Index into `classes`; -1 where the label is missing.
    classes : str array (C,)
        Sorted class names.
    count : int64 array (C,)
        Objects per class.
    """

    code: npt.NDArray[np.int32]
    classes: npt.NDArray[np.str_]
    count: npt.NDArray[np.int64]

    def in_usable_class(self, min_size: int = MIN_CLASS_SIZE) -> BoolArray:
        """Mask (N,) of the objects whose class has at least `min_size` objects."""
        usable = np.append(self.count >= min_size, False)  # the last entry answers code -1
        return usable[self.code]

    def names(self, code: IntArray) -> npt.NDArray[np.object_]:
        """Class names (object array, None for a negative code) of the codes given."""
        lookup = np.array([*self.classes.tolist(), None], dtype=object)
        return lookup[code]


def encode(labels: Labels) -> EncodedLabels:
    """Encode labels (N,) of text, None or NaN."""
    code, classes = pd.factorize(pd.Series(labels, dtype="object"), sort=True)
    return EncodedLabels(
        code=code.astype(np.int32),
        classes=np.asarray(classes, dtype=np.str_),
        count=np.bincount(code[code >= 0], minlength=len(classes)),
    )


def known_labels(labels: Labels, known: BoolArray) -> npt.NDArray[np.object_]:
    """Labels (N,) with those outside the mask `known` forgotten."""
    kept = np.array(labels, dtype=object)
    kept[~known] = None
    return kept


def all_present(n: int, present: npt.ArrayLike | None) -> BoolArray:
    """Presence mask (n,), everything present where none is given."""
    if present is None:
        return np.ones(n, dtype=bool)
    mask = np.asarray(present, dtype=bool)
    if mask.shape != (n,):
        raise ValueError(f"The presence mask has shape {mask.shape}, the objects are {n}.")
    return mask
