"""The controls of a dossier: how many stars, start, progress, stop, the file when it is done."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import panel as pn

from app.dossier.making import DossierMaker
from app.export.lists import CandidateList
from app.styles import CONTROLS, WORDS
from data_pipeline.errors import InputError

MAX_STARS = 1000
WORTH = 25
"""Stars of a dossier unless somebody asks for more."""

Content = Callable[[int], tuple[CandidateList, bytes]]


class DossierControl(pn.viewable.Viewer):
    """Makes a dossier of the first stars of the list that `content` gives.

    Parameters
    ----------
    atlas : Path
    content : callable
        From a number of stars to a list of so many at most and its Parquet file.
    say : callable
        Takes a sentence for the person at the page.
    file_name : callable
        From a number of stars to the name of the file.
    """

    def __init__(
        self,
        atlas: Path,
        content: Content,
        say: Callable[[str], None],
        file_name: Callable[[int], str],
    ) -> None:
        super().__init__()
        self._content, self._say, self._file_name = content, say, file_name
        self.maker = DossierMaker(atlas, self._show_progress)
        look: dict[str, Any] = {"sizing_mode": "stretch_width", **CONTROLS}
        self.number = pn.widgets.IntInput(
            label="Stars of the dossier", value=WORTH, start=1, end=MAX_STARS, width=64, **CONTROLS,
            description="stars, from the top of the list",
        )  # fmt: skip
        self.button = pn.widgets.Button(label="Make dossier", css_classes=["download"], **look)
        self.bar = pn.indicators.Progress(value=0, max=1, height=6, sizing_mode="stretch_width",
                                          margin=0, visible=False)  # fmt: skip
        self.words = pn.pane.HTML("", visible=False, **WORDS)
        self.file = pn.widgets.FileDownload(
            callback=self._read, filename="dossier.html", label="Save dossier", visible=False,
            css_classes=["download"], **look,
        )  # fmt: skip
        self._made: Path | None = None
        self.button.on_click(self._on_button)
        if pn.state.curdoc is not None:
            pn.state.on_session_destroyed(lambda _: self.maker.close())

    def __panel__(self) -> pn.viewable.Viewable:
        start = pn.Row(self.number, self.button, sizing_mode="stretch_width", margin=0,
                       css_classes=["card-bar"], stylesheets=CONTROLS["stylesheets"])  # fmt: skip
        return pn.Column(
            start, self.bar, self.words, self.file, sizing_mode="stretch_width", margin=0
        )

    async def _on_button(self, _: Any) -> None:
        if self.maker.is_running:
            self.maker.stop()
            return
        stars, file = self._content(self.number.value or WORTH)
        if not len(stars):
            self._say("There is no star in this list.")
            return
        self.file.visible = False
        self.button.label = "Stop"
        self._show_progress(0, len(stars))
        self.bar.visible = self.words.visible = True
        try:
            self._made = await self.maker.make(file, "")
        except InputError as error:
            self._say(str(error))
            self._made = None
        self.bar.visible = self.words.visible = False
        self.button.label = "Make dossier"
        self.file.param.update(
            visible=self._made is not None,
            filename=self._file_name(len(stars)),
            label=f"Save dossier of {len(stars)} stars",
        )

    def _show_progress(self, done: int, of: int) -> None:
        self.bar.param.update(max=max(of, 1), value=done)
        self.words.object = (
            f'<span class="muted">{f"page {done} of {of}" if done else "opening the atlas…"}</span>'
        )

    def _read(self) -> io.BytesIO:
        return io.BytesIO(self._made.read_bytes() if self._made else b"")


def first_stars(stars: CandidateList, n: int) -> CandidateList:
    """The first n of a list; its recipe no longer makes it, so it is left out."""
    if len(stars) <= n:
        return stars
    return replace(stars, rows=stars.rows[:n], added=stars.added.iloc[:n], recipe=[])
