"""What every command line here shares: progress on stderr, figures as JSON, one message for bad
input and exit status 2.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from data_pipeline.errors import InputError

T = TypeVar("T")


def positive(text: str) -> int:
    """Parse an option's whole number of at least 1."""
    return _at_least(1, text)


def not_negative(text: str) -> int:
    """Parse an option's whole number of at least 0, such as a seed."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, found {text!r}") from None
    if value < least:
        raise argparse.ArgumentTypeError(f"must be at least {least}, found {text}")
    return value


def progress(iterable: Iterable[T], description: str, total: int | None = None) -> Iterable[T]:
    """Show on stderr how far an iteration has come; quiet where ASTROM3_QUIET is set."""
    return _bar(iterable, description, total)


def progress_bar(description: str, total: int | None = None, quiet: bool = False) -> "tqdm[Any]":
    """Return the same bar for work that is done in batches: `update(n)` it, in a with block.

    Of several processes that do the same work all but one are `quiet`.
    """
    return _bar(None, description, total, quiet)


def _bar(
    iterable: Iterable[T] | None, description: str, total: int | None, quiet: bool = False
) -> "tqdm[Any]":
    return tqdm(
        iterable,
        desc=description,
        total=total,
        file=sys.stderr,
        disable=quiet or bool(os.environ.get("ASTROM3_QUIET")),
        mininterval=0.5 if sys.stderr.isatty() else 10.0,  # a log file needs no animation
    )


def run_main(main: Callable[[Sequence[str] | None], int | None], argv: Sequence[str] | None) -> int:
    """Run a command's `main(argv)`; bad input becomes its message on stderr and status 2.

    So does a file that cannot be read or written: a folder that is not there, a disk that is full.
    """
    try:
        return main(argv) or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        named = error.filename is not None and error.strerror
        words = f"{error.filename}: {error.strerror}." if named else str(error)
        print(f"error: {words}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def write_json(path: str | os.PathLike[str] | None, figures: Mapping[str, Any]) -> None:
    """Write a command's figures for machines; does nothing where no file was asked for.

    NumPy numbers become plain ones; NaN and infinities, which JSON lacks, become null.
    """
    if path is None:
        return
    text = json.dumps(_plain(figures), indent=1, ensure_ascii=False, allow_nan=False)
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write the figures to {path}: {error.strerror}.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
