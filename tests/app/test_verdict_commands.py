"""Backup, restore, export and report from the command line; labels for a classifier."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from app.atlas_store import AtlasStore
from app.verdicts.__main__ import main
from app.verdicts.book import VerdictBook
from app.verdicts.database import default_url
from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from data_pipeline.verdict_log import labels_from, read_log
from model.labels import read_labels

SAID = [
    # star of the survey, vetter, kind, classes
    (0, "ada", "wrong_class", "SR"),
    (0, "bob", "wrong_class", "SR"),
    (0, "eve", "right", ""),
    (1, "ada", "right", ""),
    (2, "ada", "wrong_class", "EW|RRAB"),
    (3, "ada", "artefact", ""),
    (4, "ada", "unsure", ""),
    (5, "ada", "wrong_class", "SR"),
    (5, "bob", "right", ""),
    (6, "ada", "not_variable", ""),
    (7, "ada", "wrong_period", ""),
]


def fill(log: VerdictLog, source_id: list[int]) -> None:
    for star, vetter, kind, classes in SAID:
        note = "=HYPERLINK(1)" if kind == "right" else ""
        log.append(
            Entry(new_client_id(), "verdict", vetter, source_id[star], kind=kind, classes=classes,
                  note=note)
        )  # fmt: skip
    book = VerdictBook(log)
    book.append(
        Entry(new_client_id(), "verdict", "ada", source_id[8], kind="wrong_class", classes="SR")
    )
    book.append(book.undo("ada"))


@pytest.fixture
def log(tmp_path: Path, tiny_survey: Path) -> VerdictLog:
    log = VerdictLog(tmp_path / "log.sqlite")
    fill(log, [*Survey.open(tiny_survey).source_id.tolist(), 99])
    return log


def test_verdicts_become_labels(log: VerdictLog, tiny_survey: Path, tmp_path: Path) -> None:
    survey = Survey.open(tiny_survey)
    log.append(Entry(new_client_id(), "verdict", "ada", 12, kind="wrong_class", classes="SR"))
    labels = labels_from(read_log(tmp_path / "log.sqlite")).set_index("source_id")["class_label"]
    expected = {0: "SR", 2: None, 3: None, 5: None, 6: None}  # a tie is no label
    assert labels.drop(12).to_dict() == {survey.source_id[k]: v for k, v in expected.items()}
    files = [tmp_path / name for name in ("log.sqlite", "out.csv", "out.parquet")]
    for file in files[1:]:
        assert main(["export", str(log.url), "--out", str(file)]) == 0
    before = read_labels(survey)
    for where in [*files, log.url]:  # stars of other surveys do not matter
        after = read_labels(survey, where)
        changed = [row for row in range(len(survey)) if after[row] != before[row]]
        assert {row: after[row] for row in changed} == expected, where


def test_backup_and_restore(log: VerdictLog, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    source = str(tmp_path / "log.sqlite")
    copy, other = tmp_path / "copy.sqlite", tmp_path / "other.sqlite"
    assert main(["backup", source, "--out", str(copy)]) == 0
    assert not list(tmp_path.glob("copy*-wal")), "everything is in the one file"
    VerdictLog(other).append(Entry(new_client_id(), "verdict", "zoe", 5, kind="right"))
    for said in ("13 entries added, 0 were", "0 entries added, 13 were"):
        assert main(["restore", str(copy), "--into", str(other)]) == 0
        assert said in capsys.readouterr().out
    names = [entry.client_id for entry in log.read()]
    assert [entry.client_id for entry in VerdictLog(other).read()][1:] == names
    assert repr(VerdictLog(copy).read()) == repr(log.read())
    assert main(["backup", source, "--out", str(copy)]) == 2
    assert "overwrites nothing" in capsys.readouterr().err


def test_a_damaged_backup_changes_nothing(log: VerdictLog, tmp_path: Path) -> None:
    rotten = tmp_path / "rotten.sqlite"
    VerdictLog(rotten).append(Entry(new_client_id(), "verdict", "zoe", 1, kind="right"))
    first = log.read()[0]
    with VerdictLog(rotten).engine.begin() as connection:  # same identifier, another star
        row = {**first.record(), "source_id": 77}
        columns = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        from sqlalchemy import text

        connection.execute(text(f"INSERT INTO verdict_log ({columns}) VALUES ({marks})"), row)
    n_before = len(log)
    assert main(["restore", str(rotten), "--into", log.url]) == 2
    assert len(log) == n_before


def test_an_export_holds_nothing_a_spreadsheet_would_run(log: VerdictLog, tmp_path: Path) -> None:
    assert main(["export", log.url, "--out", str(tmp_path / "log.csv")]) == 0
    with (tmp_path / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["note"] for row in rows} == {"", "'=HYPERLINK(1)"}
    assert main(["export", log.url, "--out", str(tmp_path / "log.parquet")]) == 0
    exact = pd.read_parquet(tmp_path / "log.parquet")
    assert set(exact["note"]) == {"", "=HYPERLINK(1)"}
    assert exact["source_id"].dtype == "int64"
    assert [int(row["source_id"]) for row in rows] == exact["source_id"].tolist()


def test_report(store: AtlasStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = VerdictLog(tmp_path / "log.sqlite")
    fill(log, store.source_id.tolist())
    arguments = ["report", str(store.atlas.path), "--verdicts", log.url]
    assert main([*arguments, "--json", str(tmp_path / "report.json")]) == 0
    said = capsys.readouterr().out
    assert "not estimable" in said, "nobody looked at stars drawn at random"
    found = json.loads((tmp_path / "report.json").read_text())
    assert {name: of["verdicts"] for name, of in found["vetters"].items()} == {
        "ada": 8, "bob": 2, "eve": 1,
    }  # fmt: skip
    assert found["agreement"]["stars"] == 2
    assert found["shares"][0]["n"] == store.n


def test_what_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "no.sqlite"), "--out", str(tmp_path / "x")]) == 2
    assert "is not a file" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "no.sqlite"), "--out", "x.csv"]) == 2
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column id"):
        read_log(table)


def test_the_log_lies_beside_the_atlas(tmp_path: Path) -> None:
    assert default_url(tmp_path / "atlas") == f"sqlite:///{tmp_path}/atlas.verdicts.sqlite"
    assert default_url(f"{tmp_path}/atlas/") == f"sqlite:///{tmp_path}/atlas.verdicts.sqlite"
