"""The published data sets as tensors for the published models, in both of their layouts.

`AstroM3Dataset` holds raw records, `AstroM3Processed` inputs that are ready. The latter has neither
identifiers nor positions, and its times were rounded to float32 Julian dates: they step by a
quarter of a day. Whoever loads it is told so, and folding at periods that this would smear is
refused. To see the stars on the page, build a survey: `data_pipeline.sources.astrom3` reads both.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.light_curves import phase_fold
from data_pipeline.schema import PAPER_FEATURES
from data_pipeline.sources.astrom3 import class_names
from model.astrom3.encoder_config import N_CHANNELS
from model.astrom3.inputs.metadata import transformed
from model.astrom3.preprocess import (
    DAYS_PER_YEAR,
    SEQ_LEN,
    WAVELENGTH_GRID,
    photometry_input,
    spectrum_input,
)

PHOTO_COLS = ("amplitude", "period", "lksl_statistic", "rfr_score")
TIME_STEP_DAYS = 0.25
"""Spacing of float32 numbers near Julian date 2,457,000."""
SHORTEST_FOLD_DAYS = 10 * TIME_STEP_DAYS
"""Below this period the rounding smears a point over more than a tenth of a cycle."""
CAVEAT = (
    "AstroM3Processed has no identifiers, and its times step by a quarter of a day: it cannot be "
    f"folded at periods below {SHORTEST_FOLD_DAYS} d, nor matched to other catalogs. Use the raw "
    "records for that."
)

Array = NDArray[np.float32]


class ProcessedDataWarning(UserWarning):
    """What a set of processed records cannot be used for."""


@dataclass(frozen=True)
class PublishedData:
    """Inputs of the published models, and classes.

    Attributes
    ----------
    inputs : "photometry" (N, 200, 9), "photometry_mask" (N, 200), "spectra" (N, 3, 2575),
        "metadata" (N, 34); float32, as `AstroM3.encode` takes them
    labels : names of the classes (N,)
    time_step_days : what the times were rounded to; 0 where they were not
    """

    inputs: Mapping[str, Array]
    labels: tuple[str, ...]
    time_step_days: float

    def __len__(self) -> int:
        return len(self.labels)

    def light_curve(self, row: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return days since the first epoch of the whole curve, and flux less mean over MAD."""
        tensor = self.inputs["photometry"][row][self.inputs["photometry_mask"][row] > 0]
        span_days = float(tensor[0, 8]) * DAYS_PER_YEAR
        return tensor[:, 0].astype(np.float64) * span_days, tensor[:, 1].astype(np.float64)

    def fold(self, row: int, period_days: float) -> NDArray[np.float64]:
        """Return the phases (n,) of a light curve's points, in [0, 1).

        Raises
        ------
        InputError : a period too short for the rounding of the times.
        """
        if self.time_step_days and period_days < 10 * self.time_step_days:
            raise InputError(
                f"a fold at {period_days:g} d is refused: these times are rounded to "
                f"{self.time_step_days} d and blur every phase. Fold the raw records instead."
            )
        return phase_fold(self.light_curve(row)[0], period_days)


def read_processed(files: Sequence[str | Path]) -> PublishedData:
    """Read Parquet files of AstroM3Processed; warns of what they cannot be used for.

    Columns: photometry (n, 9), spectra (3, 2575), metadata (34), label.
    """
    warnings.warn(CAVEAT, ProcessedDataWarning, stacklevel=2)
    tables = [_table(Path(file)) for file in files]
    if not sum(len(table) for table in tables):
        raise InputError("there are no records to read.")
    labels = [
        name
        for file, table in zip(files, tables, strict=True)
        for name in class_names(_column(table, "label"), Path(file))
    ]
    table = pa.concat_tables(tables)
    photometry = [_cropped(np.array(rows, np.float32)) for rows in _column(table, "photometry")]
    inputs = {
        "photometry": np.stack([tensor for tensor, _ in photometry]),
        "photometry_mask": np.stack([mask for _, mask in photometry]),
        "spectra": _stacked(table, "spectra", (3, len(WAVELENGTH_GRID))),
        "metadata": _stacked(table, "metadata", (len(PAPER_FEATURES),)),
    }
    return PublishedData(inputs, tuple(labels), TIME_STEP_DAYS)


def _table(file: Path) -> pa.Table:
    try:
        return pq.read_table(file, columns=["photometry", "spectra", "metadata", "label"])
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise InputError(
            f"{file} is no Parquet file of AstroM3Processed ({error}); it needs the columns "
            "photometry, spectra, metadata, label."
        ) from None


def _column(table: pa.Table, name: str) -> list[Any]:
    return table.column(name).to_pylist()


def _stacked(table: pa.Table, name: str, shape: tuple[int, ...]) -> Array:
    """Return a column (N, *shape); a record of another shape is refused by its number."""
    stacked = np.empty((len(table), *shape), np.float32)
    for number, value in enumerate(_column(table, name)):
        try:
            row = np.array(value, np.float32)
        except ValueError:  # lists of different lengths
            row = np.empty(0, np.float32)
        if row.shape != shape:
            raise InputError(f"record {number}: {name} must have the shape {shape}.")
        stacked[number] = row
    return stacked


def _cropped(rows: Array) -> tuple[Array, Array]:
    """Return the central 200 rows, zero-padded where there are fewer, and their mask."""
    if rows.ndim != 2 or rows.shape[1] != N_CHANNELS:
        raise InputError(f"photometry must have {N_CHANNELS} channels, found shape {rows.shape}.")
    start = max(0, (len(rows) - SEQ_LEN) // 2)
    rows = rows[start : start + SEQ_LEN]
    tensor, mask = np.zeros((SEQ_LEN, N_CHANNELS), np.float32), np.zeros(SEQ_LEN, np.float32)
    tensor[: len(rows)], mask[: len(rows)] = rows, 1
    return tensor, mask


@dataclass(frozen=True)
class Standardization:
    """Mean and deviation of each column, as info.json of a published split gives them."""

    mean: Mapping[str, float]
    std: Mapping[str, float]

    @classmethod
    def read(cls, path: str | Path) -> Standardization:
        """Read info.json; a column without figures is refused."""
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            names = content["all_cols"]
            mean, std = (dict(zip(names, content[k], strict=True)) for k in ("mean", "std"))
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{path} is no info.json of a published split ({error}); it needs all_cols, mean, "
                "std of equal length."
            ) from None
        missing = [name for name in (*PHOTO_COLS, *PAPER_FEATURES) if name not in mean]
        if missing:
            raise InputError(f"{path} lacks the column {missing[0]}.")
        return cls(mean, std)

    def apply(self, table: Mapping[str, float], names: Iterable[str]) -> NDArray[np.float64]:
        """Return transformed columns less their mean over their deviation."""
        return np.array([(table[name] - self.mean[name]) / self.std[name] for name in names])


def read_raw(
    records: Iterable[Mapping[str, Any]], standardization: Standardization
) -> PublishedData:
    """Turn raw records into inputs; columns are picked by name, never by their order.

    Parameters
    ----------
    records : each with photometry (n, 3: days, flux, error), spectra (m, 3: Å, flux, inverse
        variance), metadata {"meta_cols": {name: value}, "photo_cols": {name: value}}, label
    standardization : of the split that the weights were trained on

    Raises
    ------
    InputError : a record that lacks a column, or that the published scaling is not defined for; it
        is named by its number.
    """
    rows: dict[str, list[NDArray]] = {
        name: [] for name in ("photometry", "photometry_mask", "spectra", "metadata")
    }
    labels = []
    for number, record in enumerate(records):
        try:
            given = {k: np.array([v], float) for k, v in record["metadata"]["meta_cols"].items()}
            metadata = {name: float(value[0]) for name, value in transformed(given).items()}
            photo = dict(record["metadata"]["photo_cols"])
            photo["period"] = np.log10(photo["period"])
            tensor, mask = photometry_input(
                np.asarray(record["photometry"], np.float64),
                standardization.apply(photo, PHOTO_COLS),
            )
            rows["photometry"].append(tensor)
            rows["photometry_mask"].append(mask)
            rows["spectra"].append(spectrum_input(np.asarray(record["spectra"], np.float64)))
            values = standardization.apply(metadata, PAPER_FEATURES)
            rows["metadata"].append(values.astype(np.float32))
            labels.append(str(record["label"]))
        except KeyError as error:
            raise InputError(f"record {number} lacks {error}.") from None
        except InputError as error:
            raise InputError(f"record {number}: {error}") from None
    if not labels:
        raise InputError("there are no records to read.")
    return PublishedData({k: np.stack(v) for k, v in rows.items()}, tuple(labels), 0.0)
