"""Box search for eclipses too narrow for a dozen harmonics.

A comb of 16 harmonics shortlists the frequencies; astropy's box least squares then measures depth,
width and phase in a fine grid about each, in which bands share the eclipse's time.
"""

import numpy as np
from astropy.timeseries import BoxLeastSquares
from numpy.typing import NDArray

from data_pipeline.periods.prepare import detrended, stacked
from data_pipeline.periods.scoring import Fit, prior
from data_pipeline.periods.types import Prepared

_WIDTHS = np.array([0.015, 0.03, 0.06])  # of the period
_OFFSETS = np.linspace(-0.12, 0.12, 25)  # of 1/span
_N_PARAMETERS = 4  # depth, width, phase, offset; the frequency is counted in every kind of fit


def fit_boxes(
    prepared: Prepared, frequency: NDArray[np.float64], n_independent: float
) -> list[Fit]:
    """Fit a box-shaped eclipse at each frequency (c/d), shape (c,); best first."""
    if len(frequency) == 0:
        return []
    spread = [np.sqrt(band.weight @ detrended(band) ** 2) for band in prepared.bands]
    curve = stacked(prepared, np.array(spread))
    # the search takes dips for downward, and values here grow as the star fades
    search = BoxLeastSquares(curve.time, -curve.value, dy=curve.weight**-0.5)
    total = float(curve.weight @ curve.value**2)
    fits = [_fit(search, f, total, prepared, n_independent) for f in frequency]
    return sorted(fits, key=lambda fit: fit.score)


def _fit(
    search: BoxLeastSquares,
    frequency: float,
    total: float,
    prepared: Prepared,
    n_independent: float,
) -> Fit:
    trial = frequency + _OFFSETS / prepared.span
    found = search.power(
        1 / trial, _WIDTHS / frequency, method="fast", objective="likelihood", oversample=5
    )
    best = int(np.argmax(found.log_likelihood))
    explained = _explained(float(found.power[best]), float(found.depth[best])) / total
    misfit = prepared.n * np.log(max(1 - explained, 1e-6))
    score = misfit * n_independent / prepared.n + _N_PARAMETERS * np.log(n_independent)
    score += float(prior(trial[best : best + 1], prepared.span)[0])
    return Fit(float(trial[best]), 2, misfit, score, "box")


def _explained(log_likelihood: float, depth: float) -> float:
    """Return by how much a box lowers the weighted residual, its two levels both free.

    astropy's likelihood is half the weight inside the box times the depth squared.
    """
    if depth <= 0:
        return 0.0
    inside = 2 * log_likelihood / depth**2
    return inside * (1 - inside) * depth**2
