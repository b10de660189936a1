"""A map without a model: the survey's own features, standardised, as the vectors of an embedding.

So a survey that nothing was trained on can be opened and looked at. Where it has no feature at all,
the shapes of its spectra stand in, or periods and places on the sky; the map then shows those and
nothing more.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.directories import provenance
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.embeddings import Embeddings

CHECKPOINT = "none: the survey's own features"
_CLIP = 4.0
_BINS = 48
_FAINTEST = 0.01  # of the median flux: noise may be negative


def embed_plain(survey: Survey, path: Path, overwrite: bool = False) -> Embeddings:
    """Write the embedding of a survey that is made of its own numbers.

    Raises `InputError` where the survey has none.
    """
    modality, numbers = _numbers(survey)
    vectors, present = unit_vectors(numbers)
    if not present.any():
        raise InputError(
            f"{survey.name} has neither features nor spectra nor periods nor positions: there is "
            "nothing to make a map of."
        )
    return Embeddings.write(
        path, survey.source_id, {modality: vectors}, {modality: present},
        np.ones(len(survey), dtype=bool), CHECKPOINT, survey.path,
        provenance() | {"absent": {modality: {"no number": int((~present).sum())}}}, overwrite,
    )  # fmt: skip


def _numbers(survey: Survey) -> tuple[str, NDArray[np.float64]]:
    """Return what the survey tells most by, and the modality which that is."""
    if survey.features.notna().any(axis=None):
        return "metadata", survey.features.to_numpy(np.float64)
    if survey.has_spectra.any():
        return "spectra", _shapes(survey)
    return "metadata", _places(survey)


def _shapes(survey: Survey) -> NDArray[np.float64]:
    """Return the best spectrum of each star, (N, `_BINS`): log flux over its median, in bins.

    The bins are even in the logarithm of the wavelength, over what half of the spectra cover.
    """
    spectra = {row: survey.best_spectrum(int(survey.source_id[row]))
               for row in np.flatnonzero(survey.has_spectra)}  # fmt: skip
    good = {
        row: (np.log(one.wavelength[keep]), one.flux[keep].astype(np.float64))
        for row, one in spectra.items()
        if one is not None
        and (keep := (one.mask == 0) & np.isfinite(one.flux) & (one.wavelength > 0)).any()
    }
    shapes = np.full((len(survey), _BINS), np.nan)
    if not good:
        return shapes
    start = float(np.median([wavelength.min() for wavelength, _ in good.values()]))
    stop = float(np.median([wavelength.max() for wavelength, _ in good.values()]))
    edges = np.linspace(start, stop, _BINS + 1)
    for row, (wavelength, flux) in good.items():
        scale = np.median(np.abs(flux)) or 1.0
        place = np.searchsorted(edges, wavelength, side="right") - 1
        inside = (place >= 0) & (place < _BINS)
        n = np.bincount(place[inside], minlength=_BINS)
        total = np.bincount(place[inside], flux[inside] / scale, minlength=_BINS)
        mean = np.divide(total, n, out=np.full(_BINS, np.nan), where=n > 0)
        shapes[row] = np.log(np.maximum(mean, _FAINTEST))
    return shapes


def unit_vectors(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return numbers (N, F) as unit vectors (N, F + 1), and which rows hold any number, (N,).

    Each column is centered on its median, divided by its scatter and clipped; a missing value is at
    the center. The further component keeps the distance from the center, which a unit vector of
    the others alone would lose.
    """
    known = np.isfinite(numbers)
    numbers = numbers[:, known.any(axis=0)]
    known = known[:, known.any(axis=0)]
    present: NDArray[np.bool_] = known.any(axis=1).astype(bool)
    numbers = np.where(known, numbers, np.nan)
    if not present.any():
        return np.zeros((len(numbers), 1), np.float32), present
    center = np.nanmedian(numbers, axis=0)
    low, high = np.nanpercentile(numbers, [16, 84], axis=0)
    spread = np.where(high > low, (high - low) / 2, np.nanstd(numbers, axis=0))
    scaled = np.where(known, (numbers - center) / np.where(spread > 0, spread, 1.0), 0.0)
    scaled = np.clip(scaled, -_CLIP, _CLIP) / np.sqrt(scaled.shape[1])
    whole = np.column_stack([scaled, np.ones(len(scaled))])
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    return np.where(present[:, None], whole, 0.0).astype(np.float32), present


def _places(survey: Survey) -> NDArray[np.float64]:
    """Return log period and direction on the sky, as far as they are known."""
    objects = survey.objects
    nothing = pd.Series(np.nan, objects.index)
    period = objects.get("period_days", nothing).fillna(objects.get("period_catalog_days", nothing))
    ra, dec = (np.radians(objects.get(name, nothing)) for name in ("ra_deg", "dec_deg"))
    sky = (np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec))
    return np.column_stack([np.log10(period.where(period > 0)), *sky])
