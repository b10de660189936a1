"""The spectra of all stars: files, rows of a table, or whatever an index assigns to them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.config import BuildConfig
from data_pipeline.config_tables import SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.gaia_ids import release as release_of
from data_pipeline.gaia_ids import same_release
from data_pipeline.ids import stable_id
from data_pipeline.sources.archives import is_archive, open_files
from data_pipeline.sources.base import Ids, Rejections
from data_pipeline.sources.catalogs import on_disk, open_table
from data_pipeline.sources.joined import matched
from data_pipeline.sources.spectrum_files import SpectrumReader
from data_pipeline.sources.spectrum_index import read_index, record_names
from data_pipeline.sources.star_files import (
    files_of_stars,
    note_problems,
    note_unmatched,
    split_pattern,
)
from data_pipeline.sources.unparsed import Note, Piece, Unparsed, Unreadable
from data_pipeline.spectra import Spectrum

_ENDINGS = (".gz", ".fits", ".fit", ".csv", ".dat", ".txt", ".ecsv", ".parquet", ".vot")
_FROM_INDEX = ("snr", "radial_velocity_km_s", "time")
Read = Callable[[], Any]


@dataclass(frozen=True)
class SpectraParser:
    """Makes spectra of everything that was read of a star.

    Parameters
    ----------
    survey : str
        Name of the survey, part of the spectra's identifiers.
    options : SpectraConfig
    version : int
        Raised when the same content is parsed to something else.
    """

    survey: str
    options: SpectraConfig
    version: int = 1

    def __call__(self, unparsed: Unparsed[Spectrum]) -> tuple[list[Spectrum], list[Note]]:
        """Return the spectra that can be read, and why others cannot."""
        reader = SpectrumReader(self.options)
        spectra, notes = [], []
        for name, content, facts in unparsed.pieces:
            try:
                if isinstance(content, Unreadable):
                    raise InputError(content.reason)
                if isinstance(content, bytes):
                    spectrum = reader.from_bytes(Path(name), content)
                else:
                    spectrum = reader.from_row(content)
            except (ValueError, KeyError, IndexError, TypeError, OSError) as error:
                original_id = str(unparsed.star["original_id"])
                notes.append(Note(PurePosixPath(name).name, original_id, str(error)))
            else:
                spectrum = replace(spectrum, spectrum_id=stable_id(self.survey, name))
                spectra.append(_completed(spectrum, facts))
        return spectra, notes


class Spectra:
    """Spectra by star, read when asked for."""

    def __init__(
        self,
        config: BuildConfig,
        objects: pd.DataFrame,
        release: str,
        rejections: Rejections,
        records: pd.Series | None = None,
    ) -> None:
        """Look for the spectra; `records` names each star's one, if the catalog does."""
        self._config, self._rejections, self._release = config, rejections, release
        self._names = objects.set_index("source_id")["original_id"]
        self._parser = SpectraParser(config.name, config.spectra)
        self._of_star: dict[int, list[tuple[str, Read]]] = {}
        self._facts: Mapping[tuple[int, str], Mapping[str, float]] = {}
        self.paths: list[Path] = []
        if not config.spectra.file:
            return
        if records is not None:
            self._take_named(self._records(), objects, records)
        elif config.spectra.index.file:
            self._assign(self._records(), objects)
        elif "{" in config.spectra.file:
            self._find_files(objects)
        else:
            self._take_rows(objects)

    def unparsed(self, source_id: Ids) -> Iterator[Unparsed[Spectrum]]:
        """Yield what there is of each wanted star, as it lies in the files."""
        for star in map(int, source_id):
            row = {"original_id": self._names.loc[star]}
            yield Unparsed(star, row, tuple(self._pieces(star)), self._parser)

    def read(self, source_id: Ids) -> Iterator[tuple[int, Spectrum]]:
        """Yield (source_id, spectrum) for every readable spectrum of the wanted stars."""
        for one in self.unparsed(source_id):
            spectra, notes = one.parse()
            for note in notes:
                self._rejections.add(note.file, 0, note.original_id, note.reason)
            yield from ((one.source_id, spectrum) for spectrum in spectra)

    def _pieces(self, star: int) -> Iterator[Piece]:
        for name, read in self._of_star.get(star, ()):
            facts = self._facts.get((star, name), {})
            try:
                yield Piece(name, read(), facts)
            except (ValueError, KeyError, OSError) as error:
                yield Piece(name, Unreadable(str(error)), facts)

    def _find_files(self, objects: pd.DataFrame) -> None:
        where = split_pattern(self._config.data_dir, self._config.spectra.file)
        files = where.open()
        note_problems(files, self._rejections)
        if files.is_archive:
            self.paths.append(where.root)
        below = where.root.relative_to(self._config.data_dir)
        of_star = files_of_stars(where, files, objects)
        note_unmatched(where, files, objects, of_star, self._rejections)
        for star, names in of_star.items():
            self._of_star[star] = [
                ((below / name).as_posix(), partial(files.read, name)) for name in names
            ]

    def _take_rows(self, objects: pd.DataFrame) -> None:
        """Read a table with one spectrum a row, keyed by the star."""
        columns = self._config.spectra.columns
        keys = [key for key in ("original_id", "source_id") if key in columns]
        if not keys:
            raise InputError(
                f"spectra.file = {self._config.spectra.file!r} is a table of all spectra, so "
                "spectra.columns needs original_id or source_id (or give spectra.index). For a "
                "file per star put {original_id} into the name."
            )
        known = dict(zip(objects[keys[0]].astype("str"), objects["source_id"], strict=True))
        for name, (key, read) in self._rows(columns[keys[0]]).items():
            if key in known:
                self._of_star.setdefault(int(known[key]), []).append((name, read))
            else:
                self._rejections.add(self._config.spectra.file, 0, key,
                                     "spectrum of a star not in the catalog")  # fmt: skip

    def _rows(self, key: str) -> dict[str, tuple[str, Read]]:
        """Return the rows of the table of all spectra: name to its key and how to read it."""
        file = self._config.spectra.file
        table = open_table(self._config.data_dir, file, self._config.spectra.table, (key,))
        if key not in table:
            raise InputError(f"{file} has no column {key}; it has {', '.join(map(str, table))}.")
        self.paths.append(on_disk(self._config.data_dir, file))
        stated = table.attrs["units"].get(self._config.spectra.columns.get("wavelength", ""), "")
        if stated and not self._config.spectra.wavelength_unit:
            options = replace(self._config.spectra, wavelength_unit=stated)
            self._parser = replace(self._parser, options=options)
        rows: dict[str, tuple[str, Read]] = {}
        for i, value in enumerate(table[key].astype("str")):
            name = f"{file}/{value}"
            count = 2
            while name in rows:
                name, count = f"{file}/{value} ({count})", count + 1
            rows[name] = (value, self._bound_row(table, i))
        return rows

    def _bound_row(self, table: pd.DataFrame, i: int) -> Read:
        return lambda: {str(name): table[name].iloc[i] for name in table}

    def _records(self) -> dict[str, list[tuple[str, Read]]]:
        """Return all spectra there are, by the name without folders and endings."""
        path = self._config.data_dir / self._config.spectra.file
        records: dict[str, list[tuple[str, Read]]] = {}
        if path.is_dir() or is_archive(path):
            files = open_files(path)
            note_problems(files, self._rejections)
            self.paths += [path] if files.is_archive else []
            for name in files.names:
                whole = f"{self._config.spectra.file.rstrip('/')}/{name}"
                records.setdefault(_bare(name), []).append((whole, partial(files.read, name)))
        else:
            column = self._config.spectra.columns.get("record", "name")
            for name, (key, read) in self._rows(column).items():
                records.setdefault(_bare(key), []).append((name, read))
        return records

    def _take_named(
        self, found: dict[str, list[tuple[str, Read]]], objects: pd.DataFrame, records: pd.Series
    ) -> None:
        """Give each star the spectrum that its row names."""
        for star, record in zip(objects["source_id"], records, strict=True):
            if pd.isna(record):
                continue
            named = found.get(_bare(str(record)), [])
            self._of_star[int(star)] = named
            if not named:
                name = self._names.loc[star]
                self._rejections.add(str(record), 0, name, "no such spectrum")

    def _assign(self, records: dict[str, list[tuple[str, Read]]], objects: pd.DataFrame) -> None:
        """Give each star the spectra that the index says are its own."""
        index = self._config.spectra.index
        theirs = read_index(self._config.data_dir, index, self._rejections)
        self.paths.append(on_disk(self._config.data_dir, index.file))
        file = Path(index.file).name
        by = next((key for key in ("original_id", "source_id") if key in index.columns), "position")
        known = release_of(index.release, index.columns.get("source_id", ""))
        if by == "source_id":
            same_release(self._release, known, f"spectra.index {index.file}")
        match = matched(
            theirs, objects, by, f"spectra.index {index.file}", index.radius_arcsec,
            (index.epoch, self._config.catalog.epoch), known, self._release,
        )  # fmt: skip
        names = objects["original_id"].to_numpy()
        theirs = theirs.iloc[np.unique(match.pairs["ours"])]
        theirs = theirs.assign(record=record_names(theirs))
        for row, star, apart in match.pairs[~match.is_best].itertuples(index=False):
            entry = theirs.loc[row]
            if _bare(entry["record"]) in records:
                self._rejections.add(
                    file, entry["row"], names[star],
                    f"second candidate at {apart:.2f} arcsec for the spectrum {entry['record']}, "
                    "which is given to the nearest",
                )  # fmt: skip
        facts: dict[tuple[int, str], dict[str, float]] = {}
        stars = objects["source_id"].to_numpy()
        for row, star in match.best[["ours", "theirs"]].itertuples(index=False):
            entry = theirs.loc[row]
            found = records.get(_bare(entry["record"]), [])
            if not found:
                self._rejections.add(file, entry["row"], entry["record"], "no such spectrum")
            for name, read in found:
                self._of_star.setdefault(int(stars[star]), []).append((name, read))
                facts[int(stars[star]), name] = {
                    key: float(entry[key]) for key in _FROM_INDEX if key in theirs
                }
        self._facts = facts
        used = {name for spectra in self._of_star.values() for name, _ in spectra}
        for name in (name for found in records.values() for name, _ in found):
            if name not in used:
                reason = f"spectrum that {file} gives to no star of the catalog"
                self._rejections.add(PurePosixPath(name).name, 0, "", reason)


def _bare(name: str) -> str:
    """Return a file's name without folders and endings."""
    bare = PurePosixPath(name).name
    while bare.endswith(_ENDINGS):
        bare = bare[: bare.rindex(".")]
    return bare


def _completed(spectrum: Spectrum, facts: Mapping[str, float]) -> Spectrum:
    """Fill in what the file does not say and the index does."""
    known: dict[str, Any] = {
        name: value
        for name, value in facts.items()
        if np.isfinite(value) and not np.isfinite(getattr(spectrum, name))
    }
    return replace(spectrum, **known) if known else spectrum
