"""Fifty verdicts with keys alone in a real browser; what outlives a server that is killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from browsing import REPOSITORY, eventually, free_port, open_page, wait_for_answer
from playwright.sync_api import Browser, Page, expect

from app.atlas_store import AtlasStore
from app.searching import Question, answer, ask_star
from app.verdicts.entry import Entry
from app.verdicts.log import VerdictLog

pytestmark = pytest.mark.browser
LONG_QUEUE = f"flags={quote(json.dumps({'percentile': 80.0, 'min_modalities': 1}))}"
"""Every star that is a little far out by one kind of data."""
CYCLE: list[tuple[str, ...]] = [
    ("1",),
    ("2", "1", "Enter"),  # the likeliest other class
    ("2", "1", "2", "Enter"),  # one of two
    ("3", "3", "Enter"),  # the third of the periods offered
    ("Shift+4",),  # probably
    ("n", "b", "l", "e", "n", "d", "Enter", "5"),
    ("7",),
    ("8",),
    ("0", "6"),
    ("2", "e", "Enter", "Enter"),  # by its name
]
KINDS = [
    "right", "wrong_class", "wrong_class", "wrong_period", "outlier", "artefact", "not_variable",
    "unsure", "other_spectrum", "wrong_class",
]  # fmt: skip


class Server:
    """A served page with its own log, that can be killed and started again on the same port."""

    def __init__(self, atlas: Path, directory: Path) -> None:
        self.log_path, self._atlas, self._said = directory / "log.sqlite", atlas, directory / "said"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/app"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "panel", "serve", "app", "--port", str(self.port)]
        arguments = ["--args", str(self._atlas), "--verdicts", f"sqlite:///{self.log_path}"]
        with self._said.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, *arguments], cwd=REPOSITORY, stdout=output, stderr=output
            )
        wait_for_answer(self.address, self.process, self._said)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, by default without a warning."""
        self.process.send_signal(how)
        self.process.wait(timeout=30)

    def entries(self) -> list[Entry]:
        """What stands in the log."""
        return VerdictLog(self.log_path).read()


@pytest.fixture(scope="module")
def vetting(sky_atlas_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(sky_atlas_path, tmp_path_factory.mktemp("vetting"))
    yield server
    server.kill(signal.SIGTERM)


def star(page: Page) -> str:
    """Name of the star on the card."""
    return page.locator("aside .star-name").inner_text()


def open_queue(page: Page, address: str) -> None:
    """Open the page and wait until the pad takes keys."""
    open_page(page, address)
    expect(page.locator(".progress b")).to_be_visible()
    expect(page.locator(".pad [data-kind=right]")).to_be_visible()


def decide(page: Page, *keys: str) -> str:
    """Press keys, wait until another star stands there, and return its name."""
    before = star(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("aside .star-name")).not_to_have_text(before)
    return star(page)


def test_fifty_verdicts_with_keys_alone(page: Page, vetting: Server) -> None:
    open_queue(page, f"{vetting.address}?mode=Vet&{LONG_QUEUE}")
    card, progress = page.locator("aside .star-name"), page.locator(".progress b")
    expect(progress).to_have_text("0")
    names = [star(page)]
    for place in range(50):
        names.append(decide(page, *CYCLE[place % len(CYCLE)]))
    assert len(set(names)) == 51, "each star once"
    expect(progress).to_have_text("50")
    expect(page.locator(".pad .status")).not_to_contain_text("not saved")
    given = vetting.entries()
    assert [entry.kind for entry in given] == 5 * KINDS
    assert len({entry.source_id for entry in given}) == 50
    assert [entry.is_sure for entry in given[:10]] == [*[True] * 4, False, *[True] * 3, False, True]
    assert given[1].classes
    assert given[2].classes.count("|") == 1
    assert given[3].period_days > 0
    assert [entry.note for entry in given[4:7]] == ["", "blend", ""]
    assert given[9].classes.startswith("E")
    assert all(0 < entry.seconds < 60 for entry in given)

    # undo to any depth, redo, and a reload that forgets neither
    for back in range(3):
        page.keyboard.press("u" if back else "Control+z")
        expect(card).to_have_text(names[49 - back])
    expect(progress).to_have_text("47")
    page.keyboard.press("r")
    expect(card).not_to_have_text(names[47])  # the next one by what was learned meanwhile
    page.reload()
    expect(page.locator(".pad [data-act=redo]")).to_be_enabled()
    expect(progress).to_have_text("48")
    page.keyboard.press("r")
    eventually(lambda: len(vetting.entries()) == 55, "redone after a reload")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("probable instead of sure")


def test_two_vetters_see_each_other(page: Page, vetting: Server) -> None:
    open_queue(page, f"{vetting.address}?mode=Vet")
    other = page.context.new_page()
    open_queue(other, f"{vetting.address}?mode=Vet")
    other.locator(".status .who").click()
    other.keyboard.press("Control+a")
    other.keyboard.type("<b>Eve</b>")
    other.keyboard.press("Enter")
    expect(other.locator(".status .who")).to_have_text("<b>Eve</b>")
    expect(other.locator(".progress b")).to_have_text("0")
    decide(other, "1")
    expect(page.locator(".progress")).to_contain_text("1 other")
    expect(page.locator(".progress")).to_have_attribute("title", "<b>Eve</b>: 1")
    other.close()


def test_a_search_among_stars_not_yet_vetted_leaves_out_the_star_of_a_verdict(
    page: Page, vetting: Server, store: AtlasStore
) -> None:
    row = next(i for i in range(store.n) if not nearest(store, i) & vetted(vetting))
    asked = f"{vetting.address}?mode=Search&like=pinned&pin={store.source_id[row]}"
    open_page(page, asked)
    tray = page.locator("section.tray")
    rows = tray.locator(".row:visible .who b")
    names = rows.all_inner_texts()[:4]
    tray.get_by_role("button", name="not yet vetted").click()
    expect(rows.first).to_have_text(names[0])
    page.mouse.move(5, 880)
    page.keyboard.press("ArrowDown")
    expect(page.locator("aside .star-name")).to_have_text(names[0])
    page.keyboard.press("Shift+V")
    expect(page.locator(".pad [data-kind=right]")).to_be_visible()
    decide(page, "1")
    page.keyboard.press("Shift+S")
    second = store.name(int(answer(store, Question(ask_star(store, row))).rows[1]))
    expect(rows.first).to_have_text(second)
    filtered = quote(json.dumps(["not_vetted"]))  # where nobody has looked at the queue, too
    open_page(page, f"{asked}&where={filtered}")
    expect(rows.first).to_have_text(second)


def nearest(store: AtlasStore, row: int) -> set[int]:
    """Identifiers of a star and of the four most like it."""
    rows = [row, *answer(store, Question(ask_star(store, row))).rows[:4]]
    return set(store.source_id[rows].tolist())


def vetted(server: Server) -> set[int]:
    """Identifiers of stars with a verdict."""
    return {entry.source_id for entry in server.entries()}


def test_a_killed_server_loses_nothing(browser: Browser, vetting: Server) -> None:
    """What was acknowledged is in the log; what was not is sent again when it is back."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})  # errors are expected in it
    open_queue(page, f"{vetting.address}?mode=Vet&{LONG_QUEUE}")
    before = len(vetting.entries())
    decide(page, "8")
    eventually(lambda: len(vetting.entries()) == before + 1, "the verdict is in the log")
    vetting.process.send_signal(signal.SIGSTOP)  # it does not answer any more
    page.keyboard.press("5")
    expect(page.locator(".pad .status")).to_contain_text("1 not saved yet")
    vetting.kill()
    assert len(vetting.entries()) == before + 1
    vetting.start()
    eventually(lambda: len(vetting.entries()) == before + 2, "sent again", timeout_s=60)
    assert vetting.entries()[-1].kind == "artefact"
    kept = "() => Object.keys(localStorage).filter(name => name.startsWith('astrom3:unsaved'))"
    eventually(lambda: page.evaluate(kept) == [], "nothing is left to be sent once more")
    assert len(vetting.entries()) == before + 2
    page.close()
