"""Stars that a catalog lists twice: their light curves are the same, point by point.

Catalogs put together from several lists have them, often under two classes. They are kept, as
nobody can tell from here which row is right, but told: in the account, by the column
`is_duplicate`, which a `[[select]]` can drop them by, and in the splits, which keep both rows in
one part, so that no star is trained on and scored.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from data_pipeline.crossmatch import separations
from data_pipeline.light_curves import LightCurve
from data_pipeline.sources.base import Rejections

FEWEST_POINTS = 5
"""Shorter light curves may be alike by chance."""
SAME_PLACE_ARCSEC = 5.0


class Duplicates:
    """Finds light curves that occur before.

    Attributes
    ----------
    of : dict of int to int
        source_id of each duplicate, and of the star which it is one of.
    """

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self._first: dict[bytes, int] = {}

    def watch(self, source_id: int, curve: LightCurve) -> None:
        """Look at the light curve of the next star."""
        if len(curve) < FEWEST_POINTS:
            return
        digest = hashlib.blake2b(curve.time.tobytes(), digest_size=16)
        digest.update(curve.mag.tobytes())
        digest.update(curve.flux.tobytes())
        first = self._first.setdefault(digest.digest(), source_id)
        if first != source_id:
            self.of[source_id] = first

    def note(self, objects: pd.DataFrame, rejections: Rejections) -> None:
        """Enter the duplicates into the account."""
        rows = objects.set_index("source_id")
        ours, theirs = rows.loc[list(self.of)], rows.loc[list(self.of.values())]
        apart = np.zeros(len(ours))
        if {"ra_deg", "dec_deg"} <= set(rows) and len(ours):
            apart = np.nan_to_num(separations(ours, theirs))
        for star, first, arcsec in zip(
            ours["original_id"], theirs["original_id"], apart, strict=True
        ):
            said = f"the same light curve as {first}: listed twice, both rows kept"
            if arcsec > SAME_PLACE_ARCSEC:
                said = (f"the same light curve as {first}, which lies {arcsec / 3600:.3g} deg "
                        "away: one of the two rows is wrong, both are kept")  # fmt: skip
            rejections.add("light curves", 0, star, said)


def in_one_part(splits: pd.DataFrame, duplicate_of: Mapping[int, int]) -> pd.DataFrame:
    """Return splits in which every duplicate is in the part of the star that it is one of.

    Parameters
    ----------
    splits : DataFrame
        split, source_id, part.
    duplicate_of : mapping of int to int
        See `Duplicates`.
    """
    present = set(splits["source_id"])
    of = {one: first for one, first in duplicate_of.items() if first in present}
    if not of:
        return splits
    theirs = splits["source_id"].isin(list(of))
    known = splits[splits["source_id"].isin(list(of.values()))]
    part = known.set_index(["split", "source_id"])["part"]
    firsts = splits.loc[theirs, "source_id"].map(of)
    wanted = pd.MultiIndex.from_arrays([splits.loc[theirs, "split"], firsts])
    moved = splits.copy()
    moved.loc[theirs, "part"] = part.reindex(wanted).to_numpy()
    return moved[moved["part"].notna()].reset_index(drop=True)
