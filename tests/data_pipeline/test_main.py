"""The command line as a user types it, in a process of its own where it matters."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from data_pipeline.__main__ import main
from data_pipeline.cli import run_main
from data_pipeline.survey import Survey

CONFIG = """
name = "Mine"
[catalog]
file = "stars.csv"
columns = { original_id = "id", class_label = "type" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "my.toml").write_text(CONFIG)
    (tmp_path / "stars.csv").write_text("id,type\na,EW\nb,M\nb,M\n")
    return tmp_path / "my.toml"


def test_build_then_inspect(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, figures = tmp_path / "survey", tmp_path / "figures.json"
    assert run_main(main, ["build", str(config), "--out", str(out), "--workers", "1"]) == 0
    assert "Mine: 2 stars, 2 labelled" in capsys.readouterr().out
    assert run_main(main, ["inspect", str(out), "--verify", "--json", str(figures)]) == 0
    text = capsys.readouterr().out
    assert "rejected: identifier occurs before 1" in text
    assert "warning: no column is a feature" in text
    assert "every file matches its sha256" in text
    written = json.loads(figures.read_text())
    assert written["verified"]
    assert written["classes"]["EW"]["n"] == 1


def test_data_directory_is_overridden(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "stars.csv").rename(moved / "stars.csv")
    arguments = ["build", str(config), "--out", str(tmp_path / "survey"), "--workers", "1"]
    assert run_main(main, arguments) == 2
    assert "stars.csv does not exist. Say where" in capsys.readouterr().err
    assert run_main(main, [*arguments, "--data", str(moved)]) == 0


def test_bad_input_is_one_message_and_status_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "data_pipeline", "inspect", str(tmp_path / "nowhere")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path / 'nowhere'} is not a directory.\n"


def test_verify_finds_a_changed_byte(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "survey"
    run_main(main, ["build", str(config), "--out", str(out), "--workers", "1"])
    file = out / "splits.parquet"
    content = bytearray(file.read_bytes())
    content[10] ^= 1
    file.write_bytes(content)
    capsys.readouterr()
    assert run_main(main, ["inspect", str(out), "--verify"]) == 2
    assert "contents of splits.parquet differ" in capsys.readouterr().err


def test_demo_writes_a_simulated_survey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    arguments = ["demo", "--out", str(out), "--n-stars", "40", "--seed", "3", "--workers", "1"]
    assert run_main(main, arguments) == 0
    assert "(simulated): 40 stars" in capsys.readouterr().out
    assert Survey.open(out).is_synthetic


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--out", "x", "--spectra-fraction", "2"], "must lie in 0 .. 1, found 2"),
        (["demo", "--out", "x", "--n-stars", "0"], "must be at least 1, found 0"),
        (["demo", "--out", "x", "--seed", "-1"], "must be at least 0, found -1"),
        (["build", "x.toml"], "required: --out"),
        (["bild"], "invalid choice: 'bild'"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(arguments)
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err
