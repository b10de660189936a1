"""One observed spectrum, resampling onto another grid, and air against vacuum wavelengths.

Wavelengths are ångströms in vacuum everywhere inside the project; readers convert at the border.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_pipeline.errors import InputError

_ARRAY_DTYPES = {
    "wavelength": np.float64,
    "flux": np.float32,
    "flux_err": np.float32,
    "mask": np.bool_,
}


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Flux against wavelength, with where and when it was taken.

    Parameters
    ----------
    spectrum_id : int
        Unique in the survey.
    wavelength : float64, shape (n,), Å in vacuum, strictly increasing
    flux, flux_err : float32, shape (n,); the error is a standard deviation, NaN where unknown
    mask : bool, shape (n,), True where the pixel is bad
    time : float, MJD of the middle of the exposure, NaN if unknown
    snr : float, signal to noise per pixel
    radial_velocity_km_s : float, NaN if unknown
    frame : str, the velocity frame of the wavelengths ("heliocentric", "barycentric", "rest", "")
    resolution : float, λ/Δλ, NaN if unknown
    instrument : str
    """

    spectrum_id: int
    wavelength: NDArray[np.floating]
    flux: NDArray[np.floating]
    flux_err: NDArray[np.floating]
    mask: NDArray[np.bool_]
    time: float = np.nan
    snr: float = np.nan
    radial_velocity_km_s: float = np.nan
    frame: str = ""
    resolution: float = np.nan
    instrument: str = ""

    def __post_init__(self) -> None:
        for name, dtype in _ARRAY_DTYPES.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        shapes = {name: getattr(self, name).shape for name in _ARRAY_DTYPES}
        if any(shape != (len(self.wavelength),) for shape in shapes.values()):
            found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise InputError(f"a spectrum needs arrays of one equal length, found {found}.")
        # NaN fails the comparison too, so this is the check for finite wavelengths as well.
        if not (np.diff(self.wavelength) > 0).all() or not np.isfinite(self.wavelength[:1]).all():
            raise InputError(
                f"spectrum {self.spectrum_id}: wavelengths must be finite and strictly increasing. "
                "Sort the pixels and drop repeated ones."
            )

    def __len__(self) -> int:
        return len(self.wavelength)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Mask (n,) of the usable pixels: not masked, finite flux."""
        return ~self.mask & np.isfinite(self.flux)

    def rest_frame(self) -> "Spectrum":
        """Return the spectrum with its radial velocity taken out of the wavelengths."""
        if self.frame == "rest" or not np.isfinite(self.radial_velocity_km_s):
            return self
        shifted = self.wavelength / (1.0 + self.radial_velocity_km_s / SPEED_OF_LIGHT_KM_S)
        return replace(self, wavelength=shifted, frame="rest")


SPEED_OF_LIGHT_KM_S = 299792.458


def resample(spectrum: Spectrum, grid: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    """Resample onto `grid` by linear interpolation over good pixels.

    Parameters
    ----------
    spectrum : Spectrum
    grid : array_like, shape (m,), Å in vacuum, increasing

    Returns
    -------
    flux, flux_err : ndarray of float32, shape (m,)
        NaN outside the observed range and inside gaps.
    mask : ndarray of bool, shape (m,)
        True where no value could be given: outside the range, or where either neighboring pixel
        is bad.
    """
    grid = np.asarray(grid, dtype=np.float64)
    if len(spectrum) == 0:
        empty = np.full(len(grid), np.nan, dtype=np.float32)
        return empty, empty.copy(), np.ones(len(grid), dtype=bool)
    wavelength = spectrum.wavelength
    badness = np.interp(grid, wavelength, (~spectrum.good).astype(np.float64))
    outside = (grid < wavelength[0]) | (grid > wavelength[-1])
    mask = outside | (badness > 0)
    flux = np.interp(grid, wavelength, np.where(spectrum.good, spectrum.flux, 0.0))
    flux_err = np.interp(grid, wavelength, spectrum.flux_err)
    flux, flux_err = np.where(mask, np.nan, flux), np.where(mask, np.nan, flux_err)
    return flux.astype(np.float32), flux_err.astype(np.float32), mask


def refractive_index(vacuum_angstrom: ArrayLike) -> NDArray[np.float64]:
    """Return the refractive index of standard air (Ciddor 1996, as used by VALD and SDSS)."""
    inverse_square = (1e4 / np.asarray(vacuum_angstrom, dtype=np.float64)) ** 2  # μm⁻²
    return 1.0 + 0.05792105 / (238.0185 - inverse_square) + 0.00167917 / (57.362 - inverse_square)


def vacuum_to_air(vacuum_angstrom: ArrayLike) -> NDArray[np.float64]:
    """Convert wavelengths in vacuum to standard air, both in Å."""
    return np.asarray(vacuum_angstrom, dtype=np.float64) / refractive_index(vacuum_angstrom)


def air_to_vacuum(air_angstrom: ArrayLike) -> NDArray[np.float64]:
    """Convert wavelengths in standard air to vacuum, both in Å (inverse of `vacuum_to_air`)."""
    air = np.asarray(air_angstrom, dtype=np.float64)
    vacuum = air
    for _ in range(3):  # the index changes so slowly that three steps reach machine precision
        vacuum = air * refractive_index(vacuum)
    return vacuum
