"""`panel serve app` with what is no atlas: one message, exit status 2, no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from bokeh.client import ClientSession
from bokeh.client.util import websocket_url_for_server_url

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["/no/such/atlas"], "/no/such/atlas is not a directory"),
        (["one", "two"], "one atlas at most, found 2: one two"),
    ],
)
def test_bad_atlas_ends_with_one_message(arguments: list[str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "panel", "serve", "app", "--port", "0", "--args", *arguments],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_directory_that_is_no_atlas_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "panel", "serve", "app", "--port", "0", "--args", str(tmp_path)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_session_without_a_page_looks_for_nothing_outside(server: str) -> None:
    with ClientSession(websocket_url=websocket_url_for_server_url(server)) as session:
        session.connect()
        connection = session._connection
        asked = connection._protocol.create("PULL-DOC-REQ")
        answer = connection._send_message_wait_for_reply(asked).content_json
    assert "bundled/theme/native.css" in answer
    assert "cdn.holoviz.org" not in answer
