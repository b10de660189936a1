"""Spectra as model inputs: one per star, averaged in common pixels, over its median flux."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.spectra import Spectrum, resample
from data_pipeline.survey import Survey
from model.encoder_config import SpectraConfig
from model.inputs.arrays import ModalityArrays

REASONS = ("", "no spectrum", "too few good pixels in range", "no positive flux")
VERSION = 3
MIN_GOOD = 0.2  # fraction of the grid
MIN_GOOD_IN_PIXEL = 0.25  # of a pixel's width
SAMPLE_ANGSTROM = 1.0  # pixels are averages over points this close, finer than what is observed
RESIDUAL_STRETCH = 3.0  # lines are a tenth of the continuum: bring them to the level of the rest
CLIP = 50.0  # flux over median; emission lines of Miras stay, cosmic rays do not


def grid(config: SpectraConfig) -> NDArray[np.float64]:
    """Return the middles of the pixels (n_pixels,), Å in vacuum."""
    steps = np.arange(config.n_pixels, dtype=np.float64)
    return config.wavelength_angstrom[0] + config.step_angstrom * steps


def prepare(survey: Survey, config: SpectraConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return the arrays of some rows of a survey.

    Per object `channels` (3, n_pixels), float16, zero where bad: asinh of flux over median, the
    residual from the continuum over the continuum, 1 where good. The star's best spectrum is taken,
    in its rest frame where the velocity is known. Its errors, which say how faint the star appears,
    are left out.
    """
    wavelength = grid(config)
    source_ids = survey.objects["source_id"].to_numpy()[rows]
    stars = [_star(survey.best_spectrum(int(i)), wavelength, config) for i in source_ids]
    channels = [channels.astype(np.float16) for _, channels in stars if channels is not None]
    return ModalityArrays(
        absence=np.array([absence for absence, _ in stars], dtype=np.int8),
        per_object={"channels": np.array(channels, np.float16).reshape(-1, 3, len(wavelength))},
        facts={"reasons": list(REASONS)},
    )


def _star(
    spectrum: Spectrum | None, wavelength: NDArray[np.float64], config: SpectraConfig
) -> tuple[int, NDArray | None]:
    if spectrum is None or not len(spectrum):
        return 1, None
    flux, good = averaged(spectrum.rest_frame(), wavelength, config.step_angstrom)
    if good.mean() < MIN_GOOD:
        return 2, None
    median = float(np.median(flux[good]))
    if not median > 0:
        return 3, None
    scaled = np.where(good, np.clip(flux / median, -CLIP, CLIP), 0.0)
    residual = continuum_residual(scaled, good, config)
    return 0, np.stack([np.arcsinh(scaled), residual, good])


def averaged(
    spectrum: Spectrum, wavelength: NDArray[np.float64], step: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the mean flux of pixels `step` Å wide, and which of them have enough good points.

    Both (n_pixels,); the mean is over the good points, 0 where there are too few.
    """
    n = max(1, round(step / SAMPLE_ANGSTROM))
    within = ((np.arange(n) + 0.5) / n - 0.5) * step  # (n,)
    flux, _, mask = resample(spectrum, (wavelength[:, None] + within).ravel())
    known = (~mask & np.isfinite(flux)).reshape(-1, n)
    total = np.where(known, flux.reshape(-1, n), 0.0).sum(axis=1)
    good = known.mean(axis=1) >= MIN_GOOD_IN_PIXEL
    return np.where(good, total / np.maximum(known.sum(axis=1), 1), 0.0), good


def continuum_residual(
    flux: NDArray[np.float64], good: NDArray[np.bool_], config: SpectraConfig
) -> NDArray[np.float64]:
    """Return (flux − continuum) / continuum (n_pixels,), zero where bad, stretched.

    The continuum is the running mean over the good pixels.
    """
    width = max(1, round(config.continuum_angstrom / config.step_angstrom))
    kernel = np.ones(width)
    weight = np.convolve(good, kernel, "same")
    continuum = np.convolve(flux * good, kernel, "same") / np.maximum(weight, 1)
    residual = (flux - continuum) / (np.abs(continuum) + 0.1)
    return np.where(good, RESIDUAL_STRETCH * np.clip(residual, -3, 3), 0.0)


def resolve(config: SpectraConfig, arrays: ModalityArrays) -> SpectraConfig:
    """Return the config as it is: the grid is fixed."""
    return config


def collate(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: SpectraConfig
) -> dict[str, NDArray]:
    """Return the `channels` of some rows, float32 (n, 3, n_pixels)."""
    return {"channels": arrays.per_object["channels"][arrays.at(rows)].astype(np.float32)}
