"""The second map: colour against magnitude where it can be believed, else what the survey has.

Each diagram is arrays plus the words for its axes and for the stars it leaves out. A diagram that
the survey cannot draw says which measurement is missing instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy import units
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.formats import unit_text
from data_pipeline.schema import Band, Column

Floats = NDArray[np.float64]
MIN_PARALLAX_OVER_ERROR = 5.0
"""Below this a parallax gives no absolute magnitude worth drawing."""
MIN_SHOWN = 0.1
"""A diagram that shows a smaller share of the stars is not the first to be drawn."""
ABSOLUTE_G = "absolute G [mag]"
"""Plain words: the text of an axis knows no subscripts."""
_AMPLITUDES = ("lc_amplitude", "amplitude")
_MAGNITUDES = ("lc_mean_mag", "mean_vmag", "phot_g_mean_mag")
_UCDS = {"color": "phot.color", "magnitude": "phot.mag", "amplitude": "src.var.amplitude"}


@dataclass(frozen=True, eq=False)
class Diagram:
    """Two columns of numbers, one point per star; NaN where a star cannot be drawn."""

    key: str
    title: str
    x: Floats
    y: Floats
    x_label: str
    y_label: str
    invert_x: bool = False
    invert_y: bool = False
    left_out: str = ""
    """How many stars are not drawn and why; empty when all are."""

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Stars that have both numbers, shape (N,)."""
        return np.isfinite(self.x) & np.isfinite(self.y)


def number(objects: pd.DataFrame, *names: str) -> Floats | None:
    """Return the first of these columns that holds any finite number, as float64, shape (N,)."""
    for name in names:
        if name in objects:
            values = pd.to_numeric(objects[name], errors="coerce").to_numpy(np.float64)
            if np.isfinite(values).any():
                return values
    return None


def period_days(objects: pd.DataFrame) -> Floats:
    """Our period where there is one, else the catalogue's, in days, NaN where neither is."""
    best = np.full(len(objects), np.nan)
    for name in ("period_catalog_days", "period_days"):
        values = number(objects, name)
        if values is not None:
            best = np.where(np.isfinite(values) & (values > 0), values, best)
    return best


def absolute_magnitude(objects: pd.DataFrame) -> Floats | None:
    """Gaia absolute G magnitude [mag]; NaN where the parallax is too uncertain to give one."""
    g_mag, parallax = number(objects, "phot_g_mean_mag"), number(objects, "parallax")
    quality = _parallax_over_error(objects)
    if g_mag is None or parallax is None or quality is None:
        return None
    good = (quality > MIN_PARALLAX_OVER_ERROR) & (parallax > 0)
    return np.where(good, g_mag + 5 * np.log10(np.where(good, parallax, 1.0)) - 10, np.nan)


def make_diagrams(
    objects: pd.DataFrame,
    bands: Mapping[str, Band] | None = None,
    columns: Mapping[str, Column] | None = None,
) -> dict[str, Diagram]:
    """Return every diagram this table can fill, in order of preference, by key.

    Those that show few of the stars come last.

    Parameters
    ----------
    objects : DataFrame
    bands : mapping of str to Band, optional
        Of the light curves: they name the axes of what was measured in them.
    columns : mapping of str to Column, optional
        What the columns mean: colors, magnitudes and amplitudes of unknown names are told by it.
    """
    columns = columns or {}
    made = [
        color_magnitude(objects),
        apparent_color_magnitude(objects, _by_wavelength(bands or {}))
        or other_color_magnitude(objects, columns),
        period_amplitude(objects, columns),
        period_luminosity(objects),
        sky(objects),
        galactic_sky(objects),
    ]
    filled = [diagram for diagram in made if diagram is not None]
    filled.sort(key=lambda diagram: diagram.shown.mean() < MIN_SHOWN)  # a stable sort
    return {diagram.key: diagram for diagram in filled}


def color_magnitude(objects: pd.DataFrame) -> Diagram | None:
    """BP − RP against M_G, for the stars whose parallax is better than five sigma."""
    color, m_g = number(objects, "bp_rp"), absolute_magnitude(objects)
    if color is None or m_g is None:
        return None
    no_color = ~np.isfinite(color)
    uncertain = ~no_color & ~np.isfinite(m_g)
    reasons = {
        f"without parallax/σ > {MIN_PARALLAX_OVER_ERROR:g}": int(uncertain.sum()),
        "without BP − RP": int(no_color.sum()),
    }
    left_out = "; ".join(f"{count:,} {why}" for why, count in reasons.items() if count)
    return Diagram(
        "color-magnitude", "Colour–magnitude", color, m_g, "BP − RP [mag]", ABSOLUTE_G,
        invert_y=True, left_out=left_out,
    )  # fmt: skip


def apparent_color_magnitude(objects: pd.DataFrame, bands: list[str]) -> Diagram | None:
    """Colour against apparent magnitude, for surveys without parallaxes."""
    blue, red = bands[:2] if len(bands) > 1 else ("blue", "red")
    for color_name, magnitude_name, x_label, y_label in (
        ("bp_rp", "phot_g_mean_mag", "BP − RP [mag]", "G [mag]"),
        ("lc_color", "lc_mean_mag_red", f"{blue} − {red} [mag]", f"{red} [mag]"),
        ("j_k", "k_mag", "J − Ks [mag]", "Ks [mag]"),
    ):
        color, magnitude = number(objects, color_name), number(objects, magnitude_name)
        if color is not None and magnitude is not None:
            return _diagram(
                "apparent-color-magnitude", "Colour–apparent magnitude", color, magnitude,
                x_label, y_label, invert_y=True,
            )  # fmt: skip
    return None


def other_color_magnitude(objects: pd.DataFrame, columns: Mapping[str, Column]) -> Diagram | None:
    """The color that most stars have against the first magnitude, whatever they are called."""
    colors, magnitudes = (_meaning(objects, columns, what) for what in ("color", "magnitude"))
    if not colors or not magnitudes:
        return None
    names = max(colors, key=lambda name: objects[name].count()), magnitudes[0]
    color, magnitude = (number(objects, name) for name in names)
    if color is None or magnitude is None:
        return None
    return _diagram(
        "apparent-color-magnitude", "Colour–apparent magnitude", color, magnitude,
        *(_described(columns[name]) for name in names), invert_y=True,
    )  # fmt: skip


def _meaning(objects: pd.DataFrame, columns: Mapping[str, Column], what: str) -> list[str]:
    """Columns of the table whose UCD says that they are a color, a magnitude or an amplitude."""
    ucd = _UCDS[what]
    return [n for n in map(str, objects) if n in columns and columns[n].ucd.startswith(ucd)]


def _described(column: Column) -> str:
    unit = f" [{unit_text(column.unit)}]" if column.unit else ""
    return f"{column.description or column.name}{unit}"


def period_amplitude(
    objects: pd.DataFrame, columns: Mapping[str, Column] | None = None
) -> Diagram | None:
    """Period against peak-to-peak amplitude (the Bailey diagram)."""
    others = _meaning(objects, columns or {}, "amplitude")
    period, amplitude = period_days(objects), number(objects, *_AMPLITUDES, *others)
    if amplitude is None or not np.isfinite(period).any():
        return None
    positive = np.where(amplitude > 0, amplitude, np.nan)
    return _diagram(
        "period-amplitude", "Period–amplitude", np.log10(period), np.log10(positive),
        "log₁₀ P [d]", "log₁₀ amplitude [mag]",
    )  # fmt: skip


def period_luminosity(objects: pd.DataFrame) -> Diagram | None:
    """Period against absolute magnitude, or against apparent magnitude without parallaxes."""
    period, m_g = period_days(objects), absolute_magnitude(objects)
    label, magnitude = ABSOLUTE_G, m_g
    if magnitude is None:
        known = [name for name in _MAGNITUDES if name in objects]
        fullest = sorted(known, key=lambda name: -objects[name].count())
        label, magnitude = "mean magnitude [mag]", number(objects, *fullest)
    if magnitude is None or not np.isfinite(period).any():
        return None
    return _diagram(
        "period-luminosity", "Period–luminosity", np.log10(period), magnitude,
        "log₁₀ P [d]", label, invert_y=True,
    )  # fmt: skip


def sky(objects: pd.DataFrame) -> Diagram | None:
    """Position on the sky, right ascension increasing to the left."""
    ra, dec = number(objects, "ra_deg"), number(objects, "dec_deg")
    if ra is None or dec is None:
        return None
    return _diagram("sky", "Sky", ra, dec, "α [deg]", "δ [deg]", invert_x=True)


def galactic_sky(objects: pd.DataFrame) -> Diagram | None:
    """Position in Galactic coordinates, the centre of the Galaxy in the middle, l to the left."""
    ra, dec = number(objects, "ra_deg"), number(objects, "dec_deg")
    if ra is None or dec is None:
        return None
    known = np.isfinite(ra) & np.isfinite(dec)
    place = SkyCoord(np.where(known, ra, 0) * units.deg, np.where(known, dec, 0) * units.deg)
    longitude = place.galactic.l.wrap_at(180 * units.deg).deg
    latitude = place.galactic.b.deg
    return _diagram(
        "sky-galactic", "Sky (Galactic)", np.where(known, longitude, np.nan),
        np.where(known, latitude, np.nan), "l [deg]", "b [deg]", invert_x=True,
    )  # fmt: skip


def column_pair(objects: pd.DataFrame, columns: Mapping[str, Column], key: str) -> Diagram | None:
    """Any two columns of numbers against each other; None where `key` names none.

    Periods and amplitudes are drawn by their logarithms, magnitudes upward to brighter.

    Parameters
    ----------
    key : str
        "xy:<column>~<column>".
    """
    names = key.removeprefix("xy:").split("~")
    if not key.startswith("xy:") or len(names) != 2:
        return None
    along_x, along_y = (_axis(objects, columns, name) for name in names)
    if along_x is None or along_y is None:
        return None
    (x, x_label, invert_x), (y, y_label, invert_y) = along_x, along_y
    return _diagram(
        key, "Any two columns", x, y, x_label, y_label, invert_x=invert_x, invert_y=invert_y
    )


def _axis(
    objects: pd.DataFrame, columns: Mapping[str, Column], name: str
) -> tuple[Floats, str, bool] | None:
    """Values, label and direction of one column."""
    values, column = number(objects, name), columns.get(name)
    if values is None or column is None:
        return None
    values = np.where(np.isfinite(values), values, np.nan)
    unit = f" [{unit_text(column.unit)}]" if column.unit else ""
    if ("period" in name or "amplitude" in name) and np.nanmin(values) > 0:
        return np.log10(values), f"log₁₀ {name}{unit}", False
    backwards = column.ucd.startswith(("phot.mag", "pos.eq.ra", "pos.galactic.lon"))
    return values, f"{name}{unit}", backwards


def _diagram(
    key: str, title: str, x: Floats, y: Floats, x_label: str, y_label: str, **options: bool
) -> Diagram:
    """A diagram that counts the stars it cannot draw."""
    missing = int((~(np.isfinite(x) & np.isfinite(y))).sum())
    left_out = f"{missing:,} without both values" if missing else ""
    return Diagram(key, title, x, y, x_label, y_label, left_out=left_out, **options)


def _by_wavelength(bands: Mapping[str, Band]) -> list[str]:
    """Names of the bands from blue to red, as the features of light curves order them."""
    return sorted(bands, key=lambda name: (bands[name].wavelength_angstrom or np.inf, name))


def _parallax_over_error(objects: pd.DataFrame) -> Floats | None:
    ratio = number(objects, "parallax_over_error")
    if ratio is not None:
        return ratio
    parallax, error = number(objects, "parallax"), number(objects, "parallax_error")
    return None if parallax is None or error is None else parallax / error
