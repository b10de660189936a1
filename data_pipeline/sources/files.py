"""One's own survey: any table of stars, any light curves, any spectra, as a configuration tells.

The catalog may be CSV, Parquet, FITS, VOTable, ECSV or a CDS table, also inside an archive. Light
curves are a file per star in a folder, zip or tar, or one table of all points; spectra likewise,
or found through an index. Everything but the catalog may be absent.
"""

from data_pipeline.config import BuildConfig
from data_pipeline.errors import InputError
from data_pipeline.known_columns import KNOWN_COLUMNS
from data_pipeline.schema import did_you_mean
from data_pipeline.sources import joined
from data_pipeline.sources.base import Rejections, SourceData, check_periods, check_positions
from data_pipeline.sources.catalogs import class_columns, known_names, on_disk, read_columns
from data_pipeline.sources.curve_tables import VALUE_COLUMNS
from data_pipeline.sources.curves import Curves
from data_pipeline.sources.identify import identified, survey_release
from data_pipeline.sources.spectra import Spectra
from data_pipeline.sources.units import parse_unit

_SPECTRUM_COLUMNS = (
    "wavelength", "flux", "flux_err", "ivar", "mask", "record", "original_id", "source_id"
)  # fmt: skip
_INDEX_COLUMNS = (
    "original_id", "source_id", "ra_deg", "dec_deg", "record", "snr", "radial_velocity_km_s", "time"
)  # fmt: skip


def read(config: BuildConfig) -> SourceData:
    """Read the catalog and prepare to read the files it points to."""
    _check(config)
    options = config.catalog
    rejections = Rejections()
    objects = read_columns(
        config.data_dir, options.file, options.table, options.columns, options.extra, rejections,
        known=known_names(options), ra_in_hours=options.ra_in_hours,
    )  # fmt: skip
    if options.log_period and "period_catalog_days" in objects:
        objects["period_catalog_days"] = 10.0 ** objects["period_catalog_days"]
    file = config.path(options.file).name
    objects = identified(objects, config.name, file, rejections)
    if "ra_deg" in objects and "dec_deg" in objects:
        objects = check_positions(objects, file, rejections)
    objects = check_periods(objects, file, rejections)
    objects = class_columns(objects, options).drop(columns="row").reset_index(drop=True)
    catalog = joined.with_joins(objects, config, survey_release(config), rejections)
    curves = Curves(config, catalog.objects, rejections)
    spectra = Spectra(config, catalog.objects, catalog.release, rejections)
    paths = [on_disk(config.data_dir, options.file), *curves.paths, *spectra.paths]
    return SourceData(
        objects=catalog.objects,
        bands=config.bands,
        light_curves=curves.read,
        spectra=spectra.read,
        unparsed_light_curves=curves.unparsed,
        unparsed_spectra=spectra.unparsed,
        files=tuple(dict.fromkeys([*paths, *catalog.paths])),
        rejections=rejections,
        columns=catalog.columns,
        external=catalog.external,
    )


def _check(config: BuildConfig) -> None:
    """Refuse what this reader cannot work with, all of it at once."""
    problems = []
    if not config.catalog.file:
        problems.append("catalog.file is missing")
    if not {"original_id", "source_id"} & set(config.catalog.columns):
        problems.append("catalog.columns needs original_id (or source_id, for Gaia ids)")
    for key, given, known in (
        ("catalog.columns", config.catalog.columns, KNOWN_COLUMNS),
        ("light_curves.columns", config.light_curves.columns,
         (*VALUE_COLUMNS, "original_id", "source_id", "name")),
        ("spectra.columns", config.spectra.columns, _SPECTRUM_COLUMNS),
        ("spectra.index.columns", config.spectra.index.columns, _INDEX_COLUMNS),
        *((f"light_curves.band_columns.{band}", own, VALUE_COLUMNS)
          for band, own in config.light_curves.band_columns.items()),
        *((f"join {one.catalog}: columns", one.columns, KNOWN_COLUMNS) for one in config.join),
    ):  # fmt: skip
        problems += [
            f"{key}: unknown name {name!r}{did_you_mean(name, known)}"
            for name in given
            if name not in known
        ]
    problems += [
        f'light_curves.table.units: {unit!r} is no unit; use the VO spelling, such as "mJy"'
        for unit in config.light_curves.table.units.values()
        if parse_unit(unit) is None
    ]
    if config.light_curves.patterns and not config.bands:
        problems.append("no [bands.NAME] says what the light curves' bands are")
    problems += [
        f"bands.{name}: native = 'flux' needs the unit of the flux (unit = \"mJy\")"
        for name, band in config.bands.items()
        if band.native == "flux" and band.unit == "mag"
    ]
    named = [
        config.light_curves.band, *config.light_curves.band_columns, *config.light_curves.band_files
    ]  # fmt: skip
    curves = config.light_curves
    says = [curves.band, curves.band_of_star, curves.band_columns, curves.columns.get("band")]
    untold = set(curves.patterns) - set(curves.band_files.values())
    if len(config.bands) > 1 and untold and curves.format == "table" and not any(says):
        problems.append(
            f"light_curves: nothing says which of the bands {', '.join(config.bands)} a point is "
            "in; give band, columns.band, band_columns, band_files or band_of_star"
        )
    problems += [
        f"light_curves: band {name!r} is not among [bands]{did_you_mean(name, config.bands)}"
        for name in named
        if name and config.bands and name not in config.bands
    ]
    if problems:
        raise InputError(f"configuration of {config.name}: {'; '.join(problems)}.")
