"""What the verdict pad is told of the star in focus: classes and periods, who said what."""

import math
from html import escape
from typing import Any

from app.blinding import sees_class, sees_others
from app.formats import period_text
from app.named_periods import known_periods
from app.palette import UNLABELLED
from app.verdicts.entry import Entry
from app.vetting import Vetting
from data_pipeline.verdict_log import KINDS

MULTIPLES = {"½P": 0.5, "2P": 2.0, "⅓P": 1 / 3, "3P": 3.0}
ALIASES = {"f−1 d⁻¹": -1.0, "f+1 d⁻¹": 1.0}
MAX_PERIOD_DAYS = 1e5


def pad_view(vetting: Vetting, row: int) -> dict[str, Any]:
    """All that the pad shows of a star (row −1 for none) and of this vetter."""
    kept, vetter, book = vetting.ephemeris, vetting.state.vetter, vetting.book
    view: dict[str, Any] = {
        "atlas": vetting.store.atlas.hash[:12],
        "vetter": vetter,
        "is_signed_in": vetting.is_signed_in,
        "folded_days": _or_none(kept["period_days"]),
        "epoch_days": _or_none(kept["epoch_days"]),
        "can_undo": book.can_undo(vetter),
        "can_redo": book.can_redo(vetter),
    }
    if row < 0:
        return view | {"star": "", "suggestion": "", "candidates": [], "periods": []}
    given = vetting.verdict_on(row)
    return view | {
        "star": str(vetting.store.source_id[row]),  # no JavaScript number holds 64 bits
        "given": {"kind": given.kind} if given else None,
        "suggestion": vetting.suggestion(row),
        "candidates": candidates(vetting, row),
        "periods": periods(vetting, row),
        "others_html": said_html(vetting, row),
    }


def candidates(vetting: Vetting, row: int) -> list[str]:
    """Classes in the order in which they are likely; in the order of the legend while blind."""
    store, state = vetting.store, vetting.state
    classes = [label for label in store.classes if label != UNLABELLED]
    if sees_others(state):
        suggestion, chance = vetting.suggestion(row), vetting.chances(row)
        classes.sort(key=lambda label: (label != suggestion, -chance.get(label, 0.0)))
    own = store.label(row)
    return [label for label in classes if label != own] if sees_class(state) else classes


def periods(vetting: Vetting, row: int) -> list[dict[str, Any]]:
    """Periods a key away: as folded now, multiples, daily aliases, others that are known."""
    store = vetting.store
    base = store.period_days(row)
    named = {"as folded": vetting.ephemeris["period_days"]}
    if base > 0:
        named |= {name: base * factor for name, factor in MULTIPLES.items()}
        frequencies = {name: abs(1 / base + step) for name, step in ALIASES.items()}
        named |= {name: 1 / f for name, f in frequencies.items() if f > 1 / MAX_PERIOD_DAYS}
    external = store.survey.external
    of_star = external[external["source_id"] == store.source_id[row]]
    named |= dict(list(known_periods(store.objects, row, of_star).items())[1:3])
    offered = [(name, days) for name, days in named.items() if 0 < days < MAX_PERIOD_DAYS]
    return [
        *({"name": n, "days": days, "text": f"{period_text(days)} d"} for n, days in offered),
        {"name": "not known", "days": None, "text": ""},
    ]


def said_html(vetting: Vetting, row: int) -> str:
    """What this vetter and the others have said of a star."""
    given = vetting.verdict_on(row)
    said = [] if given is None else [("You", given)]
    said += sorted(vetting.others_on(row).items())
    return " · ".join(f"<b>{escape(name)}</b> {escape(verdict_text(of))}" for name, of in said)


def verdict_text(entry: Entry) -> str:
    """A verdict in words; plain text."""
    sure = "" if entry.is_sure else "probably "
    text = sure + (" or ".join(entry.class_list) or KINDS[entry.kind].words)
    if entry.kind == "wrong_period" and math.isfinite(entry.period_days):
        text += f" ({period_text(entry.period_days)} d)"
    note = " — ".join(part for part in (entry.reason, entry.note) if part)
    return f"{text}: {note}" if note else text


def _or_none(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
