"""Search in the embeddings: what is asked, and the stars that answer. No widgets.

A question has a vector per kind of data: a star's own, the mean of a selection's, or those of an
upload. Answers are exact and take milliseconds per hundred thousand stars, so they are sought off
the event loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.diagrams import number
from app.palette import UNLABELLED
from model.analysis import search

N_FOUND = 100
PLACE = "place"
"""What is sought by instead of an embedding: the place on the sky."""

FILTERS = {
    "other_class": "other class",
    "spectrum": "has spectrum",
    "light_curve": "has light curve",
    "not_vetted": "not yet vetted",
}

Mask = NDArray[np.bool_]
Vectors = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Asked:
    """What others are compared with.

    Attributes
    ----------
    name : str
        In words: "Sky V00012", "the mean of 40 stars".
    vectors : dict of modality to array (D,)
        Unit vectors; only those it has.
    rows : int array
        Atlas rows it consists of; never among the answers.
    label : str
        Its class; "unlabelled" where it has none.
    ra_deg, dec_deg : float
        NaN where it has no place on the sky.
    """

    name: str
    vectors: Vectors
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    label: str = UNLABELLED
    ra_deg: float = np.nan
    dec_deg: float = np.nan


@dataclass(frozen=True, eq=False)
class Question:
    """Like `like` by `by` among `among`; far from it by `far_by`, or unlike `unlike`."""

    like: Asked
    by: str = "fused"
    among: str = ""
    """Modality whose vectors are searched; empty for the same."""
    far_by: str = ""
    unlike: Asked | None = None
    filters: tuple[str, ...] = ()
    vetted: Mask | None = None

    @property
    def searched(self) -> str:
        """Modality whose vectors are searched."""
        return self.among or self.by


@dataclass(frozen=True, eq=False)
class Answer:
    """Rows, best first, with what they are ranked by.

    Attributes
    ----------
    rows : int array (n,)
    near : float array (n,)
        Similarities; degrees apart when sought by place.
    far : float array (n,) or None
        Similarities to what was not wanted.
    words : str
        What was done, or why nothing was found.
    is_by_place : bool
        Whether `near` holds degrees.
    """

    rows: NDArray[np.int64]
    near: NDArray[np.float64]
    far: NDArray[np.float64] | None
    words: str
    is_by_place: bool = False


def ask_star(store: AtlasStore, row: int) -> Asked:
    """A star of the atlas."""
    modalities = [m for m in store.modalities if store.atlas.present(m)[row]]
    vectors = {m: np.asarray(store.atlas.vectors(m)[row], dtype=np.float32) for m in modalities}
    ra, dec = (number(store.objects, name) for name in ("ra_deg", "dec_deg"))
    place = (float(ra[row]), float(dec[row])) if ra is not None and dec is not None else ()
    return Asked(store.name(row), vectors, np.array([row]), store.label(row), *place)


def ask_mean(store: AtlasStore, selection: Mask) -> Asked:
    """The mean of the selected stars; its class is theirs where they share one."""
    rows = np.flatnonzero(selection)
    means = {
        m: search.mean_vector(store.atlas.vectors(m), rows, store.atlas.present(m))
        for m in store.modalities
    }
    labels = {store.classes[code] for code in np.unique(store.class_code[rows])}
    return Asked(
        f"the mean of {len(rows):,} stars",
        {m: vector for m, vector in means.items() if vector is not None},
        rows,
        labels.pop() if len(labels) == 1 else UNLABELLED,
    )


def answer(store: AtlasStore, question: Question) -> Answer:
    """Find the stars that answer a question."""
    allowed = allowed_stars(store, question)
    if not allowed.any():
        return _nothing("No star is left when all these conditions hold.")
    if question.by == PLACE:
        return _by_place(store, question, allowed)
    for asked, modality in ((question.like, question.by), (question.unlike, question.by)):
        if asked is not None and modality not in asked.vectors:
            return _nothing(f"{_capital(asked.name)} has no {_word(modality)}. Choose other data.")
    near = similarities(store, question.like, question.by, question.searched)
    if question.unlike is not None:
        far = similarities(store, question.unlike, question.by, question.searched)
        but = f"least like {question.unlike.name} first"
    elif question.far_by:
        if question.far_by not in question.like.vectors:
            return _nothing(
                f"{_capital(question.like.name)} has no {_word(question.far_by)} to be far by."
            )
        far = similarities(store, question.like, question.far_by, question.far_by)
        but = f"farthest by {_word(question.far_by)} first"
    else:
        rows = search.nearest(near, N_FOUND, allowed)
        return Answer(rows, near[rows].astype(float), None, _told(question))
    able = allowed & np.isfinite(near) & np.isfinite(far)
    n_near = min(search.count_near(int(able.sum())), int(able.sum()))
    rows = search.near_but_far(near, far, N_FOUND, allowed, n_near)
    words = f"{_told(question)}: the {n_near:,} nearest, {but}"
    return Answer(rows, near[rows].astype(float), far[rows].astype(float), words)


def similarities(store: AtlasStore, asked: Asked, by: str, among: str) -> NDArray[np.float32]:
    """Similarity (N,) of every star's data `among` to the data `by` of what is asked about.

    Within one kind of data the cosine; across two, each less its mean (fused vectors are already).
    """
    atlas, query = store.atlas, asked.vectors[by]
    stored, present = atlas.vectors(among), atlas.present(among)
    if by == among:
        return search.similarity_to(query, stored, present)
    if by != "fused":
        query = search.less_mean(query, store.mean_vector(by))
    mean = None if among == "fused" else store.mean_vector(among)
    return search.similarity_to(query, stored, present, mean)


def allowed_stars(store: AtlasStore, question: Question) -> Mask:
    """Stars (N,) that the filters let through, without those asked about."""
    allowed = np.ones(store.n, dtype=bool)
    allowed[question.like.rows] = False
    if question.unlike is not None:
        allowed[question.unlike.rows] = False
    if "other_class" in question.filters and question.like.label != UNLABELLED:
        allowed &= ~store.of_class(question.like.label) & ~store.of_class(UNLABELLED)
    if "spectrum" in question.filters:
        allowed &= store.has_spectrum
    if "light_curve" in question.filters:
        allowed &= store.has_light_curve
    if "not_vetted" in question.filters and question.vetted is not None:
        allowed &= ~question.vetted
    return allowed


def _by_place(store: AtlasStore, question: Question, allowed: Mask) -> Answer:
    asked = question.like
    if not np.isfinite(asked.ra_deg):
        return _nothing(f"{_capital(asked.name)} has no place on the sky.")
    apart = store.finder.separation_deg(asked.ra_deg, asked.dec_deg)
    rows = search.nearest(-apart, N_FOUND, allowed)
    return Answer(rows, apart[rows], None, f"Nearest on the sky to {asked.name}", True)


def _told(question: Question) -> str:
    across = question.searched != question.by
    what = f"{_word(question.by)} against {_word(question.searched)}" if across else (
        _word(question.by)
    )  # fmt: skip
    return f"Like {question.like.name} by {what}"


def _nothing(words: str) -> Answer:
    return Answer(np.empty(0, dtype=np.int64), np.empty(0), None, words)


def _word(modality: str) -> str:
    return MODALITY_NAMES.get(modality, modality)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
