"""One spectrum from a file or a row of a table: text, FITS of LAMOST and SDSS, and others.

The kind of a FITS file is seen from its content. Inverse variances become standard deviations
(1/√ivar); pixels without a positive one, masked in all exposures or without a number are marked.
"""

import io
import lzma
import warnings
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.time import Time
from numpy.typing import NDArray

from data_pipeline.config_tables import SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.sources.tables import read_table, uncompressed
from data_pipeline.sources.units import unit_factor
from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S, Spectrum, air_to_vacuum

_RESOLUTION = {"LAMOST": 1800.0, "SDSS": 2000.0}
Pixels = Mapping[str, Any]


class SpectrumReader:
    """Makes spectra of what the configuration describes."""

    def __init__(self, options: SpectraConfig) -> None:
        self._options = options

    def from_bytes(self, path: Path, data: bytes) -> Spectrum:
        """Read one file."""
        try:
            with uncompressed(io.BytesIO(data)) as stream:
                plain = stream.read()
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise InputError(
                f"cannot be unpacked ({error}): it was cut short; get it again."
            ) from None
        if plain.startswith(b"SIMPLE  =") and not self._options.columns:
            return self._from_fits(plain)
        table = read_table(path, form=self._options.table, data=plain)
        row = {str(name): table[name].to_numpy() for name in table}
        return self.from_row(row, table.attrs["units"])

    def _from_fits(self, data: bytes) -> Spectrum:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with fits.open(io.BytesIO(data), memmap=False) as hdus:
                    return self._fits(hdus)
        except InputError:
            raise
        except Exception as error:  # astropy raises anything on damaged files
            raise InputError(
                f"cannot be read as FITS ({str(error) or type(error).__name__}): it is damaged or "
                "was cut short; get it again."
            ) from None

    def from_row(self, row: Pixels, stated: Mapping[str, str] | None = None) -> Spectrum:
        """Make a spectrum of arrays by the names in the file; scalars beside them are ignored.

        `stated` are the units that the file gives for its columns.
        """
        options = self._options
        columns = options.columns or _guessed(row)
        given = {}
        for name in ("wavelength", "flux", "flux_err", "ivar", "mask"):
            column = columns.get(name)
            if column is None:
                continue
            if column not in row:
                raise InputError(f"has no column {column}; it has {', '.join(map(str, row))}.")
            given[name] = np.asarray(row[column], dtype=np.float64)
        if "flux" not in given:
            raise InputError("spectra.columns does not say which column is the flux.")
        wavelength = self._wavelength(given, (stated or {}).get(columns.get("wavelength", ""), ""))
        n = min(len(wavelength), len(given["flux"]))
        if len(given["flux"]) > n and not (given["flux"][n:] == given["flux"][n - 1]).all():
            raise InputError(f"{len(given['flux'])} fluxes for {n} wavelengths.")
        pixels = {name: values[:n] for name, values in given.items()} | {
            "wavelength": wavelength[:n]
        }
        return _spectrum(
            pixels,
            frame=options.frame,
            instrument=options.instrument,
            resolution=np.nan if options.resolution is None else options.resolution,
        )

    def _wavelength(self, given: Mapping[str, NDArray], stated: str = "") -> NDArray[np.floating]:
        """Return ångströms in vacuum."""
        options = self._options
        wavelength: NDArray[np.floating]
        try:
            factor = unit_factor(options.wavelength_unit or stated, "Angstrom")
        except u.UnitConversionError:
            raise InputError(f"the wavelengths are in {stated!r}, which is no length.") from None
        if "wavelength" in given:
            wavelength = np.asarray(given["wavelength"], np.float64) * factor
        elif options.grid:
            first, step = options.grid
            n = round(_grid_length(len(given["flux"]), first, step))
            wavelength = factor * (first + step * np.arange(n))
        else:
            raise InputError(
                "there are no wavelengths: name their column in spectra.columns, or say first "
                "wavelength and step with spectra.grid."
            )
        return air_to_vacuum(wavelength) if options.medium == "air" else wavelength

    def _fits(self, hdus: fits.HDUList) -> Spectrum:
        primary = hdus[0]
        table = next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)), None)
        names = {name.lower() for name in table.columns.names} if table is not None else set()
        if table is not None and {"loglam", "flux", "ivar"} <= names:
            return _sdss(hdus, table)
        is_row = table is not None and len(table.data) == 1
        if is_row and {"wavelength", "flux", "ivar"} <= names:
            return _lamost_table(primary.header, table)
        if primary.data is not None and primary.data.ndim == 2 and len(primary.data) >= 2:
            return _lamost_image(primary)
        if primary.data is not None and primary.data.ndim == 1:
            return self._image(primary)
        shapes = ", ".join(
            f"{hdu.name or i}: {type(hdu).__name__} {getattr(hdu, 'shape', '')}"
            for i, hdu in enumerate(hdus)
        )
        raise InputError(
            f"no spectrum of LAMOST, SDSS or one dimension ({shapes}). Name its columns in "
            "spectra.columns."
        )

    def _image(self, hdu: fits.PrimaryHDU) -> Spectrum:
        """Read a one-dimensional image whose header holds the wavelengths (IRAF's way)."""
        header = hdu.header
        step = header.get("CDELT1", header.get("CD1_1"))
        if step is None or "CRVAL1" not in header:
            raise InputError("the FITS header lacks the wavelengths (CRVAL1, CDELT1).")
        index = np.arange(header["NAXIS1"]) + 1 - header.get("CRPIX1", 1.0)
        wavelength = header["CRVAL1"] + step * index
        if header.get("DC-FLAG", 0) == 1:
            wavelength = 10.0**wavelength
        given = {"wavelength": wavelength}
        return _spectrum(
            {"wavelength": self._wavelength(given), "flux": hdu.data},
            frame=self._options.frame,
            instrument=self._options.instrument or str(header.get("INSTRUME", "")),
            resolution=self._options.resolution or np.nan,
        )


def _guessed(row: Pixels) -> dict[str, str]:
    """Return the columns that carry the usual names."""
    usual = {
        "wavelength": ("wavelength", "wave", "lambda", "lam", "wl", "angstrom"),
        "flux": ("flux", "flam", "f_lambda", "intensity"),
        "flux_err": ("flux_err", "flux_error", "error", "err", "sigma", "std"),
        "ivar": ("ivar", "inverse_variance"),
        "mask": ("mask",),
    }
    lower = {str(name).lower(): str(name) for name in row}
    return {
        name: next(lower[word] for word in words if word in lower)
        for name, words in usual.items()
        if set(words) & set(lower)
    }


def _grid_length(n: int, first: float, step: float) -> float:
    """Return the number of pixels: Gaia XP grids end at 1020 nm, whatever padding follows."""
    is_gaia_xp = (first, step) == (336.0, 2.0)
    return min(n, (1020.0 - first) / step + 1) if is_gaia_xp else n


def _lamost_image(hdu: fits.PrimaryHDU) -> Spectrum:
    """Read the layout before DR8: rows flux, ivar, then wavelength or continuum, and masks.

    The wavelengths are those of the header (log-linear, vacuum); row 2 holds them in later
    releases only. The last two rows are the AND and the OR mask.
    """
    header, data = hdu.header, np.asarray(hdu.data, dtype=np.float64)
    if "COEFF0" not in header or "COEFF1" not in header:
        raise InputError("the FITS header lacks COEFF0 and COEFF1, the LAMOST wavelengths.")
    wavelength = 10.0 ** (header["COEFF0"] + header["COEFF1"] * np.arange(data.shape[1]))
    mask = data[3] != 0 if len(data) >= 5 else np.zeros(data.shape[1], bool)
    pixels = {"wavelength": wavelength, "flux": data[0], "ivar": data[1], "mask": mask}
    return _spectrum(pixels, **_lamost_facts(header))


def _lamost_table(header: fits.Header, hdu: fits.BinTableHDU) -> Spectrum:
    """Read the layout since DR8: one row with a vector in each column."""
    row = {name.lower(): np.asarray(hdu.data[name][0]) for name in hdu.columns.names}
    pixels = {
        "wavelength": row["wavelength"].astype(np.float64),
        "flux": row["flux"],
        "ivar": row["ivar"],
        "mask": row.get("andmask", np.zeros(len(row["flux"]))) != 0,
    }
    return _spectrum(pixels, **_lamost_facts(header))


def _lamost_facts(header: fits.Header) -> dict[str, Any]:
    in_bands = [float(header.get(name, np.nan)) for name in ("SNRG", "SNRI")]
    in_bands = [one for one in in_bands if one > 0]
    return {
        "time": _observed(header),
        "snr": max(in_bands, default=np.nan),
        "radial_velocity_km_s": _redshift_velocity(header.get("Z")),
        "frame": "heliocentric" if header.get("HELIO", True) else "",
        "resolution": _RESOLUTION["LAMOST"],
        "instrument": "LAMOST LRS",
    }


def _sdss(hdus: fits.HDUList, hdu: fits.BinTableHDU) -> Spectrum:
    """Read an SDSS spectrum (spec-PLATE-MJD-FIBER, DR8 and later): vacuum, heliocentric."""
    row = {name.lower(): hdu.data[name] for name in hdu.columns.names}
    facts = next(
        (one.data[0] for one in hdus
         if isinstance(one, fits.BinTableHDU) and "Z" in one.columns.names and len(one.data) == 1),
        None,
    )  # fmt: skip
    header = hdus[0].header
    pixels = {
        "wavelength": 10.0 ** np.asarray(row["loglam"], dtype=np.float64),
        "flux": row["flux"],
        "ivar": row["ivar"],
        "mask": np.asarray(row.get("and_mask", np.zeros(len(row["flux"])))) != 0,
    }
    return _spectrum(
        pixels,
        time=float(header["TAI"]) / 86400.0
        if "TAI" in header
        else float(header.get("MJD", np.nan)),
        radial_velocity_km_s=_redshift_velocity(facts["Z"] if facts is not None else None),
        frame="heliocentric",
        resolution=_RESOLUTION["SDSS"],
        instrument="SDSS",
    )


def _observed(header: fits.Header) -> float:
    """Return the MJD (UTC) of the middle of the exposures; LMJD is the local date."""
    date = str(header.get("DATE-OBS", ""))
    try:
        return float(Time(date, format="isot", scale="utc").mjd) if "T" in date else np.nan
    except ValueError:
        return float(header.get("MJD", np.nan))


def _redshift_velocity(redshift: object) -> float:
    """Return c·z in km/s, NaN where there is no redshift."""
    try:
        z = float(redshift)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan
    return SPEED_OF_LIGHT_KM_S * z if z > -1.0 else np.nan


def _spectrum(pixels: Pixels, **facts: Any) -> Spectrum:
    """Return the spectrum with errors from inverse variances and everything unusable masked."""
    wavelength = np.asarray(pixels["wavelength"], dtype=np.float64)
    flux = np.asarray(pixels["flux"], dtype=np.float64)
    mask = np.asarray(pixels.get("mask", np.zeros(len(flux)))).astype(bool) | ~np.isfinite(flux)
    err = np.asarray(pixels.get("flux_err", np.full(len(flux), np.nan)), dtype=np.float64)
    if "ivar" in pixels:
        ivar = np.asarray(pixels["ivar"], dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            err = np.where(ivar > 0, ivar**-0.5, np.nan)
        mask = mask | ~np.isfinite(err)
    elif "flux_err" in pixels:
        mask = mask | ~(np.isfinite(err) & (err >= 0))
    good = ~mask & (err > 0)
    if not np.isfinite(facts.get("snr", np.nan)) and good.any():
        facts["snr"] = float(np.median(flux[good] / err[good]))
    return Spectrum(
        spectrum_id=0,
        wavelength=wavelength,
        flux=np.where(np.isfinite(flux), flux, np.nan),
        flux_err=np.where(np.isfinite(err), err, np.nan),
        mask=mask,
        **facts,
    )
