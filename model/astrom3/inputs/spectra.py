"""Spectra as the paper scales them: without masks or velocity, inverse variance beside flux."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey
from model.astrom3.encoder_config import GalSpecNetConfig
from model.astrom3.preprocess import WAVELENGTH_GRID, spectrum_input
from model.inputs.arrays import ModalityArrays

REASONS = ("", "no spectrum", "no finite flux", "flux without spread, as of an empty one")
VERSION = 1


def prepare(survey: Survey, config: GalSpecNetConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return per object `pixels` (2, 2575: flux, inverse variance; scaled) and `log_mad`."""
    stars = [_spectrum(survey.best_spectrum(int(i))) for i in survey.source_id[rows]]
    channels = np.array([s for _, s in stars if s is not None], np.float32)
    channels = channels.reshape(-1, 3, len(WAVELENGTH_GRID))
    return ModalityArrays(
        absence=np.array([absence for absence, _ in stars], np.int8),
        per_object={"pixels": channels[:, :2], "log_mad": channels[:, 2, 0]},
        facts={"reasons": list(REASONS)},
    )


def _spectrum(spectrum: Spectrum | None) -> tuple[int, NDArray[np.float32] | None]:
    if spectrum is None or not len(spectrum):
        return 1, None
    known = np.isfinite(spectrum.flux)  # the paper looks at no mask, and so at every pixel
    if not known.any():
        return 2, None
    error = np.asarray(spectrum.flux_err, np.float64)
    usable = np.isfinite(error) & (error > 0)
    inverse_variance = np.where(usable, 1 / np.where(usable, error, 1.0) ** 2, 0.0)
    columns = np.stack([spectrum.wavelength, spectrum.flux, inverse_variance], axis=1)
    try:
        return 0, spectrum_input(columns[known])
    except InputError:
        return 3, None


def resolve(config: GalSpecNetConfig, arrays: ModalityArrays) -> GalSpecNetConfig:
    """Return the config as it is: the grid is fixed."""
    return config


def collate(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: GalSpecNetConfig
) -> dict[str, NDArray]:
    """Return the `spectra` (n, 3, 2575) of some rows."""
    at = arrays.at(rows)
    spectra = np.empty((len(rows), 3, len(WAVELENGTH_GRID)), np.float32)
    spectra[:, :2] = arrays.per_object["pixels"][at]
    spectra[:, 2] = arrays.per_object["log_mad"][at][:, None]
    return {"spectra": spectra}
