"""Data too poor to accuse a label with: few points, noise, a blend, an impossible parallax.

These are no flags of their own: a star whose data are poor is looked at after the others, and the
sentence says why.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.analysis.labels import BoolArray, FloatArray

FEW_POINTS = 40
LOW_POWER = 0.25
"""Share of the variance that a fold must explain for a period to be believed."""
BLENDED_RUWE = 3.0
IMPOSSIBLE_PARALLAX = -4.0
"""Parallax over its error below which it is no measurement."""


def troubles(objects: pd.DataFrame) -> dict[str, BoolArray]:
    """Which stars (N,) have which trouble, by its words; only what the survey can tell."""
    n_epochs = _number(objects, "n_epochs")
    return {
        "few points": np.asarray((n_epochs > 0) & (n_epochs < FEW_POINTS)),
        "a noisy fold": _number(objects, "period_power") < LOW_POWER,
        "a blend (RUWE)": _number(objects, "ruwe") > BLENDED_RUWE,
        "an impossible parallax": _number(objects, "parallax_over_error") < IMPOSSIBLE_PARALLAX,
    }


def troubles_in_words(found: dict[str, BoolArray]) -> npt.NDArray[np.object_]:
    """The troubles of each star (N,): "few points and a blend (RUWE)"; empty for none."""
    n = len(next(iter(found.values()), np.empty(0)))
    words = np.full(n, "", dtype=object)
    for name, has in found.items():
        words[has] = [f"{before} and {name}" if before else name for before in words[has]]
    return words


def _number(objects: pd.DataFrame, column: str) -> FloatArray:
    if column not in objects:
        return np.full(len(objects), np.nan)
    return objects[column].to_numpy(dtype=np.float64, na_value=np.nan)
