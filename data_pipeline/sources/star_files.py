"""Which files belong to which star: by a pattern such as "lc/{original_id}.csv".

The pattern is a path below the data directory that may go on inside an archive
("curves.zip/lc/{original_id}.dat"); there the leading folders may be left out. "{...}" is the
star's original_id, source_id, name or any other column of the catalog; "*" is anything but a slash.
All names are looked at once, so a million files cost seconds and not a search per star.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from data_pipeline.errors import InputError
from data_pipeline.sources.archives import FileSet, is_archive, open_files
from data_pipeline.sources.base import Rejections

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MOST_ZEROS = 16
_OWN_NAMES = ("original_id", "source_id", "name")


@dataclass(frozen=True)
class Pattern:
    """A pattern, split into where to look and what names to look for."""

    root: Path
    """Existing folder or archive."""
    name: str
    """Pattern of the names in it."""

    @property
    def columns(self) -> list[str]:
        """Columns of the catalog that stand in the pattern."""
        return _PLACEHOLDER.findall(self.name)

    def open(self) -> FileSet:
        """Return the files there, as deep as the pattern reaches."""
        depth = None if "**" in self.name else len(PurePosixPath(self.name).parts)
        return open_files(self.root, depth)


def split_pattern(data_dir: Path, pattern: str) -> Pattern:
    """Find the folder or archive that a pattern begins with."""
    root, parts = data_dir, list(PurePosixPath(pattern).parts)
    while len(parts) > 1 and not set(parts[0]) & set("*?[{"):
        root /= parts.pop(0)
        if not root.exists():
            raise InputError(
                f"{root} does not exist; {pattern!r} looks there. Say where the data are with "
                "data_dir in the configuration or --data on the command line."
            )
        if root.is_file():
            if not is_archive(root):
                raise InputError(f"{root} is no folder, zip or tar; {pattern!r} looks into it.")
            break
    return Pattern(root, "/".join(parts))


def files_of_stars(pattern: Pattern, files: FileSet, objects: pd.DataFrame) -> dict[int, list[str]]:
    """Return the names of each star's files, sorted, by source_id.

    Parameters
    ----------
    pattern : Pattern
    files : FileSet
        The files of `pattern.root`.
    objects : DataFrame
        source_id and the columns that the pattern names.
    """
    column = _only_column(pattern, objects)
    stars = _spellings(objects[column].astype("str"), objects["source_id"])
    before, after = pattern.name.split(f"{{{column}}}", maxsplit=1)
    match = _Match(before, after.replace(f"{{{column}}}", "\0"), stars)
    n_parts = len(PurePosixPath(pattern.name).parts)
    found: dict[int, list[str]] = {}
    for name in files.names:
        tail = "/".join(name.split("/")[-n_parts:]) if files.is_archive else name
        for source_id in match.stars_of(tail):
            found.setdefault(source_id, []).append(name)
    return {star: sorted(names) for star, names in found.items()}


def note_unmatched(
    pattern: Pattern,
    files: FileSet,
    objects: pd.DataFrame,
    of_star: Mapping[int, list[str]],
    rejections: Rejections,
) -> None:
    """Account for files of no star, and for files that the catalog names and that are not there.

    A file counts if it is named as the pattern says and ends as the files of the stars do. That a
    star has no file under its own name is no fault: not every star has light curve and spectrum.
    """
    shape = re.compile("[^/]+".join(map(_regex, _PLACEHOLDER.split(pattern.name)[::2])))
    n_parts = len(PurePosixPath(pattern.name).parts)
    owned = {name for names in of_star.values() for name in names}
    endings = {PurePosixPath(name).suffix for name in owned}
    for name in files.names:
        tail = "/".join(name.split("/")[-n_parts:]) if files.is_archive else name
        alike = not endings or PurePosixPath(name).suffix in endings
        if name not in owned and alike and shape.fullmatch(tail):
            rejections.add(PurePosixPath(name).name, 0, "", "file of no usable row of the catalog")
    column = _only_column(pattern, objects)
    if not of_star and files.names and len(objects):
        wanted = pattern.name.replace(f"{{{column}}}", str(objects[column].iloc[0]))
        rejections.add(
            pattern.name, 0, "",
            f"not one of the {len(files.names)} files in {pattern.root.name} fits: the first is "
            f"{files.names[0]!r}, that of the first star would be {wanted!r}",
        )  # fmt: skip
    if column in _OWN_NAMES:
        return
    named = objects[objects[column].notna() & ~objects["source_id"].isin(list(of_star))]
    for star, name in named[["original_id", column]].itertuples(index=False):
        rejections.add(pattern.name.replace(f"{{{column}}}", str(name)), 0, star, "no such file")


def note_problems(files: FileSet, rejections: Rejections) -> None:
    """Account for what an archive holds and cannot be read."""
    for name, reason in files.problems:
        rejections.add(files.where.name, 0, name, reason)


def _only_column(pattern: Pattern, objects: pd.DataFrame) -> str:
    columns = sorted(set(pattern.columns))
    if len(columns) != 1:
        raise InputError(
            f"the pattern {pattern.name!r} names {' and '.join(columns) or 'no column'}; it needs "
            "one column of the catalog in braces, such as {original_id}."
        )
    if columns[0] not in objects:
        raise InputError(
            f"the pattern {pattern.name!r} names the column {columns[0]}, which the survey lacks; "
            f"it has {', '.join(map(str, objects.columns))}."
        )
    return columns[0]


def _spellings(text: pd.Series, source_id: pd.Series) -> Mapping[str, list[int]]:
    """Return stars by name: as it is, without blanks, with underscores for blanks.

    A spelling that two different names share stands for neither.
    """
    exact: dict[str, list[int]] = {}
    for name, star in zip(text, source_id, strict=True):
        if isinstance(name, str) and name and int(star) not in exact.setdefault(name, []):
            exact[name].append(int(star))
    other: dict[str, set[str]] = {}
    for name in exact:
        for spelling in {name.replace(" ", ""), name.replace(" ", "_")} - {name}:
            other.setdefault(spelling, set()).add(name)
    respelled = {
        spelling: exact[next(iter(names))]
        for spelling, names in other.items()
        if len(names) == 1 and spelling not in exact
    }
    return exact | respelled


def _without_zeros(stars: Mapping[str, list[int]]) -> Mapping[str, list[int]]:
    """Return stars by the digits of their numbers: file names are often padded with zeros.

    Digits that two different names share stand for neither.
    """
    digits: dict[str, list[str]] = {}
    for name in stars:
        if name.isdecimal() and name.isascii():
            digits.setdefault(name.lstrip("0"), []).append(name)
    return {short: stars[names[0]] for short, names in digits.items() if len(names) == 1}


class _Match:
    """Finds the star whose name stands between what comes before and after it."""

    def __init__(self, before: str, after: str, stars: Mapping[str, list[int]]) -> None:
        self._stars, self._after_text = stars, after
        self._before = re.compile(_regex(before))
        self._fixed_start = None if set(before) & set("*?[") else len(before)
        self._fixed_end = None if set(after) & set("*?[\0") else len(after)
        self._after = re.compile(_regex(after)) if "\0" not in after else None
        self._padded = _without_zeros(stars)
        self._longest = max(map(len, stars), default=0) + (_MOST_ZEROS if self._padded else 0)

    def stars_of(self, name: str) -> Iterator[int]:
        """Yield the stars a file belongs to; a number that goes on is another star's."""
        for start, stop in self._places(name):
            star = name[start:stop]
            owners = self._stars.get(star) or self._padded.get(star.lstrip("0"), [])
            if owners and self._fits(name, start, stop, star):
                yield from owners
                return  # the longest name that fits

    def _places(self, name: str) -> Iterator[tuple[int, int]]:
        starts = range(len(name)) if self._fixed_start is None else (self._fixed_start,)
        ends = None if self._fixed_end is None else len(name) - self._fixed_end
        for start in starts:
            if ends is not None:
                yield start, ends
            else:
                longest = min(len(name), start + self._longest)
                yield from ((start, stop) for stop in range(longest, start, -1))

    def _fits(self, name: str, start: int, stop: int, star: str) -> bool:
        if start < 0 or stop <= start or not self._before.fullmatch(name, 0, start):
            return False
        if star[0].isdigit() and name[start - 1 : start].isdigit():
            return False
        if star[-1].isdigit() and name[stop : stop + 1].isdigit():
            return False
        after = self._after or re.compile(_regex(self._after_text.replace("\0", _literal(star))))
        return after.fullmatch(name, stop) is not None


def _literal(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def _regex(pattern: str) -> str:
    """Return a shell pattern as a regular expression whose wildcards stop at a slash."""
    pieces = re.split(r"(\*\*/|\*|\?|\[[^]]+\])", pattern)
    special = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        special.get(piece) or (fnmatch.translate(piece)[4:-3] if piece.startswith("[")
                               else re.escape(piece))
        for piece in pieces
    )  # fmt: skip
