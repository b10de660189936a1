"""The selection that a list read from a file stands for on this atlas."""

import json

import numpy as np
import pandas as pd

from app.atlas_store import AtlasStore
from app.export.reading import ReadList
from app.selection import Mask, Step, replay, step_from_rows
from data_pipeline.errors import InputError


def restore(found: ReadList, store: AtlasStore) -> tuple[Mask, list[Step], int]:
    """The selection that a list stands for on this atlas.

    Returns
    -------
    mask : bool, (N,)
    recipe : list of dict
        The list's own where it makes the same stars again on this atlas, else the stars by name.
    n_unknown : int
        Stars of the list that this atlas does not have.
    """
    rows = pd.Index(store.source_id).get_indexer(pd.Index(found.source_id))
    mask = np.zeros(store.n, dtype=bool)
    mask[rows[rows >= 0]] = True
    n_unknown = len(set(found.source_id[rows < 0].tolist()))
    own = _own_recipe(found, store)
    if own and n_unknown == 0:
        try:
            if np.array_equal(replay(own, store), mask):
                return mask, own, 0
        except InputError:
            pass  # made for an atlas that has since changed; the stars themselves are in the file
    return mask, [{**step_from_rows(store, mask), "mode": "replace"}], n_unknown


def _own_recipe(found: ReadList, store: AtlasStore) -> list[Step]:
    if found.provenance.get("atlas_hash") != store.atlas.hash:
        return []
    try:
        steps = json.loads(found.provenance.get("selection", "[]"))
    except ValueError:
        return []
    return steps if isinstance(steps, list) and all(isinstance(s, dict) for s in steps) else []
