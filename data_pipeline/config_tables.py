"""The parts of a build's configuration that say how tables and files are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from astropy import units

from data_pipeline.errors import InputError
from data_pipeline.schema import Column


@dataclass(frozen=True)
class TableFormat:
    """What a table's content does not say by itself: `table = {...}`."""

    names: tuple[str, ...] = ()
    """Names of the columns of a text file without a header."""
    delimiter: str = ""
    """Between columns; by default seen from the first line."""
    decimal: str = "."
    """Decimal sign."""
    encoding: str = "utf-8"
    """Of a text file."""
    comment: str = "#"
    """Begins a comment."""
    skip_rows: int = 0
    """Lines to leave out at the top."""
    missing: tuple[float, ...] = ()
    """Numbers that mean "no value", such as -999."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Column in the file = its unit in the VO spelling, where the file does not say so."""
    hdu: str = ""
    """Which table of a FITS file; the first by default."""
    readme: str = ""
    """ReadMe of a CDS table, relative to data_dir, which says where its columns stand."""
    readme_table: str = ""
    """Name of the table in that ReadMe, where it differs from the file's."""


@dataclass(frozen=True)
class ExtraColumn:
    """A column of the user's own: `[catalog.extra.NAME]`."""

    column: str
    """Its name in the catalog file."""
    role: str = "catalog"
    """"feature" if a model may see it, else "catalog" or "label"."""
    unit: str = ""
    """Unit in the VO spelling."""
    description: str = ""
    """What it is, in words."""
    ucd: str = ""
    """Unified content descriptor."""
    dtype: str = "float64"
    """float64, int64, bool or string."""
    missing: tuple[float, ...] = ()
    """Numbers that mean "no value" in this column."""

    def define(self, name: str) -> Column:
        """Return the definition of this column under the survey's name for it."""
        return Column(name, self.unit, self.description, self.ucd, self.role, self.dtype)


@dataclass(frozen=True)
class CatalogConfig:
    """The table with one row per star: `[catalog]`."""

    file: str = ""
    """CSV, Parquet, ECSV, VOTable, FITS or CDS file, relative to data_dir, or inside an archive
    there ("all.zip/stars.csv"); readers of a known source have a default."""
    file_g: str = ""
    """ASAS-SN only: the catalog of the g band, beside that of the V band."""
    table: TableFormat = TableFormat()
    """How the file is written, where it does not say so."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Survey name = name in the file; `original_id` (or `source_id` for Gaia ids) is needed."""
    extra: Mapping[str, ExtraColumn] = field(default_factory=dict)
    """Columns beyond the standard ones."""
    known_columns: bool = False
    """Take every column with a known name too: Gaia's, 2MASS's, AllWISE's, GALEX's."""
    release: str = ""
    """Gaia release of the source_id column: "DR2", "EDR3" or "DR3"."""
    ra_in_hours: bool = False
    """The right ascensions are hours, not degrees."""
    epoch: float = 2000.0
    """Julian year of the positions."""
    log_period: bool = False
    """The periods are given as log10 of days."""
    classes: Mapping[str, str] = field(default_factory=dict)
    """Class in the file = class in the survey; "" makes a star unlabelled."""
    uncertain_mark: str = ""
    """Sign after an uncertain class, such as ":"; it is taken off and noted in a column."""
    ambiguous_marks: str = ""
    """Signs between alternative classes, such as "/|": such stars are unlabelled."""


@dataclass(frozen=True)
class LightCurveConfig:
    """Light curves: `[light_curves]`."""

    file: str = ""
    """One file per star, found by a pattern such as "lc/{original_id}.csv" or
    "curves.zip/lc/{original_id}.csv"; or one table of all points (columns.original_id)."""
    files: tuple[str, ...] = ()
    """More of the same."""
    format: str = "table"
    """"table", or "asassn": any of the forms ASAS-SN light curves come in."""
    table: TableFormat = TableFormat()
    """How the files are written, where they do not say so."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Name in the survey = name in the file: time, mag, mag_err, flux, flux_err, band, camera,
    is_upper_limit, quality; in a table of all points also original_id or source_id."""
    band_columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Where bands stand side by side: band = {time, mag, mag_err, ...}."""
    band: str = ""
    """Band of all points, where the files have no band column."""
    band_files: Mapping[str, str] = field(default_factory=dict)
    """Where each band has files of its own: band = pattern or table, as in `file`."""
    band_of_star: str = ""
    """Column of the survey that says the band of a star's points."""
    band_names: Mapping[str, str] = field(default_factory=dict)
    """Band as it is written in the file or in band_of_star = band of the survey."""
    time_offset_days: float = 0.0
    """Added to the times read."""
    flux_offset: float = 0.0
    """Added to the fluxes read: 1 where they are relative deviations from the mean."""
    time_offset_of_star: str = ""
    """Column of the survey that says how a star's times are counted."""
    time_offsets: Mapping[str, float] = field(default_factory=dict)
    """What is added to the times, in days, for each value of time_offset_of_star."""
    to_heliocentric: bool = False
    """The times are JD at the Earth: add the light travel time to the Sun."""
    good_quality: tuple[str, ...] = ()
    """Values of a quality column in words that mean a good point."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """All patterns and tables of light curves."""
        return tuple(one for one in (self.file, *self.files, *self.band_files.values()) if one)

    def band_of(self, pattern: str) -> str:
        """Return the band of all points that a pattern or table leads to, "" where it has none."""
        return next((band for band, one in self.band_files.items() if one == pattern), "")


@dataclass(frozen=True)
class RecordIndex:
    """A table that says which spectrum is of which star: `[spectra.index]`."""

    file: str = ""
    """The table, relative to data_dir."""
    table: TableFormat = TableFormat()
    """How it is written."""
    format: str = "table"
    """"table", or "lamost": a LAMOST catalog of any release."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """original_id or source_id or ra_deg and dec_deg; record (name of the file or row); snr,
    radial_velocity_km_s, time, where known."""
    radius_arcsec: float = 3.0
    """Farthest match on the sky, where the star is found by its position."""
    epoch: float = 2000.0
    """Julian year of its positions."""
    release: str = ""
    """Gaia release of its source_id; LAMOST DR8 gives DR2 ids."""


def _check_length(text: str) -> None:
    try:
        units.Unit(text).to(units.AA)
    except (ValueError, units.UnitConversionError):
        raise InputError(f"spectra.wavelength_unit = {text!r} is no unit of length.") from None


@dataclass(frozen=True)
class SpectraConfig:
    """Spectra: `[spectra]`."""

    file: str = ""
    """Pattern of the files of one star, such as "spectra/{original_id}*.csv"; with an index, the
    folder, archive or table that holds all spectra."""
    index: RecordIndex = RecordIndex()
    """Which spectrum is of which star, where the file names do not tell."""
    table: TableFormat = TableFormat()
    """How the files are written, where they do not say so."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Name in the survey = name in the file: wavelength, flux, flux_err or ivar, mask; in a table
    of all spectra also record, original_id or source_id."""
    wavelength_unit: str = ""
    """Unit of the wavelengths; by default what the file states, else Angstrom."""
    grid: tuple[float, ...] = ()
    """First wavelength and step, where the file has none: Gaia XP is [336, 2] in nm."""
    medium: str = "vacuum"
    """"vacuum" or "air": what the wavelengths in the files are measured in."""
    frame: str = ""
    """Velocity frame of the wavelengths: "heliocentric", "barycentric", "rest"."""
    instrument: str = ""
    """Name of the instrument."""
    resolution: float | None = None
    """Resolving power λ/Δλ."""

    def __post_init__(self) -> None:
        if self.medium not in ("vacuum", "air"):
            raise InputError(f"spectra.medium is 'vacuum' or 'air', not {self.medium!r}.")
        if self.wavelength_unit:
            _check_length(self.wavelength_unit)
        if self.grid and len(self.grid) != 2:
            raise InputError(f"spectra.grid is [first, step], not {list(self.grid)}.")


@dataclass(frozen=True)
class JoinConfig:
    """Another catalog whose columns are added to the stars: `[[join]]`."""

    catalog: str
    """Its name, for the column of separations and the account."""
    file: str
    """The table, relative to data_dir."""
    table: TableFormat = TableFormat()
    """How it is written."""
    by: str = "position"
    """"position", or the column of the survey (original_id, source_id, ...) that both share."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Survey name = name in the file: ra_deg and dec_deg or the shared column, and what to add."""
    extra: Mapping[str, ExtraColumn] = field(default_factory=dict)
    """Columns beyond the standard ones."""
    known_columns: bool = False
    """Take every column with a known name too."""
    radius_arcsec: float = 2.0
    """Farthest match on the sky."""
    epoch: float = 2000.0
    """Julian year of its positions; proper motions of the stars or its own are applied."""
    release: str = ""
    """Gaia release of its ids."""


@dataclass(frozen=True)
class ExternalConfig:
    """What another catalog says about the stars, shown and never learned: `[[external]]`."""

    catalog: str
    """"VSX", "GCVS", "SIMBAD", "Gaia DR3 ..." (their columns are known) or any other name."""
    file: str
    """The table, relative to data_dir, as it was downloaded."""
    table: TableFormat = TableFormat()
    """How it is written."""
    by: str = "position"
    """"position", or the column of the survey that both share."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """catalog_id, class_label, period_days; ra_deg and dec_deg, or the shared column."""
    radius_arcsec: float = 3.0
    """Farthest match on the sky."""
    epoch: float = 2000.0
    """Julian year of its positions."""
    release: str = ""
    """Gaia release of its ids."""


@dataclass(frozen=True)
class Criterion:
    """One step of the selection: `[[select]]`; rows that fail it are rejected with the reason."""

    column: str = ""
    """A column of the survey, or "n_epochs", "n_spectra", "is_duplicate"."""
    min: float | None = None
    """The least value kept."""
    max: float | None = None
    """The largest value kept."""
    one_of: tuple[str, ...] = ()
    """The texts kept."""
    none_of: tuple[str, ...] = ()
    """The texts not kept."""
    complete: tuple[str, ...] = ()
    """Columns that must all be known; "features" means every feature."""
    reason: str = ""
    """Why the others are rejected, in words."""


@dataclass(frozen=True)
class CleaningConfig:
    """What is done to light curves as they are read: `[cleaning]`. Points are never dropped."""

    outlier_sigma: float = 0.0
    """Points farther than so many robust standard deviations from the median of their band are
    marked as bad; 0 marks none. Eclipses are deep: choose it with care."""
    max_error: float = 0.0
    """Points with a larger error are marked as bad; 0 marks none."""
    camera_offsets: bool = False
    """Bring the cameras of a band to one zero point, by the nights they share."""
