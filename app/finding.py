"""Find a star by what a person types: an identifier, a name, or a place on the sky."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from astropy import units
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.diagrams import number

NEAR_ARCSEC = 30.0
_GAIA = re.compile(r"(?:gaia\s*)?(?:e?dr\d\s*)?(\d{1,19})")
_SEPARATORS = re.compile(r"[\s_]+")


@dataclass(frozen=True)
class Match:
    """Where the search led: a row, or -1, and a sentence when there is something to say."""

    row: int
    note: str = ""


class Finder:
    """Search over the stars of one table.

    Parameters
    ----------
    objects : DataFrame
        With source_id and, where known, name, original_id, ra_deg, dec_deg.
    """

    def __init__(self, objects: pd.DataFrame) -> None:
        self._objects = objects
        self._ids = objects["source_id"].to_numpy(np.int64)
        self._order = np.argsort(self._ids, kind="stable")

    def by_id(self, source_id: int) -> int:
        """Row of a source_id, or -1."""
        place = int(np.searchsorted(self._ids, source_id, sorter=self._order))
        if place == len(self._ids) or self._ids[self._order[place]] != source_id:
            return -1
        return int(self._order[place])

    def rows(self, source_id: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of source_ids (M,), -1 where there is no such star."""
        place = np.minimum(
            np.searchsorted(self._ids, source_id, sorter=self._order), len(self._ids) - 1
        )
        found = self._order[place]
        return np.where(self._ids[found] == source_id, found, -1)

    def exact(self, text: str) -> int:
        """Row of the star that has exactly this identifier or name, or -1."""
        digits = _GAIA.fullmatch(text.strip().lower())
        if digits and int(digits[1]) < 2**63 and (row := self.by_id(int(digits[1]))) >= 0:
            return row
        return self._names.get(_plain(text), -1)

    def find(self, text: str) -> Match:
        """Find the star that the text names; see the module for what may be typed."""
        text = text.strip()
        if not text:
            return Match(-1)
        if (row := self.exact(text)) >= 0:
            return Match(row)
        position = parse_position(text)
        if position is not None:
            return self._near(*position)
        return self._by_part(_plain(text), text)

    @cached_property
    def _names(self) -> dict[str, int]:
        names: dict[str, int] = {}
        for column in ("original_id", "name"):
            if column in self._objects:
                for row, value in enumerate(self._objects[column]):
                    if isinstance(value, str) and value:
                        names.setdefault(_plain(value), row)
        return names

    @cached_property
    def _unit_vectors(self) -> NDArray[np.float64] | None:
        ra, dec = number(self._objects, "ra_deg"), number(self._objects, "dec_deg")
        return None if ra is None or dec is None else _vectors(ra, dec)

    def separation_deg(self, ra_deg: float, dec_deg: float) -> NDArray[np.float64]:
        """Angle (N,) of every star from a place on the sky [deg]; NaN where it has no place."""
        if self._unit_vectors is None:
            return np.full(len(self._ids), np.nan)
        apart = np.linalg.norm(self._unit_vectors - _vectors(ra_deg, dec_deg), axis=-1)
        return np.rad2deg(2 * np.arcsin(np.minimum(apart / 2, 1)))

    def _near(self, ra_deg: float, dec_deg: float) -> Match:
        if self._unit_vectors is None:
            return Match(-1, "These stars have no coordinates; search by name or identifier.")
        apart = self.separation_deg(ra_deg, dec_deg)
        row = int(np.nanargmin(apart))
        arcsec = float(apart[row] * 3600)
        distance = f"{arcsec:.1f}″" if arcsec < 600 else f"{arcsec / 3600:.2f}°"
        if arcsec <= NEAR_ARCSEC:
            return Match(row, f"{distance} from the place you typed.")
        return Match(
            -1, f"No star within {NEAR_ARCSEC:g}″ of there; the nearest is {distance} away."
        )

    def _by_part(self, key: str, text: str) -> Match:
        starts = [row for name, row in self._names.items() if name.startswith(key)]
        found = starts or [row for name, row in self._names.items() if key in name]
        if not found:
            return Match(-1, f"Nothing called “{text}” here. Try an id, a name, or “RA Dec”.")
        others = len(set(found)) - 1
        return Match(found[0], f"The first of {others + 1} that match “{text}”." if others else "")


def parse_position(text: str) -> tuple[float, float] | None:
    """Return (ra, dec) in degrees from "ra dec" in degrees or sexagesimal, or None."""
    fields = re.findall(r"[+\-−]?\d+(?:\.\d+)?", text)
    has_words = re.sub(r"[\d\s.,:+\-−hmsd°′″'\"]", "", text)
    if has_words or len(fields) not in (2, 4, 6):
        return None
    clean = text.replace("−", "-").replace(",", " ")
    unit = units.deg if len(fields) == 2 else (units.hourangle, units.deg)
    try:
        place = SkyCoord(clean, unit=unit, frame="icrs")
    except ValueError:
        return None
    return float(place.ra.deg), float(place.dec.deg)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def _vectors(ra_deg: float | NDArray, dec_deg: float | NDArray) -> NDArray[np.float64]:
    ra, dec = np.deg2rad(ra_deg), np.deg2rad(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
