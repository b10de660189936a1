"""What every reader returns, and the account of what it could not use."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.ids import stable_id
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import REJECTED_COLUMNS, Band, Column
from data_pipeline.sources.unparsed import Unparsed
from data_pipeline.spectra import Spectrum

Ids = NDArray[np.int64]


@dataclass
class Rejections:
    """Rows that were not used, each with where it stands and why."""

    rows: list[tuple[str, int, str, str]] = field(default_factory=list)
    funnel: list[tuple[str, str, int, int]] = field(default_factory=list)
    """What each criterion removed, in order: file, reason, rows removed, rows left."""

    def add(self, file: str, row: int, original_id: object, reason: str) -> None:
        """Note one rejected row; `row` counts data rows of the file from 1."""
        self.rows.append((file, int(row), str(original_id), reason))

    def table(self) -> pd.DataFrame:
        """Return the account as a table of `schema.REJECTED_COLUMNS`."""
        return pd.DataFrame(self.rows, columns=list(REJECTED_COLUMNS))

    def without(self, table: pd.DataFrame, bad: pd.Series, file: str, reason: str) -> pd.DataFrame:
        """Return `table` without its bad rows, noting each; needs columns row and original_id."""
        for row, original_id in table.loc[bad, ["row", "original_id"]].itertuples(index=False):
            self.add(file, row, original_id, reason)
        kept = table[~bad]
        self.funnel.append((file, reason, len(table) - len(kept), len(kept)))
        return kept


def _no_spectra(source_id: Ids) -> Iterator[tuple[int, Spectrum]]:
    return iter(())


@dataclass(frozen=True)
class SourceData:
    """A source in the survey's own terms; light curves and spectra are read when asked for."""

    objects: pd.DataFrame
    """source_id, name, original_id, ra_deg, dec_deg, labels and whatever `columns` defines."""
    bands: Mapping[str, Band]
    light_curves: Callable[[Ids], Iterator[tuple[int, LightCurve]]]
    """From the wanted source_ids to (source_id, light curve), in the order asked for."""
    files: Sequence[Path]
    """The files read, for the provenance."""
    rejections: Rejections
    columns: Sequence[Column] = ()
    """Definitions of columns beyond the standard ones."""
    external: pd.DataFrame | None = None
    splits: pd.DataFrame | None = None
    """Splits that come with the data, beside the standard ones."""
    spectra: Callable[[Ids], Iterator[tuple[int, Spectrum]]] = _no_spectra
    unparsed_light_curves: Callable[[Ids], Iterator[Unparsed[LightCurve]]] | None = None
    """The same light curves before they are parsed, where parsing can be shared out."""
    unparsed_spectra: Callable[[Ids], Iterator[Unparsed[Spectrum]]] | None = None
    """The same spectra before they are parsed."""


def owners_of(keys: Iterable[str], known: pd.Series, source_id: pd.Series) -> Ids:
    """Return the source_id of each key, -1 where it is unknown; never by way of a float.

    (`Series.map` and `reindex` turn integers into floats where anything is missing, and a float has
    not the digits of an identifier.)
    """
    first = ~known.duplicated().to_numpy() & known.notna().to_numpy()
    place = pd.Index(known[first].astype("str")).get_indexer(pd.Index(list(keys), dtype="str"))
    return np.where(place >= 0, np.append(source_id[first].to_numpy(np.int64), -1)[place], -1)


def with_source_ids(
    objects: pd.DataFrame, survey: str, file: str, rejections: Rejections
) -> pd.DataFrame:
    """Add `source_id` from original_id; rows that repeat an identifier are rejected."""
    repeated = objects["original_id"].duplicated()
    objects = rejections.without(objects, repeated, file, "identifier occurs before")
    source_id = np.array([stable_id(survey, one) for one in objects["original_id"]], np.int64)
    return objects.assign(source_id=source_id)


def data_rows(raw: pd.DataFrame, file: str, rejections: Rejections) -> NDArray[np.int64]:
    """Return which data row of the file each row is, from 1, and note those that are not there."""
    bad = raw.attrs["bad_rows"]
    for row, reason in bad:
        rejections.add(file, row, "", reason)
    skipped = [row for row, _ in bad]
    return np.setdiff1d(np.arange(1, len(raw) + len(bad) + 1, dtype=np.int64), skipped)


def check_positions(objects: pd.DataFrame, file: str, rejections: Rejections) -> pd.DataFrame:
    """Reject rows whose position is missing or outside the sphere."""
    ra, dec = objects["ra_deg"], objects["dec_deg"]
    bad = ~(ra.between(0.0, 360.0) & dec.between(-90.0, 90.0))
    return rejections.without(objects, bad, file, "no position on the sky")


def check_periods(objects: pd.DataFrame, file: str, rejections: Rejections) -> pd.DataFrame:
    """Blank the periods of a catalog that are none, such as 0 and -99.

    Where no period is known many catalogs write such a number, so each number has one entry in the
    account, with how often it stands there.
    """
    if "period_catalog_days" not in objects:
        return objects
    period = objects["period_catalog_days"]
    bad = period.notna() & ~(np.isfinite(period) & (period > 0))
    for days, count in period[bad].value_counts().sort_index().items():
        first = objects.loc[period.index[period == days][0], "row"]
        rejections.add(
            file, first, "", f"{count} periods '{days:g}' are no periods, the first in this row: "
            "values left out",
        )  # fmt: skip
    return objects.assign(period_catalog_days=period.mask(bad))


def need_columns(found: Iterable[str], names: Sequence[str], file: Path) -> None:
    """Refuse a table that lacks some of the named columns, saying which it has."""
    found = list(found)
    missing = [name for name in names if name not in found]
    if missing:
        has = ", ".join(found[:12]) + (" ..." if len(found) > 12 else "")
        raise InputError(f"{file} has no column {', '.join(missing)}; it has {has}.")


def need_file(path: Path) -> Path:
    """Return `path`, or refuse it if there is no such file."""
    if not path.is_file():
        raise InputError(
            f"{path} does not exist. Say where the data are with data_dir in the configuration "
            "or --data on the command line."
        )
    return path
