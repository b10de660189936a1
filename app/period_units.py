"""A period as it is typed: in days, in hours, in minutes, or as a frequency in cycles per day."""

import math
import re

UNITS = {"d": 1.0, "h": 1 / 24, "min": 1 / 1440}
FREQUENCY = "c/d"
_TYPED = re.compile(r"([-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*(.*)")
_SPELLED = {
    "days": "d", "day": "d", "hours": "h", "hour": "h", "hr": "h", "minutes": "min", "m": "min",
    "1/d": FREQUENCY, "d-1": FREQUENCY, "d⁻¹": FREQUENCY, "/d": FREQUENCY, "cpd": FREQUENCY,
}  # fmt: skip


def in_unit(days: float, unit: str) -> str:
    """Write a period [d] in a unit, to eight digits."""
    value = 1 / days if unit == FREQUENCY else days / UNITS[unit]
    return f"{value:.8g}"


def read_period(text: str, unit: str) -> float:
    """Read a period [d] from text such as "12.5", "12.5 h", "1.92 c/d"; NaN where it is none.

    Parameters
    ----------
    text : str
    unit : str
        Of a number without one: "d", "h", "min" or "c/d".
    """
    found = _TYPED.fullmatch(text.strip())
    if not found:
        return math.nan
    given = found[2].strip() or unit
    given = _SPELLED.get(given, given)
    try:
        value = float(found[1].replace(",", "."))
    except ValueError:
        return math.nan
    if not (math.isfinite(value) and value > 0 and given in (*UNITS, FREQUENCY)):
        return math.nan
    return 1 / value if given == FREQUENCY else value * UNITS[given]
