"""Verdicts of people about stars: the words, and how a log of them is read.

A log is a list of entries that only grows: a verdict, the undoing of one, the redoing of one. What
a person thinks of a star now is what remains when the entries are read in order. The log is kept by
app.verdicts in a database; here it is read, from the database or from an exported file, so that a
classifier can learn from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from data_pipeline.errors import InputError

TABLE = "verdict_log"
SEPARATOR = "|"
"""Between the classes of an ambiguous verdict, EW|RRC."""


class Kind(NamedTuple):
    """What a verdict says.

    Attributes
    ----------
    words : str
        As a person reads it.
    is_wrong : bool or None
        Whether it says that the catalogue's class is wrong; None where it leaves that open.
    """

    words: str
    is_wrong: bool | None


KINDS = {
    "right": Kind("catalogue right", False),
    "wrong_class": Kind("wrong class", True),
    "wrong_period": Kind("wrong period", False),
    "outlier": Kind("outlier of its class", False),
    "artefact": Kind("blend or artefact", True),
    "other_spectrum": Kind("spectrum of another star", False),
    "not_variable": Kind("not variable", True),
    "unsure": Kind("unsure", None),
    "skip": Kind("skipped", None),
}
"""Every kind of verdict, in the order of the keys 1 to 9."""

COLUMNS = {
    "id": "int64", "client_id": "string", "action": "string", "target": "string",
    "vetter": "string", "created": "string", "source_id": "int64", "kind": "string",
    "classes": "string", "is_sure": "boolean", "period_days": "float64", "epoch_days": "float64",
    "reason": "string", "note": "string", "seconds": "float64", "atlas_hash": "string",
    "model_hash": "string", "shown": "string",
}  # fmt: skip
"""Columns of the log, name to pandas type. `epoch_days` is a time of phase zero in the time
reference of the survey, `created` is UTC (ISO 8601), `shown` is JSON."""


def read_log(where: str | Path) -> pd.DataFrame:
    """Read all entries of a log, oldest first.

    Parameters
    ----------
    where : str or path
        A database (SQLite file or SQLAlchemy URL), or a file exported from one (.parquet, .csv).

    Returns
    -------
    DataFrame
        With the columns `COLUMNS`.
    """
    text = str(where)
    try:
        if "://" in text or is_database(Path(text)):
            table = _from_database(text)
        elif text.endswith(".parquet"):
            table = pd.read_parquet(text)
        else:
            table = pd.read_csv(text, dtype={"source_id": "int64"}, comment="#")
    except (OSError, ValueError, sa.exc.SQLAlchemyError) as error:
        raise InputError(f"{text} could not be read as a log of verdicts: {error}.") from None
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(f"{text} lacks the column {missing[0]}, so it is no log of verdicts.")
    typed = table[list(COLUMNS)].astype(COLUMNS)
    return typed.sort_values("id", kind="stable", ignore_index=True)


def is_database(path: Path) -> bool:
    """Whether a file is an SQLite database, by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def is_log(where: str | Path) -> bool:
    """Whether this is a database or an exported log, and not a plain table of labels."""
    text = str(where)
    if "://" in text or is_database(Path(text)):
        return True
    try:
        if text.endswith(".parquet"):
            import pyarrow.parquet as pq

            names = pq.read_schema(text).names
        else:
            names = list(pd.read_csv(text, nrows=0, comment="#"))
    except (OSError, ValueError):
        return False
    return {"client_id", "kind", "vetter"} <= set(names)


def standing(log: pd.DataFrame) -> pd.DataFrame:
    """Verdicts that stand, one a vetter and star: the newest that was not undone.

    Parameters
    ----------
    log : DataFrame
        Entries, oldest first.

    Returns
    -------
    DataFrame
        Rows of `log`, in its order.
    """
    acts = log[log["action"] != "verdict"]
    last_act = acts.drop_duplicates("target", keep="last").set_index("target")["action"]
    undone = set(last_act.index[last_act == "undo"])
    given = log[(log["action"] == "verdict") & ~log["client_id"].isin(undone)]
    return given.drop_duplicates(["vetter", "source_id"], keep="last")


def labels_from(log: pd.DataFrame) -> pd.DataFrame:
    """What the verdicts make of the labels: columns source_id, class_label.

    Of the vetters who decided, the majority counts. A star they find right keeps its label and is
    not listed; a single other class replaces it; a class they cannot tell (EW|RRC), an artefact, a
    star that does not vary, and a tie leave the star without a label.
    """
    verdicts = standing(log)
    is_wrong = verdicts["kind"].map({name: kind.is_wrong for name, kind in KINDS.items()})
    decided = verdicts[is_wrong.notna()].copy()
    decided["opinion"] = [
        str(classes) if kind == "wrong_class" else "" if KINDS[kind].is_wrong else "="
        for kind, classes in zip(decided["kind"], decided["classes"], strict=True)
    ]
    named: dict[int, str | None] = {}
    for source_id, opinions in decided.groupby("source_id")["opinion"]:
        counts = opinions.value_counts()
        is_tie = len(counts) > 1 and counts.iloc[0] == counts.iloc[1]
        winner = "" if is_tie else str(counts.index[0])
        if winner != "=":
            named[int(str(source_id))] = winner if winner and SEPARATOR not in winner else None
    return pd.DataFrame(
        {
            "source_id": pd.Series(list(named), dtype="int64"),
            "class_label": pd.Series(list(named.values()), dtype=object),
        }
    )


def _from_database(where: str) -> pd.DataFrame:
    engine = sa.create_engine(where if "://" in where else f"sqlite:///{where}")
    try:
        with engine.connect() as connection:
            return pd.read_sql_table(TABLE, connection)
    finally:
        engine.dispose()
