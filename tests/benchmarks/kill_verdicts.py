"""Kill what writes verdicts, again and again in the middle of a stream, and count what is lost.

    python tests/benchmarks/kill_verdicts.py [--kills 200]
    python tests/benchmarks/kill_verdicts.py --kills 20 --atlas ATLAS

Without an atlas a process streams verdicts into a log and prints which are acknowledged; it is
killed with SIGKILL at a random moment and started again on the same log. With an atlas it is
`panel serve app` that is killed while Chromium gives verdicts by key: acknowledged are those that
the page no longer keeps for itself, and those it still keeps are sent again to the next server.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "app")]

from browsing import free_port, launch, wait_for_answer  # noqa: E402

from app.verdicts.entry import Entry, new_client_id  # noqa: E402
from app.verdicts.log import VerdictLog  # noqa: E402

PATIENCE_MS = 180_000
"""A busy machine is slow, not wrong."""
_KEPT = (
    "Object.keys(localStorage).filter(k => k.startsWith('astrom3:unsaved'))"
    ".flatMap(k => JSON.parse(localStorage.getItem(k)).map(e => e.client_id))"
)
"""Identifiers of the verdicts that the browser holds until they are acknowledged."""
_REMEMBER = f"""
    window.given = []
    const set = Storage.prototype.setItem
    Storage.prototype.setItem = function (...entry) {{
      set.apply(this, entry)
      window.given.push(...{_KEPT}.filter(id => !window.given.includes(id)))
    }}
"""
"""Remembers every verdict from the moment the browser holds it."""


def kill_writers(log: Path, n_kills: int, randomness: random.Random) -> list[str]:
    """Kill a process that streams verdicts; return what it said was acknowledged."""
    acknowledged: list[str] = []
    for _ in range(n_kills):
        reading, writing = os.pipe()
        child = os.fork()  # with everything imported: what is measured is the log
        if child == 0:
            _stream(log, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            first = pipe.readline()
            time.sleep(randomness.uniform(0.0, 0.3))
            os.kill(child, signal.SIGKILL)
            said = first + pipe.read()
        os.waitpid(child, 0)
        lines = said.decode().splitlines(keepends=True)
        acknowledged += [line.strip() for line in lines if line.endswith("\n")]
    return acknowledged


def _stream(log: Path, where: int) -> NoReturn:
    """Write verdicts until the end, and say which are acknowledged."""
    try:
        kept = VerdictLog(log)
        while True:
            entry = Entry(new_client_id(), "verdict", "writer", 2**62 + 1, kind="right")
            os.write(where, f"{kept.append(entry).client_id}\n".encode())
    finally:
        os._exit(1)


def kill_servers(atlas: Path, log: Path, n_kills: int, randomness: random.Random) -> list[str]:
    """Kill the served page while verdicts are given by key; return what it acknowledged."""
    port = free_port()
    given: set[str] = set()
    n_waiting = 0
    with sync_playwright() as playwright, launch(playwright) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(_REMEMBER)
        page.set_default_timeout(PATIENCE_MS)
        for number in range(n_kills):
            server = _serve(atlas, log, port)
            _open(page, server, port, log)
            for _ in range(randomness.randint(2, 6)):
                page.keyboard.press("8")
                page.wait_for_function(f"() => window.given.length && !{_KEPT}.length")
            page.keyboard.press("8")
            page.wait_for_timeout(1000 * randomness.uniform(0.0, 0.3))
            server.kill()
            server.wait()
            given |= set(page.evaluate("() => window.given"))
            n_waiting += len(page.evaluate(f"() => {_KEPT}"))
            page.goto("about:blank")  # or it would load itself again, which takes time
            if number % 10 == 9:
                print(f"{number + 1} kills, {len(given)} verdicts", file=sys.stderr, flush=True)
        server = _serve(atlas, log, port)  # the last one gets what the browser still keeps
        _open(page, server, port, log)
        page.wait_for_function(f"() => !{_KEPT}.length")
        server.terminate()
        server.wait()
    print(f"{n_waiting} verdicts were under way when a server was killed")
    return sorted(given)


def _open(page: Page, server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Load the page when the server answers, and wait until it takes verdicts."""
    address = f"http://127.0.0.1:{port}/app"
    wait_for_answer(address, server, log.with_suffix(".said"))
    page.goto(f"{address}?mode=Vet")
    page.locator(".pad [data-kind=unsure]:enabled").wait_for()


def _serve(atlas: Path, log: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "panel", "serve", "app", "--port", str(port)]
    arguments = ["--args", str(atlas), "--verdicts", f"sqlite:///{log}"]
    with log.with_suffix(".said").open("ab") as output:
        return subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=output, stderr=output)


def main() -> int:
    """Run it and print one line; the exit status tells whether anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--atlas", type=Path, help="kill the served page, not a writer")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    randomness = random.Random(options.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log.sqlite"
        VerdictLog(log).close()
        if options.atlas:
            acknowledged = kill_servers(options.atlas, log, options.kills, randomness)
        else:
            acknowledged = kill_writers(log, options.kills, randomness)
        kept = [entry.client_id for entry in VerdictLog(log).read()]
    lost = set(acknowledged) - set(kept)
    print(
        f"{options.kills} kills, {len(acknowledged):,} verdicts acknowledged, "
        f"{len(kept):,} in the log, {len(kept) - len(set(kept))} twice, {len(lost)} lost "
        f"({time.monotonic() - started:.0f} s)"
    )
    return 1 if lost or len(kept) > len(set(kept)) else 0


if __name__ == "__main__":
    sys.exit(main())
