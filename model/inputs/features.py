"""Columns of numbers per star as model inputs, whichever columns a preset takes.

NaN where a number is missing; a star that has none of them lacks the modality.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.astrom3.encoder_config import MetaModelConfig
from model.encoder_config import MetadataConfig
from model.inputs.arrays import ModalityArrays

REASONS = ("", "every feature is missing")
Config = TypeVar("Config", MetadataConfig, MetaModelConfig)


def feature_arrays(table: Mapping[str, NDArray[np.float64]], n_rows: int) -> ModalityArrays:
    """Return the arrays of columns (n_rows,) by name: per object `values` (n_features)."""
    values = single_precision(np.stack([*table.values()], axis=1) if table else [[]] * n_rows)
    present = np.isfinite(values).any(axis=1)
    return ModalityArrays(
        absence=np.where(present, 0, 1).astype(np.int8),
        per_object={"values": values[present]},
        facts={"features": list(table), "reasons": list(REASONS)},
    )


def single_precision(values: ArrayLike) -> NDArray[np.float32]:
    """Return float32 numbers, NaN for infinite ones and for those too large to be one."""
    with np.errstate(over="ignore"):
        single = np.asarray(values, np.float64).astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))


def resolve(config: Config, arrays: ModalityArrays) -> Config:
    """Return the config with the features of the survey, where it names none."""
    return config if config.features else replace(config, features=tuple(arrays.facts["features"]))


def collate(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: MetadataConfig | MetaModelConfig
) -> dict[str, NDArray]:
    """Return the model's features of some rows, (n, n_features); those not there are NaN."""
    found, at = arrays.facts["features"], arrays.at(rows)
    values = np.full((len(rows), len(config.features)), np.nan, np.float32)
    for column, name in enumerate(config.features):
        if name in found:
            values[:, column] = arrays.per_object["values"][at, found.index(name)]
    return {"values": values}
