"""How a `LightCurve` and a `Spectrum` lie in their Arrow tables, and back.

A quantity that is absent for a whole object (no flux, no camera, no upper limit, no flag) is stored
as null and costs nothing; a value missing at one point is NaN.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from data_pipeline.light_curves import LightCurve
from data_pipeline.ragged import DICTIONARY
from data_pipeline.spectra import Spectrum


def _field(name: str, kind: pa.DataType, unit: str, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"unit": unit, "description": description})


_DOUBLES, _FLOATS, _BOOLS = pa.list_(pa.float64()), pa.list_(pa.float32()), pa.list_(pa.bool_())

PHOTOMETRY_SCHEMA = pa.schema(
    [
        _field("source_id", pa.int64(), "", "object"),
        _field("time", _DOUBLES, "d", "time; scale and reference per band in the manifest"),
        _field("flux", _FLOATS, "", "flux; unit per band in the manifest"),
        _field("flux_err", _FLOATS, "", "standard deviation of the flux"),
        _field("mag", _FLOATS, "mag", "magnitude"),
        _field("mag_err", _FLOATS, "mag", "standard deviation of the magnitude"),
        _field("band", pa.list_(DICTIONARY), "", "band, as in the manifest"),
        _field("camera", pa.list_(DICTIONARY), "", "camera or telescope"),
        _field("is_upper_limit", _BOOLS, "", "the magnitude is a limit, not a detection"),
        _field("quality", pa.list_(pa.int16()), "", "0 for a good point, else flags"),
    ]
)

SPECTRA_SCHEMA = pa.schema(
    [
        _field("source_id", pa.int64(), "", "object"),
        _field("spectrum_id", pa.int64(), "", "identifier of the spectrum, unique in the survey"),
        _field("wavelength", _DOUBLES, "Angstrom", "wavelength in vacuum"),
        _field("flux", _FLOATS, "", "flux density"),
        _field("flux_err", _FLOATS, "", "standard deviation of the flux density"),
        _field("mask", _BOOLS, "", "true for a bad pixel"),
        _field("time", pa.float64(), "d", "MJD of the middle of the exposure"),
        _field("snr", pa.float64(), "", "signal to noise per pixel"),
        _field("radial_velocity_km_s", pa.float64(), "km.s-1", "radial velocity"),
        _field("frame", pa.string(), "", "velocity frame of the wavelengths"),
        _field("resolution", pa.float64(), "", "resolving power"),
        _field("instrument", pa.string(), "", "instrument"),
    ]
)


def light_curve_row(source_id: int, light_curve: LightCurve) -> dict[str, Any]:
    """Lay a light curve out as a row of `PHOTOMETRY_SCHEMA`."""
    values = {name: getattr(light_curve, name) for name in ("flux", "flux_err", "mag", "mag_err")}
    return {
        "source_id": source_id,
        "time": light_curve.time,
        **{name: None if np.isnan(value).all() else value for name, value in values.items()},
        "band": light_curve.band,
        "camera": light_curve.camera if (light_curve.camera != "").any() else None,
        "is_upper_limit": light_curve.is_upper_limit if light_curve.is_upper_limit.any() else None,
        "quality": light_curve.quality if light_curve.quality.any() else None,
    }


def light_curve_from_row(row: dict[str, Any]) -> LightCurve:
    """Read a light curve back from a row of `PHOTOMETRY_SCHEMA`."""
    n = len(row["time"])
    absent = {
        **dict.fromkeys(("flux", "flux_err", "mag", "mag_err"), np.full(n, np.nan, np.float32)),
        "camera": np.zeros(n, np.str_),
        "is_upper_limit": np.zeros(n, np.bool_),
        "quality": np.zeros(n, np.int16),
    }
    given = {name: value for name, value in row.items() if value is not None}
    del given["source_id"]
    return LightCurve(**{**absent, **given})


def spectrum_row(source_id: int, spectrum: Spectrum) -> dict[str, Any]:
    """Lay a spectrum out as a row of `SPECTRA_SCHEMA`."""
    row = {name: getattr(spectrum, name) for name in SPECTRA_SCHEMA.names if name != "source_id"}
    row["flux_err"] = None if np.isnan(spectrum.flux_err).all() else spectrum.flux_err
    row["mask"] = spectrum.mask if spectrum.mask.any() else None
    return {"source_id": source_id, **row}


def spectrum_from_row(row: dict[str, Any]) -> Spectrum:
    """Read a spectrum back from a row of `SPECTRA_SCHEMA`."""
    n = len(row["wavelength"])
    absent = {"flux_err": np.full(n, np.nan, np.float32), "mask": np.zeros(n, np.bool_)}
    given = {name: value for name, value in row.items() if value is not None}
    del given["source_id"]
    return Spectrum(**{**absent, **given})
