"""Gaia identifiers: to the last digit, and never of two releases mixed.

A source_id names one source of one data release. EDR3 and DR3 share their list of sources; ids of
DR2 differ from them for part of the stars (Gaia EDR3 documentation), so they may not be compared.
"""

import math
import re
from collections.abc import Iterable

import pandas as pd

from data_pipeline.errors import InputError

_PREFIX = re.compile(r"^(?:Gaia[\s_]*)?(?:(E?DR\d)[\s_]*)?", re.IGNORECASE)
_DIGITS = r"\d{1,19}"
_MAX = 2**63 - 1
_NSIDE = 2**12
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


def place(source_id: int) -> tuple[float, float]:
    """Return right ascension and declination (deg) of the pixel that a Gaia id names.

    An id begins with a HEALPix pixel of level 12 (nested), of 51 arcsec (Gaia DR3 documentation,
    20.1.1), so one can see whether a number is the id of a star at all. The center of the pixel is
    computed as by Gorski et al. (2005, ApJ 622, 759), section 5.
    """
    face, inside = divmod(source_id >> 35, _NSIDE**2)
    x, y = (sum((inside >> 2 * bit + axis & 1) << bit for bit in range(12)) for axis in (0, 1))
    row, column = divmod(face, 4)
    ring = (2, 3, 4)[min(row, 2)] * _NSIDE - x - y - 1
    n_ring = min(ring, 4 * _NSIDE - ring, _NSIDE)
    if ring < _NSIDE:
        sin_dec = 1.0 - n_ring**2 / (3.0 * _NSIDE**2)
    elif ring > 3 * _NSIDE:
        sin_dec = n_ring**2 / (3.0 * _NSIDE**2) - 1.0
    else:
        sin_dec = (2 * _NSIDE - ring) * 2.0 / (3.0 * _NSIDE)
    eighths = 2 * column + (row != 1)
    ra = 45.0 * (eighths + (x - y) / n_ring)
    return ra % 360.0, math.degrees(math.asin(sin_dec))


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
