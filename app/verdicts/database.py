"""The database behind a log: SQLite beside the atlas, or any that SQLAlchemy can reach.

A commit that returned is on the disk: SQLite runs with a write-ahead log and synchronous=FULL.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.pool import StaticPool

from data_pipeline.errors import InputError

WAIT_S = 20
"""How long a writer waits for another before it gives up."""
MEMORY = "sqlite://"
"""URL of a database that lives as long as the process."""
_LOCK_ID = 7_351_042
"""Any number that nobody else locks in a team's database."""
_one_at_a_time = threading.Lock()  # Alembic keeps its environment in globals
_SCRIPTS = Path(__file__).parent / "migrations"


def default_url(atlas: str | Path) -> str:
    """URL of the log that belongs to an atlas: ATLAS.verdicts.sqlite beside it."""
    path = Path(atlas).absolute()
    return f"sqlite:///{path.with_name(path.name + '.verdicts.sqlite')}"


def url_of(where: str | Path) -> str:
    """URL of what a person names: a URL, an SQLite file, or an atlas."""
    text = str(where)
    if "://" in text:
        return text
    return default_url(text) if Path(text).is_dir() else f"sqlite:///{Path(text).absolute()}"


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    return sa.make_url(url).render_as_string(hide_password=True)


def connect(url: str, create: bool = True) -> sa.Engine:
    """Open a database and bring its schema up to date.

    Parameters
    ----------
    url : str
    create : bool
        Whether an SQLite file that is not there is made; otherwise that is an error.

    Raises
    ------
    InputError
        It cannot be reached, is no database, or was written by a newer version of this software.
    """
    try:
        engine = _engine(url, create)
        with engine.begin() as connection:
            migrate(connection)
    except (sa.exc.SQLAlchemyError, ImportError, OSError) as error:
        raise InputError(f"no log of verdicts at {_shown(url)}: {_first_line(error)}.") from None
    return engine


def migrate(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, inside the transaction of the connection."""
    if connection.dialect.name == "postgresql":  # another server may be starting, too
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_ID)))
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise InputError(
            f"the log of verdicts has schema {present}; this version knows {max(known)} at most. "
            "Update the software that opens it."
        )

    def upgrade(rev: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(revision, rev)

    with _one_at_a_time, EnvironmentContext(config, scripts, fn=upgrade) as environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()


def _engine(url: str, create: bool) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database in (None, "", ":memory:"):
        return sa.create_engine(
            parsed, poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
    path = Path(str(parsed.database))
    if not create and not path.is_file():
        raise FileNotFoundError(f"{path} is not a file")
    engine = sa.create_engine(parsed, connect_args={"timeout": WAIT_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, see below
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {1000 * WAIT_S}")
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    # SQLite does not wait for the lock that this takes of a new file, whatever its busy_timeout
    given_up = time.monotonic() + WAIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > given_up:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    # a writer takes its lock at once: one that first read could not wait for another writer
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: str) -> str:
    try:
        return without_password(url)
    except sa.exc.ArgumentError:
        return repr(url[:80])


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
