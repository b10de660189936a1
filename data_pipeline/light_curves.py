"""A star's light curve, and the pure arithmetic of folding and binning it.

Times are float64 days throughout: a float32 Julian date steps by a quarter of a day. Values are
float32 with NaN where a quantity was not measured. Nothing here reads or writes files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_pipeline.errors import InputError

_DTYPES = {
    "time": np.float64,
    "flux": np.float32,
    "flux_err": np.float32,
    "mag": np.float32,
    "mag_err": np.float32,
    "band": np.str_,
    "camera": np.str_,
    "is_upper_limit": np.bool_,
    "quality": np.int16,
}
_ABSENT: dict[str, ArrayLike] = {
    **dict.fromkeys(("flux", "flux_err", "mag", "mag_err"), np.nan),
    **dict.fromkeys(("band", "camera"), ""),
    "is_upper_limit": False,
    "quality": 0,
}


@dataclass(frozen=True, eq=False)
class LightCurve:
    """Brightness against time: equal-length arrays, one entry per measurement, shape (n,).

    Parameters
    ----------
    time : float64, days in the time scale and reference of the band
    flux, flux_err : float32, in the band's unit; NaN where absent
    mag, mag_err : float32, magnitudes; NaN where absent
    band, camera : str; the camera is "" where unknown
    is_upper_limit : bool, the magnitude is a limit, not a detection
    quality : int16, 0 for a good point, else flags of the source
    """

    time: NDArray[np.floating]
    flux: NDArray[np.floating]
    flux_err: NDArray[np.floating]
    mag: NDArray[np.floating]
    mag_err: NDArray[np.floating]
    band: NDArray[np.str_]
    camera: NDArray[np.str_]
    is_upper_limit: NDArray[np.bool_]
    quality: NDArray[np.integer]

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        lengths = {name: getattr(self, name).shape for name in _DTYPES}
        if any(shape != (len(self.time),) for shape in lengths.values()):
            found = ", ".join(f"{name} {shape}" for name, shape in lengths.items())
            raise InputError(f"a light curve needs arrays of one equal length, found {found}.")
        if not np.isfinite(self.time).all():
            bad = int((~np.isfinite(self.time)).sum())
            raise InputError(
                f"{bad} of {len(self.time)} times are NaN or infinite. "
                "Drop those points; only values may be missing, never times."
            )

    @classmethod
    def from_mag(
        cls,
        time: ArrayLike,
        mag: ArrayLike,
        mag_err: ArrayLike,
        band: ArrayLike = "V",
        **others: ArrayLike,
    ) -> "LightCurve":
        """Make a light curve from magnitudes; see `from_values`."""
        return cls.from_values(time, mag=mag, mag_err=mag_err, band=band, **others)

    @classmethod
    def from_flux(
        cls,
        time: ArrayLike,
        flux: ArrayLike,
        flux_err: ArrayLike,
        band: ArrayLike = "V",
        **others: ArrayLike,
    ) -> "LightCurve":
        """Make a light curve from fluxes; see `from_values`."""
        return cls.from_values(time, flux=flux, flux_err=flux_err, band=band, **others)

    @classmethod
    def from_values(cls, time: ArrayLike, **values: ArrayLike) -> "LightCurve":
        """Make a light curve from any of its columns; the others are NaN, "", False or 0.

        A scalar is repeated for every point.
        """
        time = np.asarray(time, dtype=np.float64)
        given = {**_ABSENT, **values}
        return cls(time=time, **{name: _repeated(given[name], len(time), name) for name in given})

    def __len__(self) -> int:
        return len(self.time)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Mask (n,) of the detections that can be analysed: unflagged, no limit, finite value."""
        measured = np.isfinite(self.mag) | np.isfinite(self.flux)
        return (self.quality == 0) & ~self.is_upper_limit & measured

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands that occur, sorted."""
        return tuple(np.unique(self.band).tolist())

    def select(self, mask: ArrayLike) -> "LightCurve":
        """Return the points picked by a boolean mask (n,) or by indices."""
        mask = np.asarray(mask)
        return LightCurve(**{field.name: getattr(self, field.name)[mask] for field in fields(self)})

    def in_band(self, band: str) -> "LightCurve":
        """Return the points of one band."""
        return self.select(self.band == band)


def _repeated(value: ArrayLike, n: int, name: str) -> NDArray:
    array: NDArray = np.asarray(value, dtype=_DTYPES[name])
    return np.full(n, array) if array.ndim == 0 else array


def join(parts: Sequence[LightCurve]) -> LightCurve:
    """Return the points of several light curves of one star as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in fields(LightCurve)]
    return LightCurve(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})


def phase_fold(time: ArrayLike, period_days: float, t0: float = 0.0) -> NDArray[np.float64]:
    """Return the phase in [0, 1) of each time.

    Parameters
    ----------
    time : array_like, shape (n,), days
    period_days : float, positive
    t0 : float, days
        The time of phase zero.
    """
    if not (np.isfinite(period_days) and period_days > 0):
        raise InputError(f"a period must be a positive number of days, found {period_days!r}.")
    cycles = (np.asarray(time, dtype=np.float64) - t0) / period_days
    phase = cycles - np.floor(cycles)
    return np.where(phase < 1.0, phase, 0.0)  # a tiny negative cycle count rounds up to exactly 1


def bin_phase(
    phase: ArrayLike, value: ArrayLike, n_bins: int, err: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Average a folded light curve in equal phase bins, weighting by 1/err² where errors are given.

    Returns
    -------
    mean : ndarray, shape (n_bins,), NaN in empty bins
    mean_err : ndarray, shape (n_bins,)
        From the errors where given, else the scatter in the bin over the square root of its count
        (NaN below two points).
    count : ndarray of int, shape (n_bins,)
    """
    phases, values = np.asarray(phase, np.float64), np.asarray(value, np.float64)
    weight = np.ones_like(values) if err is None else np.asarray(err, np.float64) ** -2.0
    use = np.isfinite(phases) & np.isfinite(values) & np.isfinite(weight)
    phases, values, weight = phases[use], values[use], weight[use]
    index = np.floor((phases % 1.0) * n_bins).astype(np.int64) % n_bins

    count = np.bincount(index, minlength=n_bins)
    total = np.bincount(index, weight, n_bins)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(index, weight * values, n_bins) / total
        if err is not None:
            mean_err = np.where(count > 0, total**-0.5, np.nan)
        else:
            scatter = np.bincount(index, (values - mean[index]) ** 2, n_bins) / (count - 1)
            mean_err = np.where(count > 1, np.sqrt(scatter / count), np.nan)
    return mean, mean_err, count
