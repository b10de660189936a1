"""Numbers, periods and positions as astronomers write them."""

import math

from astropy import units
from astropy.coordinates import SkyCoord

MISSING = "—"


def number_text(value: float, err: float = math.nan, digits: int = 5) -> str:
    """Write a value to the precision of its error, "12.346 ± 0.012", or to so many digits.

    Parameters
    ----------
    value, err : float
        NaN or infinite values are written as a dash, such errors left out.
    digits : int
        Significant digits where there is no error.
    """
    if not math.isfinite(value):
        return MISSING
    if not (math.isfinite(err) and err > 0):
        return minus(f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}")
    decimals = max(0, min(9, 1 - math.floor(math.log10(err))))
    return minus(f"{value:.{decimals}f} ± {err:.{decimals}f}")


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
    return f"{days * 24:.4g} h" if days >= 0.1 else f"{days * 1440:.4g} min"


def degrees_text(ra_deg: float, dec_deg: float) -> str:
    """Write a position in degrees, "83.822083 −5.391111"."""
    return f"{ra_deg:.6f} {dec_deg:+.6f}"


def sexagesimal_text(ra_deg: float, dec_deg: float) -> str:
    """Write a position as "05:35:17.30 −05:23:28.0" (with a plain minus, to be pasted)."""
    place = SkyCoord(ra_deg * units.deg, dec_deg * units.deg)
    ra = place.ra.to_string(unit=units.hourangle, sep=":", precision=2, pad=True)
    dec = place.dec.to_string(sep=":", precision=1, pad=True, alwayssign=True)
    return f"{ra} {dec}"


def minus(text: str) -> str:
    """Typographic minus signs; for reading, not for pasting."""
    return text.replace("-", "−")
