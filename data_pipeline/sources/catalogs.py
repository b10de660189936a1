"""Catalogs in the survey's terms: which column is which, numbers as numbers, ids digit by digit.

Nothing goes missing silently: a row that cannot be used and a value that is no number are entered
in the account, with file, row and what was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from astropy import units
from astropy.coordinates import Angle

from data_pipeline.config_tables import CatalogConfig, ExtraColumn, TableFormat
from data_pipeline.errors import InputError
from data_pipeline.known_columns import KNOWN_COLUMNS, METADATA, SPELLINGS, find_column, recognise
from data_pipeline.schema import Column
from data_pipeline.sources.archives import is_archive, open_files
from data_pipeline.sources.base import Rejections, data_rows, need_file
from data_pipeline.sources.hats_tables import Choose, identity_file, is_hats
from data_pipeline.sources.tables import read_table
from data_pipeline.sources.units import parse_unit, unit_factor

MAX_EXACT = 2**53
_MOSTLY = 0.5
_YES = ("true", "1", "1.0", "t", "yes", "y")
_NO = ("false", "0", "0.0", "f", "no", "n")
_EMPTY = ("", "n/a", "na", "nan", "null", "none", "--", "-", "---", "...", "<na>")
_NO_NAME = ("", "n/a", "nan", "null", "--", "<na>")


def open_table(
    data_dir: Path,
    file: str,
    form: TableFormat,
    text: tuple[str, ...] = (),
    choose: Choose | None = None,
) -> pd.DataFrame:
    """Read a table from a file below data_dir, or from inside an archive there, or from HATS."""
    if form.readme and "\n" not in form.readme:
        path, data = locate(data_dir, form.readme)
        content = path.read_bytes() if data is None else data
        form = replace(form, readme=content.decode(form.encoding))
    path, data = locate(data_dir, file)
    return read_table(path, text, form, data, choose)


def locate(data_dir: Path, file: str) -> tuple[Path, bytes | None]:
    """Return the path of a file, and its content if it lies in an archive."""
    path = data_dir / file
    if is_hats(path):
        return path, None
    if path.is_file() or not file:
        return need_file(path), None
    root, parts = data_dir, list(PurePosixPath(file).parts)
    while parts and (root / parts[0]).exists():
        root /= parts.pop(0)
    if not parts or not is_archive(root):
        return need_file(path), None
    files = open_files(root)
    inner = "/".join(parts)
    found = [name for name in files.names if f"/{name}".endswith(f"/{inner}")]
    if len(found) != 1:
        raise InputError(
            f"{root} holds {len(found) or 'no'} files called {inner}; it has "
            f"{', '.join(files.names[:5])}{' ...' if len(files.names) > 5 else ''}."
        )
    return root / found[0], files.read(found[0])


def on_disk(data_dir: Path, file: str) -> Path:
    """Return the file on disk that a name leads to: itself, or the archive it lies in."""
    path = data_dir
    for part in PurePosixPath(file).parts:
        path /= part
        if path.is_file():
            break
    return identity_file(path) if is_hats(path) else path


def read_columns(
    data_dir: Path,
    file: str,
    form: TableFormat,
    columns: Mapping[str, str],
    extra: Mapping[str, ExtraColumn],
    rejections: Rejections,
    *,
    known: tuple[str, ...] = (),
    spellings: Mapping[str, tuple[str, ...]] = SPELLINGS,
    ra_in_hours: bool = False,
) -> pd.DataFrame:
    """Read the columns of a catalog under the survey's names, each of its defined type.

    Parameters
    ----------
    columns, extra
        Survey name = name in the file, as configured.
    known : tuple of str
        Survey names of columns to be recognised by their usual `spellings` as well.
    ra_in_hours : bool
        Right ascensions written as one number are hours.

    Returns
    -------
    DataFrame with those columns and `row`, the data row in the file, from 1.
    """
    definitions = {**KNOWN_COLUMNS, **{name: one.define(name) for name, one in extra.items()}}
    asked = {**columns, **{name: one.column for name, one in extra.items()}}
    texts = [name for name, one in definitions.items() if one.role == "id"]
    spelled = [s for name in known if name in texts for s in spellings.get(name, ())]
    as_text = [asked[name] for name in texts if name in asked] + spelled

    def choose(has: Sequence[str]) -> set[str]:
        asked_for = (find_column(column, has) for column in asked.values())
        return {*recognise(has, known, spellings).values(), *filter(None, asked_for)}

    raw = open_table(data_dir, file, form, tuple(as_text), choose)
    if not len(raw):
        raise InputError(f"{file} has a header and no rows.")
    found = found_columns(raw, asked, file)
    raw.attrs["units"] = {**raw.attrs["units"], **_stated_units(form, raw, file)}
    names = {**recognise(raw.attrs["columns"], known, spellings), **found}
    account = _Account(raw, Path(file).name, rejections, ra_in_hours)
    unique = set(names.values())
    repeated = sorted(unique & set(raw.attrs.get("repeated", ())))
    if repeated:
        raise InputError(
            f"{file} has the column {repeated[0]!r} more than once. Remove or rename one."
        )
    table = pd.DataFrame(
        {name: _typed(raw[column], definitions[name], account) for name, column in names.items()}
    )
    for name, one in extra.items():
        if one.missing:
            table[name] = table[name].mask(table[name].isin(one.missing))
    return table.assign(row=account.rows)


def found_columns(raw: pd.DataFrame, asked: Mapping[str, str], file: str) -> dict[str, str]:
    """Return the columns that were asked for, spelled as the file spells them."""
    has = raw.attrs["columns"]
    found = {name: find_column(column, has) for name, column in asked.items()}
    missing = [asked[name] for name, column in found.items() if column is None]
    if missing:
        shown = ", ".join(has[:12]) + (" ..." if len(has) > 12 else "")
        raise InputError(f"{file} has no column {', '.join(missing)}; it has {shown}.")
    return {name: column for name, column in found.items() if column is not None}


def _stated_units(form: TableFormat, raw: pd.DataFrame, file: str) -> dict[str, str]:
    """Return the units that the configuration states, by column as the file spells it."""
    wrong = [unit for unit in form.units.values() if parse_unit(unit) is None]
    if wrong:
        raise InputError(
            f'table.units of {file}: {wrong[0]!r} is no unit; use the VO spelling, such as "kpc".'
        )
    found = found_columns(raw, {name: name for name in form.units}, file)
    return {found[name]: unit for name, unit in form.units.items()}


class _Account:
    """Notes what could not be read, by row."""

    def __init__(
        self, raw: pd.DataFrame, file: str, rejections: Rejections, ra_in_hours: bool
    ) -> None:
        self.file, self.rejections, self.ra_in_hours = file, rejections, ra_in_hours
        self.units: Mapping[str, str] = raw.attrs["units"]
        self.rows = data_rows(raw, file, rejections)

    def is_hours(self, name: str, column: str) -> bool:
        """Return whether these are right ascensions in hours."""
        stated = parse_unit(self.units.get(column, "")) if name == "ra_deg" else None
        return name == "ra_deg" and (self.ra_in_hours or stated == units.hour)

    def value(self, index: int, name: str, text: str, fault: str = "no number") -> None:
        self.rejections.add(
            self.file, self.rows[index], "", f"{name} {text!r} is {fault}: value left out"
        )


def _typed(values: pd.Series, column: Column, account: _Account) -> pd.Series:
    if column.dtype in ("float64", "float32"):
        return _scaled(_numbers(values, column, account), values, column, account)
    if column.role == "id":
        return _identifiers(values, column, account)
    if column.dtype == "string":
        return values.astype("str").where(values.notna())
    if column.dtype == "bool":
        return _truths(values, column, account)
    return values


def _truths(values: pd.Series, column: Column, account: _Account) -> pd.Series:
    """Read yes and no; what is missing stays missing and is not a no."""
    text = values.astype("str").str.strip().str.lower()
    yes, no = text.isin(_YES), text.isin(_NO)
    for index in np.flatnonzero(~yes & ~no & values.notna() & ~text.isin(_EMPTY)):
        account.value(int(index), column.name, str(values.iloc[index]), "neither true nor false")
    known = yes | no
    return yes if known.all() else yes.astype("boolean").where(known)


def _numbers(values: pd.Series, column: Column, account: _Account) -> pd.Series:
    factor = 15.0 if account.is_hours(column.name, str(values.name)) else 1.0
    if values.dtype.kind in "fiub":
        return values.astype("float64") * factor
    text = values.astype("str").str.strip()
    if column.name in ("ra_deg", "dec_deg"):
        return _angles(text, column.name, factor)
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    bad = np.flatnonzero(numbers.isna() & text.notna() & ~text.str.lower().isin(_EMPTY))
    if len(bad) > _MOSTLY * max(text.notna().sum(), 1):
        hint = (
            ' If commas stand for points, say decimal = ",".'
            if "," in str(text.iloc[bad[0]])
            else ""
        )
        raise InputError(
            f"{account.file}: column {values.name!r} should hold {column.name} as numbers; "
            f"row {account.rows[bad[0]]} holds {text.iloc[bad[0]]!r}.{hint}"
        )
    for index in bad:
        account.value(int(index), column.name, text.iloc[index])
    return numbers


def _angles(text: pd.Series, axis: str, factor: float) -> pd.Series:
    """Read degrees, or sexagesimal text: hours of right ascension, degrees of declination.

    What is written as one number is multiplied by `factor`.
    """
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(np.float64, copy=True) * factor
    unit = units.hourangle if axis == "ra_deg" else units.deg
    for index in np.flatnonzero(np.isnan(numbers) & text.notna().to_numpy()):
        try:
            numbers[index] = Angle(text.iloc[index], unit=unit).deg
        except (ValueError, TypeError, units.UnitsError):
            continue  # stays without a position, which is accounted for with the row
    return pd.Series(numbers, text.index)


def _scaled(numbers: pd.Series, raw: pd.Series, column: Column, account: _Account) -> pd.Series:
    """Convert from the unit the file states to ours."""
    stated = account.units.get(str(raw.name), "")
    is_done = account.is_hours(column.name, str(raw.name))
    try:
        return numbers * (1.0 if is_done else unit_factor(stated, column.unit))
    except units.UnitConversionError:
        raise InputError(
            f"{account.file}: column {raw.name!r} is in {stated}, but {column.name} is in "
            f"{column.unit}. Check which column is which."
        ) from None


def _identifiers(values: pd.Series, column: Column, account: _Account) -> pd.Series:
    """Return identifiers as text; numbers that a float has already rounded are refused."""
    if values.dtype.kind == "f":
        known = values.dropna()
        if (known.abs() >= MAX_EXACT).any():
            raise InputError(
                f"{account.file}: column {values.name!r} holds identifiers as floating-point "
                f"numbers ({known.iloc[0]:.17g}), whose last digits are lost. Write it again with "
                "64-bit integers or text."
            )
        if (known % 1 == 0).all():
            values = values.astype("Int64")
    text = values.astype("str").str.strip()
    text = text.where(values.notna() & ~text.str.lower().isin(_NO_NAME))
    if text.dropna().str.fullmatch(r"\d{1,15}\.0+").all():  # whole numbers that went by a float
        text = text.str.replace(r"\.0+$", "", regex=True)
    return text


def class_columns(table: pd.DataFrame, options: CatalogConfig) -> pd.DataFrame:
    """Apply what a configuration says about classes: renaming, doubt, alternatives."""
    if "class_label" not in table:
        return table.assign(class_label=pd.Series(pd.NA, table.index, dtype="str"))
    full = table["class_label"]
    label = full.copy()
    added = {}
    if options.uncertain_mark:
        doubtful = label.str.endswith(options.uncertain_mark).fillna(False).astype(bool)
        label = label.str.rstrip(options.uncertain_mark).str.strip()
        added["class_is_uncertain"] = doubtful
    label = label.replace(dict(options.classes)).replace({"": pd.NA})
    if options.ambiguous_marks:
        ambiguous = label.map(lambda one: bool(set(str(one)) & set(options.ambiguous_marks)))
        label = label.mask(ambiguous & label.notna())
    if not label.equals(full) and "class_label_full" not in table:
        added["class_label_full"] = full
    return table.assign(class_label=label, **added)


def known_names(options: CatalogConfig) -> tuple[str, ...]:
    """Return the columns that `known_columns` asks for."""
    return METADATA if options.known_columns else ()
