"""Tables in any of the formats that astronomers keep them in.

Parquet, FITS, VOTable, ECSV, CDS and machine-readable tables, NumPy archives, and text with
commas, bars, semicolons, tabs or blanks. What a file is, whether it is compressed, how its columns
are separated and whether it has a header line is seen from its content, not from its name.
"""

import bz2
import gzip
import io
import lzma
import warnings
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from astropy.io import ascii as cds
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from astropy.utils.exceptions import AstropyUserWarning

from data_pipeline.config_tables import TableFormat
from data_pipeline.errors import InputError
from data_pipeline.sources.hats_tables import Choose, is_hats, read_hats, to_frame
from data_pipeline.sources.text_tables import read_text

_COMPRESSED: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}
_HEAD = 1 << 16


def read_table(
    path: Path,
    text: Sequence[str] = (),
    form: TableFormat | None = None,
    data: bytes | None = None,
    choose: Choose | None = None,
) -> pd.DataFrame:
    """Read a table; its units and its unusable rows are in ``.attrs``.

    Parameters
    ----------
    path : Path
        The file, or the name under which `data` is spoken of.
    text : sequence of str
        Columns that are kept as text, digit by digit: identifiers.
    form : TableFormat, optional
        What the content does not say by itself.
    data : bytes, optional
        The content, where it comes from an archive.
    choose : callable, optional
        From the names of all columns to those needed; a long table then takes less memory.

    Returns
    -------
    DataFrame
        ``attrs["units"]``: unit by column, where the file says so; ``attrs["bad_rows"]``: pairs of
        a data row, from 1, and why it could not be read; ``attrs["columns"]``: all the file's.
    """
    form = form or TableFormat()
    try:
        if data is None and is_hats(path):
            return _finished(read_hats(path, choose), form)
        with path.open("rb") if data is None else io.BytesIO(data) as stream:
            table = _read(uncompressed(stream), path, text, form, choose)
    except InputError:
        raise
    except Exception as error:  # the libraries raise anything on damaged files
        raise InputError(f"{path} cannot be read as a table: {_words(error)}") from None
    return _finished(table, form)


def _finished(table: pd.DataFrame, form: TableFormat) -> pd.DataFrame:
    nothing: dict[Hashable, Any] = {"units": {}, "bad_rows": []}
    nothing["columns"] = list(map(str, table.columns))
    table.attrs = {**nothing, **table.attrs}
    _blank_missing(table, form)
    return table


def uncompressed(stream: IO[bytes]) -> IO[bytes]:
    """Return the stream without its compression, which the first bytes tell."""
    head = stream.read(6)
    stream.seek(0)
    for magic, opener in _COMPRESSED.items():
        if head.startswith(magic):
            return opener(stream)
    return stream


def _read(
    stream: IO[bytes], path: Path, text: Sequence[str], form: TableFormat, choose: Choose | None
) -> pd.DataFrame:
    head = stream.read(_HEAD)
    stream.seek(0)
    if not head.strip():
        raise InputError(f"{path} is empty ({len(head)} bytes).")
    _check_kind(path, head)
    if head.startswith(b"PAR1"):
        return _parquet(stream, choose)
    if head.startswith(b"SIMPLE  ="):
        return _fits(stream, path, form)
    if head.startswith(b"PK") and path.suffix == ".npz":
        return _numpy(stream, path)
    start = head.lstrip()[:400]
    if b"<VOTABLE" in start or start.startswith(b"<?xml"):
        return _astropy(Table.read(stream, format="votable", use_names_over_ids=True))
    if start.startswith(b"# %ECSV"):
        return _astropy(Table.read(stream.read().decode(), format="ascii.ecsv"))
    if form.readme or b"Byte-by-byte Description" in head:
        return _machine_readable(stream, path, form)
    if b"\0" in head[:1024] and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(
            f"{path} is no table that can be read here (binary, it begins with {head[:8]!r}). "
            "Convert it to Parquet, FITS, VOTable, ECSV or CSV."
        )
    return read_text(stream, head, path, text, form, choose)


def _check_kind(path: Path, head: bytes) -> None:
    """Refuse a file whose name promises what its content is not."""
    start = head.lstrip()[:400]
    kinds = {
        ".parquet": ("Parquet", head.startswith(b"PAR1")),
        ".fits": ("FITS", head.startswith(b"SIMPLE  =")),
        ".vot": ("VOTable", b"<VOTABLE" in start or start.startswith(b"<?xml")),
        ".npz": ("NumPy", head.startswith(b"PK")),
        ".ecsv": ("ECSV", start.startswith(b"# %ECSV")),
    }
    for ending in path.suffixes:
        kind, is_so = kinds.get(ending.lower(), ("", True))
        if not is_so:
            raise InputError(
                f"{path} cannot be read as a table: by its name it is {kind}, but it begins with "
                f"{head[:20]!r}. Name it by its content, or get it again."
            )


def _parquet(stream: IO[bytes], choose: Choose | None) -> pd.DataFrame:
    file = pq.ParquetFile(stream)
    return to_frame([file], file.schema_arrow, choose)


def _fits(stream: IO[bytes], path: Path, form: TableFormat) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*truncated.*", category=AstropyUserWarning)
        with fits.open(stream, memmap=False) as hdus:
            tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
            wanted = [hdu for hdu in tables if not form.hdu or hdu.name == form.hdu.upper()]
            if not wanted:
                has = ", ".join(f"{hdu.name or i} ({type(hdu).__name__})"
                                for i, hdu in enumerate(hdus))  # fmt: skip
                raise InputError(
                    f"{path} has no table{f' called {form.hdu}' if form.hdu else ''}; its HDUs "
                    f"are {has}. Name another with hdu = ... or give another file."
                )
            return _astropy(Table.read(wanted[0], format="fits"))


def _numpy(stream: IO[bytes], path: Path) -> pd.DataFrame:
    """Read a NumPy archive: equal-length arrays, or values of all stars with their offsets.

    Where there is an array "offsets" of n + 1 numbers, arrays of length n are about the n stars
    and the others about their points. A 2-D array is one row per record; an array as long as its
    rows, such as a wavelength grid, is shared by all of them.
    """
    with np.load(stream, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    offsets = arrays.pop("offsets", None)
    if offsets is not None:
        counts = np.diff(offsets)
        n = int(offsets[-1])
        arrays = {
            name: np.repeat(values, counts) if len(values) == len(counts) else values
            for name, values in arrays.items()
        }
    else:
        two = [values for values in arrays.values() if values.ndim == 2]
        n = len(two[0]) if two else max(map(len, arrays.values()), default=0)
    columns: dict[str, Any] = {}
    for name, values in arrays.items():
        if len(values) == n:
            columns[name] = list(values) if values.ndim == 2 else values
        elif any(other.ndim == 2 and other.shape[1] == len(values) for other in arrays.values()):
            columns[name] = [values] * n
        else:
            raise InputError(f"{path}: the array {name!r} has {len(values)} entries, not {n}.")
    return pd.DataFrame(columns)


def _machine_readable(stream: IO[bytes], path: Path, form: TableFormat) -> pd.DataFrame:
    """Read a CDS or AAS machine-readable table, with positions joined from their parts."""
    lines = stream.read().decode(form.encoding).splitlines()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = cds.get_reader(cds.Cds, readme=form.readme or None)
        reader.data.table_name = form.readme_table or path.name
        table = _astropy(reader.read(lines))
    if {"RAh", "RAm", "RAs"} <= set(table):
        table["RAdeg"] = 15.0 * (table["RAh"] + table["RAm"] / 60.0 + table["RAs"] / 3600.0)
    if {"DE-", "DEd", "DEm", "DEs"} <= set(table):
        size = table["DEd"] + table["DEm"] / 60.0 + table["DEs"] / 3600.0
        table["DEdeg"] = size.where(table["DE-"] != "-", -size)
    table.attrs["units"] |= {"RAdeg": "deg", "DEdeg": "deg"}
    return table


def _astropy(table: Table) -> pd.DataFrame:
    """Convert an astropy table; array columns become lists, masked integers stay integers."""
    for name in [name for name in table.colnames if isinstance(table[name], Time)]:
        moment = table[name]
        is_number = np.issubdtype(np.asarray(moment.value).dtype, np.floating)
        table[name] = moment.value if is_number else moment.jd  # dates in words become JD
    table.convert_bytestring_to_unicode()
    flat = [name for name in table.colnames if table[name].ndim == 1]
    frame = table[flat].to_pandas()
    for name in set(table.colnames) - set(flat):
        frame[name] = list(np.asarray(table[name]))
    for name in frame.columns[frame.dtypes == "str"]:
        frame[name] = frame[name].str.strip()
    units = {name: str(table[name].unit) for name in table.colnames if table[name].unit}
    frame.attrs = {"units": units}
    return frame[table.colnames]


def _blank_missing(table: pd.DataFrame, form: TableFormat) -> None:
    """Make the numbers that stand for "missing" NaN."""
    if not form.missing:
        return
    for name in table.columns[[dtype.kind in "fiu" for dtype in table.dtypes]]:
        absent = table[name].isin(form.missing)
        if absent.any():
            table[name] = table[name].astype("float64").mask(absent)


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip()
