"""The habits all command lines share."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.cli import progress, run_main, write_json
from data_pipeline.errors import InputError


def test_bad_input_is_one_message_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    def main(argv: Sequence[str] | None) -> None:
        raise InputError("the file is empty. Give another.")

    assert run_main(main, []) == 2
    assert capsys.readouterr().err == "error: the file is empty. Give another.\n"


def test_a_file_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "no" / "table.csv"
    for write in (lambda _: target.write_text("a"), lambda _: pd.DataFrame().to_csv(target)):
        assert run_main(write, []) == 2
        message = capsys.readouterr().err
        assert message.startswith("error: ")
        assert str(target.parent) in message


def test_interruption_is_no_traceback() -> None:
    def main(argv: Sequence[str] | None) -> None:
        raise KeyboardInterrupt

    assert run_main(main, []) == 130


def test_success_is_status_0() -> None:
    assert run_main(lambda argv: None, []) == 0


def test_figures_are_plain_json(tmp_path: Path) -> None:
    figures = {
        "n": np.int64(3), "x": np.float32(0.5), "nan": np.nan, "inf": np.array([1.0, np.inf]),
        "ok": np.bool_(True), 4: (Path("a"), None), "text": "Å",
    }  # fmt: skip
    write_json(tmp_path / "f.json", figures)
    assert json.loads((tmp_path / "f.json").read_text()) == {
        "n": 3, "x": 0.5, "nan": None, "inf": [1.0, None], "ok": True, "4": ["a", None], "text": "Å"
    }  # fmt: skip


def test_figures_go_nowhere_unless_asked(tmp_path: Path) -> None:
    write_json(None, {"n": 1})
    with pytest.raises(InputError, match=r"cannot write the figures to .*No such file"):
        write_json(tmp_path / "no" / "f.json", {})


def test_progress_shows_on_stderr_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(progress(range(3), "stars")) == [0, 1, 2]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "stars: 100%" in shown.err
    monkeypatch.setenv("ASTROM3_QUIET", "1")
    assert list(progress(range(3), "stars")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
