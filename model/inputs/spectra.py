"""Spectra as model inputs: one per star, on a common grid, over its median flux."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.spectra import Spectrum, resample
from data_pipeline.survey import Survey
from model.config import SpectraConfig
from model.inputs.arrays import ModalityArrays

REASONS = ("", "no spectrum", "too few good pixels in range", "no positive flux")
VERSION = 1
MIN_GOOD = 0.2  # fraction of the grid
CLIP = 50.0  # flux over median; emission lines of Miras stay, cosmic rays do not


def grid(config: SpectraConfig) -> NDArray[np.float64]:
    """Return the wavelengths (n_pixels,), Å in vacuum."""
    return config.wavelength_angstrom[0] + config.step_angstrom * np.arange(config.n_pixels)


def prepare(survey: Survey, config: SpectraConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return the arrays of some rows of a survey.

    Per object: `flux` (n_pixels) over the median of its good pixels and `flux_err` likewise, both
    float16 and zero where bad, and `good` (n_pixels). The star's best spectrum is taken, in its
    rest frame where the velocity is known.
    """
    wavelength = grid(config)
    source_ids = survey.objects["source_id"].to_numpy()[rows]
    absence = np.zeros(len(rows), np.int8)
    flux = np.zeros((len(rows), len(wavelength)), np.float16)
    flux_err = np.zeros_like(flux)
    good = np.zeros(flux.shape, bool)
    for i, source_id in enumerate(source_ids):
        spectrum = survey.best_spectrum(int(source_id))
        absence[i], flux[i], flux_err[i], good[i] = _star(spectrum, wavelength)
    return ModalityArrays(
        absence=absence,
        n_points=np.zeros(len(rows), np.int64),
        per_object={"flux": flux, "flux_err": flux_err, "good": good},
        facts={"reasons": list(REASONS)},
    )


def _star(
    spectrum: Spectrum | None, wavelength: NDArray[np.float64]
) -> tuple[int, NDArray, NDArray, NDArray]:
    nothing = np.zeros(len(wavelength))
    if spectrum is None or not len(spectrum):
        return 1, nothing, nothing, nothing
    flux, flux_err, mask = resample(spectrum.rest_frame(), wavelength)
    good = ~mask & np.isfinite(flux)
    if good.mean() < MIN_GOOD:
        return 2, nothing, nothing, nothing
    median = float(np.median(flux[good]))
    if not median > 0:
        return 3, nothing, nothing, nothing
    error = np.where(np.isfinite(flux_err) & (flux_err > 0), flux_err, 0.0)
    scaled = np.where(good, np.clip(flux / median, -CLIP, CLIP), 0.0)
    return 0, scaled, np.where(good, np.clip(error / median, 0, CLIP), 0.0), good


def resolve(config: SpectraConfig, arrays: ModalityArrays) -> SpectraConfig:
    """Return the config as it is: the grid is fixed."""
    return config


def collate(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: SpectraConfig
) -> dict[str, NDArray]:
    """Return `flux`, `flux_err` (float32) and `good` of some rows, each (n, n_pixels)."""
    flux, flux_err = (arrays.per_object[name][rows] for name in ("flux", "flux_err"))
    return {
        "flux": flux.astype(np.float32),
        "flux_err": flux_err.astype(np.float32),
        "good": arrays.per_object["good"][rows],
    }
