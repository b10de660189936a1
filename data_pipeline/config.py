"""What a build is told: where the catalog is, what its columns mean, how light curves and spectra
are found and read. TOML in, frozen dataclasses out; unknown keys and wrong types are refused, all
of them at once.
"""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data_pipeline.errors import InputError
from data_pipeline.periods.types import PeriodConfig
from data_pipeline.schema import Band, Column, did_you_mean
from data_pipeline.toml_tables import from_table

PRESETS = Path(__file__).parent / "presets"


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

    def define(self, name: str) -> Column:
        """Return the definition of this column under the survey's name for it."""
        return Column(name, self.unit, self.description, self.ucd, self.role, self.dtype)


@dataclass(frozen=True)
class CatalogConfig:
    """The table with one row per star: `[catalog]`."""

    file: str = ""
    """CSV, Parquet, ECSV, VOTable or FITS file, relative to data_dir; readers of a known source
    have a default."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Survey name = name in the file; `original_id` (or `source_id` for Gaia ids) is needed."""
    extra: Mapping[str, ExtraColumn] = field(default_factory=dict)
    """Columns beyond the standard ones."""
    ra_in_hours: bool = False
    """The right ascensions are hours, not degrees."""


@dataclass(frozen=True)
class LightCurveConfig:
    """Light curves: `[light_curves]`."""

    file: str = ""
    """One file per star, found by a pattern such as "lc/{original_id}.csv"."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Name in the survey = name in the file: time, mag, mag_err, flux, flux_err, band, camera."""
    band: str = ""
    """Band of all points, where the files have no band column."""
    time_offset_days: float = 0.0
    """Added to the times read."""


@dataclass(frozen=True)
class SpectraConfig:
    """Spectra: `[spectra]`."""

    file: str = ""
    """Pattern of the files of one star, such as "spectra/{original_id}*.csv"."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Name in the survey = name in the file: wavelength, flux, flux_err."""
    medium: str = "vacuum"
    """"vacuum" or "air": what the wavelengths in the files are measured in."""
    instrument: str = ""
    """Name of the instrument."""
    resolution: float | None = None
    """Resolving power λ/Δλ."""

    def __post_init__(self) -> None:
        if self.medium not in ("vacuum", "air"):
            raise InputError(f"spectra.medium is 'vacuum' or 'air', not {self.medium!r}.")


@dataclass(frozen=True)
class FeatureConfig:
    """Features computed from the light curves: `[features]`."""

    bands: tuple[str, ...] = ()
    """Band names from blue to red; by default in order of wavelength."""
    promote: tuple[str, ...] = ()
    """Catalog columns that may be features in this survey, such as "lc_mean_mag" where all stars
    are at one distance."""


@dataclass(frozen=True)
class BuildConfig:
    """Everything one survey is built from."""

    name: str
    """Name of the survey, as people read it."""
    source: str = "files"
    """Which reader: a known source, or "files" for one's own catalog and files."""
    data_dir: Path = Path()
    """Directory of the data; a relative one counts from the configuration file."""
    seed: int = 42
    """Seed of the splits."""
    catalog: CatalogConfig = CatalogConfig()
    """The table of stars."""
    light_curves: LightCurveConfig = LightCurveConfig()
    """Where the light curves are."""
    spectra: SpectraConfig = SpectraConfig()
    """Where the spectra are."""
    bands: Mapping[str, Band] = field(default_factory=dict)
    """What each band is; needed for source = "files"."""
    periods: PeriodConfig = field(default_factory=PeriodConfig)
    """Options of the period search."""
    features: FeatureConfig = FeatureConfig()
    """What is computed from the light curves."""

    def path(self, name: str) -> Path:
        """Return where a file named in the configuration lies."""
        return self.data_dir / name


def load_config(
    path: str | os.PathLike[str], data_dir: str | os.PathLike[str] | None = None
) -> BuildConfig:
    """Read a configuration file, or a preset by its bare name ("asas_acvs").

    Parameters
    ----------
    path : path
        A TOML file, or the name of one in data_pipeline/presets.
    data_dir : path, optional
        Where the data are; overrides `data_dir` of the file.
    """
    path = _find(Path(path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}.") from None
    config = from_table(BuildConfig, table, str(path))
    where = path.parent / config.data_dir if data_dir is None else Path(data_dir)
    if not where.is_dir():
        raise InputError(
            f"the data directory {where} does not exist. Give it with --data, or as data_dir in "
            f"{path}."
        )
    return dataclasses.replace(config, data_dir=where)


def _find(path: Path) -> Path:
    preset = PRESETS / f"{path.name}.toml"
    if path.is_file():
        return path
    if path.name == str(path) and preset.is_file():
        return preset
    presets = sorted(file.stem for file in PRESETS.glob("*.toml"))
    raise InputError(
        f"no configuration {path}{did_you_mean(path.name, presets)}; give a TOML file or one of "
        f"the presets {', '.join(presets)}."
    )
