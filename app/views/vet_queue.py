"""Vet mode: the queue of stars that do not fit, filters and thresholds beside it, the verdict pad.

On the left is chosen what is listed; in the middle is the queue, or what follows from the verdicts;
on the right is the pad, one key a verdict.
"""

import asyncio
import logging
import math
from functools import partial
from html import escape
from typing import Any

import panel as pn

from app.atlas_store import AtlasStore
from app.blinding import sees_others, vetted_stars
from app.chips import class_chip
from app.listing import Listing
from app.palette import UNLABELLED
from app.state import AppState, tie_choice
from app.styles import CARD_CSS, CONTROLS, WORDS
from app.thresholds import THRESHOLDS
from app.verdicts.agreement import agreement, opinions
from app.verdicts.entry import MAX_VETTER, Entry
from app.vet_filters import VetFilters
from app.vet_pad import VetPad
from app.vet_results import results_html
from app.vet_rows import COLUMNS, COLUMNS_NARROW, HEAD, QueueRows
from app.vet_star import MAX_PERIOD_DAYS, pad_view
from app.vet_thresholds import REASONS, ThresholdSliders
from app.vetting import RETRY, Message, Vetting

FOLD = ["fold", "fold_factor", "fold_period_days", "chosen_period_days", "chosen_epoch"]
MAX_RINGS = 40
"""Only the next stars: the maps stay calm."""
POLL_MS = 2000
_logger = logging.getLogger(__name__)
SIDES = ["filters", "thresholds", "results"]


class VetQueue(Listing):
    """The queue at the filters and thresholds of the session, and the pad to work through it."""

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        super().__init__(
            state, store, head_html=HEAD, label="stars to vet", columns=(COLUMNS, COLUMNS_NARROW),
        )  # fmt: skip
        self.vetting = Vetting(state, store)
        self.rows = QueueRows(self.vetting)
        self.pad = VetPad(
            classes=[
                {"label": label, "chip": class_chip(label)}
                for label in store.classes
                if label != UNLABELLED
            ],
            sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        self.pad.on_act = self.act
        self.count = pn.pane.HTML(sizing_mode="stretch_width", **WORDS)
        self.results = pn.pane.HTML(
            sizing_mode="stretch_both", css_classes=["vet-results"], **WORDS
        )
        words = {column: word for column, (word, _) in REASONS.items()}
        self.filters = VetFilters(state, store, words)
        self.thresholds = ThresholdSliders(state, store)
        self.side = pn.widgets.RadioButtonGroup(options=SIDES, **CONTROLS)
        tie_choice(state, "vet_side", self.side)
        self.side.param.watch(self._turn, "value")
        self._seen = -1
        state.param.watch(self._on_thresholds, list(THRESHOLDS))
        state.param.watch(self._on_choice, "queue_filters")
        state.param.watch(self.refresh, "blind")
        state.param.watch(self._on_selection, "selection")
        state.param.watch(lambda *_: self._show_star(), FOLD)
        self._poll_every = None
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            poll: Any = self._poll
            self._poll_every = pn.state.add_periodic_callback(poll, POLL_MS)

    def __panel__(self) -> pn.viewable.Viewable:
        self._parts = {
            "filters": _part(self.filters),
            "thresholds": _part(self.thresholds.count, *self.thresholds.parts()),
            "list": _part(self.list, fill=True),
            "results": _part(self.results, fill=True),
            "pad": _part(self.pad, css_classes=["vet-pad"], width=318),
        }
        side = _part(
            self.side, self.count, self._parts["filters"], self._parts["thresholds"],
            css_classes=["tray-side", "vet-side"], width=236,
        )  # fmt: skip
        self._turn()
        in_the_middle = [self._parts[name] for name in ("list", "results", "pad")]
        return pn.Row(side, *in_the_middle, sizing_mode="stretch_both", margin=0)

    def _turn(self, *_: Any) -> None:
        """Show the side that is wanted; results take the room of the list and the pad."""
        with pn.io.hold():
            side = self.side.value
            is_shown = {
                "filters": side != "thresholds", "thresholds": side == "thresholds",
                "list": side != "results", "pad": side != "results", "results": side == "results",
            }  # fmt: skip
            for name, part in self._parts.items():
                part.visible = is_shown[name]
            self._show_results()

    # filling

    def fill(self) -> None:
        """Make the queue again and show it from the top."""
        self.vetting.rebuild()
        self.list.empty_html = self._empty_html()
        self.list.fill(self.vetting.rows, self.rows.cells, self.state.focus)
        self.ringed = [] if not sees_others(self.state) else self.vetting.rows[:MAX_RINGS].tolist()
        if self.state.focus in (-1, self.store.opening_row):  # nobody chose it
            self._go_to_queue()
        self.thresholds.show_count(self.vetting.flags)
        self._show_verdicts()

    def _go_to_queue(self) -> None:
        if self.list.total and self.list.active < 0:
            rows = self.vetting.rows.tolist()
            untouched = (row for row in rows if self.vetting.verdict_on(row) is None)
            self.state.focus = next(untouched, rows[0])

    def _empty_html(self) -> str:
        choice = self.vetting.choice
        if choice.show == "disputed":
            return "The vetters do not disagree about any star."
        if choice.show == "mine":
            return "You have vetted no star yet."
        if len(self.vetting.queue.rows):
            return "Every star of this queue is vetted. Well done."
        return "No star is flagged with these filters and thresholds."

    def _show_verdicts(self) -> None:
        """Show what the verdicts change: marks, progress, the pad, the results."""
        self._seen = self.vetting.book.version
        if self.list.total:
            self.list.show_window(self.list.first)
        self.count.object = self._count_html()
        self.state.vetted = vetted_stars(self.state, self.store)
        self.thresholds.learn()
        self._show_star()
        self._show_results()

    def _show_results(self) -> None:
        if self.side.value == "results" and self.is_open:
            said = opinions(self.vetting.book) if sees_others(self.state) else {}
            self.results.object = results_html(
                self.vetting.shares(), agreement(said), self.vetting.progress()
            )

    def _on_thresholds(self, *events: Any) -> None:
        self.vetting.begins_anew |= "ranking" in {event.name for event in events}
        self.refresh()

    def _on_choice(self, _: Any) -> None:
        with pn.io.hold():
            self.refresh()
            if self.is_open:
                self._go_to_queue()

    def _on_selection(self, _: Any) -> None:
        if self.vetting.choice.only_selected:
            self.refresh()

    def _on_focus(self, event: Any) -> None:
        super()._on_focus(event)
        if self.is_open:
            self._show_star()

    async def _poll(self) -> None:
        """See what other processes wrote, and what other sessions of this one did."""
        if self.is_open:
            try:
                await asyncio.to_thread(self.vetting.book.refresh)
            except Exception:  # the next poll may find the database again
                _logger.warning("the log of verdicts could not be read", exc_info=True)
                return
            if self.vetting.book.version != self._seen:
                with pn.io.hold():
                    self._show_verdicts()

    # verdicts

    def act(self, message: Message) -> None:
        """Do what the pad asks: {"act": name, ...}."""
        client_id = str(message.get("client_id", ""))
        match message.get("act"):
            case "verdict":
                self._give(message, client_id)
            case "undo":
                self.vetting.undo(client_id, partial(self._after_step, True))
            case "redo":
                self.vetting.redo(client_id, partial(self._after_step, False))
            case "fold":
                self._fold(message.get("days"))
            case "name" if not self.vetting.is_signed_in:
                self.state.vetter = str(message.get("name", ""))[:MAX_VETTER].strip() or "somebody"
                self.refresh()

    def _give(self, message: Message, client_id: str) -> None:
        row = self.state.focus if self.vetting.is_about_focus(message) else -1
        self.vetting.give(message, partial(self._after_verdict, client_id, row))

    def _after_verdict(self, client_id: str, row: int, entry: Entry | None, why: str) -> None:
        if entry is None:
            self.pad.tell("later" if why == RETRY else "refused", client_id=client_id)
            self.state.notice = why
            return
        is_about_focus = row >= 0 and row == self.state.focus
        following = self.vetting.next_row(row) if is_about_focus else -1
        self.vetting.begins_anew = False
        self.pad.tell("saved", client_id=client_id, is_last=following < 0)
        if is_about_focus:
            if following >= 0:
                self.state.focus = following
                self._prefetch(self.vetting.next_row(following))
            else:
                self.state.notice = "That was the last star of this queue."
        self._show_verdicts()

    def _after_step(self, is_undo: bool, entry: Entry | None, why: str) -> None:
        if entry is None:
            self.state.notice = why
            return
        row = self.store.row(entry.source_id)
        following = row if is_undo else self.vetting.next_row(row)
        if following >= 0:
            self.state.focus = following
        self._show_verdicts()

    def _prefetch(self, row: int) -> None:
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.execute(partial(asyncio.to_thread, self.vetting.prefetch, row))

    def _fold(self, days: Any) -> None:
        """Fold the light curve at a period, so that one sees whether it is right."""
        base = self.store.period_days(self.state.focus)
        if not isinstance(days, int | float) or not 0 < days < MAX_PERIOD_DAYS:
            return
        with pn.io.hold():
            if base > 0:
                wanted = {"fold_factor": days / base, "fold_period_days": None}
            else:
                wanted = {"fold_factor": 1.0, "fold_period_days": days}
            self.state.param.update(fold=True, **wanted)

    # words

    def _show_star(self) -> None:
        if self.is_open:
            self.pad.view = pad_view(self.vetting, self.state.focus)

    def _count_html(self) -> str:
        progress = self.vetting.progress()
        share = 100 * progress.n_done / max(progress.n_total, 1)
        rate = f" · {progress.per_hour:,.0f} an hour" if math.isfinite(progress.per_hour) else ""
        others = len(progress.others)
        more = f" · {others} other{'s' if others > 1 else ''}" if others else ""
        title = escape(", ".join(f"{name}: {n}" for name, n in progress.others.items()))
        return (
            f'<div class="progress" title="{title}"><b>{progress.n_done:,}</b> of '
            f'{progress.n_total:,} vetted<span class="muted">{rate}{more}</span>'
            f'<i style="--share:{share:.2f}%"></i></div>'
        )


def _part(*inside: Any, fill: bool = False, **look: Any) -> pn.Column:
    """Something that can be hidden."""
    mode = "stretch_both" if fill else "stretch_height" if "width" in look else "stretch_width"
    return pn.Column(*inside, sizing_mode=mode, margin=0, stylesheets=[CARD_CSS], **look)
