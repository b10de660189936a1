"""From a table of points to a light curve, as the configuration describes the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from astropy.units import UnitConversionError
from numpy.typing import NDArray

from data_pipeline.config_tables import LightCurveConfig
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve, join
from data_pipeline.schema import Band, did_you_mean
from data_pipeline.sources.units import unit_factor

VALUE_COLUMNS = (
    "time", "mag", "mag_err", "flux", "flux_err", "band", "camera", "is_upper_limit", "quality"
)  # fmt: skip
_MEASURED = {
    "time": "d", "mag": "mag", "mag_err": "mag", "flux": "", "flux_err": ""
}  # fmt: skip
"""Units of what is measured; fluxes are in the unit of their band."""
DEFAULT_COLUMNS = {"time": "time", "mag": "mag", "mag_err": "mag_err"}
_GEOCENTER = EarthLocation.from_geocentric(0.0, 0.0, 0.0, unit="m")
Star = Mapping[str, object]
Note = Callable[[str], None]


@dataclass(frozen=True)
class CurveReader:
    """Makes light curves of tables.

    Parameters
    ----------
    options : LightCurveConfig
    bands : mapping of str to Band
        The survey's bands.
    """

    options: LightCurveConfig
    bands: Mapping[str, Band]

    def read(self, table: pd.DataFrame, star: Star, note: Note) -> LightCurve:
        """Return the light curve in a table, about one star.

        Parameters
        ----------
        table : DataFrame
            As `tables.read_table` returns it.
        star : mapping
            The star's row in the catalog, for what differs from star to star.
        note : callable
            Told in words what was left out.
        """
        for row, reason in table.attrs.get("bad_rows", ()):
            note(f"line {row} {reason}: left out")
        if not self.options.band_columns:
            columns = self.options.columns or DEFAULT_COLUMNS
            return self._part(table, columns, "", star, note)
        shared = dict(self.options.columns)
        parts = [
            self._part(table, shared | dict(own), band, star, note)
            for band, own in self.options.band_columns.items()
        ]
        return join(parts)

    def _part(
        self, table: pd.DataFrame, columns: Mapping[str, str], band: str, star: Star, note: Note
    ) -> LightCurve:
        raw = _picked(table, columns)
        stated = self._stated(table)
        names = {name: str(column.name) for name, column in raw.items()}
        values: dict[str, NDArray] = {}
        if "mag" in raw:
            values["mag"], limit = magnitudes(raw.pop("mag"), note)
            if limit.any():
                values["is_upper_limit"] = limit
        if "is_upper_limit" in raw:
            values["is_upper_limit"] = _flags(raw.pop("is_upper_limit"))
        if "quality" in raw:
            values["quality"] = self._quality(raw.pop("quality"))
        if "camera" in raw:
            values["camera"] = _words(raw.pop("camera"))
        written = raw.pop("band", None)
        values |= {name: _numbers(column, name, note) for name, column in raw.items()}
        n = len(values["time"])
        if written is not None:
            words, which = np.unique(_words(written), return_inverse=True)
            values["band"] = np.array([self._band(str(word)) for word in words], np.str_)[which]
        else:
            values["band"] = np.full(n, band or self._band_of(star))
        for name in set(values) & set(_MEASURED):
            values[name] = self._scaled(values, name, names[name], stated)
        time = values.pop("time") + self._offset(star)
        if "flux" in values:
            values["flux"] = values["flux"] + self.options.flux_offset
        if self.options.to_heliocentric:
            time = heliocentric(time, star)
        usable = np.isfinite(time)
        measured = [values[name] for name in ("mag", "flux") if name in values]
        if band and measured:  # side by side, a blank cell is no point
            usable &= np.any([np.isfinite(one) for one in measured], axis=0)
        elif not usable.all():
            note(f"{n - usable.sum()} of {n} times are missing: those points left out")
        curve = LightCurve.from_values(np.where(np.isfinite(time), time, 0.0), **values)
        return curve.select(usable)

    def _stated(self, table: pd.DataFrame) -> dict[str, str]:
        """Return the units that the file or the configuration states, by column in lower case."""
        units_of = {**table.attrs.get("units", {}), **self.options.table.units}
        return {str(column).lower(): str(unit) for column, unit in units_of.items()}

    def _scaled(
        self, values: Mapping[str, NDArray], name: str, column: str, stated: Mapping[str, str]
    ) -> NDArray:
        """Convert a column from the unit it is stated in to days, magnitudes or the band's unit."""
        unit, numbers = stated.get(column.lower(), ""), values[name]
        if not unit:
            return numbers
        factors = np.ones(len(numbers))
        for band in np.unique(values["band"]).tolist():
            ours = _MEASURED[name] or self._flux_unit(band)
            try:
                factors[values["band"] == band] = unit_factor(unit, ours)
            except UnitConversionError:
                raise InputError(
                    f"column {column!r} is in {unit}, but {name} of band {band} is in {ours}. "
                    f"Check which column is which, and the unit in [bands.{band}]."
                ) from None
        return numbers * factors

    def _flux_unit(self, band: str) -> str:
        one = self.bands[band]
        return one.unit if one.native == "flux" else one.flux_unit

    def _offset(self, star: Star) -> float:
        options = self.options
        if not options.time_offset_of_star:
            return options.time_offset_days
        kind = str(star[options.time_offset_of_star])
        if kind not in options.time_offsets:
            raise InputError(
                f"light_curves.time_offsets says nothing about {kind!r}"
                f"{did_you_mean(kind, options.time_offsets)}."
            )
        return options.time_offset_days + options.time_offsets[kind]

    def _band_of(self, star: Star) -> str:
        if self.options.band_of_star:
            return self._band(str(star[self.options.band_of_star]))
        return self.options.band or next(iter(self.bands))

    def _band(self, written: str) -> str:
        name = self.options.band_names.get(written, written)
        if name not in self.bands:
            raise InputError(
                f"band {written!r} is not among {', '.join(self.bands)}"
                f"{did_you_mean(written, self.bands)}. Add [bands.{written}], or say in "
                "light_curves.band_names which it is."
            )
        return name

    def _quality(self, values: pd.Series) -> NDArray[np.int16]:
        if self.options.good_quality:
            return (~np.isin(_words(values), self.options.good_quality)).astype(np.int16)
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
        if np.isnan(numbers).all() and len(numbers):
            raise InputError(
                f"the quality column holds words ({values.iloc[0]!r}). Say which are good with "
                "light_curves.good_quality = [...]."
            )
        return np.clip(np.nan_to_num(numbers, nan=1.0), -(2**15), 2**15 - 1).astype(np.int16)


def _picked(table: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, pd.Series]:
    has = list(map(str, table.columns))
    by_lower = {name.lower(): name for name in has}
    picked = {}
    for name, column in columns.items():
        if name not in VALUE_COLUMNS:
            continue
        found = column if column in has else by_lower.get(column.lower())
        if found is None:
            listed = ", ".join(table.attrs.get("columns", has)[:12])
            raise InputError(f"has no column {column}; it has {listed}.")
        if found in table.attrs.get("repeated", ()):
            raise InputError(f"has the column {found!r} more than once.")
        picked[name] = table[found]
    if "time" not in picked:
        raise InputError("light_curves.columns does not say which column is the time.")
    return picked


def magnitudes(values: pd.Series, note: Note) -> tuple[NDArray, NDArray[np.bool_]]:
    """Return magnitudes and which are upper limits, written ">17.5"."""
    if values.dtype.kind in "fiu":
        return values.to_numpy(np.float64), np.zeros(len(values), dtype=bool)
    text = values.astype("str").str.strip()
    limit = text.str.startswith((">", "<")).fillna(False).to_numpy(bool)
    return _numbers(text.str.lstrip("<>"), "mag", note), limit


def _numbers(values: pd.Series, name: str, note: Note) -> NDArray[np.float64]:
    if values.dtype.kind in "fiub":
        return values.to_numpy(np.float64)
    text = values.astype("str").str.strip()
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    unread = np.flatnonzero(np.isnan(numbers) & text.notna().to_numpy())
    bad = [int(i) for i in unread if text.iloc[i].lower() not in ("", "nan", "none", "null")]
    if bad:
        if len(bad) == len(text):
            raise InputError(f"column {name} holds no numbers: {text.iloc[bad[0]]!r} ...")
        note(
            f"{name} is no number in {len(bad)} of {len(text)} points "
            f"({text.iloc[bad[0]]!r} in row {bad[0] + 1}): value left out"
        )
    return numbers


def _words(values: pd.Series) -> NDArray[np.str_]:
    return values.astype("str").fillna("").str.strip().to_numpy(dtype=np.str_)


def _flags(values: pd.Series) -> NDArray[np.bool_]:
    return np.isin(np.char.lower(_words(values)), ["true", "1", "1.0", "t", "yes", "y", ">"])


def heliocentric(time: NDArray[np.float64], star: Star) -> NDArray[np.float64]:
    """Return heliocentric for geocentric Julian dates (UTC): the light travel time added.

    Seen from the center of the Earth, as observatories are not named: wrong by 0.02 s at most.
    """
    position = SkyCoord(float(star["ra_deg"]), float(star["dec_deg"]), unit="deg")  # type: ignore[arg-type]
    finite = np.isfinite(time)
    if finite.any() and np.median(time[finite]) < 1e6:
        raise InputError(
            f"to_heliocentric needs Julian dates, found times about {np.median(time[finite]):.1f}; "
            "add what is missing with light_curves.time_offset_days."
        )
    result = time.copy()
    moment = Time(time[finite], format="jd", scale="utc", location=_GEOCENTER)
    result[finite] += moment.light_travel_time(position, kind="heliocentric").to_value("day")
    return result
