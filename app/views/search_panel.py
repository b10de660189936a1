"""Search: stars like this one, by one kind of data or across two, with what they must not be like.

The controls read as a sentence. The list stays with the star it was made for while one walks along
it; a star picked anywhere else is asked about next, unless one is pinned.
"""

import math
from functools import partial
from html import escape
from typing import Any

import numpy as np
import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.background import Latest
from app.blinding import vetted_stars
from app.diagrams import number
from app.listing import Listing
from app.palette import UNLABELLED
from app.searching import FILTERS, PLACE, Answer, Asked, Question, answer, ask_mean, ask_star
from app.star_rows import bar_cell, class_cell, name_cell, number_cell, thumbnail
from app.state import AppState, tie
from app.styles import CARD_CSS, CONTROLS, WORDS
from app.upload_control import UploadControl

HEAD = (
    "<span></span><span>folded</span><span>star</span><span>class → classifier</span>"
    "<span>{near}</span>"
    '<span title="share of its own class that lies nearer the centre of the class">own class</span>'
)
COLUMNS = "22px 132px minmax(110px, 1.2fr) minmax(128px, 1fr) 110px 62px"
NARROW = "22px 112px minmax(96px, 1.2fr) minmax(120px, 1fr) 84px 56px"
LIKE = {
    "focus": "like the star in focus",
    "pinned": "like the pinned star",
    "selection": "like the mean of the selection",
    "upload": "like the upload",
}
STAR, MEAN = "unlike:star", "unlike:selection"
N_RINGED = 60
STATE = [
    "search_like", "search_pinned", "search_by", "search_among", "search_but", "search_unlike",
    "search_filters",
]  # fmt: skip


class SearchPanel(Listing):
    """Answers to the question that the state asks."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(
            state, store, head_html=HEAD, label="stars found", columns=(COLUMNS, NARROW)
        )
        self.anchor = state.focus
        self.answer: Answer | None = None
        self.list.on_open = self.ask_about
        self.words = pn.pane.HTML(css_classes=["search-words"], **WORDS)
        self._latest = Latest[Answer](self._show)
        self._own_class = {
            m: number(store.objects, f"centroid_percentile_{m}") for m in store.modalities
        }
        self._make_controls()
        self._show_box()
        self._show_unlike()
        state.param.watch(self._on_question, STATE)
        state.param.watch(self._on_selection, "selection")
        state.param.watch(self.refresh, "upload")

    def __panel__(self) -> pn.viewable.Viewable:
        like, by, among, but, filters = self.controls.values()
        side = pn.Column(
            like, self.upload.place, by, among, but, self.unlike, filters,
            css_classes=["tray-side"], stylesheets=[CARD_CSS],
            width=206, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip
        found = pn.Column(self.words, self.list, sizing_mode="stretch_both", margin=0)
        return pn.Row(side, found, sizing_mode="stretch_both", margin=0)

    def _make_controls(self) -> None:
        look: dict[str, Any] = {"width": 186, **CONTROLS}
        own = [m for m in self.store.modalities if m != "fused"]
        names = {m: MODALITY_NAMES.get(m, m) for m in self.store.modalities}
        by = {f"by {names[m]}": m for m in self.store.modalities}
        if number(self.store.objects, "ra_deg") is not None:
            by["by place on the sky"] = PLACE
        among = {"among the same data": ""} | {
            f"among {names[m]}": m for m in self.store.modalities
        }
        but = {"but nothing": ""} | {f"but far by {names[m]}": f"far:{m}" for m in own}
        but |= {"but unlike another star": STAR, "but unlike the selection": MEAN}
        options = {
            "search_like": {text: key for key, text in LIKE.items()},
            "search_by": by, "search_among": among, "search_but": but,
        }  # fmt: skip
        self.controls: dict[str, Any] = {
            name: pn.widgets.Select(label=name.replace("_", " "), options=choices, **look)
            for name, choices in options.items()
        }
        for name, control in self.controls.items():
            tie(self.state, name, control, "value")
        self.unlike = pn.widgets.TextInput(
            label="Unlike this star", placeholder="its id or name, or click it", **look
        )
        self.unlike.param.watch(self._on_unlike, "value")
        filters = {text: key for key, text in FILTERS.items()}
        self.upload = UploadControl(self.state, self.store, width=186)
        self.controls["search_filters"] = pn.widgets.CheckButtonGroup(
            options=filters, css_classes=["wrap"], **look
        )
        tie(self.state, "search_filters", self.controls["search_filters"], "value")

    def ask_about(self, row: int) -> None:
        """Ask about another star of the atlas."""
        self.anchor = row
        if self.state.search_like == "pinned":
            self.state.search_pinned = row
        self.state.search_like = "focus" if self.state.search_like != "pinned" else "pinned"
        self.refresh()

    def _show_box(self) -> None:
        self.upload.show(self.state.search_like == "upload")

    def fill(self) -> None:
        """Ask again."""
        self.controls["search_among"].disabled = self.state.search_by == PLACE
        if self.anchor < 0:
            self.anchor = self.state.focus
        question = self.question()
        if question is None:
            self._latest.cancel()
            self._show(Answer(np.empty(0, dtype=np.int64), np.empty(0), None, ""))
            return
        self._latest.request(partial(answer, self.store, question))

    def question(self) -> Question | None:
        """What the state asks; None while there is nothing to compare with."""
        state = self.state
        like = self._asked()
        is_unlike = state.search_but in (STAR, MEAN)
        unlike = self._not_asked() if is_unlike else None
        if like is None or (is_unlike and unlike is None):
            return None
        if unlike is not None and np.array_equal(like.rows, unlike.rows):
            return None
        return Question(
            like=like,
            by=state.search_by,
            among="" if state.search_by == PLACE else state.search_among,
            far_by=state.search_but.removeprefix("far:") if state.search_but[:4] == "far:" else "",
            unlike=unlike,
            filters=tuple(state.search_filters),
            vetted=vetted_stars(state, self.store)
            if "not_vetted" in state.search_filters
            else None,
        )

    def _asked(self) -> Asked | None:
        state = self.state
        match state.search_like:
            case "upload":
                return None if state.upload is None else state.upload.asked
            case "selection":
                return ask_mean(self.store, state.selection) if state.n_selected else None
            case "pinned":
                row = state.search_pinned
            case _:
                row = self.anchor
        return ask_star(self.store, row) if row >= 0 else None

    def _not_asked(self) -> Asked | None:
        """What the stars sought are not to be like."""
        state = self.state
        if state.search_but == MEAN:
            return ask_mean(self.store, state.selection) if state.n_selected else None
        return ask_star(self.store, state.search_unlike) if state.search_unlike >= 0 else None

    def _show(self, found: Answer) -> None:
        self.answer = self.state.found = found
        self.words.object = f"{escape(found.words)}."
        self.words.visible = len(found.rows) > 0
        by_place = self.state.search_by == PLACE
        measures = "similarity" if found.far is None else "near, far"
        self.list.head_html = HEAD.format(near="separation" if by_place else measures)
        self.list.empty_html = found.words or self._invitation()
        self.list.fill(found.rows, self._cells, self.state.focus)
        self.ringed = found.rows[:N_RINGED].tolist()

    def _invitation(self) -> str:
        state = self.state
        if state.search_like == "selection" and (not state.n_selected or state.search_but != STAR):
            if state.search_but == MEAN and state.n_selected:
                return "Like and unlike the same: choose a star that others should be like."
            return "Select some stars: their mean is what others are compared with."
        if state.search_like == "upload" and state.upload is None:
            return "Drop a light curve or a spectrum on the box at the left."
        match state.search_but:
            case "unlike:star":
                return "Click the star that others should be unlike, or type its id or name."
            case "unlike:selection":
                return "Select the stars that others should be unlike: their mean is taken."
        return "Click a star on a map to see the stars most like it."

    def _on_unlike(self, event: Any) -> None:
        """Take the star that is typed; say so where there is none."""
        if not event.new:
            self.state.search_unlike = -1
            return
        match = self.store.find(event.new)
        if match.row >= 0:
            self.state.search_unlike = match.row
        self.state.notice = match.note

    def _show_unlike(self) -> None:
        row = self.state.search_unlike
        self.unlike.visible = self.state.search_but == STAR
        if row < 0 or self.store.find(self.unlike.value or "").row != row:
            self.unlike.value = self.store.name(row) if row >= 0 else ""

    def _on_question(self, *events: Any) -> None:
        for event in events:
            # a click is about the star not to be like now: the one asked about must stay
            pins = event.name == "search_but" and event.new == STAR
            if (pins and self.state.search_like == "focus") or (
                event.name == "search_like" and event.new == "pinned"
            ):
                pinned = self.anchor if self.anchor >= 0 else self.state.focus
                self.state.param.update(search_like="pinned", search_pinned=pinned)
            if event.name == "search_like" and event.new == "focus":
                self.anchor = self.state.focus
            if event.name == "search_like":
                self._show_box()
        self._show_unlike()
        self.refresh()

    def _on_selection(self, *_: Any) -> None:
        if self.state.search_like == "selection" or self.state.search_but == MEAN:
            self.refresh()

    def _on_focus(self, event: Any) -> None:
        is_listed = self.list.place_of(event.new) >= 0
        if self.is_open and is_listed:
            super()._on_focus(event)
        elif self.state.search_but == STAR and event.new != self.state.search_pinned:
            self.state.search_unlike = event.new
        elif self.state.search_like == "focus":
            self.anchor = event.new
            self.refresh()

    def _cells(self, place: int, row: int) -> str:
        assert self.answer is not None
        cells = (
            f'<span class="num muted">{place + 1}</span>',
            thumbnail(self.store, row),
            name_cell(self.store, row),
            class_cell(self.store, row),
            self._measured(place),
            self._own_class_cell(row),
        )
        return "".join(cells)

    def _measured(self, place: int) -> str:
        """How near the star is, and below it, how near to what it should be unlike."""
        assert self.answer is not None
        near, far = float(self.answer.near[place]), self.answer.far
        if self.state.search_by == PLACE:
            return f'<span class="num">{separation_text(near)}</span>'
        bar = bar_cell(near, f"{near:.3f}", "similarity to what it should be like")
        if far is None:
            return bar
        below = bar_cell(far[place], f"{far[place]:.3f}", "similarity to what it should be unlike")
        return f'<span class="stack">{bar}{below}</span>'

    def _own_class_cell(self, row: int) -> str:
        space = self.state.search_among or self.state.search_by
        percentiles = self._own_class.get(space if space != PLACE else "fused")
        value = float(percentiles[row]) if percentiles is not None else math.nan
        if self.store.label(row) == UNLABELLED:
            value = math.nan
        return number_cell(value, 1, "%")


def separation_text(degrees: float) -> str:
    """An angle in the unit that reads best."""
    if not math.isfinite(degrees):
        return "—"
    arcsec = degrees * 3600
    if arcsec < 100:
        return f"{arcsec:.1f}″"
    return f"{arcsec / 60:.1f}′" if arcsec < 6000 else f"{degrees:.2f}°"
