"""The report that `python -m model evaluate` wrote beside an atlas, as pieces of the page.

`python -m model evaluate SURVEY --out ATLAS.report` puts it where it is found.
"""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from app.atlas_store import AtlasStore
from model.evaluation.text import about, read_report, sections

ABOUT = "about"
FIGURES = {
    "accuracy": "accuracy by labels used",
    "calibration": "reliability curves",
    "combinations": "recall as a heat map",
    "numeric": "R² with intervals",
}
"""What the figures of a report show; those of other names keep theirs."""


class Evaluation:
    """The tables and figures of a report.

    Parameters
    ----------
    directory : Path
        May be missing; then there are none.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def exists(self) -> bool:
        """Whether there is a report."""
        return (self.directory / "report.json").is_file()

    def pieces(self) -> dict[str, dict[str, str]]:
        """Titles of the tables and figures and what to ask `html` for, in two groups."""
        report = read_report(self.directory)
        tables = {ABOUT: ABOUT, **{part.name: f"table {part.name}" for part in sections(report)}}
        drawn = sorted((self.directory / "plots").glob("*.png"))
        return {
            "Tables": tables,
            "Figures": {_title(path.stem): f"figure {path.stem}" for path in drawn},
        }

    def html(self, piece: str) -> str:
        """One table or figure; what it is about where there is none of this name."""
        report = read_report(self.directory)
        kind, _, name = piece.partition(" ")
        if kind == "figure" and (path := self.directory / "plots" / f"{name}.png").is_file():
            return _figure_html(path)
        for part in sections(report):
            if kind == "table" and part.name == name:
                return _table_html(part.title, part.head, part.rows)
        return f"<p>{escape(about(report))}</p>"


def evaluation_beside(store: AtlasStore) -> Evaluation:
    """The report at ATLAS.report."""
    path = Path(store.atlas.path).absolute()
    return Evaluation(path.with_name(f"{path.name}.report"))


def _title(stem: str) -> str:
    if stem.startswith("confusion_"):
        return f"confusion, {stem.removeprefix('confusion_')}"
    return FIGURES.get(stem, stem)


def _table_html(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<table class="evaluation"><caption>{escape(title)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    )


def _figure_html(path: Path) -> str:
    """The picture, and the same figure to print: text stays text in it."""
    title = _title(path.stem)
    pdf = path.with_suffix(".pdf")
    link = ""
    if pdf.is_file():
        link = (
            f'<a href="{_as_data(pdf, "application/pdf")}" download="{escape(pdf.name)}">'
            "PDF for print</a>"
        )
    picture = _as_data(path, "image/png")
    return (
        f'<figure class="evaluation"><img alt="{escape(title)}" src="{picture}">'
        f"<figcaption>{escape(title)} {link}</figcaption></figure>"
    )


def _as_data(path: Path, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
