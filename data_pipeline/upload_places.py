"""Where on the sky an uploaded star lies, as its file says: header, meta data, or columns.

A number is in degrees unless a unit says otherwise; a text with colons or blanks is sexagesimal,
right ascension in hours then.
"""

import io
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import Angle
from astropy.io import votable
from astropy.table import Table

Place = tuple[float, float]
"""Right ascension and declination [deg, ICRS]."""

NAMES = (
    ("ra", "dec"), ("ra_deg", "dec_deg"), ("raj2000", "dej2000"), ("ra_icrs", "de_icrs"),
    ("ra_obj", "dec_obj"), ("objra", "objdec"), ("objctra", "objctdec"), ("ra_targ", "dec_targ"),
    ("target_ra", "target_dec"), ("ra2000", "dec2000"), ("plug_ra", "plug_dec"),
)  # fmt: skip
"""Pairs of names that tell a place, the likeliest first; case and punctuation do not count."""
SPREAD_ARCSEC = 60.0
"""Columns whose rows lie farther apart are those of several stars."""
_TOLD = re.compile(r"^\W*(\w+)\s*[=:]\s*(.+)$")


def place_in(table: Table) -> Place | None:
    """Place of the one star that a table is about, or None where it tells none.

    Parameters
    ----------
    table : Table
        Its `meta` (FITS cards, ECSV meta, comments of a text file) come before its columns.
    """
    found = _pick(_meta(table.meta))
    if found is None:
        found = _pick({name: table[name] for name in table.colnames if table[name].ndim == 1})
    if found is None:
        return None
    ra, dec = (_degrees(value, is_hours=not i) for i, value in enumerate(found))
    is_place = ra.size and ra.size == dec.size and (np.abs(dec) <= 90).all()
    if not is_place or not ((ra >= -180) & (ra <= 360)).all():
        return None
    middle = float(ra[0] % 360), float(np.median(dec))
    east = (ra - middle[0] + 180) % 360 - 180
    apart = np.hypot(east * math.cos(math.radians(middle[1])), dec - middle[1])
    return middle if 3600 * apart.max() < SPREAD_ARCSEC else None


def params_of(content: bytes) -> dict[str, Any]:
    """Values of the PARAMs of a VOTable by name: astropy's table leaves them out."""
    document = votable.parse(io.BytesIO(content), verify="ignore")
    tables = document.iter_tables()
    params = [*document.params, *(param for one in document.resources for param in one.params)]
    params += [param for one in tables for param in one.params]
    return {
        str(param.name): units.Quantity(param.value, param.unit) if param.unit else param.value
        for param in params
        if param.value is not None
    }


def together(places: Iterable[Place | None]) -> tuple[Place | None, bool]:
    """The first place that is told, and whether the others are about the same star."""
    told = [place for place in places if place is not None]
    if not told:
        return None, True
    (ra, dec), scale = told[0], math.cos(math.radians(told[0][1]))
    apart = [math.hypot(((a - ra + 180) % 360 - 180) * scale, d - dec) for a, d in told]
    return told[0], 3600 * max(apart) < SPREAD_ARCSEC


def _meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Meta data by name; comments count where they read "name = value" or "name: value"."""
    comments = meta.get("comments", ())
    lines = [comments] if isinstance(comments, str) else comments
    matches = [match for line in lines if (match := _TOLD.match(str(line)))]
    return {**{match[1]: match[2] for match in matches}, **meta}


def _pick(values: Mapping[str, Any]) -> tuple[Any, Any] | None:
    plain = {re.sub(r"[\W_]+", "", str(name).lower()): value for name, value in values.items()}
    for pair in NAMES:
        ra, dec = (plain.get(name.replace("_", "")) for name in pair)
        if ra is not None and dec is not None:
            return ra, dec
    return None


def _degrees(value: Any, is_hours: bool) -> np.ndarray:
    """A value or a column in degrees, shape (n,); empty where it is no angle."""
    unit = getattr(value, "unit", None)
    given = np.ma.compressed(np.ma.atleast_1d(np.ma.asarray(getattr(value, "value", value))))
    texts = [str(one).strip() for one in given[:1]] if given.dtype.kind in "USO" else []
    try:
        if texts and re.search(r"\d[\s:hd]+\d", texts[0]):
            return np.atleast_1d(Angle(texts, units.hourangle if is_hours else units.deg).deg)
        numbers = np.array([float(text) for text in texts]) if texts else given.astype(float)
        numbers = numbers[np.isfinite(numbers)]
        unit = units.hourangle if unit == units.hour else unit or units.deg  # VOTables say "h"
        is_angle = units.Unit(unit).is_equivalent(units.deg)
        return np.asarray(numbers * (units.Unit(unit).to(units.deg) if is_angle else 1.0))
    except (ValueError, TypeError):
        return np.empty(0)
