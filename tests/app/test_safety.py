"""Trying to break it: hostile verdicts and addresses, forged sessions, users kept apart.

Whatever is sent, what was there before is there afterwards.
"""

import asyncio
import contextlib
import json
import math
import re
import socket
import urllib.error
import urllib.request
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from browsing import open_page, serving
from playwright.sync_api import Browser, Page, expect
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from app.atlas_store import AtlasStore
from app.export.formats import harmless
from app.permalink import Permalink
from app.state import AppState
from app.verdicts.book import VerdictBook
from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog
from app.vet_pad import VetPad
from app.vet_star import said_html
from app.views.vet_queue import VetQueue
from data_pipeline.errors import InputError

SCRIPT = "<script>alert(1)</script>"
SQL = "'); DROP TABLE verdict_log; --"
HUGE = "A" * 3_000_000


@pytest.fixture(scope="module")
def state(store: AtlasStore) -> Iterator[AppState]:
    shared, store.verdicts = store.verdicts, VerdictBook(VerdictLog())
    yield AppState(store.n, mode="Vet")
    store.verdicts = shared


@pytest.fixture(scope="module")
def vet(state: AppState, store: AtlasStore) -> VetQueue:
    """A queue in which one verdict was given, the same for all tests."""
    vet = VetQueue(state, store)
    vet.is_open = True
    first = {"kind": "right", "note": "the first", "client_id": FIRST}
    vet.act({"act": "verdict", "source_id": str(store.source_id[state.focus]), **first})
    return vet


FIRST = "00000000-0000-4000-8000-000000000000"
REFUSED: dict[str, dict[str, Any]] = {
    "a kind that is none": {"kind": "delete"},
    "an attribute as a kind": {"kind": "__class__"},
    "no kind": {"kind": ""},
    "a list as a kind": {"kind": ["right"]},
    "a star of another sky": {"source_id": "12"},
    "a star beyond 64 bits": {"source_id": "9" * 30},
    "a negative star": {"source_id": "-5"},
    "SQL as a star": {"source_id": f"1 {SQL}"},
    "a float as a star": {"source_id": 1e18},
    "no star": {"source_id": None},
    "the identifier of another verdict": {"client_id": FIRST},
    "a path as an identifier": {"client_id": "../../../etc/passwd"},
    "an empty identifier": {"client_id": ""},
    "SQL as an identifier": {"client_id": SQL},
    "an oversize note": {"note": HUGE},
    "an oversize reason": {"reason": HUGE},
    "a NUL in a note": {"note": "a\x00b"},
    "half a character in a note": {"note": "\ud800"},
    "control characters in a reason": {"reason": "\x1b[2J"},
    "a script as a class": {"kind": "wrong_class", "classes": [SCRIPT]},
    "SQL as a class": {"kind": "wrong_class", "classes": [SQL]},
    "a formula as a class": {"kind": "wrong_class", "classes": ["=1+1"]},
    "a path as a class": {"kind": "wrong_class", "classes": ["../../x"]},
    "two classes in one": {"kind": "wrong_class", "classes": ["EW|RRC"]},
    "a class twice": {"kind": "wrong_class", "classes": ["EW", "EW"]},
    "a thousand classes": {"kind": "wrong_class", "classes": [f"C{k}" for k in range(1000)]},
    "a number for the classes": {"kind": "wrong_class", "classes": 7},
    "a class without need": {"kind": "right", "classes": ["EW"]},
    "no class": {"kind": "wrong_class", "classes": []},
    "a negative period": {"period_days": -1},
    "an endless period": {"period_days": math.inf},
    "text as a period": {"period_days": "soon"},
    "a list as a period": {"period_days": [1]},
    "an endless epoch": {"epoch_days": math.inf},
    "time that runs back": {"seconds": -5},
    "text as a time": {"seconds": SCRIPT},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_verdicts_are_refused(vet: VetQueue, state: AppState, name: str) -> None:
    focus, before, state.notice = state.focus, repr(vet.vetting.book.log.read()), ""
    good = {"client_id": new_client_id(), "kind": "unsure"}
    star = {"source_id": str(vet.store.source_id[focus])}
    vet.act({"act": "verdict", **good, **star, **REFUSED[name]})
    assert state.notice, "it is told"
    assert len(state.notice) < 400
    assert state.focus == focus, "nobody moves on"
    assert repr(vet.vetting.book.log.read()) == before, "nothing is lost, nothing is added"


@pytest.mark.parametrize(
    "text", [SCRIPT, SQL, "=HYPERLINK(1)", "Robert\u202egnp.exe", "$(reboot)", "{{7*7}}", "../x"]
)
def test_hostile_notes_are_kept_to_the_letter_and_shown_as_text(vet: VetQueue, text: str) -> None:
    row, n_before = vet.state.focus, len(vet.vetting.book.log)
    source_id = str(vet.store.source_id[row])
    vet.act({
        "act": "verdict", "client_id": new_client_id(), "kind": "unsure", "note": text,
        "source_id": source_id, "reason": text, "vetter": "somebody else",
    })  # fmt: skip
    kept = vet.vetting.book.log.read()[-1]
    assert (kept.note, kept.reason) == (text, text)
    assert kept.vetter == vet.state.vetter, "the server knows who it is"
    said = said_html(vet.vetting, row)
    assert escape(text) in said
    assert "<script" not in said + vet.list.rows_html
    assert len(vet.vetting.book.log) == n_before + 1


@pytest.mark.parametrize(
    "message",
    [
        {}, {"act": None}, {"act": "drop"}, {"act": "verdict"}, {"act": "undo", "client_id": SQL},
        {"act": "redo", "client_id": FIRST}, {"act": "fold", "days": "x"},
        {"act": "fold", "days": -3}, {"act": "name", "name": HUGE}, {"act": "name"},
    ],
)  # fmt: skip
def test_senseless_messages_do_no_harm(vet: VetQueue, message: dict[str, Any]) -> None:
    before = repr(vet.vetting.book.log.read())
    vet.act(message)
    assert repr(vet.vetting.book.log.read()) == before
    assert len(vet.state.vetter) <= 120


def test_a_class_with_markup_is_text_on_the_pad(store: AtlasStore, state: AppState) -> None:
    classes = store.classes
    store.classes = [f"{SCRIPT}EW", *classes]
    try:
        pad = VetQueue(state, store).pad
    finally:
        store.classes = classes
    assert isinstance(pad, VetPad)
    assert "<script" not in pad.classes[0]["chip"]


BOMB = urlsafe_b64encode(zlib.compress(b"[" + b" " * 50_000_000 + b"]", 9)).decode().rstrip("=")
ADDRESSES = [
    "?star=" + "9" * 400, "?star=1e18", "?star=-1", f"?star={SCRIPT}", "?star=%00",
    "?mode=__init__",
    "?mode=" + "x" * 5000, "?theme=url(javascript:alert(1))", "?color=../../etc/passwd", "?map=[]",
    "?times=nan", "?times=-inf", "?times=1e999", "?hide={", "?hide=7", f"?sel={BOMB}",
    "?sel=" + "A" * 7000, "?sel=eJw", "?diagram=__class__", "?near=None", "?" + "&" * 4000,
    "?fold_factor=x&vetter=root&blind=no",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:24])
def test_nonsense_in_the_address_changes_nothing_it_should_not(
    store: AtlasStore, address: str
) -> None:
    state = AppState(store.n, diagram=next(iter(store.diagrams)), focus=3)
    Permalink(state, store, lambda text: None).restore(address)
    assert state.focus == 3
    assert state.n_selected == 0
    assert state.mode == "Explore"
    assert math.isfinite(state.fold_factor)
    assert state.fold_factor > 0
    assert len(state.notice) < 400, "text, set as text, and not too much of it"


def test_formulas_are_defused_wherever_text_leaves_as_csv() -> None:
    for start in "=+-@\t\r":
        assert harmless(f"{start}cmd|' /C calc'!A1").startswith("'")


def test_entries_cannot_be_forged_around_the_page() -> None:
    with pytest.raises(InputError, match="one of verdict, undo, redo"):
        Entry(new_client_id(), "delete", "ada", 1)
    with pytest.raises(InputError, match="needs somebody"):
        Entry(new_client_id(), "verdict", "  ", 1, kind="right")
    with pytest.raises(InputError, match="name the verdict they are about"):
        Entry(new_client_id(), "undo", "ada", 1)


# the server


@pytest.fixture(scope="module")
def guarded(sky_atlas_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Address and log of a server that asks for names and passwords."""
    directory = tmp_path_factory.mktemp("guarded")
    users = directory / "users.json"
    users.write_text(json.dumps({"ada": "one", "bob": "two"}))
    log = directory / "log.sqlite"
    with serving(
        str(sky_atlas_path), "--verdicts", f"sqlite:///{log}", log=directory / "said",
        options=["--basic-auth", str(users), "--cookie-secret", "not-so-secret-in-a-test"],
    ) as address:  # fmt: skip
        yield address, log


def test_the_server_listens_to_this_machine_alone(guarded: Any) -> None:
    port = int(guarded[0].split(":")[-1].split("/")[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells our own address
        except OSError:
            pytest.skip("this machine has no address but its own")
        mine = probe.getsockname()[0]
    if mine.startswith("127."):
        pytest.skip("this machine has no address but its own")
    with socket.socket() as caller:
        caller.settimeout(3)
        assert caller.connect_ex((mine, port)) != 0


def test_health(guarded: Any) -> None:
    with urllib.request.urlopen(f"{guarded[0]}/health", timeout=30) as reply:
        assert json.load(reply) == {"status": "ok"}


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/static/../main.py", "/app_hooks.py", "/%00"]
)
def test_files_of_the_server_stay_there(guarded: Any, path: str) -> None:
    status, text = _fetch(guarded[0] + path)
    assert status in (200, 400, 403, 404), "200 is the page that asks for a name"
    assert "root:" not in text
    assert "def prepare" not in text
    assert "from app.dashboard" not in text


def _fetch(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as reply:
            return reply.status, reply.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, ""


async def _connect(address: str, **headers: str) -> Any:
    url = address.replace("http", "ws") + "/ws"
    protocol = headers.pop("protocol", "bokeh, forged-token")
    request = HTTPRequest(url, headers=headers)
    socket_ = await websocket_connect(request, subprotocols=protocol.split(", "))
    return await asyncio.wait_for(socket_.read_message(), 20)


def test_a_page_of_another_origin_gets_no_connection(guarded: Any) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(_connect(guarded[0], Origin="https://evil.example"))


def test_a_forged_session_gets_nothing(guarded: Any) -> None:
    origin = re.sub(r"/app$", "", guarded[0])
    with contextlib.suppress(HTTPClientError):  # refused outright, or let in and hung up on
        assert asyncio.run(_connect(guarded[0], Origin=origin)) is None


@pytest.mark.browser
def test_users_are_kept_apart(guarded: Any, browser: Browser) -> None:
    address, log = guarded
    pages = {name: _signed_in(browser, address, name) for name in ("ada", "bob")}
    for name, page in pages.items():
        expect(page.locator(".pad .status")).to_have_text(name)
        assert page.locator(".pad .who").count() == 0, "the name is not to be chosen"
    ada, bob = pages["ada"], pages["bob"]
    first = ada.locator("aside .star-name").inner_text()
    ada.keyboard.press("1")
    expect(ada.locator("aside .star-name")).not_to_have_text(first)
    bob.keyboard.press("u")  # nothing of his to undo
    expect(bob.locator(".progress b")).to_have_text("0")
    bob.keyboard.press("8")
    expect(bob.locator(".progress b")).to_have_text("1")
    book = VerdictBook(VerdictLog(log))
    assert book.vetters == {"ada": 1, "bob": 1}
    assert len(book.log) == 2
    for page in pages.values():
        page.context.close()


def _signed_in(browser: Browser, address: str, name: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=30_000)
    page.goto(f"{address}?mode=Vet")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill({"ada": "one", "bob": "two"}[name])
    page.keyboard.press("Enter")
    page.wait_for_url("**/app**")
    open_page(page, f"{address}?mode=Vet")
    return page
