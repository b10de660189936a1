"""A picture of each area of the page, on several surveys: the pictures of docs/tour.md.

    python docs/tour.py demo=ATLAS acvs=ATLAS rrlyrae=ATLAS

Each area is reached by the clicks of docs/walkthrough.py's kind and cut out of the screen. Areas
that a survey has no data for show what the page says then.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parent))
from taking_pictures import opened, settle, store
from walkthrough import Step, key, open_mode, perform, pick_row, press

Box = dict[str, float]


@dataclass(frozen=True)
class Area:
    """A part of the page: how to get there, and which sections are in the picture."""

    name: str
    steps: tuple[Step, ...]
    sections: tuple[str, ...] = ("section.tray",)


AREAS = (
    Area("maps", (open_mode("Explore"),), ("section.map", "section.scatter", "section.legend")),
    Area("card", (open_mode("Explore"),), ("aside",)),
    Area("periods", (open_mode("Explore"), key("g", "the periodogram")), ("aside",)),
    Area("search", (open_mode("Search"), pick_row(1, "the stars found"))),
    Area("subclusters", (open_mode("Cluster"),)),
    Area("vet", (open_mode("Vet"),)),
    Area("report", (open_mode("Report"),)),
    Area("export", (open_mode("Report"), press("Export"))),
)


def cut_out(page: Page, sections: tuple[str, ...]) -> Box:
    """The rectangle around some sections, with a margin, in pixels of the screen."""
    boxes = [page.locator(section).bounding_box() for section in sections]
    left = min(box["x"] for box in boxes if box) - 4
    top = min(box["y"] for box in boxes if box) - 4
    right = max(box["x"] + box["width"] for box in boxes if box) + 4
    bottom = max(box["y"] + box["height"] for box in boxes if box) + 4
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("surveys", nargs="+", metavar="NAME=ATLAS")
    parser.add_argument("--only", nargs="+", choices=[area.name for area in AREAS])
    arguments = parser.parse_args()
    for survey in arguments.surveys:
        name, _, atlas = survey.partition("=")
        with opened(Path(atlas)) as (page, address):
            for area in AREAS:
                if arguments.only and area.name not in arguments.only:
                    continue
                page.goto(address)
                settle(page)
                for step in area.steps:
                    perform(page, step)
                page.wait_for_timeout(3000)  # notices go, periodograms come
                settle(page)
                png = page.screenshot(clip=cut_out(page, area.sections))
                print(store(png, f"{name}-{area.name}", colors=128))


if __name__ == "__main__":
    main()
