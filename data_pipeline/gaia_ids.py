"""Gaia identifiers: to the last digit, and never of two releases mixed.

A source_id names one source of one data release. EDR3 and DR3 share their list of sources; ids of
DR2 differ from them for part of the stars (Gaia EDR3 documentation), so they may not be compared.
"""

import re
from collections.abc import Iterable

import pandas as pd

from data_pipeline.errors import InputError

_PREFIX = re.compile(r"^(?:Gaia[\s_]*)?(?:(E?DR\d)[\s_]*)?", re.IGNORECASE)
_DIGITS = r"\d{1,19}"
_MAX = 2**63 - 1
_FAMILY = {"EDR3": "DR3"}
_IN_NAME = re.compile(r"(?:^|[^a-z])(?:gaia_?)?(g?e?dr[1234])(?:[^0-9]|$)", re.IGNORECASE)


def gaia_ids(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the digits of each id (NA where it is none), and why the others are none.

    "Gaia DR3 4481…", "EDR3 4481…" and plain digits are ids; "4.48e18" has lost its last digits.
    """
    digits = text.str.replace(_PREFIX, "", regex=True)
    is_id = digits.str.fullmatch(_DIGITS).fillna(False).astype(bool)
    fits = digits.where(is_id, "0").map(int).le(_MAX)
    reason = pd.Series("no Gaia id", text.index).where(text.notna(), "no Gaia id: it is missing")
    numeric = pd.to_numeric(digits.where(~is_id), errors="coerce").notna()
    reason = reason.mask(numeric, "no Gaia id: " + text.astype("str") + " has lost its last digits")
    return digits.where(is_id & fits), reason


def release(stated: str, column: str = "", values: Iterable[object] = ()) -> str:
    """Return the release that ids belong to ("DR2", "DR3"), or "" if nothing says it.

    Parameters
    ----------
    stated : str
        What the configuration says: "DR2", "Gaia EDR3", ...
    column : str
        Name of the column, which may say it: "gdr2_id".
    values : iterable
        Some ids, whose prefix may say it.
    """
    said = {_family(stated)} if stated else set()
    in_name = _IN_NAME.search(column)
    if in_name:
        said.add(_family(in_name[1]))
    for value in values:
        prefix = _PREFIX.match(str(value))
        if prefix and prefix[1]:
            said.add(_family(prefix[1]))
    if len(said) > 1:
        raise InputError(
            f"the ids of column {column!r} are said to be of Gaia {' and '.join(sorted(said))}. "
            "Ids of different releases name different stars; give the column of one release."
        )
    return next(iter(said), "")


def same_release(ours: str, theirs: str, where: str) -> None:
    """Refuse to compare ids of different Gaia releases, or of a release that nobody states."""
    if not ours or not theirs:
        missing = "the survey's catalog" if not ours else where
        raise InputError(
            f"{where}: stars are to be matched by Gaia id, but {missing} does not say its release. "
            'Add release = "DR3" (or "DR2") to it, or match by position.'
        )
    if ours != theirs:
        raise InputError(
            f"{where}: its ids are of Gaia {theirs}, the survey's of Gaia {ours}; they name "
            'different stars. Match by position (by = "position"), or use one release.'
        )


def _family(text: str) -> str:
    said = re.search(r"E?DR\d", text.upper())
    if said is None:
        raise InputError(f'a Gaia release is "DR2", "EDR3" or "DR3", not {text!r}.')
    return _FAMILY.get(said[0], said[0])
