"""The parts of one class: who belongs to which, and what the parts look like. No widgets.

Clustering itself is `model.analysis.clusters.subclusters`; here its input is chosen and each part
is summed up by the median of its folded light curves and of its spectra.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.curves import median_folded, spread_of_spectra
from app.different import describing
from app.palette import class_style
from app.photometry import photometry
from model.analysis.clusters import NOISE, Told, subclusters
from model.analysis.differences import column_differences
from model.analysis.stability import Stability, part_stability

MIN_STARS = 10
"""Fewer stars are not cut."""
MAX_CALLED = 40
"""Letters of the name of a part."""
N_APART, MAX_P = 4, 0.01
MAX_COMPARED = 2000
MAX_CURVES, MAX_SPECTRA = 120, 60
"""Stars of a part whose light curves and spectra are looked at, evenly through the part."""

COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
NOISE_COLOR = "#8b93a1"

Floats = NDArray[np.float64]


SELECTION = "\n"
"""Stands for the selected stars in place of a class; no class is called so."""


@dataclass(frozen=True)
class ClusterChoice:
    """What is cut, in which data and how; `eps` 0 is automatic."""

    label: str
    modality: str = "fused"
    space: Literal["map", "class_map", "embedding"] = "map"
    method: Literal["dbscan", "hdbscan"] = "dbscan"
    eps: float = 0.0
    min_samples: int = 5
    selected: tuple[int, ...] = ()
    """Rows of the selection, where that is cut."""

    @property
    def what(self) -> str:
        """What is cut, in a word."""
        return "selection" if self.label == SELECTION else self.label


class Apart(NamedTuple):
    """A column that sets a part apart from the other parts."""

    column: str
    auc: float
    """Chance that a star of the part has the larger value."""
    median: float
    others: float
    """Median of the other parts."""


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
    wavelength, flux : arrays (W,) and (3, W)
        16 %, 50 %, 84 % of the spectra over the mean of their median; empty where there is none.
    """

    number: int
    rows: NDArray[np.int64]
    phase: Floats
    curve: Floats
    n_curves: int
    wavelength: Floats
    flux: Floats
    n_spectra: int
    apart_by: tuple["Apart", ...] = ()
    """What sets it apart from the other parts."""
    called: str = ""
    """Name that somebody gave it."""

    @property
    def name(self) -> str:
        """What it is called; else A, B, C ... by size, "rest" for the stars in no part."""
        if self.called:
            return self.called
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
    rows: NDArray[np.int64]
    """Atlas rows of the stars that were cut, shape (n,)."""
    part: NDArray[np.int16]
    """Part of each of them, -1 for none."""


def members(
    store: AtlasStore, label: str, modality: str, selected: Sequence[int] = ()
) -> NDArray[np.int64]:
    """Rows of the stars of a class, or of the selection, that have a place in an embedding."""
    wanted = store.of_class(label)
    if label == SELECTION:
        wanted = np.isin(np.arange(store.n), np.asarray(selected, dtype=np.int64))
    return np.flatnonzero(wanted & store.atlas.present(modality))


def points_of(store: AtlasStore, choice: ClusterChoice) -> NDArray[np.floating]:
    """Where all stars (N, 2 or D) lie in what is cut."""
    match choice.space:
        case "map":
            return store.xy(choice.modality)
        case "class_map":
            columns = [f"class_{axis}_{choice.modality}" for axis in "xy"]
            return store.objects[columns].to_numpy(np.float64)
    return store.atlas.vectors(choice.modality)


def cut(store: AtlasStore, choice: ClusterChoice) -> Partition:
    """Cluster one class and sum up its parts; seconds for a large class, so not on the page's loop.

    Parameters
    ----------
    store : AtlasStore
    choice : ClusterChoice
    """
    partition = divided(store, choice)
    parts = [described(store, partition, part) for part in partition.parts]
    return replace(partition, parts=parts)


def divided(store: AtlasStore, choice: ClusterChoice, told: Told = lambda share: None) -> Partition:
    """Cluster one class; of its parts nothing is known yet but their stars.

    `told` is called with the share done; what it raises ends the work.
    """
    rows = members(store, choice.label, choice.modality, choice.selected)
    points = np.asarray(points_of(store, choice)[rows], dtype=np.float64)
    placed = np.isfinite(points).all(axis=1)
    rows, points = rows[placed], points[placed]
    if len(rows) < MIN_STARS:
        return Partition(choice, [], {}, rows, np.empty(0, dtype=np.int16))
    found = subclusters(
        points, choice.method, choice.eps or None, choice.min_samples, told=told
    )  # fmt: skip
    nothing, nowhere = np.empty(0), np.empty((3, 0))
    parts = [
        Part(number, rows[found.part == number], nothing, nowhere, 0, nothing, nowhere, 0)
        for number in found.summary["part"].tolist()
    ]
    return Partition(choice, parts, found.params, rows, found.part)


def described(store: AtlasStore, partition: Partition, part: Part) -> Part:
    """Sum up one part and tell what sets it apart from the others."""
    whole = summed_up(store, part.number, part.rows)
    member = partition.part == part.number
    return replace(whole, apart_by=_apart_by(store, partition.rows, member))


def stability(store: AtlasStore, partition: Partition) -> Iterator[tuple[float, Stability]]:
    """How well the parts come back on maps with other seeds; seconds for each map.

    Yields the share of the maps that are done, and the agreement over those.
    """
    choice = partition.choice
    vectors = np.asarray(store.atlas.vectors(choice.modality)[partition.rows], dtype=np.float32)
    return part_stability(vectors, partition.part, choice.method, choice.min_samples)


def _apart_by(
    store: AtlasStore, rows: NDArray[np.int64], member: NDArray[np.bool_]
) -> tuple[Apart, ...]:
    """The columns that set some of the rows most apart from the others.

    Of at most `MAX_COMPARED` stars on either side, evenly: that places an AUC to a hundredth.
    """
    inside, others = (_evenly(np.flatnonzero(side), MAX_COMPARED) for side in (member, ~member))
    rows = rows[np.concatenate([inside, others])]
    member = np.arange(len(rows)) < len(inside)
    values = store.objects[describing(store)].iloc[rows].astype(np.float64)
    table = column_differences(values, member, ~member).head(N_APART)
    sure = table[table["p"] < MAX_P]
    medians = [values.loc[side].median() for side in (member, ~member)]
    return tuple(
        Apart(column, auc, *(float(median[column]) for median in medians))
        for column, auc in zip(sure["column"].tolist(), sure["auc"].tolist(), strict=True)
    )


def summed_up(store: AtlasStore, number: int, rows: NDArray[np.int64]) -> Part:
    """Median light curve and spectrum of some stars."""
    lowest, curves = _curves(store, _evenly(rows[store.has_light_curve[rows]], MAX_CURVES))
    phase, curve, n_curves = median_folded(curves, lowest)
    with_spectrum = _evenly(rows[store.has_spectrum[rows]], MAX_SPECTRA)
    spectra = [store.best_spectrum(int(row)) for row in with_spectrum]
    wavelength, flux = spread_of_spectra([one for one in spectra if one is not None])
    if len(wavelength) and (level := float(np.mean(flux[1]))) > 0:
        flux = flux / level  # cool stars have nearly all of theirs in the red
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
        value = points.value[main]
        if quantity == "flux" and is_relative(store):
            median = np.median(value)
            if not median > 0:
                continue
            value = value / median
        curves.append((points.time[main], value, store.period_days(row)))
    return lowest, curves


def is_relative(store: AtlasStore) -> bool:
    """Whether fluxes are compared over their medians, so that bright stars do not outweigh faint.

    Only total fluxes can be: those of a band whose zero point is known, not differences.
    """
    bands = [band for band in store.survey.bands.values() if band.native == "flux"]
    return bool(bands) and all(band.zero_point_jy is not None for band in bands)


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
