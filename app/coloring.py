"""What the colours of the maps stand for: classes, or any column of numbers.

Either way a star has a code, and a code has a colour, a marker and a label, so that maps and legend
need not know which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from bokeh.palettes import viridis
from numpy.typing import NDArray

from app.derived import is_slow
from app.diagrams import number
from app.formats import unit_text
from app.palette import UNLABELLED, ClassStyle, class_style, order_classes
from data_pipeline.schema import Column
from model.analysis.labels import shared_texts

_N_STEPS = 12
_ENOUGH = 10_000
_LOGARITHMIC = ("period", "amplitude", "parallax_over_error")
ONE_COLOR = "none"
"""Stands for a column: nothing is told about the stars but where they are."""
_STAR = "#6f87b5"
CLASS_COLUMNS = {
    "class_label": "Class (catalogue)",
    "vote_class_fused": "Class by neighbours",
    "predicted_class": "Class by classifier",
}
LABEL_COLUMNS = (*CLASS_COLUMNS, "external_class", "verdict", "flag", "part", "modalities")
PLAIN_COLUMNS = ("verdict", "flag", "part", "modalities")
"""Columns of labels that are no classes of variable stars."""
_PLAIN = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#882255", "#ddaa77")
_MARKERS = ("circle", "square", "triangle", "diamond", "hex", "star", "inverted_triangle")
_NOTHING = "#9aa1aa"
NO_VALUE = "none"
_QUIET = {UNLABELLED: "nothing known", "not flagged": "not flagged"}
NUMBER_COLUMNS = {
    "period_days": "Period [d]",
    "lc_amplitude": "Amplitude [mag]",
    "bp_rp": "BP − RP [mag]",
    "centroid_percentile_fused": "Distance from class centre [%]",
    "dbscan_cluster": "Cluster on the map",
}
"""Numbers that come first; any other column of numbers may be chosen too."""
GROUPS = ("Classes", "Numbers", "All columns of numbers")


@dataclass(frozen=True, eq=False)
class Coloring:
    """A colour and a marker for every star.

    Attributes
    ----------
    column, title : str
    styles : list of ClassStyle
        One per code, in legend order.
    code : ndarray of int16, shape (N,)
    is_scale : bool
        The codes are steps of a scale, not classes.
    """

    column: str
    title: str
    styles: list[ClassStyle]
    code: NDArray[np.int16]
    is_scale: bool = False

    @property
    def labels(self) -> list[str]:
        """Label of each code."""
        return [style.label for style in self.styles]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Stars of each code."""
        return np.bincount(self.code, minlength=len(self.styles))


def available(
    objects: pd.DataFrame,
    columns: Mapping[str, Column] | None = None,
    derived: Mapping[str, str] | None = None,
) -> dict[str, dict[str, str]]:
    """Columns that the maps can be coloured by, with their titles, in groups.

    Parameters
    ----------
    objects : DataFrame
    columns : mapping of str to Column, optional
        Units and descriptions of any other columns of numbers.
    derived : mapping of str to str, optional
        Columns made when they are asked for, with their titles.
    """
    more = dict(derived or {})
    classes = {
        column: title
        for column, title in CLASS_COLUMNS.items()
        if column == "class_label" or (column in objects and objects[column].notna().any())
    }
    numbers = {
        column: title
        for column, title in NUMBER_COLUMNS.items()
        if number(objects, column) is not None
    }
    numbers |= {key: title for key, title in more.items() if is_slow(key)}
    every = numbers_of(objects, columns or {})
    others = {name: title for name, title in every.items() if name not in numbers}
    classes |= {key: title for key, title in more.items() if not is_slow(key)}
    classes[ONE_COLOR] = "One colour"
    found = dict(zip(GROUPS, (classes, numbers, others), strict=True))
    return {group: choices for group, choices in found.items() if choices}


def numbers_of(objects: pd.DataFrame, columns: Mapping[str, Column]) -> dict[str, str]:
    """Columns of numbers, by name, with their units."""
    return {
        name: f"{name} [{unit_text(column.unit)}]" if column.unit else name
        for name, column in sorted(columns.items())
        if column.role != "id" and is_number(objects, name)
    }


def is_number(objects: pd.DataFrame, name: str) -> bool:
    """Whether a column holds numbers that differ."""
    if name not in objects or not pd.api.types.is_numeric_dtype(objects[name].dtype):
        return False
    values = objects[name]  # looked through as a whole only where it must be
    return _differ(values[:_ENOUGH]) or _differ(values)


def _differ(column: pd.Series) -> bool:
    values = column.to_numpy(np.float64, na_value=np.nan)
    known = values[np.isfinite(values)]
    return bool(len(known)) and bool(known.min() < known.max())


def color_stars(objects: pd.DataFrame, column: str, title: str = "") -> Coloring:
    """Colour the stars by one of the `available` columns."""
    if column == ONE_COLOR:
        star = ClassStyle("stars", "", _STAR, "circle", "all stars")
        return Coloring(column, "One colour", [star], np.zeros(len(objects), dtype=np.int16))
    if column not in LABEL_COLUMNS and number(objects, column) is not None:
        return _by_number(objects, column, NUMBER_COLUMNS.get(column, title or column))
    labels = text_column(objects, column)
    is_plain = column in PLAIN_COLUMNS
    found = sorted(set(labels), key=lambda label: (label == UNLABELLED, label))
    classes = found if is_plain else order_classes(labels)
    code = pd.Categorical(labels, categories=classes).codes.astype(np.int16)
    title = CLASS_COLUMNS.get(column, title or column)
    styles = plain_styles(classes) if is_plain else [class_style(label) for label in classes]
    return Coloring(column, title, styles, code)


def plain_styles(labels: list[str]) -> list[ClassStyle]:
    """Colours that keep apart (after Tol's "bright" scheme) for labels that are no classes."""
    return [
        ClassStyle(label, "plain", _NOTHING if label in _QUIET else _PLAIN[place % len(_PLAIN)],
                   _MARKERS[place % len(_MARKERS)], _QUIET.get(label, label))
        for place, label in enumerate(labels)
    ]  # fmt: skip


def text_column(objects: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """A column of class names, "unlabelled" where there is none, shape (N,)."""
    if column not in objects:
        return np.full(len(objects), UNLABELLED, dtype=object)
    return shared_texts(objects[column], UNLABELLED)


def _texts(values: NDArray[np.float64]) -> list[str]:
    """Numbers with as many digits as it takes to tell them apart, three at least."""
    for digits in range(3, 17):
        texts = [f"{value:.{digits}g}" for value in values]
        if len(set(texts)) == len(texts):
            break
    return texts


def is_logarithmic(column: str) -> bool:
    """Whether a column spans decades and is looked at by its logarithm."""
    return any(word in column for word in _LOGARITHMIC) and not column.startswith("lc_log")


def _by_number(objects: pd.DataFrame, column: str, title: str) -> Coloring:
    """Equal steps between the 1st and the 99th percentile; stars without a value are grey."""
    values = number(objects, column)
    assert values is not None
    values = np.where(np.isfinite(values), values, np.nan)
    logarithmic = is_logarithmic(column) and np.nanmin(values) > 0
    scaled = np.log10(values) if logarithmic else values
    low, high = np.nanpercentile(scaled, [1, 99])
    if not low < high:  # nearly all stars share one value
        low, high = np.nanmin(scaled), np.nanmax(scaled)
    edges = np.linspace(low, high, _N_STEPS + 1)
    known = np.isfinite(scaled)
    step = np.clip(np.searchsorted(edges, scaled, side="right") - 1, 0, _N_STEPS - 1)
    code = np.where(known, step, _N_STEPS).astype(np.int16)
    starts = 10 ** edges[:-1] if logarithmic else edges[:-1]
    styles = [
        ClassStyle(start, "scale", color, "circle", f"from {start}")
        for start, color in zip(_texts(starts), viridis(_N_STEPS), strict=True)
    ]
    if not known.all():
        styles.append(ClassStyle(NO_VALUE, "none", _NOTHING, "circle", "without a value"))
    return Coloring(column, title, styles, code, is_scale=True)
