"""What the view of a light curve shows of a star, read from the store. No widgets."""

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.blinding import seen_label
from app.epochs import spectrum_times
from app.photometry import Fold, Photometry, fold, photometry
from app.star_facts import number
from app.state import AppState


def points_of(store: AtlasStore, row: int) -> Photometry | None:
    """The measurements of a star; None without any, and for row -1."""
    light_curve = store.light_curve(row) if row >= 0 else None
    return photometry(light_curve, store.survey.bands) if light_curve else None


def spectrum_epochs(
    store: AtlasStore, row: int, points: Photometry | None
) -> tuple[NDArray[np.float64], list[str]]:
    """When the spectra of a star were taken, in the time of its points, and their dates."""
    spectra = store.spectra(row) if row >= 0 and points is not None else []
    if points is None or not spectra:
        return np.empty(0), []
    star = store.star(row)
    times = spectrum_times(spectra, points, number(star, "ra_deg"), number(star, "dec_deg"))
    return times, [f"MJD {spectrum.time:.3f}" for spectrum in spectra]


def compared_star(
    state: AppState, store: AtlasStore, points: Photometry | None
) -> tuple[Photometry, Fold] | None:
    """The star compared with the one in focus, folded by its own period.

    None where that says nothing: the same star, another quantity than that of `points`, no period.
    """
    row = state.compared
    other = points_of(store, row) if row != state.focus else None
    if other is None or points is None or other.quantity != points.quantity:
        return None
    days = store.period_days(row)
    return (other, fold(other, days, seen_label(state, store, row))) if days > 0 else None
