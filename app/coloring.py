"""What the colours of the maps stand for: classes, or any column of numbers.

Either way a star has a code, and a code has a colour, a marker and a label, so that maps and legend
need not know which it is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from bokeh.palettes import viridis
from numpy.typing import NDArray

from app.diagrams import number
from app.palette import UNLABELLED, ClassStyle, class_style, order_classes

_N_STEPS = 12
_LOGARITHMIC = ("period", "amplitude")
ONE_COLOR = "none"
"""Stands for a column: nothing is told about the stars but where they are."""
_STAR = "#6f87b5"
CLASS_COLUMNS = {
    "class_label": "Class (catalogue)",
    "vote_class_fused": "Class by neighbours",
    "predicted_class": "Class by classifier",
}
NUMBER_COLUMNS = {
    "period_days": "Period [d]",
    "lc_amplitude": "Amplitude [mag]",
    "bp_rp": "BP − RP [mag]",
    "centroid_percentile_fused": "Distance from class centre [%]",
    "dbscan_cluster": "Cluster on the map",
}


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


def available(objects: pd.DataFrame) -> dict[str, str]:
    """Columns that the maps can be coloured by, with their titles."""
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
    return classes | numbers | {ONE_COLOR: "One colour"}


def color_stars(objects: pd.DataFrame, column: str) -> Coloring:
    """Colour the stars by one of the `available` columns."""
    if column in NUMBER_COLUMNS:
        return _by_number(objects, column)
    if column == ONE_COLOR:
        star = ClassStyle("stars", "", _STAR, "circle", "all stars")
        return Coloring(column, "One colour", [star], np.zeros(len(objects), dtype=np.int16))
    labels = text_column(objects, column)
    classes = order_classes(labels)
    code = pd.Categorical(labels, categories=classes).codes.astype(np.int16)
    title = CLASS_COLUMNS.get(column, column)
    return Coloring(column, title, [class_style(label) for label in classes], code)


def text_column(objects: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """A column of class names, "unlabelled" where there is none, shape (N,)."""
    if column not in objects:
        return np.full(len(objects), UNLABELLED, dtype=object)
    values = objects[column].astype(object)
    return values.where(values.notna(), UNLABELLED).to_numpy(object)


def _by_number(objects: pd.DataFrame, column: str) -> Coloring:
    """Equal steps between the 1st and the 99th percentile; stars without a value are grey."""
    values = number(objects, column)
    assert values is not None
    logarithmic = any(word in column for word in _LOGARITHMIC) and np.nanmin(values) > 0
    scaled = np.log10(values) if logarithmic else values
    low, high = np.nanpercentile(scaled, [1, 99])
    edges = np.linspace(low, high, _N_STEPS + 1)
    known = np.isfinite(scaled)
    step = np.clip(np.searchsorted(edges, scaled, side="right") - 1, 0, _N_STEPS - 1)
    code = np.where(known, step, _N_STEPS).astype(np.int16)
    starts = 10 ** edges[:-1] if logarithmic else edges[:-1]
    styles = [
        ClassStyle(f"{start:.3g}", "scale", color, "circle", f"from {start:.3g}")
        for start, color in zip(starts, viridis(_N_STEPS), strict=True)
    ]
    if not known.all():
        styles.append(class_style(UNLABELLED))
    return Coloring(column, NUMBER_COLUMNS[column], styles, code, is_scale=True)
