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

from data_pipeline.config_tables import (
    CatalogConfig,
    CleaningConfig,
    Criterion,
    ExternalConfig,
    JoinConfig,
    LightCurveConfig,
    SpectraConfig,
)
from data_pipeline.errors import InputError
from data_pipeline.periods.types import PeriodConfig
from data_pipeline.schema import Band, did_you_mean
from data_pipeline.toml_tables import from_table

PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class FeatureConfig:
    """Features computed from the light curves: `[features]`."""

    bands: tuple[str, ...] = ()
    """Band names from blue to red; by default in order of wavelength."""
    promote: tuple[str, ...] = ()
    """Catalog columns that may be features in this survey, such as "lc_mean_mag" where all stars
    are at one distance."""
    catalog: str = "given"
    """Features from the catalog: "given" as they are, "paper" the 34 of the paper exactly, or
    "honest": what parallaxes can bear, see data_pipeline.catalog_features."""
    reddening: str = ""
    """Column with E(B−V), for reddening-free magnitudes and colors ("honest")."""

    def __post_init__(self) -> None:
        if self.catalog not in ("given", "paper", "honest"):
            raise InputError(
                f"features.catalog is 'given', 'paper' or 'honest', not {self.catalog!r}."
            )


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
    catalog: CatalogConfig = field(default_factory=CatalogConfig)
    """The table of stars."""
    light_curves: LightCurveConfig = field(default_factory=LightCurveConfig)
    """Where the light curves are."""
    spectra: SpectraConfig = field(default_factory=SpectraConfig)
    """Where the spectra are."""
    join: tuple[JoinConfig, ...] = ()
    """Other catalogs whose columns are added."""
    external: tuple[ExternalConfig, ...] = ()
    """What other catalogs say."""
    select: tuple[Criterion, ...] = ()
    """Which stars are kept, criterion by criterion."""
    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    """What is done to the light curves."""
    bands: Mapping[str, Band] = field(default_factory=dict)
    """What each band is; needed for source = "files"."""
    periods: PeriodConfig = field(default_factory=PeriodConfig)
    """Options of the period search."""
    features: FeatureConfig = field(default_factory=FeatureConfig)
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
    if isinstance(table.get("features"), str):  # features = "paper"
        table["features"] = {"catalog": table["features"]}
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
