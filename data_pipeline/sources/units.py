"""Units as files and configurations spell them, and the factors between them."""

import warnings
from functools import lru_cache

from astropy import units


def parse_unit(text: str) -> units.UnitBase | None:
    """Read a unit in any of the spellings of the field, None where it is none."""
    for spelling in ("vounit", "generic", "cds"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", units.UnitsWarning)  # old spellings are units too
                unit = units.Unit(text, format=spelling)
        except (ValueError, TypeError):
            continue
        return unit if isinstance(unit, units.UnitBase) and text else None
    return None


@lru_cache(maxsize=256)
def unit_factor(stated: str, ours: str) -> float:
    """Return what numbers in the stated unit are multiplied by; 1 where a unit is unknown.

    Raises
    ------
    astropy.units.UnitConversionError
        If the two measure different things.
    """
    theirs, wanted = parse_unit(stated), parse_unit(ours)
    if theirs is None or wanted is None or theirs == wanted:
        return 1.0
    return float(theirs.to(wanted))
