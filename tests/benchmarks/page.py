"""How long a person waits: page load, click to card, lasso, zoom, verdict. Real browser.

``python tests/benchmarks/page.py ATLAS [PART ...]``, the parts being those of `PARTS`. Times run
from the pointer going up (a key, the wheel) to the frame in which the watched canvas looks
different, read back in the page itself; medians of twenty gestures. Software rendering.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path.append(str(Path(__file__).resolve().parents[1] / "app"))
from browsing import Plot, launch, open_page, serving

from app.permalink import pack

N_GESTURES = 20
N_LOADS = 5
_WATCHER = (Path(__file__).parent / "watch.js").read_text(encoding="utf-8")


def measure(
    atlas_path: str | Path,
    only: Collection[str] = (),
    tell: Callable[[str, float], None] | None = None,
) -> dict[str, float]:
    """Serve an atlas, use its page, and return what was measured, by name.

    Parameters
    ----------
    atlas_path : path
    only : collection of str
        Of `PARTS`, those to measure; all when empty.
    tell : callable, optional
        Told each figure as it comes.

    Returns
    -------
    dict of str to float
        Seconds; for "private memory" gibibytes.
    """
    figures: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory() as directory,
        serving(
            str(atlas_path),
            "--verdicts",
            f"sqlite:///{directory}/verdicts.sqlite",
            log=Path(directory) / "log",
            start_s=1800,
        ) as address,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        open_page(page, address)
        page.evaluate(_WATCHER)
        for name, part in PARTS.items():
            if not only or name in only:
                found = part(page, address)
                figures |= found
                for what, value in found.items():
                    if tell is not None:
                        tell(what, value)
        browser.close()
    return figures


def _loads(page: Page, address: str) -> dict[str, float]:
    loads = [_load_time(page, address) for _ in range(N_LOADS)]
    page.evaluate(_WATCHER)
    return {"page load": statistics.median(loads)}


def _memory(_page: Page, _address: str) -> dict[str, float]:
    """Memory of the server alone [GiB]: what it wrote to, not the files that it maps."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    (server,) = [
        child for child in children if "panel" in Path(f"/proc/{child}/cmdline").read_text()
    ]
    rollup = Path(f"/proc/{server}/smaps_rollup").read_text().splitlines()
    private = sum(int(line.split()[1]) for line in rollup if line.startswith("Private_Dirty"))
    return {"private memory": private / 2**20}


def _load_time(page: Page, address: str) -> float:
    """From the address to both maps drawn, warm server."""
    start = time.perf_counter()
    page.goto(address)
    for plot in (Plot(page, ".map"), Plot(page, ".scatter")):
        while plot.pixels().std() < 5:
            page.wait_for_timeout(20)
    seconds = time.perf_counter() - start
    page.wait_for_timeout(1500)
    return seconds


def _clicks(page: Page, _address: str) -> dict[str, float]:
    scatter = Plot(page, ".scatter")
    places = _star_places(scatter, 40)
    times = []
    for x, y in places:
        before = page.url
        found = _watched(page, "aside", "pointerup", lambda x=x, y=y: scatter.click(x, y))
        if found and page.url != before:
            times.append(found)
        if len(times) == N_GESTURES:
            break
    return {
        "click to card": statistics.median(first for first, _ in times),
        "click to whole card": statistics.median(last for _, last in times),
    }


def _lassos(page: Page, _address: str) -> dict[str, float]:
    map_ = Plot(page, ".map")
    page.keyboard.press("l")
    times = []
    for x, y in _star_places(map_, N_GESTURES):
        corners = [(x - 40, y - 40), (x + 40, y - 40), (x + 40, y + 40), (x - 40, y + 40)]
        found = _watched(page, ".scatter", "pointerup", lambda corners=corners: map_.drag(corners))
        if found:
            times.append(found)
    return {"lasso to the other map": statistics.median(first for first, _ in times)}


def _lists(page: Page, _address: str) -> dict[str, float]:
    """From a click on a star to the list of its neighbours."""
    scatter = Plot(page, ".scatter")
    page.keyboard.press("p")
    times = []
    for x, y in _star_places(scatter, 2 * N_GESTURES):
        page.evaluate("watch_rows('pointerup')")
        scatter.click(x, y)
        if found := page.evaluate("watched"):
            times.append(found[0])
        page.wait_for_timeout(400)
        if len(times) == N_GESTURES:
            break
    return {"click to neighbour list": statistics.median(times)}


def _slider(page: Page, address: str) -> dict[str, float]:
    """From a key on the radius of DBSCAN over all stars to the parts drawn."""
    everything = {"kind": "box", "view": "map:fused", "ends": [-1e9, 1e9, -1e9, 1e9]}
    open_page(page, f"{address}?mode=Cluster&sel={pack([{**everything, 'mode': 'replace'}])}")
    tray = page.locator(".tray")
    tray.get_by_label("class", exact=True).select_option("the selection")
    tray.get_by_label("place of the cut").select_option("on the map")
    page.evaluate(_WATCHER)
    page.wait_for_timeout(3000)
    handle = tray.locator("[role=slider]").first
    handle.focus()
    for _ in range(15):  # off "automatic", which is another way to the radius
        handle.press("ArrowRight")
    page.wait_for_timeout(3000)
    times = []
    for i in range(N_GESTURES):
        key = "ArrowLeft" if i % 2 else "ArrowRight"
        if found := _watched(page, ".tray", "keydown", lambda key=key: handle.press(key)):
            times.append(found[0])
    return {"DBSCAN slider, all stars": statistics.median(times)}


def _zooms(page: Page, _address: str) -> dict[str, float]:
    scatter = Plot(page, ".scatter")
    times = []
    for i in range(N_GESTURES):
        turn = -240 if i % 2 else 240
        act = partial(scatter.wheel, 250, 200, turn)  # the browser scales the picture at once
        found = _watched(page, ".scatter", "wheel", act, rest_ms=1500)
        if found:
            times.append(found)
    page.get_by_role("button", name="Show all").last.click()
    page.wait_for_timeout(800)
    return {
        "zoom to first change": statistics.median(first for first, _ in times),
        "zoom to the final picture": statistics.median(last for _, last in times),
    }


def _verdicts(page: Page, address: str) -> dict[str, float]:
    """From the key of a verdict to the next star's card, the verdict being on the disk by then."""
    open_page(page, f"{address}?mode=Vet")
    page.evaluate(_WATCHER)
    times = []
    for _ in range(N_GESTURES):  # the key goes up at once; that it went down only the pad hears
        if found := _watched(page, "aside", "keyup", lambda: page.keyboard.press("8")):
            times.append(found)
    return {
        "verdict to the next card": statistics.median(first for first, _ in times),
        "verdict to the whole next card": statistics.median(last for _, last in times),
    }


def _watched(
    page: Page, selector: str, gesture: str, act: Callable[[], None], rest_ms: int = 500
) -> tuple[float, float] | None:
    """First and last change of a part of the page after a gesture [s]; None when there was none.

    The last is that after which nothing changes for `rest_ms`.
    """
    page.evaluate(f"watch('{selector}', '{gesture}', {rest_ms})")
    act()
    found = page.evaluate("watched")
    return (found[0], found[1]) if found else None


def _star_places(plot: Plot, n: int) -> list[tuple[float, float]]:
    """Pixels where stars are drawn, spread over the plot."""
    pixels = plot.wait_until_still().astype(int)
    ground = np.median(pixels.reshape(-1, 3), axis=0)
    colored = (np.abs(pixels - ground) > 60).any(axis=-1) & (np.ptp(pixels, axis=-1) > 60)
    colored[:45], colored[-45:], colored[:, :45], colored[:, -45:] = False, False, False, False
    y, x = np.nonzero(colored)
    picked = np.random.default_rng(0).choice(len(x), n, replace=False)
    return [(float(x[i]), float(y[i])) for i in picked]


PARTS: dict[str, Callable[[Page, str], dict[str, float]]] = {
    "load": _loads,
    "click": _clicks,
    "zoom": _zooms,
    "lasso": _lassos,
    "list": _lists,
    "slider": _slider,
    "verdict": _verdicts,
    "memory": _memory,
}


def _print(what: str, value: float) -> None:
    print(f"{what:32} {value:.3f} {'GiB' if what == 'private memory' else 's'}", flush=True)


if __name__ == "__main__":
    measure(sys.argv[1], sys.argv[2:], _print)
