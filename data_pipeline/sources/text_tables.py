"""Text tables whose layout is seen from their first lines: header, separator, comments, units."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd

from data_pipeline.config_tables import TableFormat
from data_pipeline.errors import InputError
from data_pipeline.sources.hats_tables import Choose

_SEPARATORS = (",", "|", ";", "\t", "&")
_BLANKS = r"\s+"
_ROWS_AT_A_TIME = 200_000
_ROWS_LOOKED_AT = 100
_MISSING = ["--", "---", "...", "N/A", "n/a", "null", "NULL", "None", "nan", "NaN", ""]
_BYTE_ORDER = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class _Layout:
    separator: str
    names: list[str]
    n_skipped: int
    """Lines before the data."""
    units: dict[str, str]
    repeated: tuple[str, ...]
    encoding: str


def read_text(
    stream: IO[bytes],
    head: bytes,
    path: Path,
    text: Sequence[str],
    form: TableFormat,
    choose: Choose | None = None,
) -> pd.DataFrame:
    """Read a text table; see `tables.read_table`."""
    layout = _layout(head, path, form)
    as_text = {name.lower() for name in text}
    options: dict[str, Any] = {
        "sep": layout.separator,
        "names": layout.names,
        "header": None,
        "index_col": False,
        "dtype": {name: str for name in layout.names if name.lower() in as_text},
        "decimal": form.decimal,
        "comment": form.comment or None,
        "na_values": _MISSING,
        "low_memory": False,
        "skipinitialspace": True,
    }
    bad_rows: list[tuple[int, str]] = []
    chosen = layout.names if choose is None else choose(layout.names)
    kept = [name for name in layout.names if name in chosen]
    try:
        # All columns are parsed, so that rows of another length are seen; but not all at once.
        with pd.read_csv(
            stream, skiprows=layout.n_skipped, encoding=layout.encoding, on_bad_lines="error",
            chunksize=_ROWS_AT_A_TIME, **options,
        ) as chunks:  # fmt: skip
            table = pd.concat([chunk[kept] for chunk in chunks], ignore_index=True)
    except UnicodeDecodeError as error:
        raise _not_text(path, layout.encoding, error) from None
    except pd.errors.ParserError:
        stream.seek(0)
        clean, bad_rows = _whole_rows(stream, path, layout, form)
        table = pd.read_csv(clean, **options)[kept]
    for name in table.columns[table.dtypes == "str"]:
        table[name] = table[name].str.strip()
    table.attrs = {
        "units": layout.units, "bad_rows": bad_rows, "repeated": layout.repeated,
        "columns": layout.names,
    }  # fmt: skip
    return table


def _not_text(path: Path, encoding: str, error: UnicodeDecodeError) -> InputError:
    return InputError(
        f"{path} is not text in {encoding} (byte {error.object[error.start]:#04x} at position "
        f'{error.start}). Name its encoding, e.g. encoding = "latin-1".'
    )


def _layout(head: bytes, path: Path, form: TableFormat) -> _Layout:
    encoding = next((e for magic, e in _BYTE_ORDER.items() if head.startswith(magic)), "")
    encoding = encoding or form.encoding
    whole = head if len(head) < 1 << 16 else head[: head.rfind(b"\n") + 1]
    try:
        lines = whole.decode(encoding).splitlines()
    except UnicodeDecodeError as error:
        raise _not_text(path, encoding, error) from None
    content = [
        i
        for i, line in enumerate(lines)
        if i >= form.skip_rows and line.strip()
        and not (form.comment and line.lstrip().startswith(form.comment))
    ]  # fmt: skip
    if not content:
        raise InputError(f"{path} has no rows, only {len(lines)} lines of comment.")
    separator = form.delimiter or _separator(lines[content[0]])
    first = _split(lines[content[0]], separator)
    units: dict[str, str] = {}
    if _is_header(first) and not (form.names and _is_row(lines, content, separator)):
        names, data = first, 1
        if _is_rule(lines, content, 2):  # VizieR: names, units, dashes
            units = dict(zip(names, _split(lines[content[1]], separator), strict=False))
            data = 3
        elif _is_rule(lines, content, 1):
            data = 2
        skipped = content[data] if data < len(content) else len(lines)
    else:
        names, skipped = _names_above(lines[: content[0]], len(first), form), content[0]
        if not names and not form.names:
            raise InputError(
                f"{path} has no header line: its first row is {lines[content[0]][:60]!r}. "
                "Name its columns with names = [...]."
            )
    if form.names:
        if len(form.names) != len(first):
            raise InputError(
                f"{path} has {len(first)} columns, names = [...] lists {len(form.names)}."
            )
        names = list(form.names)
    unique, repeated = _unique(names)
    units = {name: unit for name, unit in units.items() if unit}
    return _Layout(separator, unique, skipped, units, repeated, encoding)


def _separator(line: str) -> str:
    counts = {separator: line.count(separator) for separator in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda separator: counts[separator])
    return best if counts[best] else _BLANKS


def _split(line: str, separator: str) -> list[str]:
    if separator == _BLANKS:  # quoted words may hold blanks
        return next(csv.reader([" ".join(line.split())], delimiter=" "), [])
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _is_header(cells: Sequence[str]) -> bool:
    """A line is a header if none of its cells is a number."""
    return not any(map(is_number, cells))


def _is_row(lines: Sequence[str], content: Sequence[int], separator: str) -> bool:
    """Return whether a first line without any number may be a row like those below it.

    A header stands above numbers in at least one column. Rows of names, classes and sexagesimal
    positions have no such column.
    """
    if len(content) < 2 or _is_rule(lines, content, 1) or _is_rule(lines, content, 2):
        return False
    first = _split(lines[content[0]], separator)
    below = [_split(lines[i], separator) for i in content[1:_ROWS_LOOKED_AT]]
    for i, cell in enumerate(first):
        column = [row[i] for row in below if i < len(row) and row[i] not in _MISSING]
        if column and cell not in (*_MISSING, "-") and all(map(is_number, column)):
            return False
    return True


def is_number(text: str) -> bool:
    """Return whether text reads as a number, also one written with a comma."""
    try:
        float(text.strip().lstrip(">").replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _is_rule(lines: Sequence[str], content: Sequence[int], index: int) -> bool:
    """Return whether a line consists of dashes."""
    if index >= len(content):
        return False
    line = lines[content[index]]
    return "--" in line and not line.strip(" -|\t;,+=")


def _names_above(comments: Sequence[str], n_columns: int, form: TableFormat) -> list[str]:
    """Return the names in the last comment that has as many words as the data have columns."""
    for line in reversed(comments):
        words = line.lstrip(f" {form.comment}")
        for cells in (_split(words, _BLANKS), [cell.strip() for cell in words.split(",")]):
            if len(cells) == n_columns and _is_header(cells):
                return cells
    return []


def _unique(names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Number the repeats of a name: "ra", "ra (2)"; an unnamed column is called by its place."""
    unique: list[str] = []
    repeated = []
    for i, name in enumerate(names):
        name = name or f"column {i + 1}"
        count = 2
        new = name
        while new in unique:
            new, count = f"{name} ({count})", count + 1
        if new != name:
            repeated.append(name)
        unique.append(new)
    return unique, tuple(dict.fromkeys(repeated))


def _whole_rows(
    stream: IO[bytes], path: Path, layout: _Layout, form: TableFormat
) -> tuple[io.StringIO, list[tuple[int, str]]]:
    """Return the rows that have the right number of cells, and an account of the others."""
    bad: list[tuple[int, str]] = []
    kept: list[str] = []
    n = len(layout.names)
    lines = stream.read().decode(layout.encoding).splitlines()[layout.n_skipped :]
    row = 0
    for line in lines:
        if not line.strip() or (form.comment and line.lstrip().startswith(form.comment)):
            continue
        row += 1
        cells = _split(line, layout.separator)
        if len(cells) > n or line.count('"') % 2:
            bad.append((row, f"has {len(cells)} cells, the header {n}"))
        else:
            kept.append(line)
    return io.StringIO("\n".join(kept)), bad
