"""One star's measurements as they are plotted: in the unit each band was measured in.

Bands measured in magnitudes and bands measured in flux cannot share an axis; the quantity with
more points is shown, and the other is named so that the page can say what it leaves out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.curves import time_zero
from app.palette import class_style
from data_pipeline.light_curves import LightCurve, phase_fold
from data_pipeline.schema import Band

JULIAN_OFFSET = 2_450_000.0
"""Subtracted from full Julian dates, so that an axis can be read."""


@dataclass(frozen=True)
class Photometry:
    """Points of one star in one quantity, arrays of shape (n,).

    Attributes
    ----------
    time : float64, days, less `time_offset`
    value, err : float64, in `unit`
    band, camera : str
    is_limit, is_bad : bool
        Upper limits on the brightness; points marked bad by the survey.
    quantity : {"mag", "flux"}
    time_label : str
        What the survey's times count from: "HJD", "HJD − 2450000", "MJD".
    time_offset : float
        Subtracted from them here, so that an axis can be read.
    left_out : int
        Points measured in the other quantity.
    time_scale : str
        "utc", "tdb", ...
    is_residual : bool
        A median was taken away from the values.
    """

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    err: NDArray[np.float64]
    band: NDArray[np.str_]
    camera: NDArray[np.str_]
    is_limit: NDArray[np.bool_]
    is_bad: NDArray[np.bool_]
    quantity: str
    unit: str
    time_label: str
    time_offset: float
    left_out: int
    time_scale: str = ""
    is_residual: bool = False

    def without(self, bands: Collection[str]) -> "Photometry":
        """The points of the other bands; all of them where there is no other band."""
        kept = ~np.isin(self.band, list(bands))
        if kept.all() or not kept.any():
            return self
        names = ("time", "value", "err", "band", "camera", "is_limit", "is_bad")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})

    @property
    def good(self) -> NDArray[np.bool_]:
        """Mask (n,) of detections not marked bad."""
        return ~self.is_limit & ~self.is_bad

    @property
    def value_label(self) -> str:
        """Label of the value axis, with its unit and, for a single band, the band."""
        bands = np.unique(self.band)
        name = bands[0] if len(bands) == 1 else {"mag": "m", "flux": "flux"}[self.quantity]
        name = f"{name} − median" if self.is_residual else str(name)
        return f"{name} [{self.unit}]" if self.unit else name

    @property
    def axis_label(self) -> str:
        """Label of the time axis, e.g. "HJD − 2450000 [d]"."""
        shift = f" − {self.time_offset:.0f}" if self.time_offset else ""
        return f"{self.time_label}{shift} [d]"

    def date_text(self, time: float) -> str:
        """One instant with its reference, e.g. "HJD 2453226.2002"."""
        equals = " =" if "−" in self.time_label or "-" in self.time_label else ""
        return f"{self.time_label}{equals} {time + self.time_offset:.4f}"

    def main_band(self) -> NDArray[np.bool_]:
        """Mask (n,) of the good points of the band that has most of them."""
        names, counts = np.unique(self.band[self.good], return_counts=True)
        return self.good & (self.band == (names[np.argmax(counts)] if len(names) else ""))


def photometry(light_curve: LightCurve, bands: Mapping[str, Band]) -> Photometry | None:
    """Return the points in the native quantity of most of them; None where there is no point."""
    native = np.array([bands[band].native for band in light_curve.band.tolist()], dtype=np.str_)
    in_mag = native == "mag"
    value = np.where(in_mag, light_curve.mag, light_curve.flux).astype(np.float64)
    err = np.where(in_mag, light_curve.mag_err, light_curve.flux_err).astype(np.float64)
    measured = np.isfinite(value)
    if not measured.any():
        return None
    quantity = "mag" if in_mag[measured].sum() * 2 >= measured.sum() else "flux"
    shown = measured & (native == quantity)
    first = bands[str(light_curve.band[shown][0])]
    offset = _offset(light_curve.time[shown], first)
    return Photometry(
        time=light_curve.time[shown] - offset,
        value=value[shown],
        err=np.where(np.isfinite(err[shown]), err[shown], 0.0),
        band=light_curve.band[shown],
        camera=light_curve.camera[shown],
        is_limit=light_curve.is_upper_limit[shown],
        is_bad=light_curve.quality[shown] != 0,
        quantity=quantity,
        unit=first.unit,
        time_label=first.time_reference,
        time_offset=offset,
        left_out=int((measured & ~shown).sum()),
        time_scale=first.time_scale,
    )


def _offset(time: NDArray[np.float64], band: Band) -> float:
    """What to subtract from the times so that an axis can be read; 0 where they are short."""
    is_full_date = band.time_reference in ("JD", "HJD", "BJD")
    return JULIAN_OFFSET if is_full_date and np.median(time) > JULIAN_OFFSET / 2 else 0.0


@dataclass(frozen=True)
class Fold:
    """How a light curve is folded: phase = ((time − zero) / period_days) mod 1."""

    period_days: float
    zero: float
    at_minimum: bool

    def phase(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Phase in [0, 1) of each time."""
        return phase_fold(time, self.period_days, self.zero)


def fold(points: Photometry, period_days: float, class_label: str | None) -> Fold:
    """Fold with phase zero at minimum light for eclipsers, at maximum light for everything else."""
    at_minimum = class_style(class_label).family == "eclipsing"
    main = points.main_band()
    lowest = (points.quantity == "mag") != at_minimum
    zero = time_zero(points.time[main], points.value[main], period_days, lowest)
    return Fold(period_days, zero, at_minimum)
