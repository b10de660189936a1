"""Numbers, periods and positions as astronomers write them."""

import math
import re

MISSING = "—"


def number_text(value: float, err: float = math.nan, digits: int = 4) -> str:
    """Write a value with its error in the last digits, "12.346(12)", or to so many digits.

    Parameters
    ----------
    value, err : float
        NaN or infinite values are written as a dash, such errors left out. The error is given to
        two digits, in units of the last place of the value.
    digits : int
        Significant digits where there is no error.
    """
    if not math.isfinite(value):
        return MISSING
    if not (math.isfinite(err) and err > 0):
        return minus(f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}")
    decimals = 1 - math.floor(math.log10(err))
    if decimals <= 0:
        return minus(f"{value:.0f}({err:.0f})")
    return minus(f"{value:.{decimals}f}({err * 10**decimals:.0f})")


def period_text(days: float, err: float = math.nan) -> str:
    """Write a period in days to seven digits, or to its error where that is known."""
    if not (math.isfinite(days) and days > 0):
        return MISSING
    if math.isfinite(err) and 0 < err < days:
        return number_text(days, err)
    return f"{days:.7g}"


def other_time_unit(days: float) -> str:
    """The same period in minutes or hours where days read badly, else empty."""
    if not math.isfinite(days) or days >= 1:
        return ""
    return f"{days * 24:.5g} h" if days >= 0.1 else f"{days * 1440:.5g} min"


def degrees_text(ra_deg: float, dec_deg: float) -> str:
    """Write a position in degrees, "83.82208 -5.39111" (to be pasted)."""
    return f"{ra_deg:.5f} {dec_deg:+.5f}"


def sexagesimal_text(ra_deg: float, dec_deg: float) -> str:
    """Write a position as "05:35:17.30 -05:23:28.0" (with a plain minus, to be pasted)."""
    # whole hundredths of a second and tenths of an arcsecond: nothing is ever written as 60
    hours, rest = divmod(round(ra_deg / 15 * 360_000) % (24 * 360_000), 360_000)
    minutes, hundredths = divmod(rest, 6_000)
    degrees, rest = divmod(round(abs(dec_deg) * 36_000), 36_000)
    arcminutes, tenths = divmod(rest, 600)
    sign = "-" if dec_deg < 0 else "+"
    return (
        f"{hours:02}:{minutes:02}:{hundredths / 100:05.2f} "
        f"{sign}{degrees:02}:{arcminutes:02}:{tenths / 10:04.1f}"
    )


def unit_text(unit: str) -> str:
    """Write a unit of the VO as astronomers do: "mas.yr-1" as "mas/yr", "Angstrom" as "Å"."""
    return re.sub(r"^(\w+)\.([A-Za-z]+)-1$", r"\1/\2", unit).replace("Angstrom", "Å")


def minus(text: str) -> str:
    """Typographic minus signs; for reading, not for pasting."""
    return text.replace("-", "−")
