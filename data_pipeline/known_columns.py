"""Columns that many catalogs share, and the names under which catalogs give them.

Spellings are those of the Gaia archive, VizieR, IRSA (2MASS, AllWISE), GALEX, the ASAS-SN variable
star database (V and g) and LAMOST; they are compared without regard to case.
"""

from collections.abc import Collection, Iterable, Mapping

from data_pipeline.schema import STANDARD_COLUMNS, Column


def _catalog(name: str, unit: str, ucd: str, text: str, dtype: str = "float64") -> Column:
    return Column(name, unit, text, ucd, "catalog", dtype)


_EXTRA = (
    _catalog("period_catalog_g_days", "d", "time.period", "period in the g-band catalog"),
    _catalog("mean_gmag", "mag", "phot.mag;em.opt;stat.mean", "mean g magnitude (ASAS-SN)"),
    _catalog("amplitude", "mag", "phot.mag;arith.diff", "amplitude as the catalog gave it"),
    _catalog("class_probability", "", "stat.probability", "probability of the catalog's class"),
    _catalog("lksl_statistic", "", "stat.value", "string length as the catalog gave it"),
    _catalog("rfr_score", "", "stat.value", "ASAS-SN's regression score of the folded curve"),
    _catalog("epoch_hjd", "d", "time.epoch", "epoch of the catalog's period (HJD)"),
    _catalog("e_w3_mag", "mag", "stat.error;phot.mag;em.IR.8-15um", "error of the W3 magnitude"),
    _catalog("e_w4_mag", "mag", "stat.error;phot.mag;em.IR.15-30um", "error of the W4 magnitude"),
    _catalog("fuv_mag", "mag", "phot.mag;em.UV", "GALEX far-ultraviolet magnitude (AB)"),
    _catalog("e_fuv_mag", "mag", "stat.error;phot.mag;em.UV", "error of the FUV magnitude"),
    _catalog("nuv_mag", "mag", "phot.mag;em.UV", "GALEX near-ultraviolet magnitude (AB)"),
    _catalog("e_nuv_mag", "mag", "stat.error;phot.mag;em.UV", "error of the NUV magnitude"),
    _catalog("distance_pc", "pc", "pos.distance", "distance as a catalog gave it"),
    _catalog("distance_low_pc", "pc", "pos.distance;stat.min", "16th percentile of the distance"),
    _catalog("distance_high_pc", "pc", "pos.distance;stat.max", "84th percentile of the distance"),
    _catalog("ebv", "mag", "phot.color.excess", "color excess E(B−V)"),
    _catalog("teff", "K", "phys.temperature.effective", "effective temperature"),
    _catalog("logg", "log(cm.s-2)", "phys.gravity", "surface gravity"),
    _catalog("feh", "", "phys.abund.Fe", "metallicity [Fe/H]"),
    _catalog("radial_velocity_km_s", "km.s-1", "phys.veloc", "radial velocity of a catalog"),
    _catalog("nu_eff_used", "um-1", "em.wavenumber", "Gaia effective wavenumber of the solution"),
    _catalog("pseudocolor", "um-1", "em.wavenumber", "Gaia astrometric pseudocolor"),
    _catalog("ecl_lat", "deg", "pos.ecliptic.lat", "ecliptic latitude"),
    _catalog("astrometric_params_solved", "", "meta.number", "Gaia: 31 or 95", "float64"),
)
_TEXTS = (
    _catalog("class_label_v", "", "meta.code.class", "class in the V-band catalog", "string"),
    _catalog("class_label_g", "", "meta.code.class", "class in the g-band catalog", "string"),
    _catalog("name_g", "", "meta.id", "name in the g-band catalog", "string"),
    _catalog("allwise_id", "", "meta.id", "AllWISE designation", "string"),
    _catalog("galex_id", "", "meta.id", "GALEX identifier", "string"),
    _catalog("tic_id", "", "meta.id", "TESS input catalog identifier", "string"),
    _catalog("other_names", "", "meta.id", "names in other catalogs", "string"),
)
_FLAGS = (
    _catalog("labels_disagree", "", "meta.code", "V and g catalogs give other classes", "bool"),
    _catalog("class_is_uncertain", "", "meta.code", "the catalog marks its class as uncertain",
             "bool"),
)  # fmt: skip

KNOWN_COLUMNS: dict[str, Column] = {
    **STANDARD_COLUMNS, **{column.name: column for column in (*_EXTRA, *_TEXTS, *_FLAGS)}
}  # fmt: skip
"""Every column a configuration may name without defining it."""

_SPELLINGS: dict[str, str] = {
    "source_id": "source_id edr3_source_id gaia_source_id source dr3name edr3name gaiadr3 "
                 "gaia_dr3_id gaiaedr3 gaia_id",
    "original_id": "asassn_name id name asas_sn_name",
    "ra_deg": "ra_deg raj2000 _raj2000 ra_icrs radeg raicrs ra objra inputobjs_ra combined_ra",
    "dec_deg": "dec_deg dej2000 _dej2000 de_icrs dedeg decdeg deicrs decj2000 dec objdec "
               "inputobjs_dec combined_dec",
    "class_label": "variable_type ml_classification type vartype class_label",
    "class_probability": "class_probability ml_probability",
    "period_catalog_days": "period per period_d",
    "mean_vmag": "mean_vmag",
    "mean_gmag": "mean_gmag",
    "amplitude": "amplitude amp",
    "epoch_hjd": "epoch_hjd epochhjd",
    "lksl_statistic": "lksl_statistic",
    "rfr_score": "rfr_score",
    "phot_g_mean_mag": "phot_g_mean_mag Gmag",
    "e_phot_g_mean_mag": "e_phot_g_mean_mag e_Gmag phot_g_mean_mag_error",
    "phot_bp_mean_mag": "phot_bp_mean_mag bpmag",
    "e_phot_bp_mean_mag": "e_phot_bp_mean_mag e_bpmag phot_bp_mean_mag_error",
    "phot_rp_mean_mag": "phot_rp_mean_mag rpmag",
    "e_phot_rp_mean_mag": "e_phot_rp_mean_mag e_rpmag phot_rp_mean_mag_error",
    "bp_rp": "bp_rp bp-rp",
    "parallax": "parallax plx",
    "parallax_error": "parallax_error e_plx e_parallax",
    "parallax_over_error": "parallax_over_error rplx",
    "pm": "pm",
    "pmra": "pmra",
    "pmra_error": "pmra_error e_pmra",
    "pmdec": "pmdec pmde",
    "pmdec_error": "pmdec_error e_pmde e_pmdec",
    "ruwe": "ruwe",
    "j_mag": "j_mag jmag j_m j_m_2mass",
    "e_j_mag": "e_j_mag e_jmag j_msigcom j_cmsig j_msig_2mass",
    "h_mag": "h_mag hmag h_m h_m_2mass",
    "e_h_mag": "e_h_mag e_hmag h_msigcom h_cmsig h_msig_2mass",
    "k_mag": "k_mag kmag ksmag k_m k_m_2mass ks_m",
    "e_k_mag": "e_k_mag e_kmag e_ksmag k_msigcom k_cmsig k_msig_2mass ks_msigcom",
    **{
        f"w{i}_mag": f"w{i}_mag w{i}mag w{i}mpro" for i in (1, 2, 3, 4)
    },
    **{
        f"e_w{i}_mag": f"e_w{i}_mag e_w{i}mag w{i}sigmpro w{i}mpro_error" for i in (1, 2, 3, 4)
    },
    "j_k": "j_k j-k",
    "w1_w2": "w1_w2 w1-w2",
    "w3_w4": "w3_w4 w3-w4",
    "fuv_mag": "fuv_mag fuvmag",
    "e_fuv_mag": "e_fuv_mag e_fuvmag",
    "nuv_mag": "nuv_mag nuvmag",
    "e_nuv_mag": "e_nuv_mag e_nuvmag",
    "l": "l glon gal_l",
    "b": "b glat gal_b",
    "distance_pc": "distance_pc rgeo r_med_geo rpgeo r_med_photogeo",
    "distance_low_pc": "distance_low_pc r_lo_geo b_rgeo b_rgeo_x",
    "distance_high_pc": "distance_high_pc r_hi_geo B_rgeo B_rgeo_xa",
    "ebv": "ebv e(b-v) ebv_sfd",
    "teff": "teff combined_teff",
    "logg": "logg combined_logg",
    "feh": "feh combined_feh",
    "nu_eff_used": "nu_eff_used_in_astrometry nueff",
    "pseudocolor": "pseudocolour pscol",
    "ecl_lat": "ecl_lat elat",
    "astrometric_params_solved": "astrometric_params_solved solved",
    "allwise_id": "allwise_id allwise designation_allwise",
    "galex_id": "galex_id galex",
    "tic_id": "tic_id tic",
    "other_names": "other_names",
}  # fmt: skip
SPELLINGS: dict[str, tuple[str, ...]] = {k: tuple(v.split()) for k, v in _SPELLINGS.items()}
"""Survey name = names in catalogs, the likeliest first."""

CASE_MATTERS = frozenset(
    ("gmag", "e_gmag", "bmag", "rmag", "imag", "b", "l", "b_rgeo", "b_rgeo_x", "b_rgeo_xa")
)
"""Names, in lower case, that mean something else with capitals: gmag is SDSS's or Pan-STARRS's g,
Gmag Gaia's G; b is a Galactic latitude, B a magnitude."""

METADATA = tuple(
    name for name in SPELLINGS
    if name not in ("source_id", "original_id", "ra_deg", "dec_deg", "class_label",
                    "class_probability", "period_catalog_days", "other_names")
)  # fmt: skip
"""What `known_columns = true` takes: never an identifier, a position, a class or a period."""


def recognise(
    found: Iterable[str],
    wanted: Iterable[str],
    spellings: Mapping[str, tuple[str, ...]] = SPELLINGS,
) -> Mapping[str, str]:
    """Return survey name = name in the table for the wanted columns it has under any spelling."""
    columns = list(found)
    matches = {}
    for name in wanted:
        for spelling in spellings.get(name, (name,)):
            column = find_column(spelling, columns)
            if column is not None:
                matches[name] = column
                break
    return matches


def find_column(name: str, columns: Collection[str]) -> str | None:
    """Return the column of that name, in whatever case unless the case matters."""
    if name in columns:
        return name
    if name.lower() in CASE_MATTERS:
        return None
    return next((column for column in columns if column.strip().lower() == name.lower()), None)
