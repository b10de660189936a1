"""The atlas as the page needs it: arrays per star, ready to draw, search and rank. No widgets.

One store serves every session of a process and is read-only. Rows are those of the atlas; ids
appear only where a person or a file gives one.
"""

from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.class_spectra import ClassSpectra
from app.coloring import Coloring, color_stars, numbers_of, text_column
from app.colorings import Colorings
from app.diagrams import Diagram, column_pair, make_diagrams, number, period_days
from app.finding import Finder, Match
from app.flag_lists import FlagLists
from app.palette import UNLABELLED, ClassStyle
from app.picking import PointIndex
from app.verdicts.book import VerdictBook
from app.verdicts.log import VerdictLog
from app.worker import EmbeddingWorker
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Column
from data_pipeline.spectra import Spectrum
from model.analysis.flags import Evidence
from model.atlas import Atlas

MODALITY_NAMES = {
    "fused": "all data",
    "photometry": "light curve",
    "spectra": "spectrum",
    "metadata": "catalogue",
}
_RANKED_AT_ONCE = 100_000
_LACKS = {
    "colors": "This survey has no colours",
    "parallaxes": "This survey has no parallaxes",
    "spectra": "This survey has no spectra",
    "photometry": "This survey has no light curves",
    "classes": "This survey has no classes",
    "periods": "This survey has no periods",
}


class AtlasStore:
    """Everything the views read about the stars of one atlas.

    Attributes
    ----------
    atlas : Atlas
    objects : DataFrame
        One row per star, atlas order.
    n : int
    classes : list of str
        Distinct class labels by family; "unlabelled" last where there are such stars.
    class_code : ndarray of int16, shape (N,)
        Place of each star's class in `classes`.
    """

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self.survey = atlas.survey
        self.objects: pd.DataFrame = atlas.objects
        self.n = len(self.objects)
        self.source_id: NDArray[np.int64] = self.objects["source_id"].to_numpy(np.int64)
        self.labels = text_column(self.objects, "class_label")
        self.by_class = color_stars(self.objects, "class_label")
        self.classes = self.by_class.labels
        self.class_code = self.by_class.code
        self.periods_days = period_days(self.objects)
        self.has_light_curve = self._in_atlas_order(self.survey.has_photometry)
        self.has_spectrum = self._in_atlas_order(self.survey.has_spectra)
        self.light_curve = lru_cache(maxsize=512)(self._light_curve)
        self.star = lru_cache(maxsize=64)(self._star)
        self.class_spectrum = ClassSpectra(self)
        self.colorings = Colorings(self)
        self.points = lru_cache(maxsize=16)(self._points)
        self.diagram = lru_cache(maxsize=32)(self._diagram)
        self.missing = lru_cache(maxsize=None)(self._missing)
        self.flags = FlagLists(self)
        self.mean_vector = lru_cache(maxsize=16)(atlas.embeddings.mean)

    def __len__(self) -> int:
        return self.n

    @property
    def modalities(self) -> tuple[str, ...]:
        """Embeddings that have a map, the fused one first."""
        own = [name for name in self.atlas.modalities if name != "fused"]
        return ("fused", *own)

    @property
    def class_styles(self) -> list[ClassStyle]:
        """Colour, marker and name of each of `classes`."""
        return self.by_class.styles

    @property
    def class_counts(self) -> NDArray[np.int64]:
        """Number of stars of each of `classes`."""
        return self.by_class.counts

    def coloring(self, column: str) -> Coloring:
        """Colours of the stars by a column; those by verdict follow the log."""
        return self.colorings(column)

    @cached_property
    def filled_columns(self) -> dict[str, Column]:
        """The columns that any star has a value in: what the survey does not know is left out."""
        objects = self.objects
        return {
            name: column
            for name, column in self.atlas.columns.items()
            if name in objects
            and (objects[name].iloc[:1000].notna().any() or objects[name].notna().any())
        }

    @cached_property
    def number_columns(self) -> dict[str, str]:
        """Columns of numbers and their names with units, for the axes of a diagram."""
        return numbers_of(self.objects, self.atlas.columns)

    @cached_property
    def unseen_classes(self) -> list[str]:
        """Classes of which the model saw no star while it learned."""
        seen = np.unique(self.class_code[self.atlas.embeddings.train_mask])
        if not len(seen):
            return []
        return [
            label
            for code, label in enumerate(self.classes)
            if code not in seen and label != UNLABELLED
        ]

    def names(self, rows: NDArray[np.integer]) -> NDArray[np.object_]:
        """Names (n,) of stars as their catalogue gave them, or their ids as text."""
        names = self.source_id[rows].astype(str).astype(object)
        for column in ("original_id", "name"):
            if column in self.objects:
                given = self.objects[column].iloc[rows].astype(object)
                names = np.where(given.notna() & (given != ""), given, names)
        return names

    def name(self, row: int) -> str:
        """Name of one star."""
        return str(self.names(np.array([row]))[0])

    def of_class(self, label: str) -> NDArray[np.bool_]:
        """Which stars (N,) the catalogue gives a class, or none with "unlabelled"."""
        found = self.classes.index(label) if label in self.classes else -1
        return self.class_code == found

    def label(self, row: int) -> str:
        """Class of a star as its catalogue gave it, or "unlabelled"."""
        return str(self.labels[row])

    def row(self, source_id: int) -> int:
        """Row of a source_id, or -1."""
        return self.finder.by_id(source_id)

    def xy(self, modality: str) -> NDArray[np.float64]:
        """Position of every star on a map, shape (N, 2); NaN where it has no place there."""
        columns = [f"x_{modality}", f"y_{modality}"]
        return self.objects[columns].to_numpy(np.float64)

    @cached_property
    def diagrams(self) -> dict[str, Diagram]:
        """What can stand beside the map, best first; empty when the survey has no numbers."""
        return make_diagrams(self.objects, self.survey.bands, self.atlas.columns)

    def _diagram(self, key: str) -> Diagram | None:
        """A diagram by its key, one of any two columns among them ("xy:<x>~<y>"), or None."""
        return self.diagrams.get(key) or column_pair(self.objects, self.atlas.columns, key)

    @property
    def cmd(self) -> Diagram | None:
        """Colour against absolute magnitude, or None without colours or parallaxes."""
        return self.diagrams.get("color-magnitude")

    def _points(self, view: str) -> PointIndex:
        """Searchable points of "map:<modality>" or "diagram:<key>"."""
        kind, _, key = view.partition(":")
        if kind == "map" and key in self.modalities:
            return PointIndex(self.xy(key))
        if kind == "diagram" and (diagram := self.diagram(key)) is not None:
            return PointIndex(np.column_stack([diagram.x, diagram.y]))
        raise KeyError(f"this atlas has no view {view!r}")

    def _missing(self, what: str) -> str:
        """Sentence that says the survey lacks something, empty where it has it.

        Parameters
        ----------
        what : "colors", "parallaxes", "spectra", "photometry", "classes" or "periods"
        """
        present = {
            "colors": any(key.endswith("color-magnitude") for key in self.diagrams),
            "parallaxes": number(self.objects, "parallax") is not None,
            "spectra": self.has_spectrum.any(),
            "photometry": self.has_light_curve.any(),
            "classes": self.classes != [UNLABELLED],
            "periods": np.isfinite(self.periods_days).any(),
        }
        return "" if present[what] else _LACKS[what]

    def _star(self, row: int) -> pd.Series:
        """Row of the objects table, of all columns."""
        return self.objects.iloc[row]

    def _light_curve(self, row: int) -> LightCurve | None:
        """Light curve of a star in all its bands, or None."""
        return self.survey.light_curve(int(self.source_id[row]))

    def spectra(self, row: int) -> list[Spectrum]:
        """All spectra of a star."""
        return self.survey.spectra(int(self.source_id[row]))

    def external(self, row: int) -> pd.DataFrame:
        """What other catalogues say about a star: one row each, nearest on the sky first."""
        table = self.survey.external
        of_star = table[table["source_id"] == self.source_id[row]]
        return of_star.sort_values("separation_arcsec", kind="stable")

    def best_spectrum(self, row: int) -> Spectrum | None:
        """Spectrum of a star with the highest signal to noise, or None."""
        return self.survey.best_spectrum(int(self.source_id[row]))

    def period_days(self, row: int) -> float:
        """Our period, else the catalogue's [d]; NaN where there is neither."""
        return float(self.periods_days[row])

    def neighbors(self, row: int, modality: str, k: int = 20) -> pd.DataFrame:
        """Nearest stars in an embedding: columns source_id, row, similarity; empty if absent."""
        return self.atlas.neighbors(int(self.source_id[row]), modality, k)

    @cached_property
    def finder(self) -> Finder:
        """Search by id, name and coordinates."""
        return Finder(self.objects)

    def find(self, text: str) -> Match:
        """Find a star by id, name or coordinates (degrees or sexagesimal)."""
        return self.finder.find(text)

    @cached_property
    def worker(self) -> EmbeddingWorker:
        """The process that embeds what people upload; it starts when it is first asked."""
        return EmbeddingWorker(self.atlas.path)

    @cached_property
    def verdicts(self) -> VerdictBook:
        """What people think of the stars; kept with the process unless a log was set."""
        return VerdictBook(VerdictLog())

    @cached_property
    def evidence(self) -> Evidence:
        """What speaks for and against each star's label."""
        return Evidence(self.objects, self.atlas.modalities, self.survey.external)

    @cached_property
    def opening_row(self) -> int:
        """The star to begin with: the most suspicious of those of which most is known."""
        known = self.has_light_curve.astype(int) + self.has_spectrum
        best = np.flatnonzero(known == known.max())
        if self.n <= _RANKED_AT_ONCE:
            suspicion = self.evidence.suspicion[best]
        else:  # among some of them: nobody should wait for the ranks of millions
            best = best[:: -(-len(best) // _RANKED_AT_ONCE)]
            suspicion = Evidence(self.objects.iloc[best], self.atlas.modalities).suspicion
        return int(best[np.nan_to_num(suspicion, nan=-1).argmax()])

    def _in_atlas_order(self, of_survey: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if np.array_equal(self.source_id, self.survey.source_id):
            return of_survey
        return of_survey[self.survey.rows(self.source_id)]
