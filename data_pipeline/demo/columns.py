"""Bands and columns of the demo survey that the standard schema does not have."""

from __future__ import annotations

from data_pipeline.demo.cadence import ZERO_POINT_JY
from data_pipeline.features import FEATURE_COLUMNS
from data_pipeline.schema import Band, Column

BANDS = {
    "V": Band(native="flux", unit="mJy", zero_point_jy=ZERO_POINT_JY, time_scale="utc",
              time_reference="HJD", wavelength_angstrom=5510.0, color="#2b7a4b"),
}  # fmt: skip

COLUMNS = [
    *FEATURE_COLUMNS.values(),
    Column("true_class", "", "class the star was simulated as", "meta.code.class", "truth",
           "string"),
    Column("true_period_days", "d", "period the star was simulated with; NaN where it has none",
           "time.period", "truth"),
    Column("subtype", "", "subtype the star was simulated as", "meta.code.class", "truth",
           "string"),
    Column("fault", "", "what was planted: wrong_label, wrong_period, in_class_outlier, "
           "complete_outlier, or nothing", "meta.code", "truth", "string"),
    Column("fault_detail", "", "what exactly was planted", "meta.note", "truth", "string"),
    Column("temperature_k", "K", "effective temperature (of the brighter star)",
           "phys.temperature.effective", "truth"),
    Column("luminosity", "solLum", "bolometric luminosity", "phys.luminosity", "truth"),
    Column("distance_pc", "pc", "distance", "pos.distance", "truth"),
    Column("a_v", "mag", "extinction in V", "phys.absorption;em.opt.V", "truth"),
    Column("feh", "dex", "[Fe/H]", "phys.abund.Fe", "truth"),
]  # fmt: skip
