"""The paper's figures by clicking: what is clicked, said in words and done in the page alike.

    python docs/walkthrough.py ATLAS

does every click of docs/walkthrough.md in the served page, stores what then stands on the screen
under docs/pictures and writes the numbered clicks into the text. A test does the same clicks on a
small sky and checks what they are to show, and that the text holds these clicks.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page

sys.path.insert(0, str(Path(__file__).resolve().parent))
from taking_pictures import opened, settle, store

TEXT = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Step:
    """Something a person does: in words, and on a page."""

    words: str
    act: Callable[[Page], None]


@dataclass(frozen=True)
class Chapter:
    """One figure of the paper.

    Parameters
    ----------
    key : str
        Name of the picture, and of the place of the clicks in the text.
    steps : tuple of Step
        What is done, from the page as it opens.
    """

    key: str
    steps: tuple[Step, ...]


def tray(page: Page) -> Locator:
    """What lies below the maps."""
    return page.locator("section.tray")


def open_mode(name: str) -> Step:
    """Open a mode in the rail at the left edge."""
    return Step(
        f"Click **{name}** at the left edge.",
        lambda page: page.get_by_label("Modes").get_by_role("button", name=name).click(),
    )


def press(name: str, where: str = "the tray below the maps") -> Step:
    """Click a button of the tray."""
    return Step(
        f"Click **{name}** in {where}.",
        lambda page: tray(page).get_by_role("button", name=name, exact=True).click(),
    )


def pick_row(place: int, of: str) -> Step:
    """Click a row of the list in the tray, counted from 1."""
    row = f".row[data-index='{place - 1}']:visible"
    return Step(
        f"Click row {place} of {of}.", lambda page: tray(page).locator(row).locator("nth=0").click()
    )


def pick_part(letter: str) -> Step:
    """Click a part of a class."""
    row = ".row[data-index]:visible"
    return Step(
        f"Click part **{letter}** in the list.",
        lambda page: (
            tray(page).locator(row).filter(has=page.get_by_text(letter, exact=True)).click()
        ),
    )


def choose(option: str, label: str, where: str, exact: bool = True) -> Step:
    """Choose from a select that has this accessible name."""
    return Step(
        f"Choose **{option}** from {where}.",
        lambda page: page.get_by_label(label, exact=exact).select_option(label=option),
    )


def choose_in_tray(option: str) -> Step:
    """Choose from the select of the tray that offers this."""

    def act(page: Page) -> None:
        having = page.locator("option").get_by_text(option, exact=True)
        tray(page).locator("select:visible").filter(has=having).first.select_option(label=option)

    return Step(f"Choose **{option}** from the controls beside the list.", act)


def lay_over(words: str, pattern: str) -> Step:
    """Lay classes over the maps: the choice whose title has this pattern."""

    def act(page: Page) -> None:
        select = page.get_by_label("Lay over the maps")
        titles = select.locator("option").all_text_contents()
        select.select_option(label=next(t for t in titles if re.fullmatch(pattern, t)))

    return Step(f"Choose **{words}** at the right end of the legend.", act)


def key(name: str, what: str) -> Step:
    """Press a key, with the pointer in no field."""
    return Step(f"Press `{name}` ({what}).", lambda page: page.keyboard.press(name))


CHAPTERS = (
    Chapter("umap", (open_mode("Explore"),)),
    Chapter(
        "rotators",
        (open_mode("Cluster"), press("ROT: giants, dwarfs"), pick_part("B")),
    ),
    Chapter(
        "miras",
        (open_mode("Cluster"), press("Mira: M, C"), pick_part("B")),
    ),
    Chapter(
        "misclassified",
        (
            open_mode("Vet"),
            choose(
                "flagged only", "A tenth of the queue", "the filter that says “10 % random”", False
            ),
            choose("contradicted", "Why a star is flagged", "the filter that says “all flags”"),
            pick_row(1, "the queue"),
            key("g", "the periodogram: does another period explain the class?"),
            key("s", "the spectrum again, over the medians of both classes"),
        ),
    ),
    Chapter(
        "outliers",
        (
            open_mode("Vet"),
            choose(
                "flagged only", "A tenth of the queue", "the filter that says “10 % random”", False
            ),
            choose("odd", "Why a star is flagged", "the filter that says “all flags”"),
            pick_row(1, "the queue"),
            key("h", "where it stands on the map of each kind of data"),
        ),
    ),
    Chapter(
        "unseen",
        (
            open_mode("Explore"),
            lay_over("RRD", r"RRD( \(unseen\))?"),
            lay_over("all … unseen classes** or **all … rare classes", r"all \d+ \w+ classes"),
        ),
    ),
    Chapter(
        "similar",
        (
            open_mode("Search"),
            choose_in_tray("by spectrum"),
            key("c", "pins the star, to lay the next one over it"),
            pick_row(1, "the stars found"),
        ),
    ),
    Chapter(
        "across",
        (
            open_mode("Search"),
            choose_in_tray("by light curve"),
            choose_in_tray("among spectrum"),
        ),
    ),
    Chapter(
        "contrast",
        (
            open_mode("Search"),
            choose_in_tray("by light curve"),
            choose_in_tray("but far by spectrum"),
            pick_row(1, "the stars found"),
        ),
    ),
)


def perform(page: Page, step: Step, still_s: float = 1.2) -> None:
    """Do a step and wait until the page has answered."""
    step.act(page)
    page.wait_for_timeout(250)
    settle(page, still_s)


def clicks(chapter: Chapter) -> str:
    """The steps as a numbered list."""
    return "".join(f"{place}. {step.words}\n" for place, step in enumerate(chapter.steps, 1))


def place_of(chapter: Chapter) -> re.Pattern[str]:
    """Where the text holds the steps of a chapter."""
    return re.compile(rf"(<!-- clicks: {chapter.key} -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def write_clicks(text: Path = TEXT) -> None:
    """Put the steps of every chapter into the text."""
    told = text.read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        told = place_of(chapter).sub(rf"\g<1>{clicks(chapter)}\g<3>", told)
    text.write_text(told, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("atlas", type=Path, help="atlas of the demo sky")
    parser.add_argument("--text", action="store_true", help="only the text, no pictures")
    parser.add_argument("--only", nargs="+", choices=[c.key for c in CHAPTERS], metavar="CHAPTER")
    arguments = parser.parse_args()
    write_clicks()
    if arguments.text:
        return
    with opened(arguments.atlas) as (page, address):
        for chapter in CHAPTERS:
            if arguments.only and chapter.key not in arguments.only:
                continue
            page.goto(address)
            settle(page)
            for step in chapter.steps:
                perform(page, step)
            page.wait_for_timeout(3000)  # notices go
            print(store(page.screenshot(), f"walk-{chapter.key}"))


if __name__ == "__main__":
    main()
