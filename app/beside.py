"""Tables that people fill beside an atlas: in the database that also holds the verdicts."""

from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from app.atlas_store import AtlasStore
from app.verdicts.database import MEMORY, connect, default_url, url_of


class Beside:
    """A database with such tables; it is made with the first row.

    Parameters
    ----------
    where : str or path
        SQLAlchemy URL, SQLite file, or atlas.
    tables : MetaData
        Those that are to be there.
    """

    def __init__(self, where: str | Path, tables: sa.MetaData) -> None:
        self.url, self._tables = url_of(where), tables

    @cached_property
    def engine(self) -> sa.Engine:
        """The database, with the tables."""
        engine = connect(self.url)
        self._tables.create_all(engine)
        return engine

    @property
    def is_missing(self) -> bool:
        """Whether the database is an SQLite file that nobody has made yet."""
        database = sa.make_url(self.url).database
        return self.url.startswith("sqlite:///") and not Path(str(database)).is_file()

    def hide(self, table: sa.Table, key: int) -> None:
        """Take a row from what is offered; it stays in the database."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == key).values(is_deleted=True))


def url_beside(store: AtlasStore) -> str:
    """URL of where the verdicts on an atlas are; beside it where those are nowhere."""
    url = store.verdicts.log.url
    return default_url(store.atlas.path) if url == MEMORY else url
