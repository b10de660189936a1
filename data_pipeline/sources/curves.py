"""The light curves of all stars: a file each, in folders or archives, or tables of all points."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.cleaning import clean
from data_pipeline.config import BuildConfig
from data_pipeline.config_tables import CleaningConfig, LightCurveConfig
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve, join
from data_pipeline.schema import Band
from data_pipeline.sources import asassn_curves
from data_pipeline.sources.archives import FileSet
from data_pipeline.sources.base import Ids, Rejections, owners_of
from data_pipeline.sources.catalogs import on_disk, open_table
from data_pipeline.sources.curve_tables import DEFAULT_COLUMNS, CurveReader, Star
from data_pipeline.sources.hats_tables import Choose
from data_pipeline.sources.star_files import (
    files_of_stars,
    note_problems,
    note_unmatched,
    split_pattern,
)
from data_pipeline.sources.tables import read_table
from data_pipeline.sources.unparsed import Note, Piece, Unparsed, Unreadable

_KEYS = ("original_id", "source_id", "name")
_NO_POINTS = "no points: the light curve is empty"


@dataclass(frozen=True)
class _Files:
    """Files of stars in one folder or archive."""

    files: FileSet
    of_star: Mapping[int, list[str]]
    place: Mapping[str, int] = field(default_factory=dict)
    band: str = ""

    def order(self, source_id: int) -> int:
        """Return where in the archive a star comes first."""
        names = self.of_star.get(source_id)
        return min(self.place[name] for name in names) if names else len(self.place)


@dataclass(frozen=True)
class CurveParser:
    """Makes one clean light curve of everything that was read of a star.

    Parameters
    ----------
    options : LightCurveConfig
    bands : mapping of str to Band
    cleaning : CleaningConfig
    asassn : bool
        The files are ASAS-SN's, see `asassn_curves`.
    version : int
        Raised when the same content is parsed to something else.
    """

    options: LightCurveConfig
    bands: Mapping[str, Band]
    cleaning: CleaningConfig
    asassn: bool
    version: int = 1

    @property
    def star_columns(self) -> tuple[str, ...]:
        """What it needs of a star's row in the catalog."""
        own = (self.options.time_offset_of_star, self.options.band_of_star)
        return ("original_id", "ra_deg", "dec_deg", *filter(None, own))

    def __call__(self, unparsed: Unparsed[LightCurve]) -> tuple[list[LightCurve], list[Note]]:
        """Return the light curve, or none, and what was left out."""
        notes: list[Note] = []
        parts = []
        for piece in unparsed.pieces:
            note = partial(_note, notes, piece.file, unparsed.star)
            if isinstance(piece.content, Unreadable):
                note(piece.content.reason)
                continue
            try:
                curve = self._curve(piece, unparsed.star, note)
            except (ValueError, KeyError, OverflowError) as error:
                note(str(error))
                continue
            if len(curve):
                parts.append(curve)
            elif isinstance(piece.content, bytes):
                note(_NO_POINTS)
        return [clean(join(parts), self.cleaning)] if parts else [], notes

    def _curve(self, piece: Piece, star: Star, note: Callable[[str], None]) -> LightCurve:
        path, content = Path(piece.file), piece.content
        if isinstance(content, bytes):
            if self.asassn:
                return asassn_curves.parse(path, content, star, note)
            content = read_table(path, form=self.options.table, data=content)
        options = replace(self.options, band=piece.facts.get("band", self.options.band))
        return CurveReader(options, self.bands).read(content, star, note)


def _note(notes: list[Note], file: str, star: Star, reason: str) -> None:
    notes.append(Note(Path(file).name, str(star["original_id"]), reason))


class Curves:
    """Light curves by star, read when asked for."""

    def __init__(
        self,
        config: BuildConfig,
        objects: pd.DataFrame,
        rejections: Rejections,
        aliases: pd.DataFrame | None = None,
        asassn: bool = False,
    ) -> None:
        """Look for the files of the stars, or read the tables of all points.

        `aliases` are further names of the stars (source_id, original_id), for files named by them;
        `asassn` says that the files are ASAS-SN's.
        """
        self._config, self._rejections = config, rejections
        self._stars = objects.set_index("source_id")
        self._parser = CurveParser(
            config.light_curves, config.bands, config.cleaning,
            asassn or config.light_curves.format == "asassn",
        )  # fmt: skip
        if config.light_curves.format not in ("table", "asassn"):
            raise InputError(
                f"light_curves.format is 'table' or 'asassn', not {config.light_curves.format!r}."
            )
        self._sets: list[_Files] = []
        self._tables: list[tuple[str, pd.DataFrame, dict[int, slice]]] = []
        self.paths: list[Path] = []
        named = objects if aliases is None else pd.concat([objects, aliases], ignore_index=True)
        for pattern in config.light_curves.patterns:
            if "{" in pattern:
                self._add_files(pattern, named)
            else:
                self._add_table(pattern, objects)

    def unparsed(self, source_id: Ids) -> Iterator[Unparsed[LightCurve]]:
        """Yield what there is of each wanted star, as it lies in the files."""
        for star in self._in_reading_order(source_id):
            row = {name: self._stars[name].loc[star] for name in self._parser.star_columns
                   if name in self._stars}  # fmt: skip
            yield Unparsed(
                star, {"original_id": "", **row}, tuple(self._pieces(star)), self._parser
            )

    def read(self, source_id: Ids) -> Iterator[tuple[int, LightCurve]]:
        """Yield (source_id, light curve) of each wanted star that has points."""
        for one in self.unparsed(source_id):
            curves, notes = one.parse()
            for note in notes:
                self._rejections.add(note.file, 0, note.original_id, note.reason)
            yield from ((one.source_id, curve) for curve in curves)

    def _in_reading_order(self, source_id: Ids) -> list[int]:
        """Put the stars in the order of the first archive, so that it is read straight through."""
        archives = [one for one in self._sets if one.files.is_archive]
        stars = [int(one) for one in source_id]
        return sorted(stars, key=archives[0].order) if archives else stars

    def _pieces(self, star: int) -> Iterator[Piece]:
        for one in self._sets:
            for name in one.of_star.get(star, ()):
                try:
                    yield Piece(name, one.files.read(name), _facts(one.band))
                except (ValueError, KeyError, OverflowError, OSError) as error:
                    yield Piece(name, Unreadable(str(error)))
        for file, table, slices in self._tables:
            if star in slices:
                band = self._config.light_curves.band_of(file)
                yield Piece(file, table.iloc[slices[star]], _facts(band))

    def _add_files(self, pattern: str, named: pd.DataFrame) -> None:
        where = split_pattern(self._config.data_dir, pattern)
        files = where.open()
        note_problems(files, self._rejections)
        of_star = files_of_stars(where, files, named)
        note_unmatched(where, files, named, of_star, self._rejections)
        place = {name: i for i, name in enumerate(files.names)} if files.is_archive else {}
        band = self._config.light_curves.band_of(pattern)
        self._sets.append(_Files(files, of_star, place, band))
        if files.is_archive:
            self.paths.append(where.root)

    def _add_table(self, name: str, objects: pd.DataFrame) -> None:
        columns = self._config.light_curves.columns
        keys = [key for key in _KEYS if key in columns]
        if not keys:
            raise InputError(
                f"light_curves.file = {name!r} is a table of all points, so "
                "light_curves.columns needs original_id (or source_id). For a file per star put "
                "{original_id} into the name."
            )
        key = keys[0]
        options = self._config.light_curves
        table = open_table(
            self._config.data_dir, name, options.table, (columns[key],), _choice(options)
        )
        attrs = table.attrs
        if columns[key] not in table:
            raise InputError(
                f"{name} has no column {columns[key]}; it has "
                f"{', '.join(table.attrs['columns'][:12])}."
            )
        table = _exploded(table)
        owner = _owners(table[columns[key]], key, objects)
        self._note_unmatched(name, table[columns[key]], owner)
        if len(owner) and not (owner >= 0).any():
            theirs, ours = str(table[columns[key]].iloc[0]), str(objects[key].iloc[0])
            self._rejections.add(
                Path(name).name, 0, "",
                f"not one of its stars is in the catalog: it calls them {theirs!r}, the catalog "
                f"{ours!r}",
            )  # fmt: skip
        order = np.argsort(owner, kind="stable")
        table = table.drop(columns=columns[key]).iloc[order[np.searchsorted(owner[order], 0) :]]
        table.attrs = {**attrs, "bad_rows": []}
        for row, reason in attrs["bad_rows"]:
            self._rejections.add(Path(name).name, row, "", reason)
        self._tables.append((name, table, _slices(np.sort(owner[owner >= 0]))))
        self.paths.append(on_disk(self._config.data_dir, name))

    def _note_unmatched(self, file: str, keys: pd.Series, owner: NDArray[np.int64]) -> None:
        """Account for light curves of stars that the catalog lacks, one entry for each."""
        strange = np.flatnonzero(owner < 0)
        first = ~keys.iloc[strange].duplicated().to_numpy()
        for index in strange[first]:
            self._rejections.add(
                Path(file).name, index + 1, keys.iloc[index],
                "light curve of a star not in the catalog",
            )  # fmt: skip


def _facts(band: str) -> Mapping[str, Any]:
    return {"band": band} if band else {}


def _choice(options: LightCurveConfig) -> Choose:
    """Return what picks the columns that a configuration names."""
    named = [*options.columns.values(), *DEFAULT_COLUMNS.values()]
    named += [name for own in options.band_columns.values() for name in own.values()]
    wanted = {name.lower() for name in named}
    return lambda names: [name for name in names if name.lower() in wanted]


def _exploded(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per point where a row holds the lists of a whole light curve."""
    lists = [
        name for name in table.columns
        if table[name].dtype == object and len(table)
        and isinstance(table[name].iloc[0], list | np.ndarray)
    ]  # fmt: skip
    if not lists:
        return table
    lengths = table[lists[0]].map(len).to_numpy()
    long = {
        name: np.concatenate(table[name].to_list()) if name in lists
        else table[name].to_numpy().repeat(lengths)
        for name in table.columns
        if name not in lists or (table[name].map(len).to_numpy() == lengths).all()
    }  # fmt: skip
    return pd.DataFrame(long)


def _owners(keys: pd.Series, key: str, objects: pd.DataFrame) -> NDArray[np.int64]:
    """Return the source_id of each row, -1 where the catalog lacks the star."""
    text = keys.astype("str").str.strip()
    if keys.dtype.kind == "f":
        text = text.str.removesuffix(".0")
    if key == "source_id":
        text = text.str.extract(r"(\d+)$", expand=False)
    codes, unique = pd.factorize(text)
    owner = owners_of(unique, objects[key], objects["source_id"])
    return np.append(owner, -1)[codes]


def _slices(sorted_owner: NDArray[np.int64]) -> dict[int, slice]:
    stars, start, count = np.unique(sorted_owner, return_index=True, return_counts=True)
    stop = start + count
    return {int(s): slice(int(a), int(b)) for s, a, b in zip(stars, start, stop, strict=True)}
