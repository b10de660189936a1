"""Candidate lists: which stars, in what order, and what the list says of each of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from astropy.table import Table
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.export.provenance import describe_export
from app.export.table import star_table
from app.kept_parts import cut_in_words
from app.parts import Partition
from app.searching import Answer
from app.selection import step_from_rows
from data_pipeline.schema import Column

_MEANINGS = (
    ("rank", "", "place in the list, from 1", "meta.id;meta.number", "int64"),
    ("suspicion", "", "share of the stars that are less suspicious", "", "float64"),
    ("suggestion", "", "class that the evidence names", "meta.code.class", "string"),
    ("sentence", "", "why the star is flagged", "meta.note", "string"),
    ("similarity", "", "cosine similarity to the star asked for", "", "float64"),
    ("similarity_unwanted", "", "cosine similarity to what it should be unlike", "", "float64"),
    ("separation", "deg", "angle from the star asked for", "pos.angDistance", "float64"),
    ("part", "", "part of its class; rest: in none", "meta.code", "string"),
    ("verdict", "", "what a person concluded", "meta.note", "string"),
    ("verdict_classes", "", "right classes, by that person", "meta.code.class", "string"),
    ("verdict_is_sure", "", "sure (true) or probable", "meta.code", "bool"),
    ("verdict_period_days", "d", "right period, by that person", "time.period", "float64"),
    ("verdict_epoch", "d", "time of phase zero, by that person", "time.epoch", "float64"),
    ("verdict_reason", "", "why", "meta.note", "string"),
    ("verdict_note", "", "note", "meta.note", "string"),
    ("verdict_vetter", "", "who gave the verdict", "meta.id", "string"),
    ("verdict_time", "", "when (UTC)", "time.epoch", "string"),
)
ADDED_COLUMNS = {
    name: Column(name, unit, text, ucd, "derived", dtype)
    for name, unit, text, ucd, dtype in _MEANINGS
}
"""Columns that a list adds to those of the atlas."""


@dataclass(frozen=True)
class CandidateList:
    """Some stars of an atlas in order.

    Attributes
    ----------
    what : str
        In words: "selection", "flag queue".
    rows : int array (n,)
        Atlas rows.
    added : DataFrame
        n rows: what the list says of its stars.
    recipe : list of dict
        Steps that select the same stars again.
    vetters : tuple of str
    told : callable, optional
        Makes more columns of so many rows, from the first; not before the table is asked for.
    """

    what: str
    rows: NDArray[np.int64]
    added: pd.DataFrame = field(default_factory=pd.DataFrame)
    recipe: list[dict[str, Any]] = field(default_factory=list)
    vetters: tuple[str, ...] = ()
    told: Callable[[int], pd.DataFrame] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def with_verdicts(
        self, verdicts: pd.DataFrame | None, source_id: NDArray[np.int64]
    ) -> "CandidateList":
        """The same list with the latest verdict on each star beside it.

        Parameters
        ----------
        verdicts : DataFrame or None
            One row a verdict in the order they were given: source_id, verdict, and any of classes,
            is_sure, period_days, epoch, reason, note, vetter, time.
        source_id : int64 array (N,)
            Of the atlas.
        """
        if verdicts is None or verdicts.empty:
            return self
        if "verdict" in self.added:
            return self
        latest = verdicts.drop_duplicates("source_id", keep="last").set_index("source_id")
        own = latest.reindex(source_id[self.rows]).reset_index(drop=True)
        names = {name: name if name == "verdict" else f"verdict_{name}" for name in map(str, own)}
        added = pd.concat([self.added.reset_index(drop=True), own.rename(columns=names)], axis=1)
        who = own.get("vetter", pd.Series(dtype=object)).dropna().astype(str)
        return replace(self, added=added, vetters=tuple(sorted(set(who))))

    def table(self, store: AtlasStore) -> Table:
        """All its stars with every column of the atlas."""
        atlas = store.atlas
        told = [] if self.told is None else [self.told(len(self)).reset_index(drop=True)]
        added = pd.concat([self.added, *told], axis=1)
        return star_table(atlas.objects, atlas.columns, self.rows, added, ADDED_COLUMNS)

    def provenance(self, store: AtlasStore, thresholds: Mapping[str, Any]) -> dict[str, str]:
        """What a file of it says about itself."""
        return describe_export(
            store.atlas, len(self), self.recipe, thresholds, self.what, self.vetters
        )


def selected_stars(
    store: AtlasStore, mask: NDArray[np.bool_], recipe: Sequence[dict[str, Any]]
) -> CandidateList:
    """The selection; its recipe as it is, or the stars themselves where none can be told."""
    steps = list(recipe)
    if not steps or any(step.get("kind") == "untold" for step in steps):
        steps = [_replace(step_from_rows(store, mask))]
    return CandidateList("selection", np.flatnonzero(mask), recipe=steps)


def all_stars(store: AtlasStore) -> CandidateList:
    """The whole atlas."""
    return CandidateList("all stars", np.arange(store.n))


def ranked_stars(store: AtlasStore, what: str, ranking: pd.DataFrame) -> CandidateList:
    """A ranking, best first: column row, and columns that say something of each star.

    The list keeps those of its columns that `ADDED_COLUMNS` knows, and whatever begins with is_.
    """
    rows = ranking["row"].to_numpy(np.int64)
    known = [n for n in map(str, ranking) if n in ADDED_COLUMNS or n.startswith("is_")]
    added = ranking[known].reset_index(drop=True)
    if "rank" not in added:
        added.insert(0, "rank", np.arange(1, len(rows) + 1))
    mask = np.zeros(store.n, dtype=bool)
    mask[rows] = True
    step = {**step_from_rows(store, mask), "what": what}
    return CandidateList(what, rows, added, [_replace(step)])


def found_stars(store: AtlasStore, answer: Answer | None) -> CandidateList:
    """The answer of a search, best first; empty while nothing was asked."""
    if answer is None:
        return ranked_stars(store, "search", pd.DataFrame({"row": np.empty(0, dtype=np.int64)}))
    near = "separation" if answer.is_by_place else "similarity"
    ranking = pd.DataFrame({"row": answer.rows, near: answer.near})
    if answer.far is not None:
        ranking["similarity_unwanted"] = answer.far
    return ranked_stars(store, f"search: {answer.words}", ranking)


def parted_stars(store: AtlasStore, partition: Partition | None) -> CandidateList:
    """The stars of a class that was cut, each with its part; empty while nothing was cut."""
    if partition is None:
        return ranked_stars(store, "subclusters", pd.DataFrame({"row": np.empty(0, dtype=int)}))
    parts = {part.number: part.name for part in partition.parts}
    order = np.argsort(np.where(partition.part < 0, len(parts), partition.part), kind="stable")
    ranking = pd.DataFrame(
        {
            "row": partition.rows[order],
            "part": [parts[number] for number in partition.part[order].tolist()],
        }
    )
    return ranked_stars(store, cut_in_words(partition), ranking)


def vetted_stars(store: AtlasStore, verdicts: pd.DataFrame) -> CandidateList:
    """The stars with a verdict, those of other atlases left out, in the order of the verdicts."""
    ids = verdicts["source_id"].drop_duplicates()
    rows = pd.Index(store.source_id).get_indexer(pd.Index(ids))
    ranking = pd.DataFrame({"row": rows[rows >= 0]})
    found = ranked_stars(store, "verdicts", ranking)
    return found.with_verdicts(verdicts, store.source_id)


def _replace(step: dict[str, Any]) -> dict[str, Any]:
    return {**step, "mode": "replace"}
