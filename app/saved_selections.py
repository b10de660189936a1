"""Selections with names, kept beside the atlas: in the database that also holds the verdicts.

A selection is kept as its recipe, with the hash of the atlas it was made on, and as the identifiers
of its stars. On the same atlas the recipe is replayed; on another version of it, where a lasso
would enclose others, the same stars are found by their identifiers.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.beside import Beside, url_beside
from app.selection import Mask, replay
from data_pipeline.errors import InputError

MAX_NAME = 80
_metadata = sa.MetaData()
_table = sa.Table(
    "saved_selections",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(MAX_NAME), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("atlas_hash", sa.String(128), nullable=False),
    sa.Column("n_stars", sa.Integer, nullable=False),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("stars", sa.LargeBinary, nullable=False),
    sa.Column("is_deleted", sa.Boolean, nullable=False, default=False),
)


@dataclass(frozen=True)
class Saved:
    """A selection as it is kept: its name, size, making and stars."""

    id: int
    name: str
    note: str
    created: str
    atlas_hash: str
    n_stars: int
    recipe: list[dict[str, Any]]
    source_id: NDArray[np.int64]


class SavedSelections:
    """The saved selections of an atlas; the database is made with the first of them.

    Parameters
    ----------
    where : str or path
        SQLAlchemy URL, SQLite file, or atlas.
    """

    def __init__(self, where: str | Path) -> None:
        self._beside = Beside(where, _metadata)

    def save(
        self, store: AtlasStore, name: str, mask: Mask, recipe: Sequence[dict[str, Any]],
        note: str = "",
    ) -> Saved:  # fmt: skip
        """Keep the stars of a mask (N,); an older selection of that name steps back."""
        name = name.strip()
        if not name or len(name) > MAX_NAME:
            raise InputError(f"A selection needs a name of 1 to {MAX_NAME} letters.")
        if not mask.any():
            raise InputError("Nothing is selected, so there is nothing to keep.")
        source_id = store.source_id[mask]
        row = {
            "name": name, "note": note, "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "atlas_hash": store.atlas.hash, "n_stars": len(source_id),
            "recipe": json.dumps(list(recipe)), "stars": zlib.compress(source_id.tobytes()),
            "is_deleted": False,
        }  # fmt: skip
        try:
            with self._beside.engine.begin() as connection:
                self._hide(connection, name)
                key = connection.execute(sa.insert(_table).values(row)).inserted_primary_key
        except sa.exc.SQLAlchemyError as error:
            raise InputError(f"The selection could not be kept ({error}).") from None
        return self.get(int(key[0]) if key else -1)

    def names(self) -> dict[str, int]:
        """Names of the selections and their ids, the newest first."""
        if self._beside.is_missing:
            return {}
        query = sa.select(_table.c.name, _table.c.id).where(~_table.c.is_deleted)
        with self._beside.engine.connect() as connection:
            found = connection.execute(query.order_by(_table.c.id.desc())).all()
        return {name: int(key) for name, key in found}

    def get(self, key: int) -> Saved:
        """The selection with this id."""
        with self._beside.engine.connect() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.id == key)).first()
        if row is None:
            raise InputError("This selection is not there any more.")
        stars = np.frombuffer(zlib.decompress(row.stars), dtype=np.int64)
        return Saved(
            row.id, row.name, row.note, row.created, row.atlas_hash, row.n_stars,
            json.loads(row.recipe), stars,
        )  # fmt: skip

    def delete(self, key: int) -> None:
        """Take a selection from the list; it stays in the database."""
        self._beside.hide(_table, key)

    def _hide(self, connection: sa.Connection, name: str) -> None:
        connection.execute(sa.update(_table).where(_table.c.name == name).values(is_deleted=True))


def saved_beside(store: AtlasStore) -> SavedSelections:
    """The selections kept where the verdicts on an atlas are."""
    return _opened(url_beside(store))


@lru_cache(maxsize=8)
def _opened(url: str) -> SavedSelections:
    """One object for all sessions."""
    return SavedSelections(url)


def restored(saved: Saved, store: AtlasStore) -> tuple[Mask, list[dict[str, Any]], str]:
    """Mask (N,), recipe, and a sentence when the atlas is another than it was made on."""
    if saved.atlas_hash == store.atlas.hash:
        try:
            return replay(saved.recipe, store), saved.recipe, ""
        except InputError:
            pass  # its steps cannot be told; its stars are known
    step = {"kind": "ids", "ids": [str(one) for one in saved.source_id]}
    mask = np.isin(store.source_id, saved.source_id)
    found = int(mask.sum())
    note = "" if found == saved.n_stars else (
        f"{found:,} of the {saved.n_stars:,} stars of “{saved.name}” are in this atlas."
    )  # fmt: skip
    return mask, [step], note
