"""The colourings of a store's stars, each made once; those by verdict follow the log."""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.coloring import Coloring, available, color_stars
from app.derived import VERDICT, derivable, derive, is_slow
from app.formats import unit_text

if TYPE_CHECKING:
    from app.atlas_store import AtlasStore


class Colorings:
    """Colours of the stars of a store by any column, of the table or derived."""

    def __init__(self, store: "AtlasStore") -> None:
        self._store = store
        self._made = lru_cache(maxsize=16)(self._make)
        self._known: set[str] = set()

    @cached_property
    def choices(self) -> dict[str, dict[str, str]]:
        """Columns that the maps can be coloured by, with their titles, in groups."""
        atlas = self._store.atlas
        return available(self._store.objects, atlas.columns, derivable(atlas))

    def __call__(self, column: str) -> Coloring:
        """Colours of the stars by a column."""
        return self._made(column, self._store.verdicts.version if column == VERDICT else 0)

    def is_at_once(self, column: str) -> bool:
        """Whether the answer does not keep the page waiting."""
        return not is_slow(column) or column in self._known

    def _make(self, column: str, _version: int) -> Coloring:
        store = self._store
        known = store.atlas.columns.get(column)
        unit = f" [{unit_text(known.unit)}]" if known is not None and known.unit else ""
        derived = {} if column in store.objects else derivable(store.atlas)
        objects = self._derived(column) if column in derived else store.objects
        self._known.add(column)
        return color_stars(objects, column, derived.get(column, f"{column}{unit}"))

    def _derived(self, column: str) -> pd.DataFrame:
        """A column that the maps can be coloured by and that no table has."""
        if column == VERDICT:
            return pd.DataFrame({column: self._verdict_kinds()})
        return pd.DataFrame({column: derive(self._store.atlas, self._store.evidence, column)})

    def _verdict_kinds(self) -> NDArray[np.object_]:
        """The newest verdict on each star, in a word; None where there is none."""
        store = self._store
        kinds = np.full(store.n, None, dtype=object)
        for entry in sorted(store.verdicts.standing(), key=lambda entry: entry.id or 0):
            if (row := store.row(entry.source_id)) >= 0 and entry.kind != "skip":
                kinds[row] = entry.kind
        return kinds
