"""How well found periods agree with known ones, group by group."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

_TOLERANCE = 0.01
_MOST_DRIFT = 0.1  # cycles over the time span


def period_agreement(
    found: ArrayLike, known: ArrayLike, span: ArrayLike, group: ArrayLike
) -> pd.DataFrame:
    """Compare periods star by star; stars without a known period are left out.

    Parameters
    ----------
    found, known : array_like, shape (n,), days
        NaN where there is no period.
    span : array_like, shape (n,), days
        Time from the first to the last point of each light curve.
    group : array_like, shape (n,)

    Returns
    -------
    DataFrame, one row per group
        n; and as shares of n: found (any period), right (within 1 %), half, double, up_to_two
        (their sum), in_phase (right to a tenth of a cycle over the whole span).
    """
    table = pd.DataFrame({"found": found, "known": known, "span": span, "group": group})
    table = table[np.isfinite(table["known"])]
    ratio = table["found"] / table["known"]
    drift = table["span"] * (1 / table["found"] - 1 / table["known"]).abs()
    shares = pd.DataFrame({"group": table["group"], "found": np.isfinite(table["found"])})
    for name, factor in (("right", 1.0), ("half", 0.5), ("double", 2.0)):
        shares[name] = (ratio / factor - 1).abs() < _TOLERANCE
    shares["up_to_two"] = shares[["right", "half", "double"]].any(axis=1)
    shares["in_phase"] = drift < _MOST_DRIFT
    groups = shares.groupby("group")
    result = groups.mean()
    result.insert(0, "n", groups.size())
    return result
