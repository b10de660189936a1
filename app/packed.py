"""Masks of stars at rest: a bit a star, or the rows where they are few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PackedMask:
    """A mask of `n` stars.

    Attributes
    ----------
    n : int
    kept : uint8 array (ceil(n / 8),) or uint32 array
        Bits, or the rows that are set.
    """

    n: int
    kept: NDArray[np.uint8] | NDArray[np.uint32]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> "PackedMask":
        """Pack a mask (n,) in whichever way is smaller."""
        is_short = np.count_nonzero(mask) * np.dtype(np.uint32).itemsize < len(mask) / 8
        rows = np.flatnonzero(mask).astype(np.uint32) if is_short else np.packbits(mask)
        return cls(len(mask), rows)

    def mask(self) -> NDArray[np.bool_]:
        """The mask (n,) again, read-only."""
        if self.kept.dtype == np.uint8:
            mask = np.unpackbits(self.kept.astype(np.uint8), count=self.n).view(np.bool_)
        else:
            mask = np.zeros(self.n, dtype=bool)
            mask[self.kept] = True
        mask.setflags(write=False)
        return mask
