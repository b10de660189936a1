"""The table of the parts of a class, and what sets them apart in words."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from app.formats import number_text, unit_text
from app.parts import Apart, Part
from app.star_rows import number_cell
from data_pipeline.schema import Column
from model.analysis.stability import SEEDS, Stability

HEAD = (
    "<span></span><span></span><span>stars</span><span>P [d]</span>"
    '<span title="mean Jaccard index over maps made with other seeds">stable</span>'
)
COLUMNS = "10px minmax(34px, 1fr) 74px 44px 36px"


def cells_html(
    part: Part, n_all: int, periods_days: np.ndarray, stable: Stability | None = None
) -> str:
    """One row of the table.

    Parameters
    ----------
    part : Part
    n_all : int
        Stars in all parts together.
    periods_days : ndarray, shape (N,)
        Of all stars of the atlas.
    stable : Stability, optional
        Once it was measured.
    """
    jaccard = stable.jaccard.get(part.number, np.nan) if stable else np.nan
    known = periods_days[part.rows]
    known = known[np.isfinite(known)]
    cells = (
        f'<i class="swatch" style="background:{part.color}"></i>',
        f'<b class="part-name" title="{escape(part.name, quote=True)}">{escape(part.name)}</b>',
        f'<span class="num">{len(part.rows):,} '
        f'<span class="muted">{100 * len(part.rows) / n_all:.0f} %</span></span>',
        number_cell(float(np.median(known)) if len(known) else float("nan"), 3),
        number_cell(jaccard, 2),
    )
    return "".join(cells)


def words_html(
    parts: Sequence[Part], columns: Mapping[str, Column], chosen: Part | None = None
) -> str:
    """What sets the parts apart, of the largest two, or of the one that was picked.

    Parameters
    ----------
    parts : sequence of Part
    columns : mapping of name to Column
        For their units.
    chosen : Part, optional
    """
    shown = [chosen] if chosen is not None else [p for p in parts if p.number >= 0][:2]
    lines = [
        f"<b>{escape(part.name)}</b> "
        + ", ".join(_apart_html(one, columns) for one in part.apart_by)
        for part in shown
        if part.apart_by
    ]
    return _lines_html(lines or ["A part clicked is selected."])


def _lines_html(lines: Sequence[str]) -> str:
    """Some lines; a small tray shows part of them, and they scroll: by keys as well."""
    inside = "".join(f"<div>{line}</div>" for line in lines)
    return f'<div class="words-of-parts" tabindex="0">{inside}</div>'


def _apart_html(one: Apart, columns: Mapping[str, Column]) -> str:
    unit = unit_text(columns[one.column].unit) if one.column in columns else ""
    own, others = (
        f"{number_text(value)}{f' {unit}' if unit else ''}" for value in (one.median, one.others)
    )
    title = f"median {own}, of the other parts {others}; AUC {one.auc:.2f}"
    return (
        f'<span class="apart" title="{escape(title, quote=True)}">{escape(one.column)} '
        f"<b>{escape(own)}</b> {'↑' if one.auc > 0.5 else '↓'}</span>"
    )


def sample_html(n_sampled: int) -> str:
    """That a large class was cut on a sample of it; nothing for 0."""
    if not n_sampled:
        return ""
    words = f"Cut on {n_sampled:,} of these stars; the others go with the nearest of them."
    return _lines_html([f'<span title="{words}">{words}</span>'])


def cutting_html(share: float) -> str:
    """How far the cutting is, of which a share (0 to 1) is done."""
    return f'<span>Clustering… <progress value="{share:.2f}"></progress></span>'


def stability_html(stable: Stability) -> str:
    """How well the parts agree over maps with other seeds."""
    return (
        f"Over {stable.n_maps} maps with other seeds the parts agree with a Rand index of "
        f"{stable.rand:.2f} (1 the same, 0 chance)."
    )


def working_html(share: float) -> str:
    """How far the maps with other seeds are, of which a share (0 to 1) is done."""
    return (
        f'<progress value="{share:.2f}"></progress> <span class="muted">map '
        f"{round(share * len(SEEDS)) + 1} of {len(SEEDS)} with other seeds…</span>"
    )
