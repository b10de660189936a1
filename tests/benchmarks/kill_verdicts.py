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
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "app")]

from browsing import free_port, launch, open_page, wait_for_answer  # noqa: E402

from app.verdicts.entry import Entry, new_client_id  # noqa: E402
from app.verdicts.log import VerdictLog  # noqa: E402


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
    address = f"http://127.0.0.1:{port}/app"
    sent: list[str] = []
    with sync_playwright() as playwright:
        page = launch(playwright).new_page(viewport={"width": 1280, "height": 720})
        for _ in range(n_kills):
            server = _serve(atlas, log, port)
            wait_for_answer(address, server, log.with_suffix(".said"))
            open_page(page, f"{address}?mode=Vet")
            end = time.monotonic() + randomness.uniform(1.0, 4.0)
            while time.monotonic() < end:
                page.keyboard.press("8")
                sent += _kept(page)
                page.wait_for_timeout(randomness.uniform(5, 120))
            server.kill()
            server.wait()
            sent += _kept(page)
        # what the browser still keeps is not acknowledged; the next server gets it
        last = _kept(page)
        page.context.browser.close() if page.context.browser else None
    return sorted(set(sent) - set(last))


def _serve(atlas: Path, log: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "panel", "serve", "app", "--port", str(port)]
    arguments = ["--args", str(atlas), "--verdicts", f"sqlite:///{log}"]
    with log.with_suffix(".said").open("ab") as output:
        return subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=output, stderr=output)


def _kept(page: Page) -> list[str]:
    """Identifiers of the verdicts that the browser holds until they are acknowledged."""
    script = (
        "Object.keys(localStorage).filter(k => k.startsWith('astrom3:unsaved'))"
        ".flatMap(k => JSON.parse(localStorage.getItem(k)).map(e => e.client_id))"
    )
    found: Any = page.evaluate(f"() => JSON.stringify({script})")
    return list(json.loads(found))


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
