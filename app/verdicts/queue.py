"""The order in which stars are looked at: ranked ones, and among them some drawn at random.

From the ranked stars alone nothing follows about a class: they were chosen because they look wrong.
So a tenth of the queue, at places nobody can guess, are unflagged stars. They come in the order of
one random permutation of the atlas, the same for everybody; flagged stars that stand between them
in the permutation come along, so that what was seen of the permutation is always its beginning, and
that is a simple random sample of all stars (see estimates.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
BLOCK = 10
"""One star of so many is drawn at random."""


class Queue(NamedTuple):
    """Stars in the order they are looked at.

    Attributes
    ----------
    rows : int64, (n,)
        Rows of the atlas.
    ranked : int64, (m,)
        The flagged ones among them in the order of their rank.
    drawn : int64, (d,)
        The beginning of the permutation that the queue goes through.
    """

    rows: Rows
    ranked: Rows
    drawn: Rows

    @property
    def is_control(self) -> Mask:
        """Which of `rows` are unflagged, drawn at random (n,)."""
        return ~np.isin(self.rows, self.ranked)


def permutation(n: int, atlas_hash: str) -> Rows:
    """The one random order of an atlas's stars (n,)."""
    seed = int(atlas_hash[:16] or "0", 16)
    return np.random.default_rng(seed).permutation(n).astype(np.int64)


def make_queue(
    ranked: ArrayLike, is_flagged: Mask, population: Mask, order: Rows, with_controls: bool = True
) -> Queue:
    """Mix the ranked stars of a population with stars drawn at random.

    Parameters
    ----------
    ranked : array_like of int
        Flagged stars, the one to look at first first; those outside the population are left out.
    is_flagged : bool, (N,)
        All flagged stars, ranked here or not.
    population : bool, (N,)
        The stars the queue is about.
    order : int64, (N,)
        See `permutation`.
    with_controls : bool
        Whether a tenth is drawn at random.
    """
    wanted = np.asarray(ranked, dtype=np.int64)
    wanted = wanted[population[wanted]]
    if not with_controls or not len(wanted):
        return Queue(wanted, wanted, np.empty(0, dtype=np.int64))
    lottery = order[population[order]]
    unflagged = np.flatnonzero(~is_flagged[lottery])
    places = np.random.default_rng(int(order[0]) + 1).integers(0, BLOCK, len(wanted) + BLOCK)
    queue: dict[int, None] = {}
    to_rank, n_drawn, n_controls = iter(wanted.tolist()), 0, 0
    is_done = False
    while not is_done:
        block = len(queue) // BLOCK
        if (
            n_controls < len(unflagged)
            and n_controls <= block
            and (len(queue) >= BLOCK * block + places[n_controls])
        ):
            end = int(unflagged[n_controls]) + 1
            queue.update(dict.fromkeys(lottery[n_drawn:end].tolist()))
            n_drawn, n_controls = end, n_controls + 1
            continue
        star = next((row for row in to_rank if row not in queue), None)
        is_done = star is None
        if star is not None:
            queue[star] = None
    return Queue(np.array(list(queue), dtype=np.int64), wanted, lottery[:n_drawn])


def beginning(rows: Rows, seen: Mask) -> Rows:
    """The rows up to the first that was not seen."""
    unseen = np.flatnonzero(~seen[rows])
    return rows[: unseen[0]] if len(unseen) else rows
