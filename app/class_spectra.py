"""Median spectra of whole classes, each worked out once."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.curves import mean_spectrum
from app.palette import UNLABELLED

if TYPE_CHECKING:
    from app.atlas_store import AtlasStore

MAX_STARS = 60
MedianSpectrum = tuple[NDArray[np.float64], NDArray[np.float64], int]
"""Wavelength (n,) [Å], flux (n,), stars in it."""


class ClassSpectra:
    """The median spectra of the classes of a store, at rest."""

    def __init__(self, store: "AtlasStore") -> None:
        self._store = store
        self._known: dict[str, MedianSpectrum] = {}

    def is_known(self, label: str) -> bool:
        """Whether it is there at once."""
        return not label or label == UNLABELLED or label in self._known

    def __call__(self, label: str) -> MedianSpectrum:
        """Median spectrum of a class; empty, of no star, where none has one.

        Of at most `MAX_STARS` stars, evenly through the class; tenths of a second at first.
        """
        if label not in self._known:
            store = self._store
            rows = np.flatnonzero(store.of_class(label) & store.has_spectrum)
            if not label or label == UNLABELLED or len(rows) == 0:
                return np.empty(0), np.empty(0), 0
            few = rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_STARS)).astype(int)]
            spectra = [store.best_spectrum(int(row)) for row in few]
            wavelength, flux = mean_spectrum([one for one in spectra if one is not None])
            self._known[label] = wavelength, flux, len(few)
        return self._known[label]
