"""Which star of one catalog is which of another: on the sky, or by an identifier.

On the sky the positions are first moved to one epoch by the proper motions (astropy), and every
pair within the radius is found and kept with its separation; the nearest is the match. A pair is
ambiguous when another candidate is almost as near: such pairs are reported, not hidden.
"""

from collections.abc import Iterator
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
_ZONE_ROWS = 250_000


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
    our_row, *our_sky = _sky(ours, our_epoch, their_epoch)
    their_row, *their_sky = _sky(
        theirs, their_epoch, our_epoch if not _has_motion(ours) else their_epoch
    )
    empty = np.empty(0, np.int64)
    parts = [(empty, empty, np.empty(0))]
    for one, other in _zones(our_sky[1], their_sky[1], radius_arcsec / 3600.0):
        first, second, separation, _ = search_around_sky(
            SkyCoord(*(axis[one] for axis in our_sky), unit="deg"),
            SkyCoord(*(axis[other] for axis in their_sky), unit="deg"),
            radius_arcsec * u.arcsec,
        )
        parts.append((our_row[one[first]], their_row[other[second]], separation.arcsec))
    return _match(*map(np.concatenate, zip(*parts, strict=True)))


def match_keys(ours: pd.Series, theirs: pd.Series) -> Match:
    """Match two columns of identifiers, compared as text; a key that occurs twice is ambiguous."""
    left = pd.DataFrame({"key": ours.astype("str"), "ours": np.arange(len(ours))})
    right = pd.DataFrame({"key": theirs.astype("str"), "theirs": np.arange(len(theirs))})
    pairs = left[ours.notna().to_numpy()].merge(right[theirs.notna().to_numpy()], on="key")
    zero = np.zeros(len(pairs))
    return _match(pairs["ours"].to_numpy(), pairs["theirs"].to_numpy(), zero)


def separations(ours: pd.DataFrame, theirs: pd.DataFrame) -> NDArray[np.float64]:
    """Return how far the rows of two tables lie apart, one by one, in arcsec, as they are."""
    one = SkyCoord(ours["ra_deg"].to_numpy(), ours["dec_deg"].to_numpy(), unit="deg")
    other = SkyCoord(theirs["ra_deg"].to_numpy(), theirs["dec_deg"].to_numpy(), unit="deg")
    apart: NDArray[np.float64] = one.separation(other).arcsec
    return apart


def _has_motion(table: pd.DataFrame) -> bool:
    return {"pmra", "pmdec"} <= set(table) and bool(table["pmra"].notna().any())


def _sky(
    table: pd.DataFrame, epoch: float, wanted: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows that have a position, and ra and dec (deg) at the wanted epoch."""
    position = table[["ra_deg", "dec_deg"]].to_numpy(dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(position).all(axis=1))
    ra, dec = position[rows].T
    if epoch == wanted or not _has_motion(table):
        return rows, ra, dec
    motion = table[["pmra", "pmdec"]].to_numpy(dtype=np.float64)[rows]
    motion = np.where(np.isfinite(motion).all(axis=1, keepdims=True), motion, 0.0)
    then = moved(ra, dec, motion[:, 0], motion[:, 1], wanted - epoch)
    return rows, then.ra.deg, then.dec.deg


def moved(
    ra_deg: NDArray, dec_deg: NDArray, pmra: NDArray, pmdec: NDArray, years: float
) -> SkyCoord:
    """Return positions after some years of proper motion (mas/yr, pmra times cos dec).

    Along a great circle, exact near the poles too; parallax and radial motion are left out.
    """
    start = SkyCoord(ra_deg, dec_deg, unit="deg")
    distance = np.hypot(pmra, pmdec) * years * u.mas
    return start.directional_offset_by(np.arctan2(pmra, pmdec) * u.rad, distance)


def _zones(
    our_dec: NDArray[np.float64], their_dec: NDArray[np.float64], radius_deg: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield rows of both sides, zone by zone of declination: the trees of a zone bound the memory.

    Each of our rows is in one zone, with all of theirs that lie within the radius.
    """
    if not len(our_dec) or not len(their_dec):
        return
    ours, theirs = np.argsort(our_dec, kind="stable"), np.argsort(their_dec, kind="stable")
    our_sorted, their_sorted = our_dec[ours], their_dec[theirs]
    edges = np.append(max(our_sorted, their_sorted, key=len)[::_ZONE_ROWS], 90.0)
    edges[0] = -90.0
    our_edge = np.searchsorted(our_sorted, edges)
    our_edge[-1] = len(ours)
    margin = radius_deg * 1.001
    start = np.searchsorted(their_sorted, edges[:-1] - margin)
    stop = np.searchsorted(their_sorted, edges[1:] + margin, side="right")
    for i in range(len(edges) - 1):
        if our_edge[i] < our_edge[i + 1] and start[i] < stop[i]:
            yield ours[our_edge[i] : our_edge[i + 1]], theirs[start[i] : stop[i]]


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
