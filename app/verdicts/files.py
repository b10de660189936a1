"""The log as files: backup and restore of all of it, export for other tools.

A backup is an SQLite log like any other, whatever database it comes from. Restoring adds the
entries that are missing, so that a backup can be restored twice, and the logs of several vetters be
brought together.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from app.export.formats import harmless
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError
from data_pipeline.verdict_log import COLUMNS, read_log

EXPORTS = (".csv", ".parquet")


def backup(log: VerdictLog, target: Path) -> int:
    """Copy a log that may be in use into a new SQLite file; return the number of entries."""
    if target.exists():
        raise InputError(f"{target} exists already; a backup overwrites nothing.")
    partial = target.with_name(target.name + ".partial")
    if partial.exists():
        raise InputError(f"{partial} is left from a backup that did not end; remove it first.")
    copy = VerdictLog(f"sqlite:///{partial.absolute()}")
    try:
        n_entries = copy.append_all(log.read())
    finally:
        copy.close()
    with sqlite3.connect(partial) as connection:  # all of it in the one file, and sound
        connection.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    if verdict != "ok":
        raise InputError(f"the backup {partial} is not sound: {verdict}.")
    partial.rename(target)
    return n_entries


def restore(source: VerdictLog, log: VerdictLog) -> int:
    """Add the entries of a backup that a log lacks, all or none; return how many there were."""
    return log.append_all(source.read())


def export(where: str | Path, target: Path) -> int:
    """Write all entries as CSV or Parquet; return how many.

    In the CSV identifiers are text and nothing is a formula to a spreadsheet; the Parquet file
    holds every character as it was given.
    """
    if target.suffix not in EXPORTS:
        raise InputError(f"{target}: the name ends in {' or '.join(EXPORTS)}.")
    table = read_log(where)
    if target.suffix == ".parquet":
        table.to_parquet(target, index=False)
        return len(table)
    for name, kind in COLUMNS.items():
        if kind == "string":
            table[name] = [
                harmless(text) if isinstance(text, str) else text for text in table[name]
            ]
    table["source_id"] = table["source_id"].astype(str)
    table.to_csv(target, index=False)
    return len(table)
