"""Take the README's pictures from the real page.

    python docs/screenshots.py --demo ATLAS --acvs ATLAS --eros1 ATLAS

Each atlas is served by `panel serve app`; a star is put in focus by the address, and what Chromium
shows at 1440 x 900 is stored under docs/pictures. Atlases not named are left as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from taking_pictures import opened, settle, store


def picture(atlas: Path, star: str | None, theme: str) -> bytes:
    """PNG of the page on an atlas, with a star in focus (the most suspicious one unless named)."""
    with opened(atlas) as (page, address):
        page.goto(f"{address}?theme={theme}" + (f"&star={star}" if star else ""))
        settle(page)
        page.wait_for_timeout(15_000)  # periodograms too are to be drawn by then
        settle(page)
        return page.screenshot()


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
