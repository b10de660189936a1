"""The log of verdicts: append-only, nothing twice, nothing lost, several people, migrations."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.verdicts import database
from app.verdicts.book import VerdictBook
from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError
from data_pipeline.verdict_log import COLUMNS, read_log, standing

WRITER = Path(__file__).parent / "verdict_writer.py"
REPOSITORY = Path(__file__).resolve().parents[2]


def verdict(star: int, kind: str = "right", vetter: str = "ada", **more: object) -> Entry:
    classes = {"classes": "EW"} if kind == "wrong_class" else {}
    return Entry(new_client_id(), "verdict", vetter, star, kind=kind, **{**classes, **more})  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def book(path: Path) -> VerdictBook:
    return VerdictBook(VerdictLog(path))


def test_what_goes_in_comes_out(path: Path) -> None:
    given = verdict(
        2**63 - 1, "wrong_class", classes="EW|RRC", is_sure=False, period_days=0.1234567890123,
        epoch_days=2458000.123456789, reason="period", note="è un'ellisse; DROP TABLE x --",
    )  # fmt: skip
    kept = VerdictLog(path).append(given)
    assert repr(kept) == repr(replace(given, id=1))  # NaN is not equal to itself
    assert repr(VerdictLog(path).read()) == repr([kept])
    table = read_log(path)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == COLUMNS
    assert table["source_id"].tolist() == [2**63 - 1]
    assert table["period_days"].tolist() == [0.1234567890123]


def test_sqlite_waits_for_the_disk(path: Path) -> None:
    log = VerdictLog(path)
    with log.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


@pytest.mark.parametrize(
    "statement", ["UPDATE verdict_log SET note = 'x'", "DELETE FROM verdict_log"]
)
def test_the_database_itself_refuses_changes(path: Path, statement: str) -> None:
    VerdictLog(path).append(verdict(1))
    with (
        sqlite3.connect(path) as connection,
        pytest.raises(sqlite3.IntegrityError, match="only grows"),
    ):
        connection.execute(statement)
    assert len(VerdictLog(path)) == 1


def test_a_retry_counts_once_and_another_verdict_may_not_take_its_place(path: Path) -> None:
    log = VerdictLog(path)
    given = verdict(5)
    first = log.append(given)
    assert log.append(replace(given, created="2030-01-01T00:00:00Z")).id == first.id
    with pytest.raises(InputError, match="another verdict has this identifier"):
        log.append(replace(given, kind="unsure"))
    assert len(log) == 1


def test_undo_and_redo_of_any_depth_are_entries(book: VerdictBook, path: Path) -> None:
    kinds = ["right", "wrong_class", "artefact", "unsure"]
    for star, kind in enumerate(kinds, 1):
        book.append(verdict(star, kind))
    book.append(verdict(1, "outlier"))  # thought better of it
    seen = []
    while book.can_undo("ada"):
        seen.append(book.append(book.undo("ada")).source_id)
    assert seen == [1, 4, 3, 2, 1]
    assert book.standing() == []
    for _ in range(3):
        book.append(book.redo("ada"))
    again = VerdictBook(VerdictLog(path))  # the stacks are in the log, not in the session
    assert [entry.kind for entry in again.standing("ada")] == kinds[:3]
    book.append(book.redo("ada"))
    book.append(book.redo("ada"))
    verdict_of_first = book.verdict("ada", 1)
    assert verdict_of_first is not None
    assert verdict_of_first.kind == "outlier"
    with pytest.raises(InputError, match="no verdict to redo"):
        book.redo("ada")
    assert len(book.log) == 5 + 5 + 5
    table = standing(read_log(path))
    assert dict(zip(table["source_id"], table["kind"], strict=True)) == {
        1: "outlier", 2: "wrong_class", 3: "artefact", 4: "unsure",
    }  # fmt: skip


def test_a_new_verdict_ends_what_could_be_redone(book: VerdictBook) -> None:
    book.append(verdict(1))
    book.append(book.undo("ada"))
    book.append(verdict(2))
    assert not book.can_redo("ada")


def test_nobody_undoes_the_verdict_of_another(book: VerdictBook) -> None:
    given = book.append(verdict(1, vetter="ada"))
    with pytest.raises(InputError, match="only ada can undo"):
        book.append(Entry(new_client_id(), "undo", "bob", 1, target=given.client_id))
    with pytest.raises(InputError, match="no verdict to undo"):
        book.undo("bob")
    with pytest.raises(InputError, match="no verdict to undo"):
        book.append(Entry(new_client_id(), "undo", "ada", 1, target=new_client_id()))
    assert len(book.standing()) == 1


def test_several_books_see_each_others_verdicts(path: Path) -> None:
    ada, bob = (VerdictBook(VerdictLog(path)) for _ in range(2))
    ada.append(verdict(1, "right", "ada"))
    ada.append(verdict(2, "unsure", "ada"))
    assert bob.refresh()
    assert not bob.refresh()
    bob.append(verdict(1, "wrong_class", "bob"))
    ada.refresh()
    assert {name: entry.kind for name, entry in ada.of_star(1).items()} == {
        "ada": "right", "bob": "wrong_class",
    }  # fmt: skip
    assert ada.vetters == {"ada": 2, "bob": 1}


def test_a_new_log_waits_for_another_that_makes_it(path: Path) -> None:
    """SQLite itself does not wait for the lock under which a new file gets its write-ahead log."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    done.start()
    log = VerdictLog(path)
    assert log.append(verdict(1, "right")).id == 1
    done.join()
    other.close()


def test_many_threads_and_two_connections_lose_nothing(path: Path) -> None:
    logs = [VerdictLog(path) for _ in range(2)]
    sent = [[verdict(star, vetter=f"v{k}") for star in range(25)] for k in range(4)]

    def send(k: int) -> None:
        for entry in sent[k]:
            logs[k % 2].append(entry)
            logs[k % 2].append(entry)

    threads = [threading.Thread(target=send, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = logs[0].read()
    assert sorted(e.client_id for e in kept) == sorted(e.client_id for s in sent for e in s)
    assert [entry.id for entry in kept] == sorted({entry.id for entry in kept})


def test_an_entry_committed_late_is_read_in_its_place(path: Path) -> None:
    book = VerdictBook(VerdictLog(path))
    entries = [replace(verdict(1, kind), id=k) for k, kind in enumerate(["right", "unsure"], 1)]
    book._take(entries[1:])
    book._take(entries)
    found = book.verdict("ada", 1)
    assert found is not None
    assert found.kind == "unsure"


def test_killed_writers_lose_nothing_they_acknowledged(path: Path) -> None:
    VerdictLog(path).close()
    randomness = random.Random(3)
    acknowledged: list[str] = []
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        ) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(randomness.uniform(0.0, 0.15))
            writer.kill()
            acknowledged += (first + writer.stdout.read()).decode().split()
    kept = {entry.client_id for entry in VerdictLog(path).read()}
    assert len(acknowledged) >= 10
    lost = [name for name in acknowledged if len(name) == 36 and name not in kept]
    assert lost == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_older_log_is_brought_up_to_date_with_what_it_holds(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        database.migrate(connection, "0001")
        row = verdict(7, note="old").record()
        del row["seconds"]
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        connection.execute(sa.text(f"INSERT INTO verdict_log ({names}) VALUES ({marks})"), row)
    engine.dispose()
    log = VerdictLog(path)
    assert [(entry.source_id, entry.note) for entry in log.read()] == [(7, "old")]
    log.append(verdict(8, seconds=2.5))
    with log.engine.connect() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        columns = {column["name"] for column in sa.inspect(connection).get_columns("verdict_log")}
    assert version == "0002"
    assert columns == set(COLUMNS)


def test_a_log_of_newer_software_is_left_alone(path: Path) -> None:
    VerdictLog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match="schema 9999; this version knows 0002 at most"):
        VerdictLog(path)


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is not a database at all " * 10)
    with pytest.raises(InputError, match=r"no log of verdicts at .*text\.sqlite"):
        VerdictLog(tmp_path / "text.sqlite")
    with pytest.raises(InputError, match="is not a file"):
        VerdictLog(tmp_path / "missing.sqlite", create=False)
    with pytest.raises(InputError, match="nosuch"):
        VerdictLog("nosuch://user:secret@host/db")


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    shown = database.without_password("postgresql://ada:secret@host/db")
    assert "secret" not in shown
    assert shown.startswith("postgresql://ada:***@host")
