"""A light curve or a spectrum in a file that somebody hands over: CSV, FITS, VOTable, ECSV.

Which columns are which is told by their names, units by the file where it states them; what had to
be assumed is said in notes. Nothing of the survey's own format is asked for.
"""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from astropy import units
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.spectra import Spectrum, air_to_vacuum
from data_pipeline.upload_places import Place, params_of, place_in

MAX_BYTES = 8_000_000
MAX_ROWS = 200_000
MIN_EPOCHS, MIN_PIXELS = 10, 50

FORMATS = {
    ".csv": "ascii.csv", ".txt": "ascii", ".dat": "ascii", ".tsv": "ascii.tab",
    ".ecsv": "ascii.ecsv", ".vot": "votable", ".xml": "votable", ".votable": "votable",
    ".fits": "fits", ".fit": "fits",
}  # fmt: skip
"""Endings that are read, and astropy's name for what stands behind them."""

_NAMES = {
    "time": ("time", "hjd", "bjd", "jd", "mjd", "tbjd", "btjd", "date", "obstime", "t"),
    "mag": ("mag", "magnitude", "vmag", "gmag", "magpsf", "m"),
    "mag_err": (
        "mag_err",
        "e_mag",
        "magerr",
        "err_mag",
        "mag_error",
        "sigmapsf",
        "magnitude_error",
    ),
    "flux": ("flux", "flux_mjy", "flux_density", "sap_flux", "pdcsap_flux", "f", "intensity"),
    "flux_err": ("flux_err", "e_flux", "fluxerr", "flux_error", "err", "error", "sigma", "ferr"),
    "band": ("band", "filter", "passband", "fid", "filt"),
    "wavelength": ("wavelength", "wave", "lambda", "lam", "wl", "wavelength_angstrom"),
    "log_wavelength": ("loglam", "log_wavelength", "loglambda"),
    "ivar": ("ivar", "inverse_variance"),
    "mask": ("mask", "ormask", "andmask"),
}
"""Names by which a column is recognised, the likeliest first; case and punctuation do not count."""


@dataclass(frozen=True)
class Uploaded:
    """What a file held: one of the two, what was assumed about it, and where the star lies."""

    light_curve: LightCurve | None = None
    spectrum: Spectrum | None = None
    notes: list[str] = field(default_factory=list)
    place: Place | None = None


def read_upload(name: str, content: bytes, bands: Sequence[str], is_air: bool = False) -> Uploaded:
    """Read one file.

    Parameters
    ----------
    name : str
        Its name; the ending tells the format.
    content : bytes
    bands : sequence of str
        Bands of the survey the star is compared with, the first taken where the file names none.
    is_air : bool
        The wavelengths are in air; else they are taken to be in vacuum.

    Raises
    ------
    InputError
        Too large, unreadable, or without the columns of either kind.
    """
    if len(content) > MAX_BYTES:
        raise InputError(
            f"{name} has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are taken."
        )
    table = _table(name, content)
    columns, told_units = _columns(name, table)
    wavelength = _pick(columns, "wavelength"), _pick(columns, "log_wavelength")
    if any(wavelength) and _pick(columns, "flux"):
        return replace(_spectrum(name, columns, told_units, is_air), place=place_in(table))
    if _pick(columns, "time") and (_pick(columns, "mag") or _pick(columns, "flux")):
        return replace(_light_curve(name, columns, told_units, bands), place=place_in(table))
    raise InputError(
        f"{name} has the columns {', '.join(columns) or '(none)'}. A light curve needs time (or "
        "hjd, bjd, jd, mjd) and mag or flux; a spectrum needs wavelength and flux."
    )


Columns = Mapping[str, NDArray]


def _table(name: str, content: bytes) -> Table:
    """The first table of a file, with what its headers say as meta data."""
    ending = re.search(r"\.\w+$", name.lower())
    kind = FORMATS.get(ending[0]) if ending else None
    if kind is None:
        raise InputError(f"{name}: only {', '.join(sorted(FORMATS))} can be read.")
    try:
        if kind == "fits":
            return _lamost_image(content) or _fits_table(content)
        options = {"comment": r"\s*#"} if kind == "ascii.csv" else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", units.UnitsWarning)  # "HJD" is no unit, and common
            table = Table.read(io.BytesIO(content), format=kind, **options)
            if kind == "votable":
                table.meta.update(params_of(content))
    except InputError:
        raise
    except Exception as error:  # a hostile file may raise anything; all of it means the same
        reason = str(error).strip().split("\n")[0][:200]
        raise InputError(f"{name} cannot be read as {kind}: {reason}") from None
    return table


def _columns(name: str, table: Table) -> tuple[Columns, Mapping[str, units.UnitBase | None]]:
    """Columns of a table by name, one value a row, and their units where it tells them."""
    if len(table) == 1 and any(table[column].ndim == 2 for column in table.colnames):
        arrays = {column: np.ravel(_filled(table[column])) for column in table.colnames}
    else:
        arrays = {c: _filled(table[c]) for c in table.colnames if table[c].ndim == 1}
    longest = max((len(values) for values in arrays.values()), default=0)
    if longest > MAX_ROWS:
        raise InputError(f"{name} has {longest:,} rows; at most {MAX_ROWS:,} are taken.")
    kept = {column: values for column, values in arrays.items() if len(values) == longest}
    return kept, {column: table[column].unit for column in kept}


def _filled(column: NDArray) -> NDArray:
    """Values of a column, NaN or empty where it is masked."""
    values = np.ma.asarray(column)
    if values.dtype.kind in "biuf":
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.ma.filled(values.astype(str), "")


def _fits_table(content: bytes) -> Table:
    """The first table of a FITS file; what its header leaves out, the first header may say."""
    with fits.open(io.BytesIO(content)) as hdus, warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        found = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
        if not found:
            raise InputError("the FITS file holds no table.")
        table = Table.read(found[0])
        table.meta = {**hdus[0].header, **table.meta}
    return table


def _lamost_image(content: bytes) -> Table | None:
    """Spectrum of a LAMOST or SDSS FITS image: rows flux, inverse variance, wavelength, masks."""
    with fits.open(io.BytesIO(content)) as hdus:
        image = hdus[0].data
        if image is None or image.ndim != 2 or not 3 <= len(image) <= 8:
            return None
        header = hdus[0].header
        flux, ivar, wavelength = (np.asarray(row, dtype=np.float64) for row in image[:3])
        if {"COEFF0", "COEFF1"} <= set(header):  # early releases hold the continuum in that row
            wavelength = 10 ** (header["COEFF0"] + header["COEFF1"] * np.arange(len(flux)))
    return Table({"wavelength": wavelength, "flux": flux, "ivar": ivar}, meta=dict(header))


def _pick(columns: Columns, quantity: str) -> str | None:
    """The column that holds a quantity, or None."""
    plain = {re.sub(r"[\W_]+", "", column.lower()): column for column in reversed(list(columns))}
    for name in _NAMES[quantity]:
        if (found := plain.get(name.replace("_", ""))) is not None:
            return found
    return None


def _numbers(name: str, columns: Columns, quantity: str) -> NDArray[np.float64] | None:
    column = _pick(columns, quantity)
    if column is None:
        return None
    try:
        return columns[column].astype(np.float64)
    except ValueError:
        raise InputError(f"{name}: the column {column} holds text, not numbers.") from None


def _light_curve(
    name: str, columns: Columns, told: Mapping[str, units.UnitBase | None], bands: Sequence[str]
) -> Uploaded:
    notes: list[str] = []
    time = _numbers(name, columns, "time")
    assert time is not None
    time = time * _factor(told[_pick(columns, "time") or ""], units.day)
    values = {key: _numbers(name, columns, key) for key in ("mag", "mag_err", "flux", "flux_err")}
    given = {key: value for key, value in values.items() if value is not None}
    if "mag" in given and "flux" in given:
        notes.append("both magnitudes and fluxes: the magnitudes were taken")
        given = {key: value for key, value in given.items() if key.startswith("mag")}
    if "mag" in given and "mag_err" not in given and "flux_err" in given:
        given["mag_err"] = given.pop("flux_err")  # a plain "err" beside a magnitude
    given = {k: v for k, v in given.items() if k.split("_")[0] in given}
    band = _bands(columns, len(time), bands, notes)
    use = np.isfinite(time) & np.isfinite(given.get("mag", given.get("flux", time)))
    if use.sum() < MIN_EPOCHS:
        raise InputError(f"{name} has {use.sum()} usable epochs; {MIN_EPOCHS} are needed.")
    if use.sum() < len(use):
        notes.append(f"{len(use) - use.sum()} rows without time or brightness were left out")
    order = np.flatnonzero(use)[np.argsort(time[use], kind="stable")]
    picked = {key: value[order] for key, value in given.items()}
    return Uploaded(LightCurve.from_values(time[order], band=band[order], **picked), notes=notes)


def _bands(columns: Columns, n: int, bands: Sequence[str], notes: list[str]) -> NDArray[np.str_]:
    """Band of every row, one of the survey's."""
    column = _pick(columns, "band")
    named = np.full(n, bands[0]) if column is None else columns[column].astype(str)
    strange = sorted(set(named.tolist()) - set(bands))
    if column is None and len(bands) > 1:
        notes.append(f"no band is named: taken as {bands[0]}")
    if strange:
        notes.append(f"band {', '.join(strange)} is none of the survey's: taken as {bands[0]}")
    return np.where(np.isin(named, list(bands)), named, bands[0]).astype(np.str_)


def _spectrum(
    name: str, columns: Columns, told: Mapping[str, units.UnitBase | None], is_air: bool
) -> Uploaded:
    notes: list[str] = []
    wavelength, flux = _numbers(name, columns, "wavelength"), _numbers(name, columns, "flux")
    if wavelength is None:
        exponent = _numbers(name, columns, "log_wavelength")
        assert exponent is not None
        wavelength = 10**exponent
    else:
        wavelength = wavelength * _factor(told[_pick(columns, "wavelength") or ""], units.AA)
    assert flux is not None
    ivar, err = _numbers(name, columns, "ivar"), _numbers(name, columns, "flux_err")
    if err is None and ivar is not None:
        err = np.where(ivar > 0, 1 / np.sqrt(np.where(ivar > 0, ivar, 1)), np.nan)
    err = np.full(len(flux), np.nan) if err is None else err
    use = np.isfinite(wavelength) & np.isfinite(flux)
    if use.sum() < MIN_PIXELS:
        raise InputError(f"{name} has {use.sum()} usable pixels; {MIN_PIXELS} are needed.")
    if np.median(wavelength[use]) < 100 and _pick(columns, "wavelength"):
        raise InputError(
            f"{name}: wavelengths around {np.median(wavelength[use]):g} are not ångströms. Give "
            "them in Å, or state their unit in the file."
        )
    wavelength, first = np.unique(wavelength[use], return_index=True)
    if not is_air:
        notes.append("wavelengths taken as in vacuum")
    good = err[use][first]
    known = np.isfinite(good) & (good > 0)
    snr = np.median(flux[use][first][known] / good[known]) if known.any() else np.nan
    spectrum = Spectrum(
        1, air_to_vacuum(wavelength) if is_air else wavelength, flux[use][first], good,
        np.zeros(len(wavelength), bool), snr=float(snr),
    )  # fmt: skip
    return Uploaded(spectrum=spectrum, notes=notes)


def _factor(told: units.UnitBase | None, wanted: units.UnitBase) -> float:
    """What a column is multiplied by to be in the wanted unit; one where it tells none we know."""
    if told is None:
        return 1.0
    try:
        return float(told.to(wanted))
    except ValueError:  # another kind of unit, or none that is known, such as "HJD"
        return 1.0
