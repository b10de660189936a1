"""One session's work through the queue: which star is next, what is written to the log. No widgets.

A verdict is written in a thread while the next star is drawn. It counts as given when the log has
it; until then the browser keeps it and sends it again (see static/vet_pad.js).
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import panel as pn
import param
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.blinding import sees_class, sees_others
from app.state import AppState
from app.thresholds import THRESHOLDS
from app.verdicts.choice import QueueChoice, listed, population_of, queue_of, read_choice
from app.verdicts.entry import Entry
from app.verdicts.estimates import Share
from app.verdicts.queue import Mask, Queue
from app.verdicts.report import shares_of
from app.vetter import must_sign_in, signed_in, system_user
from data_pipeline.errors import InputError
from data_pipeline.verdict_log import SEPARATOR

Message = dict[str, Any]
Done = Callable[[Entry | None, str], None]
"""Called with the entry as it is kept, or None and why not."""
_logger = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far the queue has been worked through."""

    n_done: int
    n_total: int
    per_hour: float
    others: dict[str, int]


class Vetting(param.Parameterized):
    """The queue of one session and the verdicts given in it."""

    revision = param.Integer(0, doc="Grows when anybody's verdict has come in.")

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store, self.book = state, store, store.verdicts
        self.is_signed_in = bool(signed_in()) or must_sign_in()
        state.vetter = signed_in() or system_user()
        self.rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.queue = Queue(self.rows, self.rows, self.rows)
        self.population: Mask = np.zeros(store.n, dtype=bool)
        self.flags = pd.DataFrame()
        self.begins_anew = False
        self._waiting: deque[tuple[Callable[[], Entry], Done]] = deque()
        self._writing = False

    # the queue

    @property
    def choice(self) -> QueueChoice:
        """What the filters say."""
        return read_choice(self.state.queue_filters, self.store)

    def rebuild(self) -> None:
        """Make the queue again from the filters and the thresholds."""
        self.flags = self.store.flags(*(getattr(self.state, name) for name in THRESHOLDS))
        self.population = population_of(self.store, self.choice, self.state.selection)
        self.queue = queue_of(self.store, self.choice, self.flags, self.population)
        choice = self.choice
        if choice.show == "disputed" and not sees_others(self.state):
            choice = replace(choice, show="open")
        self.rows = listed(self.store, choice, self.queue, self.book, self.state.vetter)

    def verdict_on(self, row: int) -> Entry | None:
        """What this vetter thinks of a star."""
        return self.book.verdict(self.state.vetter, int(self.store.source_id[row]))

    def others_on(self, row: int) -> dict[str, Entry]:
        """What the others think of a star; nothing while blind."""
        if not sees_others(self.state):
            return {}
        found = self.book.of_star(int(self.store.source_id[row]))
        return {name: entry for name, entry in found.items() if name != self.state.vetter}

    def next_row(self, row: int) -> int:
        """The next star of the list after a row that is not vetted, from the top at the end; −1.

        From the top, too, where the list stands in a new order.
        """
        places = np.flatnonzero(self.rows == row)
        start = int(places[0]) + 1 if len(places) and not self.begins_anew else 0
        ahead = [*self.rows[start:].tolist(), *self.rows[:start].tolist()]
        untouched = (other for other in ahead if other != row and self.verdict_on(other) is None)
        skipped = (other for other in ahead if other != row and self._is_skipped(other))
        return next(untouched, next(skipped, -1))

    def _is_skipped(self, row: int) -> bool:
        given = self.verdict_on(row)
        return given is not None and given.kind == "skip"

    def prefetch(self, row: int) -> None:
        """Read what the card will want of the next star."""
        if row >= 0:
            self.store.light_curve(row)
            self.store.best_spectrum(row)

    def progress(self) -> Progress:
        """How much of the queue this vetter has done, and how fast."""
        done = {e.source_id for e in self.book.standing(self.state.vetter) if e.kind != "skip"}
        in_queue = self.store.source_id[self.queue.rows]
        n_done = int(np.isin(in_queue, np.fromiter(done, np.int64, len(done))).sum())
        others = {name: n for name, n in self.book.vetters.items() if name != self.state.vetter}
        return Progress(
            n_done, len(in_queue), self.book.per_hour(self.state.vetter),
            others if sees_others(self.state) else {},
        )  # fmt: skip

    def shares(self) -> list[Share]:
        """What share of each class of the queue's stars is labelled wrong."""
        whose = None if sees_others(self.state) else self.state.vetter
        return shares_of(self.store, self.book, self.queue, self.population, whose)

    # verdicts

    def give(self, message: Message, done: Done) -> None:
        """Write what the browser sends; whatever is wrong with it goes to `done`."""
        try:
            entry = self.entry_from(message)
        except (InputError, TypeError, ValueError, KeyError, OverflowError) as error:
            done(None, str(error))
            return
        self._write(lambda: entry, done)

    def undo(self, client_id: str, done: Done) -> None:
        """Take back this vetter's newest verdict."""
        self._write(lambda: replace(self.book.undo(self.state.vetter), client_id=client_id), done)

    def redo(self, client_id: str, done: Done) -> None:
        """Give the verdict again that was undone last."""
        self._write(lambda: replace(self.book.redo(self.state.vetter), client_id=client_id), done)

    def entry_from(self, message: Message) -> Entry:
        """Make an entry of what the browser sent, or raise an error that says what is wrong."""
        source_id = int(str(message["source_id"]))
        row = self.store.row(source_id) if abs(source_id) < 2**63 else -1
        if row < 0:
            raise InputError(f"no star {source_id} in this atlas.")
        classes = [str(name) for name in message.get("classes") or ()]
        if any(SEPARATOR in name for name in classes):
            raise InputError("one class at a time.")
        told = self.shown(row) | {"resent": not self.is_about_focus(message)}
        return Entry(
            client_id=str(message["client_id"]),
            action="verdict",
            vetter=self.state.vetter,
            source_id=source_id,
            kind=str(message["kind"]),
            classes=SEPARATOR.join(classes),
            is_sure=bool(message.get("is_sure", True)),
            period_days=_number(message.get("period_days")),
            epoch_days=_number(message.get("epoch_days")),
            reason=str(message.get("reason") or "").strip(),
            note=str(message.get("note") or "").strip(),
            seconds=_number(message.get("seconds")),
            atlas_hash=self.store.atlas.hash,
            model_hash=str(self.store.atlas.embeddings.manifest.get("checkpoint_hash") or ""),
            shown=json.dumps(told, ensure_ascii=False),
        )

    def is_about_focus(self, message: Message) -> bool:
        """Whether a verdict is about the star that is shown, and not sent again."""
        focus = self.state.focus
        is_it = focus >= 0 and str(message.get("source_id")) == str(self.store.source_id[focus])
        return is_it and not message.get("resent")

    def shown(self, row: int) -> dict[str, Any]:
        """What the page tells the vetter about a star, for the log."""
        state = self.state
        place = np.flatnonzero(self.queue.rows == row)
        told: dict[str, Any] = {
            "blind": state.blind,
            "label": self.store.label(row) if sees_class(state) else None,
            "folded": state.fold,
            "fold_factor": state.fold_factor,
            "ephemeris": {k: _plain(value) for k, value in self.ephemeris.items()},
            "map": state.map_modality,
            "queue": {
                name: value for name, value in vars(self.choice).items() if value not in ("", False)
            },
            "place": int(place[0]) + 1 if len(place) else None,
            "drawn": bool(len(place) and self.queue.is_control[place[0]]),
        }
        if sees_others(state):
            told["others"] = len(self.others_on(row))
            told |= {"suggestion": self.suggestion(row), "thresholds": self._thresholds}
            rank = np.flatnonzero(self.flags["row"] == row) if len(self.flags) else place[:0]
            if len(rank):
                words = self.store.flags.told(self.flags.iloc[rank], *self._thresholds.values())
                told |= {"rank": int(rank[0]) + 1, "why": str(words["sentence"].iat[0])[:2000]}
        return told

    def suggestion(self, row: int) -> str:
        """The class that the evidence names instead; empty while blind or where there is none."""
        if not sees_others(self.state):
            return ""
        return self.store.evidence.suggestion(row) or ""

    def chances(self, row: int) -> dict[str, float]:
        """Probability of each class that the classifier knows."""
        star: Any = self.store.objects.iloc[row]
        names = [name for name in star.index if str(name).startswith("prob_")]
        return {str(name).removeprefix("prob_"): float(star[name]) for name in names}

    @property
    def folded_period_days(self) -> float:
        """Period the light curve in focus is folded at [d]; NaN where it is not."""
        state = self.state
        if state.focus < 0 or not state.fold:
            return math.nan
        return (state.fold_period_days or self.store.period_days(state.focus)) * state.fold_factor

    @property
    def ephemeris(self) -> dict[str, Any]:
        """Period and epoch that go with a verdict [d]: those kept for the star, else the fold's."""
        state = self.state
        if state.chosen_period_days is None:
            return {"period_days": self.folded_period_days, "epoch_days": math.nan}
        return {
            "period_days": state.chosen_period_days,
            "period_err_days": state.chosen_period_err_days,
            "epoch_days": state.chosen_epoch,
            "epoch_err_days": state.chosen_epoch_err,
            "reference": state.chosen_epoch_reference,
        }

    @property
    def _thresholds(self) -> dict[str, float]:
        return {name: getattr(self.state, name) for name in THRESHOLDS}

    def _write(self, make: Callable[[], Entry], done: Done) -> None:
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            self._finish(self._attempt(make), done)
            return
        self._waiting.append((make, done))
        if not self._writing:
            self._writing = True
            pn.state.execute(partial(self._run, document))

    async def _run(self, document: pn.io.document.Document) -> None:
        try:
            while self._waiting:
                make, done = self._waiting.popleft()
                result = await asyncio.to_thread(self._attempt, make)
                document.add_next_tick_callback(partial(self._finish, result, done))
        finally:
            self._writing = False

    def _attempt(self, make: Callable[[], Entry]) -> tuple[Entry | None, str]:
        try:
            return self.book.append(make()), ""
        except InputError as error:
            return None, str(error)
        except Exception:  # whatever a database may say: the browser keeps the verdict
            _logger.exception("a verdict could not be written to %s", self.store.atlas.name)
            return None, RETRY

    def _finish(self, result: tuple[Entry | None, str], done: Done) -> None:
        with pn.io.hold():
            done(*result)
            self.revision += 1


RETRY = "The log of verdicts does not answer; the verdict is kept here and sent again."


def _plain(value: Any) -> Any:
    """NaN has no place in JSON."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
