"""TOML tables into frozen dataclasses, guided by the types of their fields.

All that is wrong is reported at once, by the full name of the key: unknown keys (with the nearest
known one), missing keys, wrong types, and what a dataclass itself refuses.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean

T = TypeVar("T")
_IN_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path (text)",
}


def from_table(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Make a dataclass from a TOML table; raises `InputError` listing every problem.

    Parameters
    ----------
    cls : dataclass type
        Fields may be str, int, float, bool, Path, X | None, tuple[X, ...], Mapping[str, X], Any,
        and other dataclasses.
    table : mapping
    where : str
        The file, for messages.
    """
    problems: list[str] = []
    made = convert(cls, table, "", problems)
    if problems:
        raise InputError(f"{where}: {'; '.join(problems)}.")
    return made


def convert(kind: Any, value: Any, key: str, problems: list[str]) -> Any:
    """Return `value` as the type `kind`, or note under the name `key` why it cannot be."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        (kind,) = (argument for argument in arguments if argument is not types.NoneType)
        return convert(kind, value, key, problems)
    if dataclasses.is_dataclass(kind) or origin is Mapping:
        if origin is None and isinstance(value, kind):
            return value
        if not isinstance(value, Mapping):
            problems.append(f"{key} should be a table, found {value!r}")
            return None
        if origin is Mapping:
            return {
                name: convert(arguments[1], item, _join(key, name), problems)
                for name, item in value.items()
            }
        return _convert_dataclass(typing.cast(type, kind), value, key, problems)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            problems.append(f"{key} should be a list, found {value!r}")
            return ()
        return tuple(convert(arguments[0], item, key, problems) for item in value)
    return _convert_scalar(kind, value, key, problems)


def _convert_dataclass(cls: type, table: Mapping[str, Any], key: str, problems: list[str]) -> Any:
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    before = len(problems)
    for name in table:
        if name not in fields:
            problems.append(f"unknown key {_join(key, name)!r}{did_you_mean(name, fields)}")
    for name, field in fields.items():
        needed = field.default is field.default_factory is dataclasses.MISSING
        if needed and name not in table:
            problems.append(f"missing key {_join(key, name)!r}")
    hints = typing.get_type_hints(cls)
    values = {
        name: convert(hints[name], table[name], _join(key, name), problems)
        for name in fields
        if name in table
    }
    if len(problems) > before:
        return None
    try:
        return cls(**values)
    except ValueError as error:
        problems.append(f"{key}: {str(error).rstrip('.')}" if key else str(error).rstrip("."))
        return None


def _convert_scalar(kind: Any, value: Any, key: str, problems: list[str]) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        problems.append(f"{key} should be {_IN_WORDS.get(kind, kind)}, found {value!r}")
        return None
    return value


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
