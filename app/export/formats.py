"""A table of stars and its provenance as the bytes of a file: VOTable, FITS, ECSV, CSV, Parquet.

Identifiers are 64-bit integers, but text in the CSV, which spreadsheets open; there, text that a
spreadsheet could take for a formula gets an apostrophe in front. The CSV is ECSV with commas:
`pandas.read_csv(comment="#")` reads it as plain CSV, astropy and TOPCAT find units in its header.
Everywhere else nothing is changed. FITS holds text as UTF-8 and the provenance as a second table.
"""

import io
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.io.votable.converters import get_converter
from astropy.io.votable.exceptions import W03
from astropy.io.votable.tree import Info, TableElement, VOTableFile
from astropy.table import Column as TableColumn
from astropy.table import Table

BINARY_FROM_ROWS = 2000
"""From so many rows on a VOTable holds binary data: exact, small, no longer read by eye."""
PROVENANCE = "PROVENANCE"
"""Name of the table in a FITS file, of the entry in the others' metadata (in lower case)."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Provenance = Mapping[str, str]


def to_votable(table: Table, provenance: Provenance) -> bytes:
    """Serialise as VOTable 1.4, the provenance as INFO elements."""
    buffer = io.BytesIO()
    _votable(table, provenance).to_xml(buffer)
    return buffer.getvalue()


def _votable(table: Table, provenance: Provenance) -> VOTableFile:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", W03)  # a name like prob_ROT: is no XML id; it stays a name
        file = VOTableFile.from_table(table)
    element: TableElement = file.get_first_table()
    element.format = "binary2" if len(table) >= BINARY_FROM_ROWS else "tabledata"
    for field in element.fields:
        field.ucd = table[field.name].meta.get("ucd")
        if field.datatype == "bit":  # astropy's choice for truths; but a bit cannot be missing
            field.datatype = "boolean"
            field.converter = get_converter(field, {})
    for name, text in provenance.items():
        file.infos.append(Info(name=name, value=text))
    return file


def to_ecsv(table: Table, provenance: Provenance) -> bytes:
    """Serialise as ECSV, the provenance in the header."""
    told = table.copy(copy_data=False)
    told.meta = {PROVENANCE.lower(): dict(provenance)}
    return _ecsv(told)


def to_csv(table: Table, provenance: Provenance) -> bytes:
    """Serialise as ECSV with commas, identifiers as text, formulas made harmless."""
    safe = Table([_csv_column(table[name]) for name in table.colnames])
    safe.meta = {PROVENANCE.lower(): dict(provenance)}
    return _ecsv(safe, delimiter=",")


def _ecsv(table: Table, **options: str) -> bytes:
    text = io.StringIO()
    table.write(text, format="ascii.ecsv", **options)
    return text.getvalue().encode()


def _csv_column(column: Any) -> Any:
    """A column fit for spreadsheets: 64-bit identifiers as text, no text that is a formula."""
    if column.dtype.kind == "i" and column.name.endswith("source_id"):
        made: Any = TableColumn([str(value) for value in column.tolist()], dtype=np.str_)
    elif column.dtype.kind == "U":
        filled = column.filled("") if hasattr(column, "filled") else column
        made = TableColumn([harmless(text) for text in filled.tolist()], dtype=np.str_)
    else:
        return column
    made.name, made.description, made.unit = column.name, column.description, column.unit
    made.meta.update(column.meta)
    return made


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def to_fits(table: Table, provenance: Provenance) -> bytes:
    """Serialise as a FITS binary table, UCDs as TUCDn, and a second one for the provenance."""
    plain = Table([_fits_column(table[name]) for name in table.colnames])
    stars = fits.table_to_hdu(plain, character_as_bytes=True)
    stars.name = "STARS"
    for number, name in enumerate(table.colnames, start=1):
        column = table[name]
        if column.description:
            stars.header[f"TCOMM{number}"] = _ascii(column.description)
        if column.meta.get("ucd"):
            stars.header[f"TUCD{number}"] = column.meta["ucd"]
    told = Table({"name": _utf8(list(provenance)), "value": _utf8(list(provenance.values()))})
    facts = fits.table_to_hdu(told)
    facts.name = PROVENANCE
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), stars, facts]).writeto(buffer)
    return buffer.getvalue()


def _fits_column(column: Any) -> Any:
    """A column FITS can hold: text as UTF-8, a truth that may be missing as a number."""
    masked = hasattr(column, "filled")
    if column.dtype.kind == "U":
        made: Any = TableColumn(_utf8((column.filled("") if masked else column).tolist()))
    elif column.dtype.kind == "b" and masked:
        made = column.astype(np.int16)
    else:
        made = column.copy()
    made.name, made.unit, made.description = column.name, column.unit, None
    made.meta.clear()
    return made


def _utf8(texts: list[str]) -> np.ndarray:
    encoded = [text.encode() for text in texts]
    return np.array(encoded, dtype=f"S{max(map(len, encoded), default=1) or 1}")


_SIGNS = str.maketrans({"−": "-", "×": "x", "³": "3", "′": "'", "″": "''", "–": "-", "ϖ": "plx"})


def _ascii(text: str) -> str:
    """Text for a FITS header, which knows only ASCII."""
    return text.translate(_SIGNS).encode("ascii", "replace").decode()


def to_parquet(table: Table, provenance: Provenance) -> bytes:
    """Serialise as Parquet after the VOParquet convention: the VOTable's header as metadata.

    The Arrow fields carry unit, description and ucd too, as in the project's own tables.
    """
    header = io.BytesIO()
    empty = _votable(table[:0], provenance)
    empty.to_xml(header)
    fields, arrays = [], []
    for name in table.colnames:
        column = table[name]
        mask = np.asarray(column.mask) if hasattr(column, "mask") else None
        values = np.asarray(column)
        if values.dtype.kind == "U":  # no nulls among texts: astropy's reader stops at them
            array = pa.array((column.filled("") if mask is not None else column).tolist())
        else:
            array = pa.array(values, mask=mask)
        meaning = {
            "unit": column.unit.to_string("vounit").replace("**", "") if column.unit else "",
            "description": column.description or "",
            "ucd": column.meta.get("ucd", ""),
        }
        fields.append(pa.field(name, array.type, metadata=meaning))
        arrays.append(array)
    metadata = {
        "IVOA.VOTable-Parquet.version": "1.0",
        "IVOA.VOTable-Parquet.content": header.getvalue().decode(),
        PROVENANCE.lower(): json.dumps(dict(provenance), ensure_ascii=False),
    }
    sink = io.BytesIO()
    schema = pa.schema(fields, metadata=metadata)
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return sink.getvalue()


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    name: str
    suffix: str
    write: Callable[[Table, Provenance], bytes]
    hint: str


FORMATS = {
    form.suffix: form
    for form in (
        Format("VOTable", "vot", to_votable, "TOPCAT, Aladin, astropy"),
        Format("FITS", "fits", to_fits, "everything in astronomy"),
        Format("ECSV", "ecsv", to_ecsv, "astropy; text that a person can read"),
        Format("CSV", "csv", to_csv, "spreadsheets: identifiers are text, formulas harmless"),
        Format("Parquet", "parquet", to_parquet, "pandas, polars, DuckDB; many stars"),
    )
}
"""By the file's suffix."""
