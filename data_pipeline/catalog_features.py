"""Features from the catalog: the paper's 34 as they are, or what the measurements can bear.

"paper": exactly the columns of Rizhko & Bloom (2024); colors, proper motion, parallax over error
and Galactic coordinates are computed where the catalog lacks them. "honest": no apparent brightness
(it says how far a star is), and nothing that divides by an uncertain or negative parallax:

- the parallax with its zero point taken out (`PARALLAX_ZERO_POINT_MAS`);
- the astrometry-based luminosity a = ϖ 10^(0.2 m − 2) (Arenou & Luri 1999, ASP 167, 13), linear in
  the parallax, defined for ϖ ≤ 0, with a Gaussian error; M = 5 log10 a for a perfect parallax;
- absolute magnitudes M = m + 5 log10(ϖ/mas) − 10 only where ϖ/σ ≥ `MIN_PARALLAX_OVER_ERROR`, with
  their error 2.17 σ/ϖ; by a catalog's distance (Bailer-Jones et al. 2021) where there is one;
- Wesenheit magnitudes, free of reddening: W_G = G − 1.90 (BP − RP) (Ripepi et al. 2019), W_JK =
  Ks − 0.686 (J − Ks) (Lebzelter et al. 2018);
- colors, dereddened where E(B−V) is known (`REDDENING`); sine and cosine of l, sine of b.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from astropy.coordinates import SkyCoord

from data_pipeline.config import BuildConfig
from data_pipeline.errors import InputError
from data_pipeline.gaia_ids import release
from data_pipeline.schema import PAPER_FEATURES, STANDARD_COLUMNS, Column
from data_pipeline.sources.base import SourceData

PARALLAX_ZERO_POINT_MAS: Mapping[str, float] = {"DR2": -0.029, "DR3": -0.017}
"""Median parallax of quasars (Lindegren et al. 2018, 2021): what is subtracted."""
MIN_PARALLAX_OVER_ERROR = 5.0
REDDENING: Mapping[str, float] = {
    "phot_g_mean_mag": 2.74,
    "phot_bp_mean_mag": 3.374,
    "phot_rp_mean_mag": 2.035,
    "j_mag": 0.709,
    "h_mag": 0.449,
    "k_mag": 0.302,
}
"""A_λ / E(B−V): Gaia by Casagrande & VandenBerg (2018), 2MASS by Schlafly & Finkbeiner (2011)."""
_WESENHEIT = {
    "wesenheit_g": ("phot_g_mean_mag", 1.90, "phot_bp_mean_mag", "phot_rp_mean_mag"),
    "wesenheit_jk": ("k_mag", 0.686, "j_mag", "k_mag"),
}
_LUMINOUS = {"g": "phot_g_mean_mag", "k": "k_mag", "wg": "wesenheit_g", "wjk": "wesenheit_jk"}
_COLORS = {
    "bp_rp": ("phot_bp_mean_mag", "phot_rp_mean_mag"),
    "j_k": ("j_mag", "k_mag"),
    "w1_w2": ("w1_mag", "w2_mag"),
    "w3_w4": ("w3_mag", "w4_mag"),
}
_KEPT = ("bp_rp", "j_k", "w1_w2", "w3_w4", "pm", "ruwe")
Table = pd.DataFrame


def with_catalog_features(source: SourceData, config: BuildConfig) -> SourceData:
    """Return the source with the features that `features.catalog` asks for, and no others."""
    make: Callable[[Table, BuildConfig], tuple[Table, list[Column]]] | None = {
        "paper": _paper, "honest": _honest
    }.get(config.features.catalog)  # fmt: skip
    if make is None:
        return source
    objects, columns = make(_derived(source.objects), config)
    features = {column.name for column in columns}
    defined = {column.name: column for column in source.columns}
    others = [
        replace(defined.get(name) or STANDARD_COLUMNS[name], role="catalog")
        for name in map(str, objects)
        if name not in features and (defined.get(name) or STANDARD_COLUMNS[name]).role == "feature"
    ]
    kept = [column for name, column in defined.items() if name not in features]
    unchanged = [one for one in kept if one.name not in {other.name for other in others}]
    return replace(source, objects=objects, columns=[*unchanged, *others, *columns])


def _derived(objects: Table) -> Table:
    """Add the columns that follow from others where the catalog lacks them."""
    table = objects.copy()
    for name, (blue, red) in _COLORS.items():
        if name not in table and {blue, red} <= set(table):
            table[name] = table[blue] - table[red]
    if "pm" not in table and {"pmra", "pmdec"} <= set(table):
        table["pm"] = np.hypot(table["pmra"], table["pmdec"])
    if "parallax_over_error" not in table and {"parallax", "parallax_error"} <= set(table):
        table["parallax_over_error"] = table["parallax"] / table["parallax_error"]
    if not {"l", "b"} <= set(table) and {"ra_deg", "dec_deg"} <= set(table):
        sky = SkyCoord(table["ra_deg"].to_numpy(), table["dec_deg"].to_numpy(), unit="deg")
        table["l"], table["b"] = sky.galactic.l.deg, sky.galactic.b.deg
    return table


def _paper(objects: Table, config: BuildConfig) -> tuple[Table, list[Column]]:
    missing = [name for name in PAPER_FEATURES if name not in objects]
    if missing:
        raise InputError(
            f'features = "paper" needs {len(PAPER_FEATURES)} columns; {config.name} lacks '
            f"{', '.join(missing)}. Name them in catalog.columns, add them with [[join]], or use "
            'features = "honest".'
        )
    others = [name for name in objects if name not in PAPER_FEATURES]
    return objects[[*others, *PAPER_FEATURES]], list(PAPER_FEATURES.values())


def _honest(objects: Table, config: BuildConfig) -> tuple[Table, list[Column]]:
    table, columns = objects, [STANDARD_COLUMNS[name] for name in _KEPT if name in objects]
    for step in (_wesenheit, _luminosities, _dereddened, _galactic):
        table, more = step(table, config)
        columns += more
    if not columns:
        raise InputError(
            f'features = "honest": {config.name} has neither colors nor magnitudes nor parallaxes.'
        )
    return table, columns


def _wesenheit(table: Table, config: BuildConfig) -> tuple[Table, list[Column]]:
    made = {
        name: table[band] - factor * (table[blue] - table[red])
        for name, (band, factor, blue, red) in _WESENHEIT.items()
        if {band, blue, red} <= set(table)
    }
    columns = [  # apparent, so no features: distances are in them
        Column(
            name, "mag", f"Wesenheit magnitude from {_WESENHEIT[name][0]}", "phot.mag", "derived"
        )
        for name in made
    ]
    return table.assign(**made), columns


def _luminosities(table: Table, config: BuildConfig) -> tuple[Table, list[Column]]:
    if not {"parallax", "parallax_error"} <= set(table):
        return table, []
    zero = PARALLAX_ZERO_POINT_MAS[release(config.catalog.release) or "DR3"]
    parallax, error = table["parallax"] - zero, table["parallax_error"]
    table = table.assign(parallax_corrected=parallax)
    columns = [
        Column("parallax_corrected", "mas", "parallax with its zero point taken out",
               "pos.parallax.trig", "derived")
    ]  # fmt: skip
    good = (parallax > 0) & (parallax / error >= MIN_PARALLAX_OVER_ERROR)
    for short, band in _LUMINOUS.items():
        if band not in table:
            continue
        scale = 10.0 ** (0.2 * table[band] - 2.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            absolute = table[band] + 5.0 * np.log10(parallax.where(good)) - 10.0
        table = table.assign(**{
            f"luminosity_{short}": parallax * scale,
            f"luminosity_error_{short}": error * scale,
            f"absolute_{short}": absolute,
            f"absolute_error_{short}": (5.0 / np.log(10.0) * error / parallax).where(good),
        })  # fmt: skip
        if "distance_pc" in table:
            modulus = 5.0 * np.log10(table["distance_pc"].where(table["distance_pc"] > 0)) - 5.0
            table = table.assign(**{f"absolute_by_distance_{short}": table[band] - modulus})
        columns += [
            Column(f"luminosity_{short}", "", f"astrometry-based luminosity in {band}",
                   "phys.luminosity", "feature"),
            Column(f"luminosity_error_{short}", "", f"its error, in {band}",
                   "stat.error;phys.luminosity", "derived"),
            Column(f"absolute_{short}", "mag", f"absolute magnitude from {band}, good parallaxes",
                   "phys.magAbs", "feature"),
            Column(f"absolute_error_{short}", "mag", "its error from the parallax",
                   "stat.error;phys.magAbs", "derived"),
        ]  # fmt: skip
        if "distance_pc" in table:
            columns.append(
                Column(f"absolute_by_distance_{short}", "mag",
                       f"absolute magnitude from {band} and the catalog's distance",
                       "phys.magAbs", "feature")
            )  # fmt: skip
    return table, columns


def _dereddened(table: Table, config: BuildConfig) -> tuple[Table, list[Column]]:
    name = config.features.reddening or ("ebv" if "ebv" in table else "")
    if not name:
        return table, []
    if name not in table:
        raise InputError(f"features.reddening: the survey has no column {name!r}.")
    columns = []
    for color, (blue, red) in _COLORS.items():
        if color in table and {blue, red} <= set(REDDENING):
            excess = (REDDENING[blue] - REDDENING[red]) * table[name]
            table = table.assign(**{f"{color}_0": table[color] - excess})
            columns.append(
                Column(
                    f"{color}_0", "mag", f"{color} corrected for E(B−V)", "phot.color", "feature"
                )
            )
    return table, columns


def _galactic(table: Table, config: BuildConfig) -> tuple[Table, list[Column]]:
    if not {"l", "b"} <= set(table):
        return table, []
    lon, lat = np.radians(table["l"]), np.radians(table["b"])
    table = table.assign(sin_l=np.sin(lon), cos_l=np.cos(lon), sin_b=np.sin(lat))
    texts = {"sin_l": "sine of Galactic longitude", "cos_l": "cosine of Galactic longitude",
             "sin_b": "sine of Galactic latitude"}  # fmt: skip
    return table, [Column(n, "", t, "pos.galactic", "feature") for n, t in texts.items()]
