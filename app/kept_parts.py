"""Parts of a class as selections: which stars, how they were cut in words, kept by name."""

from typing import Any

import numpy as np

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.parts import Part, Partition
from app.saved_selections import saved_beside
from app.selection import Mask, step_from_rows

SPACES = {
    "on the map": "map",
    "on the map of its class": "class_map",
    "in the embedding": "embedding",
}
"""Where a class is cut, in words."""


def mask_of(store: AtlasStore, part: Part) -> Mask:
    """The stars of a part, shape (N,)."""
    mask = np.zeros(store.n, dtype=bool)
    mask[part.rows] = True
    return mask


def step_of(store: AtlasStore, partition: Partition, part: Part) -> dict[str, Any]:
    """The recipe of a part: its stars, and how it was cut, in words."""
    what = f"part {part.name} of {cut_in_words(partition)}"
    return {**step_from_rows(store, mask_of(store, part)), "what": what}


def cut_in_words(partition: Partition) -> str:
    """What was cut, where and how."""
    choice = partition.choice
    numbers = {n: x for n, x in partition.params.items() if isinstance(x, int | float)}
    cut_by = ", ".join(f"{name} {value:.3g}" for name, value in numbers.items())
    where = {space: text for text, space in SPACES.items()}[choice.space]
    data = MODALITY_NAMES.get(choice.modality, choice.modality)
    return f"{choice.what} ({choice.method} {where}, {data}; {cut_by})"


def keep_parts(store: AtlasStore, partition: Partition) -> str:
    """Keep every part as a selection with a name, beside the atlas; say how they are called.

    Raises `InputError` where they cannot be kept.
    """
    saved = saved_beside(store)
    prefix = partition.choice.what
    for part in partition.parts:
        step = {**step_of(store, partition, part), "mode": "replace"}
        saved.save(store, f"{prefix} {part.name}", mask_of(store, part), [step])
    names = ", ".join(part.name for part in partition.parts)
    return f"Kept {prefix} {names}: bring them back in Selection."
