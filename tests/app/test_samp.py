"""SAMP both ways against a real hub; grey where the page is served to others."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from pyvo import samp

from app.atlas_store import AtlasStore
from app.export.lists import selected_stars
from app.export.reading import read_list
from app.samp_control import SampControl
from app.samp_link import SampLink
from app.samp_place import why_not_local
from app.state import AppState
from data_pipeline.errors import InputError


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hub of its own, found through SAMP_HUB, on this machine alone."""
    monkeypatch.setattr(samp.conf, "use_internet", False)
    lock = tmp_path / "samp"
    hub = samp.SAMPHubServer(
        web_profile=False, addr="127.0.0.1", mode="multiple", lockfile=str(lock)
    )
    hub.start()
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    yield hub
    hub.stop()


@pytest.fixture
def other(hub: Any) -> Iterator[Any]:
    """Another program at the hub; `heard` collects what it is told."""
    client = samp.SAMPIntegratedClient(name="Other", addr="127.0.0.1")
    client.connect()
    client.heard = []
    for mtype in ("table.load.votable", "table.highlight.row", "coord.pointAt.sky"):
        client.bind_receive_message(mtype, lambda *told: client.heard.append((told[3], told[4])))
    yield client
    client.disconnect()


@pytest.fixture
def control(store: AtlasStore, other: Any) -> Iterator[SampControl]:
    """The page's control, ten stars to send, connected."""
    state = AppState(store.n)
    stars = selected_stars(store, np.arange(store.n) % 40 == 3, [])
    control = SampControl(
        state, store, lambda: stars, lambda s: (s.table(store), s.provenance(store, {}))
    )
    control.toggle.clicks += 1
    yield control
    control.close()


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_table_row_and_position_go_out(control: SampControl, other: Any, store: AtlasStore) -> None:
    assert "Other" in control.words.object
    control.send.clicks += 1
    assert "10 stars sent to 1 program." in control.words.object
    eventually(lambda: bool(other.heard))
    mtype, table = other.heard[0]
    assert mtype == "table.load.votable"
    sent = read_list(Path(table["url"].removeprefix("file://")))
    assert sent.source_id.tolist() == store.source_id[3::40].tolist()
    control.state.focus = 43
    eventually(lambda: len(other.heard) == 3)
    heard = dict(other.heard)
    assert heard["table.highlight.row"]["row"] == "1"
    assert heard["table.highlight.row"]["table-id"] == table["table-id"]
    assert float(heard["coord.pointAt.sky"]["ra"]) == pytest.approx(store.objects["ra_deg"][43])


def test_a_send_that_is_stopped_reaches_nobody(control: SampControl, other: Any) -> None:
    stopped = Event()
    stopped.set()
    assert control.link is not None
    assert "nothing was sent" in control.send_list(control.link, control._listed(), stopped)
    assert control.sent == {}
    control.send.label = "Stop"
    control.send.clicks += 1
    assert control.send.label == "Send table"
    assert "nothing was sent" in control.words.object
    control.send.clicks += 1
    eventually(lambda: len(other.heard) == 1)


def test_rows_and_positions_come_in(control: SampControl, other: Any, store: AtlasStore) -> None:
    control.send.clicks += 1
    table_id = next(iter(control.sent))
    state = control.state
    other.enotify_all("table.highlight.row", **{"table-id": table_id, "url": "", "row": "2"})
    eventually(lambda: state.focus == 83)
    rows = {"table-id": table_id, "url": "", "row-list": ["0", "4", "99", "x"]}
    other.enotify_all("table.select.rowList", **rows)
    eventually(lambda: state.n_selected == 2)
    assert np.flatnonzero(state.selection).tolist() == [3, 163]
    star = store.objects.iloc[200]
    place = {"ra": str(star["ra_deg"]), "dec": str(star["dec_deg"])}
    answer = other.ecall_and_wait(
        next(iter(other.get_subscribed_clients("coord.pointAt.sky"))), "coord.pointAt.sky", "10",
        **place,
    )  # fmt: skip
    assert answer["samp.status"] == "samp.ok"
    eventually(lambda: state.focus == 200)
    time.sleep(0.2)
    told = [mtype for mtype, _ in other.heard if mtype != "table.load.votable"]
    assert told == [], "what another program said is not said back to it"
    other.enotify_all("coord.pointAt.sky", ra="nonsense", dec="91")
    other.enotify_all("table.highlight.row", **{"table-id": "not ours", "row": "1"})
    time.sleep(0.2)
    assert state.focus == 200


def test_one_session_owns_the_connection(control: SampControl) -> None:
    second = SampLink(lambda *_: None, lambda *_: None)
    with pytest.raises(InputError, match="Another session"):
        second.connect()
    control.close()
    second.connect()
    assert second.is_connected
    second.close()


def test_without_a_hub_it_says_what_to_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    with pytest.raises(InputError, match="Start TOPCAT or Aladin"):
        SampLink(lambda *_: None, lambda *_: None).connect()


@pytest.mark.parametrize(
    ("headers", "remote", "is_offered"),
    [
        ({"Host": "localhost:5006"}, "127.0.0.1", True),
        ({"Host": "127.0.0.1:5006"}, None, True),
        ({"Host": "[::1]:5006"}, "::1", True),
        ({"Host": "survey.example.org"}, "127.0.0.1", False),
        ({"Host": "localhost:5006"}, "192.168.1.7", False),
        ({"Host": "localhost", "X-Forwarded-For": "10.0.0.3"}, "127.0.0.1", False),
        ({"Host": "127.0.0.1.example.org"}, None, False),
        ({}, "127.0.0.1", False),
    ],
)
def test_samp_is_for_the_own_machine(
    headers: dict[str, str], remote: str | None, is_offered: bool
) -> None:
    assert (why_not_local(headers, remote) == "") == is_offered
