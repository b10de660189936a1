"""A table sent to TOPCAT through its own hub, and a row marked there coming back.

Needs the Debian packages topcat and xvfb; TOPCAT is started by the test on a screen nobody sees.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyvo import samp

from app.export.formats import to_votable
from app.export.table import star_table
from app.samp_link import SampLink
from data_pipeline.errors import InputError
from data_pipeline.schema import STANDARD_COLUMNS

pytestmark = pytest.mark.full
START_S = 120


@pytest.fixture
def topcat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """TOPCAT with an external hub whose file is the test's own."""
    if shutil.which("topcat") is None or shutil.which("xvfb-run") is None:
        pytest.skip("topcat or xvfb is not installed (apt-get install topcat xvfb)")
    lock = tmp_path / "samp"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    monkeypatch.setattr(samp.conf, "use_internet", False)
    hub = samp.SAMPHubServer(
        web_profile=False, addr="127.0.0.1", mode="multiple", lockfile=str(lock)
    )
    hub.start()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["xvfb-run", "-a", "topcat", "-samp"], stdout=log, stderr=log,
            env={**os.environ}, start_new_session=True,
        )  # fmt: skip
    yield
    hub.stop()  # first: it tells its clients
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)


def eventually(holds: Any, seconds: float = START_S) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.3)
    return found


def test_topcat_takes_the_table_and_answers(topcat: None) -> None:
    heard: list[tuple[str, list[int]]] = []
    link = SampLink(lambda table, rows: heard.append((table, rows)), lambda *_: None)

    def listens() -> bool:
        try:
            return any("topcat" in name.lower() for name in link.connect())
        except InputError:
            return False

    eventually(listens)
    objects = pd.DataFrame(
        {"source_id": np.arange(5, dtype=np.int64) + 2**62, "ra_deg": 1.0, "dec_deg": 2.0}
    )
    assert link.send_table(
        to_votable(star_table(objects, STANDARD_COLUMNS, range(5)), {}), "t", "T"
    )
    time.sleep(5)
    link.send_row("t", 3)  # TOPCAT would drop the message of a table it could not read
    client = link._client
    topcat_id = next(
        one for one in client.get_subscribed_clients("table.highlight.row")
        if "topcat" in client.get_metadata(one).get("samp.name", "").lower()
    )  # fmt: skip
    answer = client.ecall_and_wait(
        topcat_id, "table.select.rowList", "180", **{"table-id": "t", "url": "", "row-list": ["1"]}
    )
    assert answer["samp.status"] == "samp.ok"
    link.close()
