"""Who thinks what now: the log read in order and kept in memory, one book for all sessions."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError

PAUSE_S = 300
"""A longer time between two verdicts was a pause, not work."""


class VerdictBook:
    """The standing verdicts of a log, kept up to date by `append` and `refresh`.

    Parameters
    ----------
    log : VerdictLog

    Attributes
    ----------
    version : int
        Grows with every entry, whoever made it.
    """

    def __init__(self, log: VerdictLog) -> None:
        self.log = log
        self.version = 0
        self._lock = threading.RLock()
        self._entries: dict[int, Entry] = {}
        self._begin()
        self.refresh()

    def append(self, entry: Entry) -> Entry:
        """Write an entry to the log; when this returns it is on the disk."""
        kept = self.log.append(entry)
        self._take([kept])
        return kept

    def refresh(self) -> bool:
        """Read what other processes wrote; return whether there was anything."""
        return self._take(self.log.read(self._last_id))

    def verdict(self, vetter: str, source_id: int) -> Entry | None:
        """What a vetter thinks of a star now."""
        return self.of_star(source_id).get(vetter)

    def of_star(self, source_id: int) -> dict[str, Entry]:
        """What each vetter thinks of a star now."""
        with self._lock:
            found = (self._newest(ids) for ids in self._by_star.get(source_id, {}).values())
            return {entry.vetter: entry for entry in found if entry is not None}

    def standing(self, vetter: str | None = None) -> list[Entry]:
        """Verdicts that stand, in the order of the stars; of one vetter, or of all."""
        with self._lock:
            stars = list(self._by_star)
        each = (self.of_star(star).values() for star in stars)
        return [e for some in each for e in some if vetter in (None, e.vetter)]

    @property
    def vetters(self) -> dict[str, int]:
        """How many verdicts of each vetter stand, skipped stars left out."""
        counts: dict[str, int] = defaultdict(int)
        for entry in self.standing():
            counts[entry.vetter] += entry.kind != "skip"
        return dict(counts)

    def undo(self, vetter: str) -> Entry:
        """Make the entry that undoes the newest verdict of a vetter."""
        return self._act("undo", vetter, self._past)

    def redo(self, vetter: str) -> Entry:
        """Make the entry that brings the verdict undone last back."""
        return self._act("redo", vetter, self._future)

    def can_undo(self, vetter: str) -> bool:
        """Whether a vetter has a verdict to undo."""
        return bool(self._past[vetter])

    def can_redo(self, vetter: str) -> bool:
        """Whether a vetter has an undone verdict to bring back."""
        return bool(self._future[vetter])

    def per_hour(self, vetter: str, newest: int = 100) -> float:
        """Verdicts an hour over the newest ones, pauses left out; NaN for less than two."""
        with self._lock:
            given = [self._verdicts[name].created for name in self._past[vetter]][-newest:]
        times = np.sort(np.array([text.rstrip("Z") for text in given], dtype="datetime64[us]"))
        seconds = np.diff(times).astype(np.float64) / 1e6
        worked = seconds[seconds <= PAUSE_S]
        return float(3600 * len(worked) / worked.sum()) if worked.sum() > 0 else float("nan")

    def _act(self, action: str, vetter: str, stacks: dict[str, list[str]]) -> Entry:
        with self._lock:
            if not stacks[vetter]:
                raise InputError(f"There is no verdict to {action}.")
            about = self._verdicts[stacks[vetter][-1]]
        return Entry(new_client_id(), action, vetter, about.source_id, target=about.client_id)

    def _take(self, entries: Iterable[Entry]) -> bool:
        with self._lock:
            new = [entry for entry in entries if entry.id not in self._entries]
            for entry in new:
                self._entries[entry.id] = entry
            if new and new[0].id < self._last_id:  # one that was committed late
                self._entries = dict(sorted(self._entries.items()))
                self._begin()
                new = list(self._entries.values())
            for entry in new:
                self._read(entry)
            self.version += len(new)
            return bool(new)

    def _begin(self) -> None:
        self._last_id = 0
        self._verdicts: dict[str, Entry] = {}
        self._undone: set[str] = set()
        self._by_star: dict[int, dict[str, list[str]]] = {}
        self._past: dict[str, list[str]] = defaultdict(list)
        self._future: dict[str, list[str]] = defaultdict(list)

    def _read(self, entry: Entry) -> None:
        self._last_id = max(self._last_id, entry.id)
        past, future = self._past[entry.vetter], self._future[entry.vetter]
        if entry.action == "verdict":
            self._verdicts[entry.client_id] = entry
            of_star = self._by_star.setdefault(entry.source_id, {})
            of_star.setdefault(entry.vetter, []).append(entry.client_id)
            past.append(entry.client_id)
            future.clear()
            return
        target = str(entry.target)
        is_undo = entry.action == "undo"
        origin, goal = (past, future) if is_undo else (future, past)
        if target in origin:
            origin.remove(target)
            goal.append(target)
        (self._undone.add if is_undo else self._undone.discard)(target)

    def _newest(self, client_ids: list[str]) -> Entry | None:
        standing = [name for name in client_ids if name not in self._undone]
        return self._verdicts[standing[-1]] if standing else None


def opinion(entry: Entry) -> str:
    """What a verdict says in one word: its kind, or the classes that fit instead."""
    return "|".join(sorted(entry.class_list)) if entry.kind == "wrong_class" else entry.kind


def is_decided(entry: Entry) -> bool:
    """Whether a verdict says anything about the star."""
    return entry.is_wrong is not None


def wrong_by_majority(
    book: VerdictBook, source_id: NDArray[np.int64], vetter: str | None = None
) -> NDArray[np.float64]:
    """1 where most vetters find the class wrong, 0 right, NaN undecided, −1 not looked at, (N,).

    With `vetter`, only that one counts.
    """
    result = np.full(len(source_id), -1.0)
    row_of = {int(name): row for row, name in enumerate(source_id)}
    votes: dict[int, list[bool | None]] = defaultdict(list)
    for entry in book.standing(vetter):
        if entry.source_id in row_of:
            votes[row_of[entry.source_id]].append(entry.is_wrong)
    for row, given in votes.items():
        wrong, right = given.count(True), given.count(False)
        result[row] = float("nan") if wrong == right else float(wrong > right)
    return result
