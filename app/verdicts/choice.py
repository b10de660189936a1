"""Which stars a vetter wants to see, and in what order: filters over the flagged stars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.diagrams import number
from app.palette import UNLABELLED
from app.verdicts.agreement import disputed, opinions
from app.verdicts.book import VerdictBook
from app.verdicts.queue import Mask, Queue, make_queue, permutation
from data_pipeline.errors import InputError
from model.analysis.flags import FLAGS

SHOWS = {
    "open": "not vetted",
    "nobody": "by nobody",
    "all": "whole queue",
    "mine": "my verdicts",
    "disputed": "disagreements",
}
"""Which stars of the queue are listed."""
ORDERS = {
    "suspicion": "by suspicion",
    "class": "by class",
    "brightness": "by brightness",
    "period": "by period",
    "random": "at random",
}
DIFFERS = "differs"
ANY = "any"
_BRIGHTNESS = ("phot_g_mean_mag", "mean_vmag", "mean_mag")


@dataclass(frozen=True)
class QueueChoice:
    """What the filters say.

    Attributes
    ----------
    label : str
        Only this class; empty for all.
    flag : str
        Only stars with this flag, a column of the ranking; empty for any.
    external : str
        Only stars that another catalogue puts into this class, into any ("any"), or into another
        than ours ("differs"); empty for all.
    show, order : str
        Keys of `SHOWS` and `ORDERS`.
    only_selected : bool
        Only stars of the selection.
    with_controls : bool
        Whether a tenth of the queue is drawn at random.
    """

    label: str = ""
    flag: str = ""
    external: str = ""
    show: str = "open"
    order: str = "suspicion"
    only_selected: bool = False
    with_controls: bool = True

    def told(self) -> dict[str, Any]:
        """What differs from the usual, for `read_choice`."""
        usual = asdict(QueueChoice())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


def choices(store: AtlasStore) -> dict[str, list[Any]]:
    """The values that each filter can have in an atlas; the first is the usual one."""
    others = external_classes(store)
    return {
        "show": list(SHOWS),
        "order": list(ORDERS),
        "label": ["", *(label for label in store.classes if label != UNLABELLED)],
        "flag": ["", *FLAGS],
        "external": ["", *([ANY, DIFFERS] if others else []), *others],
        "only_selected": [False, True],
        "with_controls": [True, False],
    }


def read_choice(told: Mapping[str, Any], store: AtlasStore) -> QueueChoice:
    """The filters that `QueueChoice.told` wrote, or `InputError` where an atlas has no such."""
    known = choices(store)
    for name, value in told.items():
        if name not in known:
            raise InputError(f"the queue has no filter {str(name)[:40]!r}")
        if value not in known[name]:
            raise InputError(f"{str(value)[:40]!r} is no {name.replace('_', ' ')} of this queue")
    return QueueChoice(**told)


def external_classes(store: AtlasStore) -> list[str]:
    """Classes that other catalogues give to stars of the atlas."""
    external = store.survey.external
    here = external[external["source_id"].isin(store.source_id)]["class_label"].dropna()
    return sorted(here.unique().tolist())


def population_of(store: AtlasStore, choice: QueueChoice, selection: Mask) -> Mask:
    """Stars (N,) the queue is about."""
    mask = np.ones(store.n, dtype=bool)
    if choice.label:
        mask &= store.of_class(choice.label)
    if choice.external:
        mask &= _external_mask(store, choice.external)
    if choice.only_selected:
        mask &= selection
    return mask


def _external_mask(store: AtlasStore, wanted: str) -> Mask:
    external = store.survey.external.dropna(subset=["class_label"])
    if wanted == DIFFERS:
        label_of = pd.Series(store.labels, index=store.source_id)
        ours = external["source_id"].map(label_of)
        external = external[ours.notna() & (ours != external["class_label"])]
    elif wanted != ANY:
        external = external[external["class_label"] == wanted]
    return np.isin(store.source_id, external["source_id"].to_numpy(np.int64))


def queue_of(
    store: AtlasStore, choice: QueueChoice, flags: pd.DataFrame, population: Mask
) -> Queue:
    """Make the queue: flagged stars of the population in the order of the choice, and the draw.

    Parameters
    ----------
    store : AtlasStore
    choice : QueueChoice
    flags : DataFrame
        The ranking of all flagged stars, `AtlasStore.flags`.
    population : bool, (N,)
    """
    rows = flags["row"].to_numpy(np.int64)
    is_flagged = np.zeros(store.n, dtype=bool)
    is_flagged[rows] = True
    if choice.flag in flags:
        rows = rows[flags[choice.flag].to_numpy(bool)]
    order = permutation(store.n, store.atlas.hash)
    key = _KEYS.get(choice.order)
    if choice.order == "random":
        key = lambda _: np.argsort(order).astype(np.float64)  # noqa: E731
    if key is not None:
        rows = rows[np.argsort(key(store)[rows], kind="stable")]
    return make_queue(rows, is_flagged, population, order, choice.with_controls)


def listed(
    store: AtlasStore, choice: QueueChoice, queue: Queue, book: VerdictBook, vetter: str
) -> NDArray[np.int64]:
    """Rows of the queue to show, in order."""
    if choice.show in ("mine", "disputed"):
        if choice.show == "mine":
            mine = sorted(book.standing(vetter), key=lambda entry: -entry.id)
            stars = [entry.source_id for entry in mine]
        else:
            stars = disputed(opinions(book))
        rows = np.array([store.row(star) for star in stars], dtype=np.int64)
        return rows[(rows >= 0) & population_of(store, choice, np.ones(store.n, bool))[rows]]
    if choice.show == "all":
        return queue.rows
    done = {e.source_id for e in book.standing(vetter if choice.show == "open" else None)
            if e.kind != "skip"}  # fmt: skip
    is_done = np.isin(store.source_id[queue.rows], np.fromiter(done, np.int64, len(done)))
    return queue.rows[~is_done]


def _by_class(store: AtlasStore) -> NDArray[np.float64]:
    return store.class_code.astype(np.float64)


def _by_brightness(store: AtlasStore) -> NDArray[np.float64]:
    found = number(store.objects, *_BRIGHTNESS)
    return np.full(store.n, np.nan) if found is None else found


_KEYS: dict[str, Callable[[AtlasStore], NDArray[np.float64]]] = {
    "class": _by_class,
    "brightness": _by_brightness,
    "period": lambda store: store.periods_days,
}
