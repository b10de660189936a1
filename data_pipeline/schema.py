"""What the columns of a survey mean: names, units, UCDs, types and roles.

The role says where a column may go. Only ``feature`` columns can reach a model; labels, what
catalogs say, what was derived from the data, and identifiers are shown and compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa

from data_pipeline.errors import InputError

KIND = "survey"
SCHEMA_VERSION = 1
PARTS = ("train", "val", "test")
ROLES = ("id", "feature", "label", "catalog", "truth", "derived")
_ARROW_TYPES = {
    "float64": pa.float64(),
    "float32": pa.float32(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "list<float64>": pa.list_(pa.float64()),
}
_FEATURE_DTYPES = ("float64", "float32", "int64", "bool")


@dataclass(frozen=True)
class Column:
    """One column of the objects table; travels in the Arrow field's metadata."""

    name: str
    unit: str = ""
    """Unit in the VO spelling ("d", "mag", "mas.yr-1"); empty where there is none."""
    description: str = ""
    ucd: str = ""
    """Unified content descriptor (UCD1+)."""
    role: str = "catalog"
    dtype: str = "float64"

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise InputError(
                f"column {self.name!r}: unknown role {self.role!r}"
                f"{did_you_mean(self.role, ROLES)}. Use one of {', '.join(ROLES)}."
            )
        if self.dtype not in _ARROW_TYPES:
            raise InputError(
                f"column {self.name!r}: unknown type {self.dtype!r}. "
                f"Use one of {', '.join(_ARROW_TYPES)}."
            )
        if self.role == "feature" and self.dtype not in _FEATURE_DTYPES:
            raise InputError(
                f"column {self.name!r} is a feature of type {self.dtype}; a model needs numbers. "
                "Give it another role, or a numeric type."
            )

    def arrow_field(self) -> pa.Field:
        """Return the Arrow field that carries this column's meaning."""
        metadata = {key: getattr(self, key) for key in ("unit", "description", "ucd", "role")}
        return pa.field(self.name, _ARROW_TYPES[self.dtype], metadata=metadata)

    @classmethod
    def from_arrow_field(cls, field: pa.Field) -> "Column":
        """Read a column's meaning back from its Arrow field."""
        metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        known = {key: metadata[key] for key in ("unit", "description", "ucd") if key in metadata}
        if "role" not in metadata:
            raise InputError(f"column {field.name!r} has no role in its Arrow field metadata.")
        # Compared one by one: equal list types need not hash alike (Parquet renames their items).
        own = pa.string() if pa.types.is_large_string(field.type) else field.type
        equal = (name for name, kind in _ARROW_TYPES.items() if kind == own)
        dtype = next(equal, str(field.type))
        return cls(field.name, role=metadata["role"], dtype=dtype, **known)


@dataclass(frozen=True)
class Band:
    """How the measurements of one band are to be read."""

    native: str
    """Which quantity was measured: "mag" or "flux"."""
    unit: str = "mag"
    """Unit of that quantity."""
    flux_unit: str = ""
    """Unit of the fluxes that come along where magnitudes are native."""
    zero_point_jy: float | None = None
    """Flux density of magnitude zero, where it is known."""
    time_scale: str = "utc"
    time_reference: str = "JD"
    """What the times count from, as an axis would say it: "HJD − 2450000"."""
    wavelength_angstrom: float | None = None
    """Effective wavelength: puts bands in order."""
    color: str = "#4c4c4c"
    """Color of the band's points on a plot."""

    def __post_init__(self) -> None:
        if self.native not in ("mag", "flux"):
            raise InputError(f"a band's native quantity is 'mag' or 'flux', not {self.native!r}.")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the nearest of the known words, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _columns(role: str, *rows: tuple[str, str, str, str]) -> dict[str, Column]:
    return {name: Column(name, unit, text, ucd, role) for name, unit, ucd, text in rows}


PAPER_FEATURES = _columns(
    "feature",
    ("mean_vmag", "mag", "phot.mag;em.opt.V;stat.mean", "mean V magnitude of the light curve"),
    ("phot_g_mean_mag", "mag", "phot.mag;em.opt", "Gaia G magnitude"),
    ("e_phot_g_mean_mag", "mag", "stat.error;phot.mag;em.opt", "error of the Gaia G magnitude"),
    ("phot_bp_mean_mag", "mag", "phot.mag;em.opt.B", "Gaia BP magnitude"),
    ("e_phot_bp_mean_mag", "mag", "stat.error;phot.mag;em.opt.B", "error of the BP magnitude"),
    ("phot_rp_mean_mag", "mag", "phot.mag;em.opt.R", "Gaia RP magnitude"),
    ("e_phot_rp_mean_mag", "mag", "stat.error;phot.mag;em.opt.R", "error of the RP magnitude"),
    ("bp_rp", "mag", "phot.color;em.opt.B;em.opt.R", "Gaia color BP − RP"),
    ("parallax", "mas", "pos.parallax.trig", "Gaia parallax; may be negative"),
    ("parallax_error", "mas", "stat.error;pos.parallax.trig", "error of the parallax"),
    ("parallax_over_error", "", "stat.snr;pos.parallax.trig", "parallax divided by its error"),
    ("pmra", "mas.yr-1", "pos.pm;pos.eq.ra", "proper motion in right ascension, times cos(dec)"),
    ("pmra_error", "mas.yr-1", "stat.error;pos.pm;pos.eq.ra", "error of pmra"),
    ("pmdec", "mas.yr-1", "pos.pm;pos.eq.dec", "proper motion in declination"),
    ("pmdec_error", "mas.yr-1", "stat.error;pos.pm;pos.eq.dec", "error of pmdec"),
    ("j_mag", "mag", "phot.mag;em.IR.J", "2MASS J magnitude"),
    ("e_j_mag", "mag", "stat.error;phot.mag;em.IR.J", "error of the J magnitude"),
    ("h_mag", "mag", "phot.mag;em.IR.H", "2MASS H magnitude"),
    ("e_h_mag", "mag", "stat.error;phot.mag;em.IR.H", "error of the H magnitude"),
    ("k_mag", "mag", "phot.mag;em.IR.K", "2MASS Ks magnitude"),
    ("e_k_mag", "mag", "stat.error;phot.mag;em.IR.K", "error of the Ks magnitude"),
    ("w1_mag", "mag", "phot.mag;em.IR.3-4um", "AllWISE W1 magnitude"),
    ("e_w1_mag", "mag", "stat.error;phot.mag;em.IR.3-4um", "error of the W1 magnitude"),
    ("w2_mag", "mag", "phot.mag;em.IR.4-8um", "AllWISE W2 magnitude"),
    ("e_w2_mag", "mag", "stat.error;phot.mag;em.IR.4-8um", "error of the W2 magnitude"),
    ("w3_mag", "mag", "phot.mag;em.IR.8-15um", "AllWISE W3 magnitude"),
    ("w4_mag", "mag", "phot.mag;em.IR.15-30um", "AllWISE W4 magnitude"),
    ("j_k", "mag", "phot.color;em.IR.J;em.IR.K", "color J − Ks"),
    ("w1_w2", "mag", "phot.color;em.IR.3-4um;em.IR.4-8um", "color W1 − W2"),
    ("w3_w4", "mag", "phot.color;em.IR.8-15um;em.IR.15-30um", "color W3 − W4"),
    ("pm", "mas.yr-1", "pos.pm", "total proper motion"),
    ("ruwe", "", "stat.fit.goodness", "Gaia renormalised unit weight error"),
    ("l", "deg", "pos.galactic.lon", "Galactic longitude"),
    ("b", "deg", "pos.galactic.lat", "Galactic latitude"),
)
"""The 34 catalog features of the paper, in its order."""

STANDARD_COLUMNS: dict[str, Column] = {
    "source_id": Column("source_id", "", "identifier", "meta.id;meta.main", "id", "int64"),
    "name": Column("name", "", "name of the star", "meta.id", "id", "string"),
    "original_id": Column(
        "original_id", "", "identifier in the survey it came from", "meta.id", "id", "string"
    ),
    "class_label": Column(
        "class_label", "", "class as the catalog gave it", "meta.code.class", "label", "string"
    ),
    "class_label_full": Column(
        "class_label_full", "", "class with all its alternatives, as the catalog gave it",
        "meta.code.class", "label", "string",
    ),
    **_columns(
        "catalog",
        ("ra_deg", "deg", "pos.eq.ra;meta.main", "right ascension (ICRS)"),
        ("dec_deg", "deg", "pos.eq.dec;meta.main", "declination (ICRS)"),
        ("period_catalog_days", "d", "time.period", "period as the catalog gave it"),
    ),
    **_columns(
        "derived",
        ("period_days", "d", "time.period", "period found in the light curve"),
        ("period_err_days", "d", "stat.error;time.period", "error of the period found"),
        ("period_power", "", "stat.fit.goodness", "share of the variance that the fold explains"),
        ("period_alt_days", "d", "time.period", "the likeliest other period"),
        ("period_alt_odds", "", "stat.probability", "odds of that other period"),
    ),
    "period_method": Column(
        "period_method", "", "how the period was found", "meta.note", "derived", "string"
    ),
    "is_periodic": Column(
        "is_periodic", "", "whether a period was found", "meta.code", "derived", "bool"
    ),
    "n_epochs": Column("n_epochs", "", "number of good points", "meta.number", "derived", "int64"),
    "n_spectra": Column("n_spectra", "", "number of spectra", "meta.number", "derived", "int64"),
    "is_duplicate": Column(
        "is_duplicate", "", "light curve of a row before", "meta.code", "derived", "bool"
    ),
    **PAPER_FEATURES,
}  # fmt: skip
"""Columns whose meaning every survey shares; a writer need not define them again."""


SPLIT_COLUMNS: dict[str, Column] = {
    "split": Column("split", "", "name of the split", "", "derived", "string"),
    "source_id": STANDARD_COLUMNS["source_id"],
    "part": Column("part", "", "train, val or test", "", "derived", "string"),
}

EXTERNAL_COLUMNS: dict[str, Column] = {
    "source_id": STANDARD_COLUMNS["source_id"],
    "catalog": Column("catalog", "", "which catalog says it", "meta.id", "catalog", "string"),
    "catalog_id": Column("catalog_id", "", "its identifier there", "meta.id", "catalog", "string"),
    "class_label": Column("class_label", "", "its class", "meta.code.class", "catalog", "string"),
    "period_days": Column("period_days", "d", "its period", "time.period", "catalog"),
    "separation_arcsec": Column(
        "separation_arcsec", "arcsec", "distance on the sky", "pos.angDistance", "catalog"
    ),
}

INPUT_COLUMNS: dict[str, Column] = {
    "source_id": STANDARD_COLUMNS["source_id"],
    "light_curve": Column(
        "light_curve", "", "hash of what the light curve was read from", "", "derived", "string"
    ),
    "spectra": Column(
        "spectra", "", "hash of what the spectra were read from", "", "derived", "string"
    ),
}

REJECTED_COLUMNS: dict[str, Column] = {
    "file": Column("file", "", "file of the source", "", "derived", "string"),
    "row": Column("row", "", "data row in that file, from 1", "", "derived", "int64"),
    "original_id": STANDARD_COLUMNS["original_id"],
    "reason": Column("reason", "", "why the row was not used", "", "derived", "string"),
}
