"""Take the README's pictures from the real page.

    python docs/screenshots.py --demo ATLAS --acvs ATLAS --eros1 ATLAS

Each atlas is served by `panel serve app`; a star is put in focus by the address, and what Chromium
shows at 1440 x 900 is stored under docs/pictures. Atlases not named are left as they are.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
PORT = 5391
SIZE = {"width": 1440, "height": 900}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

sys.path.insert(0, str(ROOT / "tests"))
from install_browser import find_chromium  # noqa: E402 - the tests' own finder


def wait_for(address: str, seconds: float = 300) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=60).close()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def picture(atlas: Path, star: str | None, theme: str) -> bytes:
    """PNG of the page on an atlas, with a star in focus (the most suspicious one unless named)."""
    command = [sys.executable, "-m", "panel", "serve", "app", "--port", str(PORT)]
    server = subprocess.Popen([*command, "--args", str(atlas)], cwd=ROOT)
    address = f"http://localhost:{PORT}/app"
    try:
        wait_for(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            page = browser.new_page(viewport=SIZE)
            query = f"?theme={theme}" + (f"&star={star}" if star else "")
            page.goto(address + query)
            page.wait_for_selector(".bk-Figure canvas, canvas", timeout=60_000)
            page.wait_for_timeout(25_000)  # periodograms too are to be drawn by then
            return page.screenshot()
    finally:
        server.terminate()
        server.wait(timeout=20)


def store(png: bytes, name: str) -> Path:
    """Write a picture with a reduced palette, so that the repository stays small."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    target = PICTURES / f"{name}.png"
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(192)
    image.save(target, optimize=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("demo", "acvs", "eros1"):
        parser.add_argument(f"--{name}", type=Path, metavar="ATLAS")
        parser.add_argument(f"--{name}-star", metavar="SOURCE_ID")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    arguments = vars(parser.parse_args())
    for name in ("demo", "acvs", "eros1"):
        if arguments[name]:
            png = picture(arguments[name], arguments[f"{name}_star"], arguments["theme"])
            print(store(png, name))


if __name__ == "__main__":
    main()
