"""One entry of the log: what is kept of a verdict, and what is refused.

Everything a browser sends is checked here before it comes near the database.
"""

from __future__ import annotations

import math
import re
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from data_pipeline.errors import InputError
from data_pipeline.verdict_log import KINDS, SEPARATOR

MAX_NOTE = 2000
"""Characters of a note."""
MAX_REASON = 200
MAX_VETTER = 120
MAX_SHOWN = 20_000
MAX_CLASSES = 6
ACTIONS = ("verdict", "undo", "redo")
_CLIENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CLASS = re.compile(r"\w[\w+/:.()\-]{0,39}( [\w+/:.()\-]{1,40})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def new_client_id() -> str:
    """An identifier for an entry; the browser makes its own, so that a retry carries the same."""
    return str(uuid.uuid4())


def now() -> str:
    """The time in UTC, ISO 8601 to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Entry:
    """A verdict, or the undoing or redoing of one.

    Attributes
    ----------
    client_id : str
        Made where the entry was made; a second entry of the same id is the same entry.
    action : "verdict", "undo" or "redo"
    target : str or None
        The `client_id` of the verdict that is undone or redone.
    vetter : str
        Who.
    source_id : int
    kind : str
        A key of `KINDS`.
    classes : str
        Classes that fit instead, "EW|RRC"; empty unless the kind is "wrong_class".
    is_sure : bool
        False for "probable".
    period_days, epoch_days : float
        Period the light curve was folded at, and a time of phase zero; NaN where it was not.
    reason, note : str
    seconds : float
        From the moment the star was shown to the verdict.
    atlas_hash, model_hash : str
        What the star was looked at with.
    shown : str
        JSON: what the page told the vetter about the star.
    created : str
        When, UTC.
    id : int
        Place in the log, given by the database.
    """

    client_id: str
    action: str
    vetter: str
    source_id: int
    target: str | None = None
    kind: str = ""
    classes: str = ""
    is_sure: bool = True
    period_days: float = math.nan
    epoch_days: float = math.nan
    reason: str = ""
    note: str = ""
    seconds: float = math.nan
    atlas_hash: str = ""
    model_hash: str = ""
    shown: str = "{}"
    created: str = field(default_factory=now)
    id: int = 0

    def __post_init__(self) -> None:
        problems = [*self._problems()]
        if problems:
            raise InputError(" ".join(problems))

    @property
    def class_list(self) -> list[str]:
        """`classes`, one by one."""
        return self.classes.split(SEPARATOR) if self.classes else []

    @property
    def is_wrong(self) -> bool | None:
        """Whether the catalogue's class is said to be wrong; None where that is left open."""
        return KINDS[self.kind].is_wrong if self.kind in KINDS else None

    def same_as(self, other: Entry) -> bool:
        """Whether the two are one entry, sent twice; when it was received does not matter."""
        ours, theirs = (
            {k: v for k, v in asdict(entry).items() if k in _IDENTITY} for entry in (self, other)
        )
        return ours == theirs

    def record(self) -> dict[str, Any]:
        """As a row of the database: NULL for what is not known, without the id."""
        row = asdict(self)
        del row["id"]
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }

    def _problems(self) -> list[str]:
        found = []
        if self.action not in ACTIONS:
            found.append(f"an entry is one of {', '.join(ACTIONS)}, not {self.action[:40]!r}.")
        if self.action == "verdict" and self.kind not in KINDS:
            found.append(f"a verdict is one of {', '.join(KINDS)}, not {self.kind[:40]!r}.")
        if (self.action == "verdict") == bool(self.target):
            found.append("undo and redo name the verdict they are about; a verdict names none.")
        for name in (self.client_id, *([self.target] if self.target else [])):
            if not _CLIENT_ID.fullmatch(name):
                found.append(f"{name[:40]!r} is no identifier of an entry.")
        if not -(2**63) <= self.source_id < 2**63:
            found.append("a source_id has 64 bits.")
        limits = {"vetter": MAX_VETTER, "reason": MAX_REASON, "note": MAX_NOTE, "shown": MAX_SHOWN}
        for name, most in limits.items():
            text = getattr(self, name)
            if len(text) > most:
                found.append(f"The {name} has {len(text):,} characters; {most:,} is the most.")
            if _CONTROL.search(text):
                found.append(f"The {name} holds control characters.")
        if not self.vetter.strip():
            found.append("A verdict needs somebody who gives it.")
        return found + self._class_problems() + self._number_problems()

    def _class_problems(self) -> list[str]:
        named = self.class_list
        if (self.kind == "wrong_class") != bool(named):
            return ["A wrong class needs the class that fits instead, and only that verdict does."]
        bad = [name for name in named if not _CLASS.fullmatch(name)]
        found = [f"{name[:40]!r} is not the name of a class." for name in bad[:1]]
        if len(named) > MAX_CLASSES:
            found.append(f"{len(named)} classes are too many; {MAX_CLASSES} is the most.")
        if len(set(named)) < len(named):
            found.append("A class is named twice.")
        return found

    def _number_problems(self) -> list[str]:
        found = []
        if not (math.isnan(self.period_days) or 0 < self.period_days < 1e6):
            found.append(f"A period is a positive number of days, not {self.period_days!r}.")
        if not (math.isnan(self.epoch_days) or abs(self.epoch_days) < 1e9):
            found.append(f"An epoch is a time in days, not {self.epoch_days!r}.")
        if not (math.isnan(self.seconds) or 0 <= self.seconds < 1e6):
            found.append(f"The time taken is in seconds, not {self.seconds!r}.")
        return found


_IDENTITY = {
    "client_id", "action", "target", "vetter", "source_id", "kind", "classes", "is_sure", "note"
}  # fmt: skip
