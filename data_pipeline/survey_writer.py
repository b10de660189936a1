"""Writes a survey directory: whole, checked, or not at all.

Light curves and spectra are streamed to disk as they come; the tables are kept and checked against
them at the end, when the manifest is written and the directory gets its name.
"""

import operator
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_pipeline import directories
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.ragged import RaggedWriter
from data_pipeline.records import (
    PHOTOMETRY_SCHEMA,
    SPECTRA_SCHEMA,
    light_curve_row,
    spectrum_row,
)
from data_pipeline.schema import (
    EXTERNAL_COLUMNS,
    INPUT_COLUMNS,
    KIND,
    REJECTED_COLUMNS,
    SCHEMA_VERSION,
    SPLIT_COLUMNS,
    STANDARD_COLUMNS,
    Band,
    Column,
    did_you_mean,
)
from data_pipeline.spectra import Spectrum
from data_pipeline.validation import (
    empty_table,
    to_arrow,
    truth_columns,
    validate_objects,
    validate_rows,
    validate_splits,
)


class SurveyWriter:
    """Writes a survey directory; it appears under its name only when everything was written.

    Parameters
    ----------
    path : path
        Must not exist, unless `overwrite` (then it is set aside).
    name : str
        Name of the survey, as people read it.
    bands : mapping of str to Band
    columns : mapping of str to Column, or iterable of Column
        Columns beyond `schema.STANDARD_COLUMNS`, or other meanings for those.
    is_synthetic : bool
        Simulated stars; said wherever the survey is shown.
    provenance : mapping, optional
        See `directories.provenance`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        name: str,
        bands: Mapping[str, Band],
        columns: Mapping[str, Column] | Iterable[Column] = (),
        is_synthetic: bool = False,
        overwrite: bool = False,
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        extra = columns.values() if isinstance(columns, Mapping) else columns
        self.path = Path(path)
        self.name = name
        self.bands = dict(bands)
        self.columns = {**STANDARD_COLUMNS, **{column.name: column for column in extra}}
        self.is_synthetic = is_synthetic
        self.overwrite = overwrite
        self.provenance = directories.provenance() if provenance is None else dict(provenance)
        self._light_curve_ids: set[int] = set()
        self._spectrum_ids: set[int] = set()
        self._spectrum_owners: set[int] = set()
        self._n_points = 0
        self._tables: dict[str, pa.Table] = {}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._building = self._stack.enter_context(
            directories.new_directory(self.path, self.overwrite)
        )
        self._photometry = RaggedWriter(self._building / "photometry.arrow", PHOTOMETRY_SCHEMA)
        self._spectra = RaggedWriter(self._building / "spectra.arrow", SPECTRA_SCHEMA)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._stack:  # gives the directory its name, unless something raised
            self._photometry.close()
            self._spectra.close()
            if error is not None:
                raise error
            self._finish()

    def add_light_curve(self, source_id: int, light_curve: LightCurve) -> None:
        """Write the light curve of one object, all bands together."""
        source_id = operator.index(source_id)
        if source_id in self._light_curve_ids:
            raise InputError(f"{self.name}: a second light curve for {source_id}; join them first.")
        unknown = sorted(set(light_curve.bands) - set(self.bands))
        if unknown:
            raise InputError(
                f"{self.name}: {source_id} has points in band {unknown[0]!r}, which is not among "
                f"{sorted(self.bands)}{did_you_mean(unknown[0], self.bands)}."
            )
        self._light_curve_ids.add(source_id)
        self._n_points += len(light_curve)
        self._photometry.add(light_curve_row(source_id, light_curve))

    def add_spectrum(self, source_id: int, spectrum: Spectrum) -> None:
        """Write one spectrum of an object; an object may have several."""
        source_id = operator.index(source_id)
        if spectrum.spectrum_id in self._spectrum_ids:
            raise InputError(f"{self.name}: spectrum_id {spectrum.spectrum_id} occurs twice.")
        self._spectrum_ids.add(spectrum.spectrum_id)
        self._spectrum_owners.add(source_id)
        self._spectra.add(spectrum_row(source_id, spectrum))

    def write_objects(self, objects: pd.DataFrame) -> None:
        """Write the objects table; its row order becomes the survey's."""
        self._put("objects", validate_objects(objects, self.columns, self.name))

    def write_splits(self, splits: pd.DataFrame) -> None:
        """Write the splits: columns split, source_id, part ("train", "val" or "test")."""
        self._put("splits", validate_splits(splits, self.name))

    def write_external(self, external: pd.DataFrame) -> None:
        """Write what other catalogs say: `schema.EXTERNAL_COLUMNS`, any number of rows per star."""
        self._put("external", validate_rows(external, EXTERNAL_COLUMNS, f"{self.name} external"))

    def write_truth(self, truth: pd.DataFrame) -> None:
        """Write what was planted in a simulated survey: source_id and any columns."""
        where = f"{self.name} truth"
        if not self.is_synthetic:
            raise InputError(f"{where}: only a simulated survey knows the truth (is_synthetic).")
        self._put("truth", validate_rows(truth, truth_columns(truth, self.columns), where))

    def write_rejected(self, rejected: pd.DataFrame) -> None:
        """Write the account of what could not be used: `schema.REJECTED_COLUMNS`."""
        self._put("rejected", to_arrow(rejected, REJECTED_COLUMNS, f"{self.name} rejected"))

    def write_inputs(self, inputs: pd.DataFrame) -> None:
        """Write what each star was read from, for updates: `schema.INPUT_COLUMNS`."""
        self._put("inputs", validate_rows(inputs, INPUT_COLUMNS, f"{self.name} inputs"))

    def _put(self, name: str, table: pa.Table) -> None:
        if name in self._tables:
            raise InputError(f"{self.name}: the {name} table was written twice.")
        self._tables[name] = table

    def _finish(self) -> None:
        if "objects" not in self._tables:
            raise InputError(f"{self.name}: no objects table was written (write_objects).")
        self._tables.setdefault("splits", empty_table(SPLIT_COLUMNS))
        self._tables.setdefault("external", empty_table(EXTERNAL_COLUMNS))
        self._tables.setdefault("rejected", empty_table(REJECTED_COLUMNS))
        self._check_references()
        for name, table in self._tables.items():
            pq.write_table(table, self._building / f"{name}.parquet", compression="zstd")
        directories.write_manifest(
            self._building,
            KIND,
            SCHEMA_VERSION,
            self.provenance,
            name=self.name,
            is_synthetic=self.is_synthetic,
            bands={name: asdict(band) for name, band in self.bands.items()},
            n_objects=self._tables["objects"].num_rows,
            n_light_curves=self._photometry.n_rows,
            n_points=self._n_points,
            n_spectra=self._spectra.n_rows,
        )

    def _check_references(self) -> None:
        """Everything keyed by source_id must be about an object of the survey."""
        objects = self._ids("objects")
        keyed = {
            "light curves": np.array(list(self._light_curve_ids), np.int64),
            "spectra": np.array(list(self._spectrum_owners), np.int64),
            **{
                name: self._ids(name)
                for name in self._tables
                if name not in ("objects", "rejected")
            },
        }
        for what, ids in keyed.items():
            strangers = np.setdiff1d(ids, objects)
            if strangers.size:
                raise InputError(
                    f"{self.name}: {what} of {strangers.size} objects that are not in the objects "
                    f"table (source_id {strangers[0]} ...). Add the objects, or leave those out."
                )

    def _ids(self, table: str) -> NDArray[np.int64]:
        return self._tables[table]["source_id"].to_numpy()
