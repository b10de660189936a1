"""The append-only log of verdicts in a database.

`append` returns when the entry is on the disk, and not before. An entry sent twice is kept once.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.verdicts.database import MEMORY, connect, url_of
from app.verdicts.entry import Entry
from app.verdicts.schema import entries
from data_pipeline.errors import InputError

_OVERLAP = 200
"""Ids are given before a transaction commits: so many places back are read again."""


class VerdictLog:
    """A log of verdicts; safe to use from several threads.

    Parameters
    ----------
    where : str or path
        SQLAlchemy URL, SQLite file, or atlas; by default one that ends with the process.
    create : bool
        Whether a missing SQLite file is made.
    """

    def __init__(self, where: str | Path = MEMORY, create: bool = True) -> None:
        self.url = url_of(where)
        self.engine = connect(self.url, create)

    def append(self, entry: Entry) -> Entry:
        """Write an entry and return it as it is kept, with its place.

        Raises
        ------
        InputError
            Another entry has its `client_id`, or it undoes what is not the vetter's.
        """
        with self.engine.begin() as connection:
            return self._append(connection, entry)

    def append_all(self, new: Iterable[Entry]) -> int:
        """Write entries in one transaction, all or none; return how many were new."""
        with self.engine.begin() as connection:
            before = self._count(connection)
            for entry in new:
                self._append(connection, entry)
            return self._count(connection) - before

    def read(self, after_id: int = 0) -> list[Entry]:
        """Entries after a place of the log, oldest first; some before it come again."""
        query = sa.select(entries).where(entries.c.id > after_id - _OVERLAP).order_by(entries.c.id)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def last_id(self) -> int:
        """Place of the newest entry; 0 in an empty log."""
        with self._reading() as connection:
            return int(connection.execute(sa.select(sa.func.max(entries.c.id))).scalar() or 0)

    def __len__(self) -> int:
        with self._reading() as connection:
            return self._count(connection)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _reading(self) -> sa.Connection:
        return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    @staticmethod
    def _count(connection: sa.Connection) -> int:
        return int(connection.execute(sa.select(sa.func.count()).select_from(entries)).scalar_one())

    def _append(self, connection: sa.Connection, entry: Entry) -> Entry:
        if entry.target:
            self._check_target(connection, entry)
        try:
            with connection.begin_nested():
                done = connection.execute(entries.insert().values(entry.record()))
        except sa.exc.IntegrityError:
            return self._kept(connection, entry)
        key: Any = done.inserted_primary_key
        return _entry({**entry.record(), "id": int(key[0])})

    @staticmethod
    def _kept(connection: sa.Connection, entry: Entry) -> Entry:
        """The entry that already has this client_id, if it is the same one."""
        query = sa.select(entries).where(entries.c.client_id == entry.client_id)
        row = connection.execute(query).mappings().one_or_none()
        if row is None or not _entry(row).same_as(entry):
            raise InputError("another verdict has this identifier; give the verdict again.")
        return _entry(row)

    @staticmethod
    def _check_target(connection: sa.Connection, entry: Entry) -> None:
        query = sa.select(entries).where(entries.c.client_id == entry.target)
        row = connection.execute(query).mappings().one_or_none()
        if row is None or row["action"] != "verdict":
            raise InputError(f"there is no verdict to {entry.action}.")
        if row["vetter"] != entry.vetter:
            raise InputError(f"only {row['vetter']} can {entry.action} this verdict.")
        if row["source_id"] != entry.source_id:
            raise InputError(f"this {entry.action} is about another star.")


def _entry(row: Any) -> Entry:
    values: dict[str, Any] = dict(row)
    values |= {name: float("nan") for name in _NUMBERS if values[name] is None}
    return Entry(**{**values, "is_sure": bool(values["is_sure"])})


_NUMBERS = ("period_days", "epoch_days", "seconds")
