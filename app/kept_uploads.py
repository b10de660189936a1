"""Uploads that somebody asked to keep, beside the atlas: what the model made of them, no files.

Vectors mean something only among those of the same model, so an upload is offered on the atlas it
was compared with and on no other version of it.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from app.atlas_store import AtlasStore
from app.beside import Beside, url_beside
from app.searching import Asked
from app.uploads import Upload
from data_pipeline.errors import InputError

_metadata = sa.MetaData()
_table = sa.Table(
    "kept_uploads",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("atlas_hash", sa.String(128), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("is_deleted", sa.Boolean, nullable=False, default=False),
)


class KeptUploads:
    """The kept uploads of an atlas.

    Parameters
    ----------
    where : str or path
        SQLAlchemy URL, SQLite file, or atlas.
    """

    def __init__(self, where: str | Path) -> None:
        self._beside = Beside(where, _metadata)

    def keep(self, store: AtlasStore, upload: Upload) -> Upload:
        """Keep an upload; returned as it is then, with its key."""
        content = {
            "vectors": {name: v.tolist() for name, v in upload.asked.vectors.items()},
            "places": upload.places,
            "sky": _place(upload.asked),
            "summary_html": upload.summary_html,
        }
        row = {
            "name": upload.asked.name, "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "atlas_hash": store.atlas.hash, "content": json.dumps(content), "is_deleted": False,
        }  # fmt: skip
        try:
            with self._beside.engine.begin() as connection:
                key = connection.execute(sa.insert(_table).values(row)).inserted_primary_key
        except sa.exc.SQLAlchemyError as error:
            raise InputError(f"The upload could not be kept ({error}).") from None
        return replace(upload, key=int(key[0]) if key else -1)

    def names(self, store: AtlasStore) -> list[tuple[int, str]]:
        """Keys and names of those of this atlas, the newest first."""
        if self._beside.is_missing:
            return []
        query = sa.select(_table.c.id, _table.c.name, _table.c.created).where(
            ~_table.c.is_deleted, _table.c.atlas_hash == store.atlas.hash
        )
        with self._beside.engine.connect() as connection:
            found = connection.execute(query.order_by(_table.c.id.desc())).all()
        return [(int(key), f"{name} · {created[:10]}") for key, name, created in found]

    def get(self, key: int) -> Upload:
        """The upload with this key."""
        query = sa.select(_table).where(_table.c.id == key, ~_table.c.is_deleted)
        with self._beside.engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise InputError("This upload is not there any more.")
        content = json.loads(row.content)
        vectors = {n: np.array(v, dtype=np.float32) for n, v in content["vectors"].items()}
        places = {view: (float(x), float(y)) for view, (x, y) in content["places"].items()}
        ra, dec = content.get("sky") or (np.nan, np.nan)
        asked = Asked(row.name, vectors, ra_deg=ra, dec_deg=dec)
        return Upload(asked, places, content["summary_html"], row.id)

    def delete(self, key: int) -> None:
        """Take an upload from the list; it stays in the database."""
        self._beside.hide(_table, key)


def _place(asked: Asked) -> tuple[float, float] | None:
    return (asked.ra_deg, asked.dec_deg) if np.isfinite(asked.ra_deg) else None


def kept_beside(store: AtlasStore) -> KeptUploads:
    """The uploads kept where the verdicts on an atlas are."""
    return _opened(url_beside(store))


@lru_cache(maxsize=8)
def _opened(url: str) -> KeptUploads:
    """One object for all sessions."""
    return KeptUploads(url)
