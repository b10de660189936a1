"""A real server and a real browser, for the tests of the page and for its timings.

The server is `panel serve app` in a process of its own; the browser is Chromium without a window.
Plots are looked at as pixels: what counts is what a person would see.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

REPOSITORY = Path(__file__).resolve().parents[2]
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
START_S = 300
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong


@contextmanager
def serving(
    *arguments: str,
    log: Path,
    options: Sequence[str] = (),
    start_s: float = START_S,
    **environment: str,
) -> Iterator[str]:
    """Run `panel serve app OPTIONS --args ...` and yield the page's address once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "panel", "serve", "app", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options, *(["--args", *arguments] if arguments else [])],
            cwd=REPOSITORY, stdout=output, stderr=output, env={**os.environ, **environment},
        )  # fmt: skip
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/app", process, log, start_s)
        yield f"http://127.0.0.1:{port}/app"
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_answer(
    address: str, process: subprocess.Popen[bytes], log: Path, start_s: float = START_S
) -> None:
    """Wait until the server answers, or fail with what it said."""
    end = time.monotonic() + start_s
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(
                f"{address}/autoload.js?bokeh-autoload-element=x", timeout=60
            ):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"no answer from the server; it said:\n{log.read_text()[-3000:]}")


def launch(playwright: Playwright) -> Browser:
    """Start Chromium: ASTROM3_CHROMIUM, else the system's, else playwright's own."""
    found = os.environ.get("ASTROM3_CHROMIUM") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=found or None, args=SWITCHES)


def open_page(page: Page, address: str, timeout_s: float = 120) -> None:
    """Go to an address of the page and wait until its maps are drawn."""
    page.goto(address, timeout=timeout_s * 1000)
    wait_until_drawn(page, timeout_s)


def wait_until_drawn(page: Page, timeout_s: float = 120) -> None:
    """Wait until the maps stand on the page and hold still, and the card after them."""
    page.wait_for_function(
        "window.Bokeh?.documents?.[0]?.is_idle === true", timeout=timeout_s * 1000
    )
    for plot in (Plot(page, ".map"), Plot(page, ".scatter")):
        plot.wait_until_still()
    expect(page.locator("aside .card")).to_be_visible(timeout=timeout_s * 1000)


def eventually(holds: Callable[[], bool], what: str, timeout_s: float = 30) -> None:
    """Wait until something holds, or fail and say what did not."""
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.1)


class Plot:
    """One of the two maps as it appears on the screen.

    Parameters
    ----------
    page : Page
    section : str
        Selector of its section, ".map" or ".scatter".
    """

    def __init__(self, page: Page, section: str) -> None:
        self.page = page
        self._plot = page.locator(f"{section} .plot")

    def pixels(self) -> NDArray[np.uint8]:
        """What is drawn, shape (height, width, 3)."""
        shot = self.page.screenshot(clip=self._box())
        return np.asarray(Image.open(BytesIO(shot)).convert("RGB"))

    def near(self, color: str, tolerance: int = 40) -> NDArray[np.bool_]:
        """Pixels of about this colour, shape (height, width)."""
        wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
        return (np.abs(self.pixels().astype(int) - wanted) < tolerance).all(axis=-1)

    def wait_until_still(self, pause_s: float = 0.15, timeout_s: float = 60) -> NDArray[np.uint8]:
        """Wait until two looks in a row see the same, and return it."""
        end = time.monotonic() + timeout_s
        before = self.pixels()
        while time.monotonic() < end:
            self.page.wait_for_timeout(1000 * pause_s)
            now = self.pixels()
            if np.array_equal(before, now) and now.std() > 1:
                return now
            before = now
        raise TimeoutError("the plot does not come to rest")

    def click(self, x: float, y: float) -> None:
        """Click a place given in pixels from the plot's upper left corner."""
        box = self._box()
        self.page.mouse.click(box["x"] + x, box["y"] + y)

    def drag(self, corners: list[tuple[float, float]], steps: int = 4) -> None:
        """Press at the first corner, move over the others, let go at the last."""
        box = self._box()
        x, y = corners[0]
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        self.page.mouse.down()
        for x, y in corners[1:]:
            self.page.mouse.move(box["x"] + x, box["y"] + y, steps=steps)
        self.page.mouse.up()

    def point(self, x: float, y: float) -> None:
        """Move the pointer to a place."""
        box = self._box()
        self.page.mouse.move(box["x"] + x, box["y"] + y)

    def wheel(self, x: float, y: float, turn: float) -> None:
        """Turn the wheel over a place."""
        self.point(x, y)
        self.page.mouse.wheel(0, turn)

    def _box(self) -> dict[str, float]:
        box = self._plot.bounding_box()
        assert box is not None
        return {name: float(value) for name, value in box.items()}
