"""The served page in Chromium, and what stands on the screen as a small file: for docs scripts."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = (1440, 900)

sys.path.insert(0, str(ROOT / "tests" / "app"))
from browsing import launch, serving  # noqa: E402 - the tests' own server and browser


@contextmanager
def opened(atlas: Path, size: tuple[int, int] = SIZE) -> Iterator[tuple[Page, str]]:
    """Serve an atlas by a process of its own; yield a page of Chromium, and the address.

    Verdicts and kept selections go into a log that is thrown away.
    """
    with tempfile.TemporaryDirectory() as folder:
        verdicts = f"sqlite:///{folder}/verdicts.sqlite"
        arguments = [str(atlas), "--verdicts", verdicts]
        with (
            serving(*arguments, log=Path(folder) / "log") as address,
            sync_playwright() as playwright,
        ):
            page = launch(playwright).new_page(viewport={"width": size[0], "height": size[1]})
            page.set_default_timeout(60_000)
            yield page, address


def settle(page: Page, still_s: float = 1.2, most_s: float = 40.0) -> None:
    """Wait until nothing on the screen has changed for a while."""
    page.wait_for_function("window.Bokeh?.documents?.[0]?.is_idle === true", timeout=120_000)
    before, still, waited = b"", 0.0, 0.0
    while still < still_s and waited < most_s:
        page.wait_for_timeout(300)
        now = page.screenshot()
        still = still + 0.3 if now == before else 0.0
        waited += 0.3
        before = now


def store(png: bytes, name: str, colors: int = 256) -> Path:
    """Write a picture with a reduced palette, so that the repository stays small."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    target = PICTURES / f"{name}.png"
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(colors, kmeans=1, dither=Image.Dither.NONE).save(target, optimize=True)
    return target
