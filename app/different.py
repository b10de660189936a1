"""What makes a selection different, as a table for the page: catalogue numbers and spectral lines.

The measures are `model.analysis.differences`; here the columns are chosen and lines are measured in
the spectra of as many stars as can be read in a second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.formats import number_text, unit_text
from app.lines import ATOMIC
from app.palette import UNLABELLED
from app.selection import Mask
from data_pipeline.schema import Column
from model.analysis.differences import Differences, difference_steps
from model.analysis.line_strengths import band_index, equivalent_width, rest_pixels

MAX_SPECTRA = 120
"""Spectra measured on either side."""
MAX_SHOWN = 40
_IN_LINES = ("Hα", "Hβ", "Hγ", "Hδ", "Ca II K", "Ca I", "Mg b", "Na D", "He I D3", "Li I", "K I")
_BANDS: dict[str, tuple[float, Literal["red", "blue"]]] = {
    "TiO 6158": (6160.0, "red"),
    "TiO 7054": (7056.0, "red"),
    "C₂ 4737": (4738.0, "blue"),
    "C₂ 5636": (5637.0, "blue"),
}
"""Heads of bands: vacuum wavelength [Å], and the side to which they are degraded."""
_LEFT_OUT = ("id", "truth", "label")

Against = Literal["all", "class"]
AGAINST: dict[str, Against] = {"all others": "all", "others of its classes": "class"}


@dataclass(frozen=True, eq=False)
class Compared:
    """Differences, and what each of their columns is."""

    found: Differences
    columns: dict[str, Column]
    against: Against


def compare_steps(
    store: AtlasStore, selection: Mask, against: Against = "all"
) -> Iterator[tuple[float, Compared | None]]:
    """Compare the selected stars with others: yields the share done, and the result at the end.

    A second or two for thousands of stars, more for millions: not for the event loop.
    """
    rest = ~selection
    if against == "class":
        codes = np.unique(store.class_code[selection])
        rest &= np.isin(store.class_code, codes) & ~store.of_class(UNLABELLED)
    columns = {name: store.atlas.columns[name] for name in describing(store)}
    values = store.objects[list(columns)].astype(np.float64)
    yield 0.05, None
    lines, line_columns = _line_table(store, selection, rest)
    table = pd.concat([values, lines], axis=1)
    told = {**columns, **line_columns}
    for share, found in difference_steps(table, selection, rest):
        yield 0.2 + 0.8 * share, None if found is None else Compared(found, told, against)


def describing(store: AtlasStore) -> list[str]:
    """Columns of the survey that describe a star: no identifiers, errors, places on the sky."""
    survey = store.survey.columns
    return [
        name
        for name, column in survey.items()
        if column.role not in _LEFT_OUT
        and column.dtype in ("float64", "float32", "int64")
        and not column.ucd.startswith(("stat.error", "pos.eq", "pos.galactic", "meta"))
        and name in store.objects
    ]


def _line_table(
    store: AtlasStore, selection: Mask, rest: Mask
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Strengths (N rows) of lines and bands, NaN for stars that were not measured."""
    lines = {key: ATOMIC[key] for key in _IN_LINES if key in ATOMIC}
    measured: dict[str, NDArray[np.float64]] = {
        key: np.full(store.n, np.nan) for key in (*lines, *_BANDS)
    }
    for side in (selection, rest & ~selection):
        rows = np.flatnonzero(side & store.has_spectrum)
        evenly = np.linspace(0, len(rows) - 1, min(MAX_SPECTRA, len(rows))).astype(int)
        for row in rows[evenly].tolist():
            spectrum = store.best_spectrum(row)
            if spectrum is None:
                continue
            pixels = rest_pixels(spectrum)
            for key, line in lines.items():
                measured[key][row] = equivalent_width(*pixels, line.vacuum)
            for key, (head, degraded) in _BANDS.items():
                measured[key][row] = band_index(*pixels, head, degraded)
    columns = {key: Column(key, "Angstrom", f"equivalent width of {key}") for key in lines}
    columns |= {key: Column(key, "", f"depth of the band {key}") for key in _BANDS}
    return pd.DataFrame(measured), columns


def words_html(compared: Compared) -> str:
    """How well the selection can be told from the others, and how far to trust that."""
    found = compared.found
    n = f"{found.n_group:,} stars against {found.n_rest:,}"
    if found.together is None:
        return f"{n}: too few to say how well all columns together tell them apart."
    auc, std = found.together.auc, found.together.auc_std
    named = ", ".join(escape(name) for name in found.together.columns[:5])
    return (
        f"{n}. All columns together tell them apart with AUC <b>{auc:.3f} ± {std:.3f}</b> "
        f"({_judged(auc)}; sparse logistic regression, five folds)"
        f"{f', most of it by {named}' if named else ''}. "
        '<span class="muted">A selection drawn in some numbers differs in them by construction: '
        "this says how it differs, not why.</span>"
    )


def _judged(auc: float) -> str:
    for least, word in ((0.95, "plainly different"), (0.8, "different"), (0.65, "a little")):
        if auc >= least:
            return word
    return "hardly at all"


def table_html(compared: Compared) -> str:
    """The columns, the clearest first, as a table."""
    found = compared.found.table.head(MAX_SHOWN)
    if not len(found):
        return "<p class='muted'>No column has enough values on both sides.</p>"
    head = (
        "<tr><th>column</th><th>selected</th><th>others</th>"
        '<th title="probability that a selected star has the larger value">lower · higher</th>'
        '<th title="Mann–Whitney, corrected for the number of columns">p</th><th>stars</th></tr>'
    )
    rows = "".join(_row(compared, row) for row in found.itertuples())
    return f'<table class="differences">{head}{rows}</table>'


def _row(compared: Compared, row: object) -> str:
    name, auc, p, inside, outside, n_in, n_out = (
        getattr(row, key)
        for key in ("column", "auc", "p", "median_group", "median_rest", "n_group", "n_rest")
    )
    column = compared.columns[name]
    unit = f' <span class="unit">{escape(unit_text(column.unit))}</span>'
    start, width = 100 * min(auc, 0.5), 100 * abs(auc - 0.5)
    bar = (
        f'<span class="auc" title="{auc:.3f}"><i style="left:{start:.0f}%;width:{width:.0f}%">'
        f"</i></span>"
    )
    doubt = ' class="muted"' if p > 0.01 else ""
    return (
        f'<tr{doubt}><td title="{escape(column.description)}">{escape(name)}</td>'
        f"<td>{number_text(inside, digits=4)}{unit}</td><td>{number_text(outside, digits=4)}{unit}"
        f"</td><td>{bar}</td><td>{_p_text(p)}</td><td>{n_in:,} · {n_out:,}</td></tr>"
    )


def _p_text(p: float) -> str:
    if p >= 0.001:
        return f"{p:.3f}"
    return "&lt; 10⁻³⁰" if p < 1e-30 else f"{p:.0e}".replace("e-", " × 10<sup>−") + "</sup>"
