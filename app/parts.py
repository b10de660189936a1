"""The parts of one class: who belongs to which, and what the parts look like. No widgets.

Clustering itself is `model.analysis.clusters.subclusters`; here its input is chosen and each part
is summed up by the median of its folded light curves and of its spectra.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.curves import mean_spectrum, median_folded
from app.palette import class_style
from app.photometry import photometry
from model.analysis.clusters import NOISE, subclusters

MAX_CURVES, MAX_SPECTRA = 120, 60
"""Stars of a part whose light curves and spectra are looked at, evenly through the part."""

COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
NOISE_COLOR = "#8b93a1"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ClusterChoice:
    """What is cut, in which data and how; `eps` 0 is automatic."""

    label: str
    modality: str = "fused"
    space: Literal["map", "embedding"] = "map"
    method: Literal["dbscan", "hdbscan"] = "dbscan"
    eps: float = 0.0
    min_samples: int = 5


@dataclass(frozen=True)
class Part:
    """One part of a class: its rows, and the median of its light curves and spectra.

    Attributes
    ----------
    number : int
        0 for the largest, -1 for the stars in none.
    rows : int array (n,)
    phase, curve : arrays (P,) and (3, P)
        16 %, 50 %, 84 % of the folded light curves about their medians.
    n_curves, n_spectra : int
        How many stars those medians are of.
    wavelength, flux : arrays (W,)
        Median spectrum, each spectrum over its own median; empty where there is none.
    """

    number: int
    rows: NDArray[np.int64]
    phase: Floats
    curve: Floats
    n_curves: int
    wavelength: Floats
    flux: Floats
    n_spectra: int

    @property
    def name(self) -> str:
        """A, B, C ... by size; "rest" for the stars in no part."""
        return "rest" if self.number == NOISE else chr(ord("A") + self.number % 26)

    @property
    def color(self) -> str:
        """Colour of the part in every plot."""
        return NOISE_COLOR if self.number == NOISE else COLORS[self.number % len(COLORS)]


@dataclass(frozen=True)
class Partition:
    """The parts of a class, largest first, the rest last, and the parameters used."""

    choice: ClusterChoice
    parts: list[Part]
    params: dict[str, Any]


def members(store: AtlasStore, label: str, modality: str) -> NDArray[np.int64]:
    """Rows of the stars of a class that have a place in an embedding."""
    return np.flatnonzero((store.labels == label) & store.atlas.present(modality))


def cut(store: AtlasStore, choice: ClusterChoice) -> Partition:
    """Cluster one class and sum up its parts; seconds for a large class, so not on the page's loop.

    Parameters
    ----------
    store : AtlasStore
    choice : ClusterChoice
    """
    rows = members(store, choice.label, choice.modality)
    if len(rows) == 0:
        return Partition(choice, [], {})
    on_map = choice.space == "map"
    points = store.xy(choice.modality) if on_map else store.atlas.vectors(choice.modality)
    found = subclusters(
        np.asarray(points[rows], dtype=np.float64),
        method=choice.method,
        eps=choice.eps or None,
        min_samples=choice.min_samples,
    )
    numbers = found.summary["part"].tolist()
    parts = [summed_up(store, number, rows[found.part == number]) for number in numbers]
    return Partition(choice, parts, found.params)


def summed_up(store: AtlasStore, number: int, rows: NDArray[np.int64]) -> Part:
    """Median light curve and spectrum of some stars."""
    lowest, curves = _curves(store, _evenly(rows[store.has_light_curve[rows]], MAX_CURVES))
    phase, curve, n_curves = median_folded(curves, lowest)
    with_spectrum = _evenly(rows[store.has_spectrum[rows]], MAX_SPECTRA)
    spectra = [store.best_spectrum(int(row)) for row in with_spectrum]
    wavelength, flux = mean_spectrum([spectrum for spectrum in spectra if spectrum is not None])
    return Part(number, rows, phase, curve, n_curves, wavelength, flux, len(with_spectrum))


def _curves(
    store: AtlasStore, rows: NDArray[np.int64]
) -> tuple[bool, list[tuple[Floats, Floats, float]]]:
    """Good points of the main band of each star, and which extremum to align: brightest, faintest.

    One quantity only: where magnitudes and fluxes are mixed, the first star decides.
    """
    curves, quantity, lowest = [], "", True
    for row in rows.tolist():
        light_curve = store.survey.light_curve(int(store.source_id[row]))
        points = photometry(light_curve, store.survey.bands) if light_curve is not None else None
        if points is None or (quantity and points.quantity != quantity):
            continue
        if not quantity:
            quantity = points.quantity
            eclipsing = class_style(store.label(row)).family == "eclipsing"
            lowest = (quantity == "mag") != eclipsing
        main = points.main_band()
        curves.append((points.time[main], points.value[main], store.period_days(row)))
    return lowest, curves


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
