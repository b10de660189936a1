"""The log of a team in PostgreSQL: Debian's server, started and killed by the test.

Needs the Debian package postgresql and the extra `postgres` (psycopg).
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.verdicts import database
from app.verdicts.__main__ import main
from app.verdicts.book import VerdictBook
from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError
from data_pipeline.verdict_log import COLUMNS, read_log

pytestmark = pytest.mark.full
Opened = Callable[[str], VerdictLog]
OWNER = "postgres"
"""The server does not run as root; Debian's package makes this user for it."""


class Postgres:
    """A cluster of its own on a port of its own, without passwords, for this machine alone."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self.programs, self.data = programs, directory / "data"
        said = (directory / "said").open("ab")
        self._how: dict[str, Any] = {"stdout": said, "stderr": said, "cwd": "/"}
        if os.geteuid() == 0:
            self._how["user"] = OWNER
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"postgresql://{OWNER}@127.0.0.1:{self.port}/postgres"
        made = ["initdb", "-D", str(self.data), "-U", OWNER, "--auth=trust", "-E", "UTF8"]
        assert self._run(*made) == 0, (directory / "said").read_text()
        self.start()

    def _run(self, program: str, *arguments: str) -> int:
        command = [str(self.programs / program), *arguments]
        return subprocess.run(command, check=False, timeout=300, **self._how).returncode

    def start(self) -> None:
        """Start the server and wait until it answers."""
        place = ["-h", "127.0.0.1", "-p", str(self.port)]
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-k", "", *place]
        self.server = subprocess.Popen(command, **self._how)
        end = time.monotonic() + 120
        while self._run("pg_isready", "-q", *place):
            assert self.server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)

    def stop(self, how: signal.Signals) -> None:
        """End the server; SIGQUIT is PostgreSQL's way to crash all of its processes at once."""
        self.server.send_signal(how)
        self.server.wait(120)

    def close(self) -> None:
        """End the server, whoever is connected, and what it said."""
        self.stop(signal.SIGINT)
        self._how["stdout"].close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if (found := shutil.which("postgres")) is not None:
        places.append(Path(found).parent)
    programs = next((place for place in places if (place / "initdb").is_file()), None)
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip('psycopg is not installed (pip install -c constraints.txt -e ".[postgres]")')
    directory = Path(tempfile.mkdtemp(prefix="astrom3-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(directory, OWNER)
        server = Postgres(programs, directory)
        yield server
        server.close()
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def url(postgres: Postgres) -> str:
    """A fresh database."""
    name = f"test_{time.monotonic_ns()}"
    engine = sa.create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgres.url.removesuffix("/postgres") + f"/{name}"


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens logs, and closes them in the end."""
    logs: list[VerdictLog] = []

    def open_log(where: str) -> VerdictLog:
        logs.append(VerdictLog(where))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()


def verdict(star: int, kind: str = "right", vetter: str = "ada", **more: Any) -> Entry:
    return Entry(new_client_id(), "verdict", vetter, star, kind=kind, **more)


def test_what_goes_in_comes_out_and_stays(opened: Opened, url: str) -> None:
    log = opened(url)
    given = verdict(
        2**63 - 1, "wrong_class", classes="EW|RRC", is_sure=False, period_days=0.1234567890123,
        epoch_days=2458000.123456789, note="è un'ellisse; DROP TABLE verdict_log --",
    )  # fmt: skip
    kept = log.append(given)
    assert repr(kept) == repr(replace(given, id=kept.id))
    assert log.append(replace(given, created="2030-01-01T00:00:00Z")).id == kept.id
    with pytest.raises(InputError, match="another verdict has this identifier"):
        log.append(replace(given, kind="unsure", classes=""))
    assert repr(opened(url).read()) == repr([kept])
    table = read_log(url)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == COLUMNS
    assert table["source_id"].tolist() == [2**63 - 1]
    for statement in ("UPDATE verdict_log SET note = 'x'", "DELETE FROM verdict_log",
                      "TRUNCATE verdict_log"):  # fmt: skip
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), log.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert len(log) == 1


def test_vetters_at_once_lose_nothing_and_see_each_other(opened: Opened, url: str) -> None:
    logs: list[VerdictLog] = []
    run_all([lambda: logs.append(opened(url)) for _ in range(4)])  # all make the tables
    assert len(logs) == 4
    books = [VerdictBook(log) for log in logs]
    sent = [[verdict(star, vetter=f"v{k}") for star in range(25)] for k in range(4)]

    def vet(k: int) -> None:
        for entry in sent[k]:
            books[k].append(entry)
            logs[(k + 1) % 4].append(entry)  # the retry comes through another connection
            books[k].refresh()

    run_all([lambda k=k: vet(k) for k in range(4)])
    kept = logs[0].read()
    assert sorted(e.client_id for e in kept) == sorted(e.client_id for s in sent for e in s)
    for book in books:
        book.refresh()
        assert book.vetters == {f"v{k}": 25 for k in range(4)}
    books[0].append(books[0].undo("v0"))
    books[3].refresh()
    assert books[3].vetters["v0"] == 24


def run_all(jobs: list[Any]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_server_that_crashes_keeps_what_it_acknowledged(
    opened: Opened, postgres: Postgres, url: str
) -> None:
    log = opened(url)
    acknowledged: list[str] = []

    def stream() -> None:
        try:
            while True:
                acknowledged.append(log.append(verdict(7)).client_id)
        except sa.exc.DBAPIError:
            return

    for _ in range(3):
        before = len(acknowledged)
        writer = threading.Thread(target=stream)
        writer.start()
        while len(acknowledged) < before + 20:
            time.sleep(0.01)
        postgres.stop(signal.SIGQUIT)
        writer.join()
        postgres.start()
    kept = [entry.client_id for entry in log.read()]  # the log finds the server again by itself
    assert set(acknowledged) <= set(kept)
    assert len(set(kept)) == len(kept) <= len(acknowledged) + 3


def test_an_older_schema_is_brought_up_to_date(opened: Opened, url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        database.migrate(connection, "0001")
    engine.dispose()
    log = opened(url)
    log.append(verdict(8, seconds=2.5))
    assert [entry.seconds for entry in log.read()] == [2.5]


def test_backup_and_restore(
    opened: Opened, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = opened(url)
    for star in range(5):
        log.append(verdict(star))
    backup = tmp_path / "backup.sqlite"
    assert main(["backup", url, "--out", str(backup)]) == 0
    log.append(verdict(5))
    assert main(["restore", str(backup), "--into", url]) == 0
    assert "0 entries added, 5 were there already" in capsys.readouterr().out
    other = tmp_path / "other.sqlite"
    assert main(["restore", str(backup), "--into", str(other)]) == 0
    assert [e.source_id for e in opened(str(other)).read()] == list(range(5))


def test_a_server_that_is_not_there_is_told(postgres: Postgres) -> None:
    with pytest.raises(InputError, match="no log of verdicts at postgresql://ada:\\*\\*\\*@"):
        VerdictLog("postgresql://ada:secret@127.0.0.1:1/nothing")
    with pytest.raises(InputError, match='database "nothing" does not exist'):
        VerdictLog(postgres.url.removesuffix("postgres") + "nothing")
