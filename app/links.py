"""Addresses of what other services know about a star. They are offered, never opened from here."""

import math
import re
from urllib.parse import quote

import pandas as pd

from data_pipeline import gaia_ids

_POSITION = {
    "SIMBAD": "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}%20{dec}&CooFrame=ICRS"
    "&Radius=5&Radius.unit=arcsec",
    "VSX": "https://vsx.aavso.org/index.php?view=results.get&coords={ra}+{dec}&format=d&size=10"
    "&geom=r&unit=3&order=9",
    "VizieR": "https://vizier.cds.unistra.fr/viz-bin/VizieR-4?-c={ra}+{dec}&-c.rs=10",
    "Aladin": "https://aladin.cds.unistra.fr/AladinLite/?target={ra}%20{dec}&fov=0.1"
    "&survey=CDS/P/DSS2/color",
    "ASAS-SN": "https://asas-sn.osu.edu/?ra={ra}&dec={dec}",
    "ZTF": "https://irsa.ipac.caltech.edu/cgi-bin/ZTF/nph_light_curves?POS=CIRCLE%20{ra}%20{dec}"
    "%200.0014&BANDNAME=g,r,i&NOBS_MIN=3&BAD_CATFLAGS_MASK=32768&FORMAT=CSV",
    "ESASky": "https://sky.esa.int/esasky/?target={ra}%20{dec}",
    "Legacy": "https://www.legacysurvey.org/viewer?ra={ra}&dec={dec}&layer=ls-dr10&zoom=16"
    "&mark={ra},{dec}",
    "Fink": "https://ztf.fink-portal.org/?action=conesearch&ra={ra}&dec={dec}&radius=5",
    "TNS": "https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=10&coords_unit=arcsec",
    "LAMOST": "https://vizier.cds.unistra.fr/viz-bin/VizieR-4?-source=V/164&-c={ra}+{dec}&-c.rs=10",
    "ALeRCE": "https://alerce.online/?ra={ra}&dec={dec}&radius=3&page=1",
}
_GAIA = "https://vizier.cds.unistra.fr/viz-bin/VizieR-5?-source=I/355/gaiadr3&Source={id}"
_DISTANCE = "https://vizier.cds.unistra.fr/viz-bin/VizieR-5?-source=I/352/gedr3dis&Source={id}"
_ARCHIVE = (
    "https://gea.esac.esa.int/tap-server/tap/sync?REQUEST=doQuery&LANG=ADQL&FORMAT=csv"
    "&QUERY=SELECT+*+FROM+gaiadr3.gaia_source+WHERE+source_id={id}"
)
_SIMBAD = "https://simbad.cds.unistra.fr/simbad/sim-id?Ident=Gaia%20DR3%20{id}"
_GAIA_LINKS = {
    "Gaia DR3": _GAIA, "archive": _ARCHIVE, "distance": _DISTANCE, "SIMBAD id": _SIMBAD
}  # fmt: skip
"""By Gaia's identifier: the catalogue, all columns of the archive, the distance, what is known."""
_BY_ID = {
    "obsid": ("LAMOST", "http://www.lamost.org/dr10/v2.0/spectrum/view?obsid={id}"),
    "asas_sn_id": ("ASAS-SN", "http://asas-sn.ifa.hawaii.edu/skypatrol/objects/{id}"),
}
"""By columns that a survey may have: better than a search about the place of the star."""
_GAIA_ID = re.compile(r"((?:gaia\s*)?(?:e?dr3\s*)?)(\d{9,19})", re.IGNORECASE)
_PIXELS_DEG = 0.03


def links_for(star: pd.Series, is_synthetic: bool) -> list[tuple[str, str]]:
    """Names and addresses for one row of the objects table; none for a simulated star."""
    if is_synthetic:
        return []
    links: list[tuple[str, str]] = []
    gaia = gaia_id(star)
    if gaia:
        links += [(name, link.format(id=quote(gaia))) for name, link in _GAIA_LINKS.items()]
    ra, dec = _number(star, "ra_deg"), _number(star, "dec_deg")
    if math.isfinite(ra) and math.isfinite(dec):
        place = {"ra": f"{ra:.6f}", "dec": quote(f"{dec:+.6f}")}
        links += [(name, template.format(**place)) for name, template in _POSITION.items()]
    found = dict(links)
    for column, (name, template) in _BY_ID.items():
        own = star.get(column)
        if own is not None and not pd.isna(own) and str(own).strip():
            found[name] = template.format(id=quote(str(own).strip()))
    return list(found.items())


def gaia_id(star: pd.Series) -> str:
    """Gaia (E)DR3 identifier of a star as text, or nothing where it has none.

    Without an identifier of its own survey, the `source_id` is Gaia's (the Survey contract). Where
    a survey has names of its own, it is Gaia's only if it lies where the star does: what is made of
    a name is a number as long.
    """
    source_id, original = int(star["source_id"]), star.get("original_id")
    if not isinstance(original, str) or not original:
        return str(source_id)
    found = _GAIA_ID.fullmatch(original.strip())
    if found and (found[1] or int(found[2]) == source_id):
        return found[2]
    ra, dec = _number(star, "ra_deg"), _number(star, "dec_deg")
    return str(source_id) if _is_near(gaia_ids.place(source_id), (ra, dec)) else ""


def _is_near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two places are closer than two pixels, proper motion and all."""
    east = (one[0] - other[0] + 180.0) % 360.0 - 180.0
    apart = math.hypot(east * math.cos(math.radians(other[1])), one[1] - other[1])
    return apart < _PIXELS_DEG  # false for a star without a position


def _number(star: pd.Series, column: str) -> float:
    value = star.get(column)
    return math.nan if value is None or pd.isna(value) else float(value)
