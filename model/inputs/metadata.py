"""Catalog features as model inputs: the survey's `feature` columns, and no others.

Where there are parallaxes, apparent magnitudes become one absolute magnitude and colors, proper
motions a velocity, so that how near or how bright a star appears does not decide which stars are
alike. Errors are left out for the same reason. What a column is, its UCD says.

With such a description of the star, the features of its light curve are left out too: the pair of
light curve and metadata would align on details of the curve, which both would know, and not on what
the star is. A survey without parallaxes has little else, and keeps them.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from data_pipeline.schema import Column
from data_pipeline.survey import Survey
from model.encoder_config import MetadataConfig
from model.inputs.arrays import ModalityArrays
from model.inputs.features import collate, feature_arrays, resolve

__all__ = ["VERSION", "absolute_magnitude", "collate", "intrinsic_features", "prepare", "resolve"]

VERSION = 5
LIGHT_CURVE = "lc_"  # what the names of features computed from the light curve begin with
Table = dict[str, NDArray[np.float64]]


def prepare(survey: Survey, config: MetadataConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return the arrays of some rows of a survey: per object `values` (n_features), NaN if missing.

    Standardising needs the train part and so happens in the encoder.
    """
    has_values = survey.features.notna().any().to_numpy()  # in any row, not only in these
    columns = {
        name: survey.columns[name]
        for name, known in zip(survey.feature_names, has_values, strict=True)
        if known
    }
    table = {
        name: survey.objects[name].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
        for name in columns
    }
    table = intrinsic_features(table, columns, config.exclude)
    return feature_arrays(table, len(rows))


def intrinsic_features(table: Table, columns: dict[str, Column], exclude: tuple[str, ...]) -> Table:
    """Return the features that describe the star rather than its distance or its noise.

    Parameters
    ----------
    table : feature name to float64 array, shape (n,)
    columns : feature name to its column, for the UCD
    exclude : patterns of names left out
    """
    magnitudes = [name for name in table if _is_magnitude(columns[name])]
    errors = {name for name in table if _is(columns[name], "stat.error")}
    parallax = next((name for name in table if _is(columns[name], "pos.parallax")), None)
    dropped = {name for name in table if any(fnmatchcase(name, pattern) for pattern in exclude)}
    dropped |= errors if parallax else set()
    if parallax and magnitudes:
        dropped |= {name for name in table if name.startswith(LIGHT_CURVE)}
    kept = {name: value for name, value in table.items() if name not in dropped}
    if parallax is None or not magnitudes:
        return kept
    reference = "phot_g_mean_mag" if "phot_g_mean_mag" in table else magnitudes[0]
    error = next((n for n in errors if columns[n].ucd.startswith("stat.error;pos.parallax")), None)
    least = table[error] if error else np.full(len(table[parallax]), 0.01)
    motions = [name for name in table if _is(columns[name], "pos.pm")]
    distances = {name for name in table if _is(columns[name], "pos.parallax", "stat.snr;pos.par")}
    replaced = {*magnitudes, *motions, *distances}
    kept = {name: value for name, value in kept.items() if name not in replaced}
    kept["absolute_magnitude"] = absolute_magnitude(table[reference], table[parallax], least)
    if "pm" in motions:
        distance_kpc = 1 / _safe_parallax(table[parallax], least)
        kept["tangential_velocity"] = 4.74 * table["pm"] * distance_kpc  # km/s
    for name in magnitudes:
        if name != reference and name not in dropped:
            kept[f"{name}-{reference}"] = table[name] - table[reference]
    return kept


def absolute_magnitude(
    magnitude: NDArray[np.float64],
    parallax_mas: NDArray[np.float64],
    parallax_error_mas: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the absolute magnitude (n,), not dereddened.

    A parallax below its error, negative ones among them, is replaced by the error: the result is
    then the faintest the star can well be.
    """
    return magnitude - 10 + 5 * np.log10(_safe_parallax(parallax_mas, parallax_error_mas))


def _safe_parallax(
    parallax_mas: NDArray[np.float64], parallax_error_mas: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.maximum(parallax_mas, np.maximum(parallax_error_mas, 1e-3))


def _is_magnitude(column: Column) -> bool:
    """Whether a column is an apparent magnitude; a difference or a rate of magnitudes is not."""
    return column.ucd == "phot.mag" or _is(column, "phot.mag;em")


def _is(column: Column, *ucds: str) -> bool:
    return column.ucd.startswith(ucds)
