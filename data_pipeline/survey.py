"""A survey: everything known about each star, in one directory.

`Survey` reads, `SurveyWriter` (in survey_writer.py) writes. Files: objects.parquet (one row per
object), splits.parquet, external.parquet (what other catalogs say), rejected.parquet (what could
not be used), truth.parquet (simulated surveys only; no model looks there), photometry.arrow (one
row per light curve), spectra.arrow (one row per spectrum), manifest.json. Any modality may be
missing for any object.
"""

import operator
import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from data_pipeline import directories
from data_pipeline.errors import InputError
from data_pipeline.ids import check_source_ids, check_unique_ids
from data_pipeline.light_curves import LightCurve
from data_pipeline.mapped import read_table
from data_pipeline.ragged import RaggedReader
from data_pipeline.records import (
    PHOTOMETRY_SCHEMA,
    SPECTRA_SCHEMA,
    light_curve_from_row,
    spectrum_from_row,
)
from data_pipeline.schema import KIND, SCHEMA_VERSION, Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.splits import named_split
from data_pipeline.survey_writer import SurveyWriter

__all__ = ["MIGRATIONS", "Survey", "SurveyWriter"]

OBJECTS = "objects.parquet"
MIGRATIONS: dict[int, directories.Migration] = {}
"""For each older schema version, what makes its manifest one of the next version."""


class Survey:
    """Read-only view of a survey directory; made with `Survey.open`.

    Safe to read from several threads. Arrays are views of memory-mapped files.

    Attributes
    ----------
    path : Path
    manifest : dict
    name : str
    is_synthetic : bool
    objects : DataFrame
        One row per object in the survey's canonical order; do not modify.
    columns : dict of str to Column
        Unit, description, UCD and role of each column of `objects`.
    bands : dict of str to Band
    has_photometry, has_spectra : ndarray of bool, shape (N,)
    """

    def __init__(self, path: Path, manifest: directories.Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self.name: str = manifest["name"]
        self.is_synthetic: bool = manifest["is_synthetic"]
        self.bands = {name: Band(**band) for name, band in manifest["bands"].items()}
        table = read_table(path / OBJECTS, manifest["files"][OBJECTS]["sha256"])
        self.columns = {field.name: Column.from_arrow_field(field) for field in table.schema}
        self.objects: pd.DataFrame = table.to_pandas(split_blocks=True)
        self.source_id = self._checked_ids()
        self._by_id = np.argsort(self.source_id, kind="stable")
        self._sorted_id = self.source_id[self._by_id]
        self._photometry = RaggedReader(path / "photometry.arrow", PHOTOMETRY_SCHEMA)
        self._spectra = RaggedReader(path / "spectra.arrow", SPECTRA_SCHEMA)
        self._light_curve_row = self._link_light_curves()
        self._spectrum_rows, self._spectrum_start = self._link_spectra()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Survey":
        """Open a survey directory, checking its kind, schema version and file sizes."""
        path = Path(path)
        return cls(path, directories.read_manifest(path, KIND, SCHEMA_VERSION, MIGRATIONS))

    def __len__(self) -> int:
        return len(self.source_id)

    def __reduce__(self) -> tuple[Callable[[Path], "Survey"], tuple[Path]]:
        return Survey.open, (self.path,)  # another process opens the files itself

    def __repr__(self) -> str:
        return f"Survey({self.name!r}, {len(self)} objects, {str(self.path)!r})"

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns that may reach a model."""
        return [name for name, column in self.columns.items() if column.role == "feature"]

    @property
    def features(self) -> pd.DataFrame:
        """The feature columns as float64, shape (N, F), NaN where missing; nothing else."""
        return self.objects[self.feature_names].astype(np.float64)

    @cached_property
    def splits(self) -> pd.DataFrame:
        """Columns split, source_id, part ("train", "val", "test")."""
        return _read_parquet(self.path / "splits.parquet").to_pandas()

    def split(self, name: str) -> pd.DataFrame | None:
        """Return a split that is stored or follows from its name, see `splits.named_split`."""
        labels = self.objects.get("class_label", pd.Series([None] * len(self), dtype=object))
        return named_split(self.splits, self.source_id, labels, name)

    @cached_property
    def external(self) -> pd.DataFrame:
        """What other catalogs say: `schema.EXTERNAL_COLUMNS`, any number of rows per object."""
        return _read_parquet(self.path / "external.parquet").to_pandas()

    @cached_property
    def truth(self) -> pd.DataFrame | None:
        """What a simulated survey planted, keyed by source_id; None for observed ones."""
        path = self.path / "truth.parquet"
        return _read_parquet(path).to_pandas() if path.exists() else None

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """What the source offered and was not used: columns file, row, original_id, reason."""
        return _read_parquet(self.path / "rejected.parquet").to_pandas()

    @property
    def content_hash(self) -> str:
        """Hash over all files: equal content, equal hash."""
        return directories.manifest_hash(self.manifest)

    def row(self, source_id: int) -> int:
        """Return the row of an object in `objects`."""
        source_id = operator.index(source_id)  # a float id would be silently wrong
        position = int(np.searchsorted(self._sorted_id, source_id))
        if position == len(self) or self._sorted_id[position] != source_id:
            raise InputError(f"{self.name} has no object with source_id {source_id}.")
        return int(self._by_id[position])

    def rows(self, source_ids: ArrayLike) -> NDArray[np.int64]:
        """Return the rows of many objects, shape (M,), refusing any that is not in the survey."""
        wanted = check_source_ids(source_ids, self.name)
        rows, missing = self._look_up(wanted)
        if len(missing):
            raise InputError(
                f"{self.name} has no object with source_id {missing[0]} ({len(missing)} such)."
            )
        return rows

    def _look_up(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of objects, and those that are none of the survey's."""
        if not len(self):
            return np.empty(0, np.int64), wanted
        position = np.minimum(np.searchsorted(self._sorted_id, wanted), len(self) - 1)
        return self._by_id[position], wanted[self._sorted_id[position] != wanted]

    @cached_property
    def has_photometry(self) -> NDArray[np.bool_]:
        """Which objects have a light curve, shape (N,)."""
        return self._light_curve_row >= 0

    @cached_property
    def n_points(self) -> NDArray[np.int64]:
        """Number of points in each object's light curve, all bands and qualities, shape (N,)."""
        counts = self._photometry.lengths("time")
        return np.where(self.has_photometry, np.append(counts, 0)[self._light_curve_row], 0)

    @cached_property
    def has_spectra(self) -> NDArray[np.bool_]:
        """Which objects have at least one spectrum, shape (N,)."""
        return self.n_spectra > 0

    @cached_property
    def n_spectra(self) -> NDArray[np.int64]:
        """Number of spectra of each object, shape (N,)."""
        return np.diff(self._spectrum_start)

    def light_curve(self, source_id: int) -> LightCurve | None:
        """Return the light curve of an object in all its bands, or None."""
        row = self._light_curve_row[self.row(source_id)]
        return light_curve_from_row(self._photometry.row(int(row))) if row >= 0 else None

    def iter_light_curves(self) -> Iterator[tuple[int, LightCurve]]:
        """Yield (source_id, light curve) of every object that has one, in the survey's order."""
        for row in np.flatnonzero(self.has_photometry):
            record = self._photometry.row(int(self._light_curve_row[row]))
            yield int(self.source_id[row]), light_curve_from_row(record)

    def spectra(self, source_id: int) -> list[Spectrum]:
        """Return all spectra of an object, in the order they were written."""
        row = self.row(source_id)
        picked = self._spectrum_rows[self._spectrum_start[row] : self._spectrum_start[row + 1]]
        return [spectrum_from_row(self._spectra.row(int(index))) for index in picked]

    def best_spectrum(self, source_id: int) -> Spectrum | None:
        """Return the spectrum with the highest signal to noise (of equals the latest), or None."""
        spectra = self.spectra(source_id)
        return max(
            spectra,
            key=lambda one: tuple(np.nan_to_num([one.snr, one.time], nan=-np.inf)),
            default=None,
        )

    def _checked_ids(self) -> NDArray[np.int64]:
        where = str(self.path / "objects.parquet")
        if "source_id" not in self.columns:
            raise InputError(f"{where} has no source_id column. Make the survey again.")
        source_id = check_source_ids(self.objects["source_id"], where)
        check_unique_ids(source_id, where)
        return source_id

    def _link_light_curves(self) -> NDArray[np.int64]:
        link = np.full(len(self), -1, dtype=np.int64)
        check_unique_ids(self._photometry.source_id, str(self.path / "photometry.arrow"))
        rows = self._owners(self._photometry, "photometry.arrow")
        link[rows] = np.arange(len(self._photometry))
        return link

    def _link_spectra(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Order the spectra by object: rows of spectra.arrow, and where each object's start."""
        rows = self._owners(self._spectra, "spectra.arrow")
        start = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(self)))])
        return np.argsort(rows, kind="stable"), start

    def _owners(self, records: RaggedReader, file: str) -> NDArray[np.int64]:
        """Return the row of the object that each record is about."""
        rows, strangers = self._look_up(records.source_id)
        if len(strangers):
            n_strangers = len(np.unique(strangers))
            raise InputError(
                f"{self.path / file} is about {n_strangers} objects that {OBJECTS} lacks "
                f"(source_id {strangers.min()} ...): it belongs to another survey."
            )
        return rows


def _read_parquet(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path} cannot be read as a Parquet table ({error}). Make the survey again."
        ) from None
