"""Catalog columns as the paper transforms them; standardising is the encoder's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.schema import PAPER_FEATURES
from data_pipeline.survey import Survey
from model.astrom3.encoder_config import MetaModelConfig
from model.astrom3.inputs.photometry import PHOTO_COLS
from model.inputs.arrays import ModalityArrays
from model.inputs.features import collate, feature_arrays, resolve

__all__ = ["MAGNITUDES", "VERSION", "collate", "prepare", "resolve", "transformed"]

VERSION = 2
MAGNITUDES = (
    "mean_vmag", "phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag", "j_mag", "h_mag",
    "k_mag", "w1_mag", "w2_mag", "w3_mag", "w4_mag",
)  # fmt: skip
IN_PHOTOMETRY = {name for names in PHOTO_COLS for name in names}

Array = NDArray[np.float64]


def prepare(survey: Survey, config: MetaModelConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return per object `values` (n_features), transformed but not standardised, NaN if missing."""
    own = survey.feature_names
    names = list(PAPER_FEATURES) if set(PAPER_FEATURES) <= set(own) else own
    names = [name for name in names if name not in IN_PHOTOMETRY]
    table = {name: survey.objects[name].to_numpy(np.float64, na_value=np.nan) for name in names}
    return feature_arrays({name: v[rows] for name, v in transformed(table).items()}, len(rows))


def transformed(table: dict[str, Array]) -> dict[str, Array]:
    """Return catalog columns as the paper transforms them: absolute magnitudes, cos l, sin b.

    A parallax that is not positive counts as 1 mas there; the column itself stays as it is.
    """
    changed = dict(table)
    if "parallax" in table:
        parallax = np.where(table["parallax"] > 0, table["parallax"], 1.0)
        parallax = np.where(np.isnan(table["parallax"]), np.nan, parallax)
        for name in set(MAGNITUDES) & set(table):
            changed[name] = table[name] - 10 + 5 * np.log10(parallax)
    if "l" in table:
        changed["l"] = np.cos(np.radians(table["l"]))
    if "b" in table:
        changed["b"] = np.sin(np.radians(table["b"]))
    return changed
