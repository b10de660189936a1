"""Kinds of data whose neighbours vote for different classes, and catalogues that disagree."""

import itertools
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.analysis.labels import FloatArray

_BROAD = (
    ("mira", r"M(IRA)?(?![A-Z])"), ("semiregular", r"SR|LSP|L(?![A-Z])|L[BC]|LPV|OSARG"),
    ("detached", r"EA|ED(?![A-Z])"), ("semidetached", r"EB|ESD"), ("contact", r"EW|EC(?!L)"),
    ("eclipsing", r"E(?![A-Z])|ECL"), ("ellipsoidal", r"ELL"),
    ("rrab", r"RRAB|RR0"), ("rrc", r"RRC|RR1"), ("rrd", r"RRD"), ("rr", r"RR"),
    ("scuti", r"DSCT|HADS|SXPHE"), ("beta cephei", r"BCEP"), ("cepheid", r"DCEP|CEP|CW|RV"),
    ("rotating", r"ROT|ACV|BY|RS|SXARI"),
)  # fmt: skip
_FAMILY = {
    "mira": "long period", "semiregular": "long period", "detached": "eclipsing",
    "semidetached": "eclipsing", "contact": "eclipsing", "eclipsing": "eclipsing",
    "ellipsoidal": "eclipsing", "rrab": "rr", "rrc": "rr", "rrd": "rr", "rr": "rr",
}  # fmt: skip
"""Of the broad classes; those left out are a family of their own."""
_CONFIGURATION = (("semidetached", r"SD"), ("contact", r"K[EW]?"), ("detached", r"D[MSW]?"))
"""What a second subtype of an eclipser says of the two stars (GCVS, section III, 5b)."""
_UNSURE = re.compile(r"[:?#|]")
OTHER_FAMILY, OTHER_CLASS, OTHER_AGREES = 2.0, 1.0, 0.0


def vote_split(
    winners: Mapping[str, npt.NDArray[np.object_]], shares: Mapping[str, FloatArray]
) -> FloatArray:
    """How clearly the neighbours in different kinds of data name different classes (N,).

    Parameters
    ----------
    winners, shares : dict of modality to arrays (N,)
        The class each modality's neighbours vote for (None for no vote), and its share.

    Returns
    -------
    float array (N,)
        Largest product of shares over the pairs of modalities that name different classes, 0 where
        all agree; NaN with fewer than two votes.
    """
    n = len(next(iter(winners.values()), np.empty(0)))
    split = np.full(n, np.nan)
    for a, b in itertools.combinations(winners, 2):
        voted = pd.notna(winners[a]) & pd.notna(winners[b])
        differ = voted & (winners[a] != winners[b])
        clear = np.where(differ, shares[a] * shares[b], 0.0)
        split = np.where(voted, np.fmax(split, clear), split)
    return split


def broad_class(text: object) -> str | None:
    """What a catalogue's class firmly says in a few broad words; None where it is unsure.

    Subtypes after a slash are left out ("EA/SD" is detached in shape); a colon, a question mark or
    two classes side by side make it unsure. Classes that are not variable stars' give None.
    """
    if not isinstance(text, str) or not text.strip() or _UNSURE.search(text):
        return None
    first = text.strip().upper().split("/")[0].split("+")[0]
    return next((name for name, pattern in _BROAD if re.match(pattern, first)), None)


def configuration(text: object) -> str | None:
    """How close the stars of an eclipser are, where the subtype after the slash says it.

    The shape of the light curve is another matter: EB/KE varies like β Lyrae and is in contact.
    """
    if broad_class(text) is None or "/" not in str(text):
        return None
    subtype = str(text).strip().upper().split("/")[1].split("+")[0]
    return next((name for name, pattern in _CONFIGURATION if re.fullmatch(pattern, subtype)), None)


def external_conflict(
    source_id: npt.NDArray[np.int64],
    labels: npt.NDArray[np.object_],
    external: pd.DataFrame,
    left_out: Sequence[str] = (),
) -> tuple[FloatArray, npt.NDArray[np.object_]]:
    """Where another catalogue firmly gives another class.

    An eclipser's class may name the shape of its light curve or how close its stars are: where
    either agrees, nothing is contradicted.

    Parameters
    ----------
    source_id, labels : arrays (N,)
    external : DataFrame
        A survey's: source_id, catalog, class_label.
    left_out : sequence of str
        Catalogues that are not asked, such as the one the labels come from.

    Returns
    -------
    score : float array (N,)
        2 for another family, 1 for another class of the same family, 0 for agreement; NaN where no
        catalogue says anything firm.
    words : object array (N,)
        "EA in GCVS", of the catalogue that disagrees most; None where none does.
    """
    score, words = np.full(len(source_id), np.nan), np.full(len(source_id), None, dtype=object)
    rows = pd.Index(source_id).get_indexer(pd.Index(external["source_id"]))
    own = {label: broad_class(label) for label in set(labels.tolist())}
    for row, catalog, said in zip(
        rows.tolist(), external["catalog"], external["class_label"], strict=True
    ):
        theirs, ours = broad_class(said), own.get(labels[row]) if row >= 0 else None
        if catalog in left_out or theirs is None or ours is None:
            continue
        value = OTHER_AGREES if ours == configuration(said) else _conflict(ours, theirs)
        if not score[row] >= value:
            score[row] = value
            words[row] = f"{said} in {catalog}" if value else None
    return score, words


def _conflict(ours: str, theirs: str) -> float:
    family = (_FAMILY.get(ours, ours), _FAMILY.get(theirs, theirs))
    if family[0] != family[1]:
        return OTHER_FAMILY
    is_broad = ours in family or theirs in family  # "E" says no more than the family
    return OTHER_AGREES if ours == theirs or is_broad else OTHER_CLASS


def sources_of_labels(
    source_id: npt.NDArray[np.int64], labels: npt.NDArray[np.object_], external: pd.DataFrame
) -> list[str]:
    """Catalogues the labels were copied from: most stars are there, each with its very label."""
    rows = pd.Index(source_id).get_indexer(pd.Index(external["source_id"]))
    own = [labels[row] if row >= 0 else None for row in rows.tolist()]
    found = external.assign(own=np.array(own, dtype=object))
    found = found[found["own"].notna() & found["class_label"].notna()]
    n_labelled = int(pd.notna(labels).sum())
    return [
        str(name)
        for name, group in found.groupby("catalog")
        if len(group) > 0.9 * n_labelled and (group["own"] == group["class_label"]).mean() > 0.9
    ]
