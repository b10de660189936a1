"""The catalog row of a star: the 34 features of the paper, with errors and gaps.

Gaia magnitudes are means over the variation, 2MASS and WISE ones single epochs; parallaxes carry
Gaia's errors and may come out negative; faint or crowded stars miss some values.
"""

from __future__ import annotations

import numpy as np

from data_pipeline.demo.physics import Star
from data_pipeline.demo.relations import BAND_MICRON, colors, extinction_law
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import PAPER_FEATURES

# share of the V amplitude seen in other bands
_AMPLITUDE = {"G": 0.8, "BP": 1.0, "RP": 0.6, "J": 0.3, "H": 0.25, "K": 0.22, "W1": 0.2, "W2": 0.2,
              "W3": 0.2, "W4": 0.2}  # fmt: skip


def true_magnitudes(star: Star) -> dict[str, float]:
    """Mean apparent magnitudes in all bands, with extinction and circumstellar dust."""
    kind = star.kind
    offset = colors(star.temperature_k, kind.is_giant, kind.is_carbon)
    unreddened = star.v_mag - star.place.a_v
    magnitudes = {
        band: unreddened + offset[band] + star.place.a_v * float(extinction_law(micron))
        for band, micron in BAND_MICRON.items()
    }
    excess = star.dust  # K-W3; the dust also reddens J-K and glows from W1 to W4
    for band, share in (("J", -0.25), ("H", -0.08), ("W1", 0.25), ("W2", 0.5), ("W3", 1.0),
                        ("W4", 1.4)):  # fmt: skip
        magnitudes[band] -= share * excess
    return magnitudes


def _photometry(star: Star, light_curve: LightCurve, rng: np.random.Generator) -> dict[str, float]:
    true = true_magnitudes(star)
    scatter = float(np.nanstd(light_curve.mag[light_curve.good]))
    scatter = min(scatter, 2.5) if np.isfinite(scatter) else 0.0
    row = {}
    n_gaia = max(8, int(rng.normal(40, 12)) * 9)
    for band, name in (("G", "phot_g"), ("BP", "phot_bp"), ("RP", "phot_rp")):
        wobble = scatter * _AMPLITUDE[band]
        floor = (0.0003 if band == "G" else 0.002) * (1 + 10 ** (0.4 * (true[band] - 17.0)))
        error = float(np.hypot(floor, wobble / np.sqrt(n_gaia)))
        row[f"{name}_mean_mag"] = true[band] + rng.normal(0.0, wobble / np.sqrt(25.0) + 0.02)
        row[f"e_{name}_mean_mag"] = error * float(np.exp(rng.normal(0.0, 0.15)))
    phase = rng.normal()  # 2MASS sees the three bands in one moment
    for band, limit in (("J", 15.8), ("H", 15.1), ("K", 14.3)):
        _single_epoch(row, band.lower(), true[band], scatter * _AMPLITUDE[band] * phase, limit, rng)
    phase = rng.normal()
    for band, limit in (("W1", 17.1), ("W2", 15.7), ("W3", 11.8), ("W4", 8.6)):
        _single_epoch(row, band.lower(), true[band], scatter * _AMPLITUDE[band] * phase, limit, rng)
    return row


def _single_epoch(
    row: dict[str, float], band: str, true: float, offset: float, limit: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Add one magnitude and its error; near the limit the measurement turns into the limit."""
    error = float(np.hypot(0.021, 0.2 * 10 ** (0.4 * (true + offset - limit))))
    measured = true + offset + rng.normal(0.0, min(error, 0.35)) + rng.normal(0.0, 0.025)
    row[f"{band}_mag"] = min(measured, limit + 0.4 + rng.normal(0.0, 0.2))
    row[f"e_{band}_mag"] = min(error, 0.5) * float(np.exp(rng.normal(0.0, 0.12)))


def _astrometry(star: Star, g_mag: float, rng: np.random.Generator) -> dict[str, float]:
    place = star.place
    error = float(np.interp(g_mag, [9, 13, 15, 16, 17, 18, 20], [0.018, 0.013, 0.023, 0.037, 0.067,
                                                                 0.12, 0.5]))  # fmt: skip
    error *= float(np.exp(rng.normal(0.0, 0.2)))
    wobble = abs(rng.normal(0.0, 0.10))
    if star.binary is not None:  # companions and big bright stars fit the model badly
        wobble += rng.exponential(0.10)
    if star.kind.is_giant and star.luminosity > 1000:
        wobble += rng.exponential(0.15)
        error *= 1.3
    if rng.uniform() < 0.05:
        wobble += rng.exponential(1.0)
    ruwe = 0.93 + wobble
    error *= max(1.0, ruwe)
    parallax = 1000.0 / place.distance_pc + rng.normal(-0.017, error)
    pm_error = error * 0.95
    pmra, pmdec = place.pmra + rng.normal(0, pm_error), place.pmdec + rng.normal(0, pm_error)
    return {
        "parallax": parallax, "parallax_error": error, "parallax_over_error": parallax / error,
        "pmra": pmra, "pmra_error": pm_error * rng.uniform(0.9, 1.1),
        "pmdec": pmdec, "pmdec_error": pm_error * rng.uniform(0.85, 1.05),
        "pm": float(np.hypot(pmra, pmdec)), "ruwe": ruwe,
    }  # fmt: skip


def catalog_row(star: Star, light_curve: LightCurve, rng: np.random.Generator) -> dict[str, float]:
    """The 34 features by name, in the paper's order, NaN where the catalog has no value."""
    seen = light_curve.good
    mean_v = float(np.mean(light_curve.mag[seen])) if seen.any() else star.v_mag
    row = {"mean_vmag": mean_v, **_photometry(star, light_curve, rng)}
    row |= _astrometry(star, row["phot_g_mean_mag"], rng)
    row |= {"l": star.place.l_deg, "b": star.place.b_deg}
    _drop_some(row, rng)
    row["bp_rp"] = row["phot_bp_mean_mag"] - row["phot_rp_mean_mag"]
    row["j_k"] = row["j_mag"] - row["k_mag"]
    row["w1_w2"] = row["w1_mag"] - row["w2_mag"]
    row["w3_w4"] = row["w3_mag"] - row["w4_mag"]
    return {name: row[name] for name in PAPER_FEATURES}


def _drop_some(row: dict[str, float], rng: np.random.Generator) -> None:
    """Remove values that a catalog would miss; the chance grows for faint stars."""
    faint = 1.0 / (1.0 + np.exp(-(row["mean_vmag"] - 15.5)))
    astrometry = [name for name in row if name.startswith(("parallax", "pm", "ruwe"))]
    groups = (
        (astrometry, 0.006 + 0.012 * faint),
        (
            ["phot_bp_mean_mag", "e_phot_bp_mean_mag", "phot_rp_mean_mag", "e_phot_rp_mean_mag"],
            0.008,
        ),
        (["j_mag", "e_j_mag", "h_mag", "e_h_mag", "k_mag", "e_k_mag"], 0.012),
        (["w1_mag", "e_w1_mag", "w2_mag", "e_w2_mag", "w3_mag", "w4_mag"], 0.02),
        (["w4_mag"], 0.10 * faint),
    )
    for names, chance in groups:
        if rng.uniform() < chance:
            row.update(dict.fromkeys(names, float("nan")))
