"""Which star of one catalog is which of another: on the sky, or by an identifier.

On the sky the positions are first moved to one epoch by the proper motions (astropy), and every
pair within the radius is found and kept with its separation; the nearest is the match. A pair is
ambiguous when another candidate is almost as near: such pairs are reported, not hidden.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from numpy.typing import NDArray

AMBIGUOUS_RATIO = 3.0
"""A second candidate nearer than this many times the first makes a match ambiguous."""
AMBIGUOUS_FLOOR_ARCSEC = 0.1
"""Separations below this are no better than zero: astrometry and rounding of catalogs."""
J2000 = 2000.0


@dataclass(frozen=True)
class Match:
    """Pairs of rows of two tables.

    Parameters
    ----------
    pairs : DataFrame
        Every pair within the radius: ours, theirs (rows), separation_arcsec; nearest first for
        each of ours, then in order of theirs.
    is_ambiguous : ndarray of bool, shape (number of `best`,)
        Whether another candidate is almost as near, or the candidate is nearest to two of ours.
    """

    pairs: pd.DataFrame
    is_ambiguous: NDArray[np.bool_]

    @property
    def best(self) -> pd.DataFrame:
        """The nearest pair of each of our rows that has one, in order of our rows."""
        return self.pairs.drop_duplicates("ours").reset_index(drop=True)

    @property
    def is_best(self) -> NDArray[np.bool_]:
        """Which of `pairs` are in `best`."""
        return ~self.pairs["ours"].duplicated().to_numpy()


def match_positions(
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    radius_arcsec: float,
    our_epoch: float = J2000,
    their_epoch: float = J2000,
) -> Match:
    """Match two tables on the sky.

    Parameters
    ----------
    ours, theirs : DataFrame
        ra_deg, dec_deg; pmra (times cos dec) and pmdec in mas/yr where known. Rows without a
        position match nothing.
    radius_arcsec : float
        Farthest pair.
    our_epoch, their_epoch : float
        Julian years of the positions. The proper motions of whichever side has them move it to
        the other's epoch.
    """
    our_row, our_sky = _sky(ours, our_epoch, their_epoch)
    their_row, their_sky = _sky(
        theirs, their_epoch, our_epoch if not _has_motion(ours) else their_epoch
    )
    if not len(our_row) or not len(their_row):
        return _match(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    first, second, separation, _ = search_around_sky(our_sky, their_sky, radius_arcsec * u.arcsec)
    return _match(our_row[first], their_row[second], separation.arcsec)


def match_keys(ours: pd.Series, theirs: pd.Series) -> Match:
    """Match two columns of identifiers, compared as text; a key that occurs twice is ambiguous."""
    left = pd.DataFrame({"key": ours.astype("str"), "ours": np.arange(len(ours))})
    right = pd.DataFrame({"key": theirs.astype("str"), "theirs": np.arange(len(theirs))})
    pairs = left[ours.notna().to_numpy()].merge(right[theirs.notna().to_numpy()], on="key")
    zero = np.zeros(len(pairs))
    return _match(pairs["ours"].to_numpy(), pairs["theirs"].to_numpy(), zero)


def _has_motion(table: pd.DataFrame) -> bool:
    return {"pmra", "pmdec"} <= set(table) and bool(table["pmra"].notna().any())


def _sky(table: pd.DataFrame, epoch: float, wanted: float) -> tuple[NDArray[np.int64], SkyCoord]:
    """Return the rows that have a position, and their positions at the wanted epoch."""
    position = table[["ra_deg", "dec_deg"]].to_numpy(dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(position).all(axis=1))
    ra, dec = position[rows].T
    if epoch == wanted or not _has_motion(table):
        return rows, SkyCoord(ra, dec, unit="deg")
    motion = table[["pmra", "pmdec"]].to_numpy(dtype=np.float64)[rows]
    motion = np.where(np.isfinite(motion).all(axis=1, keepdims=True), motion, 0.0)
    return rows, moved(ra, dec, motion[:, 0], motion[:, 1], wanted - epoch)


def moved(
    ra_deg: NDArray, dec_deg: NDArray, pmra: NDArray, pmdec: NDArray, years: float
) -> SkyCoord:
    """Return positions after some years of proper motion (mas/yr, pmra times cos dec).

    Along a great circle, exact near the poles too; parallax and radial motion are left out.
    """
    start = SkyCoord(ra_deg, dec_deg, unit="deg")
    distance = np.hypot(pmra, pmdec) * years * u.mas
    return start.directional_offset_by(np.arctan2(pmra, pmdec) * u.rad, distance)


def _match(ours: NDArray, theirs: NDArray, separation: NDArray[np.float64]) -> Match:
    order = np.lexsort((theirs, separation, ours))
    pairs = pd.DataFrame(
        {"ours": ours[order], "theirs": theirs[order], "separation_arcsec": separation[order]}
    )
    first = pairs.drop_duplicates("ours")
    later = pairs[pairs["ours"].duplicated()].drop_duplicates("ours").set_index("ours")
    runner_up = first["ours"].map(later["separation_arcsec"])
    near = np.maximum(first["separation_arcsec"], AMBIGUOUS_FLOOR_ARCSEC) * AMBIGUOUS_RATIO
    shared = first["theirs"].duplicated(keep=False)
    return Match(pairs, ((runner_up <= near) | shared).to_numpy(dtype=bool))
