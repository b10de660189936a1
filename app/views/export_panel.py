"""Lists of stars out of the page and back: files, words for a paper, a dossier, other programs."""

import asyncio
import io
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import panel as pn
from astropy.table import Table

from app.atlas_store import AtlasStore
from app.blinding import sees_others
from app.dossier.control import DossierControl, first_stars
from app.download import Download
from app.export.formats import FORMATS, to_parquet
from app.export.lists import (
    CandidateList,
    all_stars,
    found_stars,
    parted_stars,
    ranked_stars,
    selected_stars,
    vetted_stars,
)
from app.export.paper import bibtex, methods_sentence, to_latex
from app.export.reading import MAX_BYTES, read_in_worker
from app.export.restoring import restore
from app.export.verdict_table import verdict_table, with_ids
from app.listing import TrayView
from app.samp_control import SampControl
from app.state import AppState, tie_choice
from app.styles import CARD_CSS, CONTROLS, WORDS
from app.thresholds import THRESHOLDS
from app.upload import Upload
from app.verdicts.choice import population_of, queue_of, read_choice
from data_pipeline.errors import InputError

N_NEIGHBORS = 100
MAX_LATEX_SHOWN = 30
WORDS_SHOWN = ("provenance", "methods", "BibTeX", "LaTeX")
Verdicts = Callable[[], pd.DataFrame]


class ExportPanel(TrayView):
    """Download a list of stars, print it, send it, or open one that was saved before."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(state, store)
        self.verdicts: Verdicts = self._verdicts
        """Gives the verdicts so far; see `CandidateList.with_verdicts` for its columns."""
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", **CONTROLS}
        self.what = pn.widgets.Select(
            label="What is exported", options=list(self._lists()), value="selection", **wide
        )
        self.format = pn.widgets.Select(
            label="File format",
            options={form.name: suffix for suffix, form in FORMATS.items()},
            **wide,
        )
        self.button = Download(
            callback=self.content_or_none, filename="list.vot", label="Download",
            css_classes=["download"], **wide,
        )  # fmt: skip
        self.stop = pn.widgets.Button(label="Stop", visible=False, css_classes=["download"], **wide)
        self.stop.on_click(lambda _: self._stopped.set())
        self._stopped = asyncio.Event()
        self.words = pn.pane.HTML(sizing_mode="stretch_width", **WORDS)
        self.upload = Upload(
            label="Open a saved list…", max_bytes=min(MAX_BYTES, 100_000_000), margin=0,
            accept=",".join(f".{suffix}" for suffix in (*FORMATS, "xml", "fit")),
            hint="VOTable, FITS, ECSV, CSV or Parquet with a column source_id",
            sizing_mode="stretch_width", height=30,
        )  # fmt: skip
        self.upload.on_file, self.upload.on_refused = self.open_file, self._say
        self.dossier = DossierControl(
            store.atlas.path.absolute(), self._dossier_content, self._say,
            lambda n: self.file_name("html", n),
        )  # fmt: skip
        self.samp = SampControl(state, store, self.listed, self._written)
        self.shown = pn.widgets.RadioButtonGroup(
            options=list(WORDS_SHOWN), value=WORDS_SHOWN[0], **CONTROLS
        )
        self.save_words = pn.widgets.FileDownload(
            callback=lambda: io.BytesIO(self._words(self.listed()).encode()),
            filename="methods.txt", label="Save", width=70,
            css_classes=["download"], **CONTROLS,
        )  # fmt: skip
        self.facts = pn.pane.HTML(sizing_mode="stretch_both", css_classes=["provenance"], **WORDS)
        tie_choice(state, "exported", self.what)
        tie_choice(state, "export_format", self.format)
        tie_choice(state, "export_words", self.shown)
        for widget in (self.what, self.format, self.shown):
            widget.param.watch(self.refresh, "value")
        state.param.watch(
            self.refresh, ["selection", "queue_filters", "found", "partition", *THRESHOLDS]
        )
        state.param.watch(self._on_focus, ["focus", "neighbor_modality"])

    def __panel__(self) -> pn.viewable.Viewable:
        side: dict[str, Any] = {
            "css_classes": ["tray-side", "wide"], "stylesheets": [CARD_CSS], "width": 230,
            "sizing_mode": "stretch_height", "margin": 0,
        }  # fmt: skip
        files = pn.Column(
            self.what, self.words, self.format, self.button, self.stop, self.upload, **side
        )
        others = pn.Column(self.dossier, self.samp, **side)
        bar = pn.Row(self.shown, self.save_words, css_classes=["tray-bar"], **WORDS,
                     sizing_mode="stretch_width")  # fmt: skip
        told = pn.Column(bar, self.facts, sizing_mode="stretch_both", margin=0)
        return pn.Row(files, others, told, sizing_mode="stretch_both", margin=0)

    def _lists(self) -> dict[str, Callable[[], CandidateList]]:
        """The lists there are, by name."""
        return {
            "selection": self._selection,
            "flag queue": self._queue,
            "neighbours": self._neighbors,
            "subclusters": lambda: parted_stars(self.store, self.state.partition),
            "search": lambda: found_stars(self.store, self.state.found),
            "verdicts": lambda: vetted_stars(self.store, with_ids(self.verdicts())),
            "all stars": lambda: all_stars(self.store),
        }

    def listed(self) -> CandidateList:
        """The list chosen, with the verdicts so far beside it."""
        stars = self._lists()[self.what.value]()
        return stars.with_verdicts(with_ids(self.verdicts()), self.store.source_id)

    def _verdicts(self) -> pd.DataFrame:
        """Verdicts that stand; while blind, this vetter's alone."""
        whose = None if sees_others(self.state) else self.state.vetter
        return verdict_table(self.store.verdicts, whose)

    def _selection(self) -> CandidateList:
        if not self.state.n_selected:
            return all_stars(self.store)
        return selected_stars(self.store, self.state.selection, self.state.recipe)

    def _queue(self) -> CandidateList:
        """The flagged stars that the filters of the queue let through, in its order."""
        thresholds = [getattr(self.state, name) for name in THRESHOLDS]
        flags = self.store.flags(*thresholds)
        choice = read_choice(self.state.queue_filters, self.store)
        population = population_of(self.store, choice, self.state.selection)
        ranked = queue_of(self.store, choice, flags, population).ranked
        flags = flags.set_index("row").loc[ranked].reset_index()
        stars = ranked_stars(self.store, "flag queue", flags)
        return replace(stars, told=lambda n: self.store.flags.told(flags[:n], *thresholds))

    def _neighbors(self) -> CandidateList:
        focus, modality = self.state.focus, self.state.neighbor_modality
        if focus < 0:
            return ranked_stars(self.store, "neighbours", pd.DataFrame({"row": []}, dtype=int))
        found = self.store.neighbors(focus, modality, N_NEIGHBORS)
        what = f"neighbours of {self.store.name(focus)} ({modality})"
        return ranked_stars(self.store, what, found)

    def fill(self) -> None:
        """Say what the file will hold."""
        stars = self.listed()
        what = f"{len(stars):,} {'star' if len(stars) == 1 else 'stars'}"
        if self.what.value == "selection":
            what = f"{what} selected" if self.state.n_selected else f"all {what}"
        n_columns = len(self.store.atlas.columns) + len(stars.added.columns)
        self.words.object = (
            f"<b>{what}</b> <span class='muted'>· {n_columns} columns with units."
            f"{self._lacking()}</span>"
        )
        form = FORMATS[self.format.value]
        self.button.param.update(
            filename=self.file_name(form.suffix, len(stars)),
            label=f"Download {form.name}", description=form.hint,
        )  # fmt: skip
        self.facts.object = self._facts_html(stars)
        suffix = {"LaTeX": "tex", "BibTeX": "bib"}.get(self.shown.value, "txt")
        self.save_words.filename = self.file_name(suffix, len(stars))

    def _lacking(self) -> str:
        """What is to be done first, where the list chosen is not there yet."""
        match self.what.value:
            case "selection" if not self.state.n_selected:
                return " Nothing is selected."
            case "search" if self.state.found is None:
                return " Ask in the tab Search first."
            case "subclusters" if self.state.partition is None:
                return " Open the tab Subclusters first."
        return ""

    def _facts_html(self, stars: CandidateList) -> str:
        if self.shown.value == "provenance":
            lines = "".join(
                f"<dt>{escape(name)}</dt><dd>{escape(text[:400])}</dd>"
                for name, text in self.provenance(stars).items()
            )
            head = "<div class='muted'>Written into the file</div>"
            return f"<div tabindex='0'>{head}<dl>{lines}</dl></div>"  # it scrolls: by keys as well
        style = "white-space:pre-wrap;user-select:text"
        few = self.shown.value == "LaTeX" and len(stars) > MAX_LATEX_SHOWN
        note = f"<div class='muted'>The first {MAX_LATEX_SHOWN}; Save writes all.</div>"
        words = self._words(first_stars(stars, MAX_LATEX_SHOWN) if few else stars)
        return f"{note if few else ''}<div tabindex='0' style='{style}'>{escape(words)}</div>"

    def _words(self, stars: CandidateList) -> str:
        """The words chosen: methods, BibTeX or LaTeX, or the provenance as plain text."""
        told = self.provenance(stars)
        match self.shown.value:
            case "methods":
                return methods_sentence(told, self.store.survey.manifest)
            case "BibTeX":
                return bibtex(self.store.survey.manifest)
            case "LaTeX":
                return to_latex(stars.table(self.store), told)
        return "\n".join(f"{name}: {text}" for name, text in told.items())

    def provenance(self, stars: CandidateList | None = None) -> dict[str, str]:
        """What the file says about itself."""
        thresholds: dict[str, Any] = {name: getattr(self.state, name) for name in THRESHOLDS}
        thresholds["weights"] = dict(self.store.flags.rankings[self.state.ranking].weights)
        if self.what.value == "flag queue":
            thresholds |= self.state.queue_filters
        return (stars or self.listed()).provenance(self.store, thresholds)

    def _written(self, stars: CandidateList) -> tuple[Table, dict[str, str]]:
        return stars.table(self.store), self.provenance(stars)

    def _dossier_content(self, n: int) -> tuple[CandidateList, bytes]:
        stars = first_stars(self.listed(), n)
        return stars, to_parquet(*self._written(stars))

    def file_name(self, suffix: str, n: int) -> str:
        """Name of the survey, the list and its stars; SYNTHETIC where they are simulated."""
        survey = re.sub(r"[^A-Za-z0-9]+", "-", self.store.atlas.name).strip("-").lower()
        nature = "-SYNTHETIC" if self.store.atlas.is_synthetic else ""
        what = "" if self.what.value == "selection" else f"-{self.what.value.replace(' ', '-')}"
        return f"{survey or 'atlas'}{nature}{what}-{n}-stars.{suffix}"

    def content(self) -> io.BytesIO:
        """The file itself: every star of the list."""
        return io.BytesIO(FORMATS[self.format.value].write(*self._written(self.listed())))

    async def content_or_none(self) -> io.BytesIO | None:
        """The file, written off the event loop; None where it was stopped."""
        if self.stop.visible:
            return None  # one is being written
        form, stars = FORMATS[self.format.value], self.listed()
        self._stopped.clear()
        self.stop.visible = True
        self.stop.label = f"Writing {form.name}… stop"
        writing = asyncio.ensure_future(
            asyncio.to_thread(lambda: form.write(*self._written(stars)))
        )
        stopping = asyncio.ensure_future(self._stopped.wait())
        done, _ = await asyncio.wait({writing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        self.stop.visible = False
        if writing not in done:
            writing.add_done_callback(lambda ended: ended.exception())
            self._say(f"{form.name} stopped; nothing was saved.")
            return None
        return io.BytesIO(await writing)

    def open_file(self, name: str, content: bytes) -> None:
        """Select the stars of a file; what cannot be read is told and nothing is lost."""
        if pn.state.curdoc is None:
            self._select(name, read_in_worker(content, name))
        else:
            pn.state.execute(partial(self._open, name, content))

    async def _open(self, name: str, content: bytes) -> None:
        self._say(f"Reading {name}…")
        try:
            found = await asyncio.to_thread(read_in_worker, content, name)
        except InputError as error:
            self._say(str(error))
            return
        self._select(name, found)

    def _select(self, name: str, found: Any) -> None:
        mask, recipe, n_unknown = restore(found, self.store)
        if not mask.any():
            self._say(f"None of the {len(found.source_id):,} stars of {name} is in this atlas.")
            return
        with pn.io.hold():
            self.state.select(mask, recipe=recipe[-1])
            self.state.recipe = recipe
            lost = f"; {n_unknown:,} are not in this atlas" if n_unknown else ""
            self._say(f"{int(mask.sum()):,} stars of {name} selected{lost}.")

    def _on_focus(self, *_: Any) -> None:
        if self.what.value == "neighbours":
            self.refresh()

    def _say(self, words: str) -> None:
        self.state.notice = words
