"""Rows of the queue as HTML: what was said of the star, who it is, why it is there."""

import math
from html import escape

from app.atlas_store import MODALITY_NAMES
from app.blinding import seen_label, sees_class, sees_others
from app.chips import class_chip
from app.star_rows import bar_cell, name_cell, thumbnail
from app.vet_star import verdict_text
from app.vetting import Vetting

HEAD = (
    "<span></span><span>folded</span><span>star</span><span>class → suggestion</span>"
    '<span class="wide-only" title="share of the stars that are less suspicious">suspicion</span>'
    '<span class="wide-only">distance</span><span class="wide-only">why</span>'
)
COLUMNS_NARROW = "24px minmax(36px, 76px) minmax(104px, 1fr) 104px"
COLUMNS = "30px 112px minmax(100px, 0.8fr) 132px 58px 96px minmax(120px, 2fr)"
MARKS = {
    "right": "✓", "wrong_class": "→", "wrong_period": "P", "outlier": "◇", "artefact": "×",
    "other_spectrum": "S", "not_variable": "–", "unsure": "?", "skip": "…",
}  # fmt: skip
"""A verdict in one sign, in the list."""


class QueueRows:
    """Renders rows as far as the vetter may see."""

    def __init__(self, vetting: Vetting) -> None:
        self.vetting, self.state, self.store = vetting, vetting.state, vetting.store

    def cells(self, place: int, row: int) -> str:
        given = self.vetting.verdict_on(row)
        mark = MARKS[given.kind] if given else ""
        seen = (
            f'<span class="verdict-mark" title="{escape(verdict_text(given))}">{mark}</span>'
            if given
            else f'<span class="num muted">{place + 1}</span>'
        )
        label = seen_label(self.state, self.store, row)
        cells = [
            seen,
            thumbnail(self.store, row, label),
            name_cell(self.store, row),
        ]
        if sees_class(self.state):
            cells.append(self._class_cell(row))
        if sees_others(self.state):
            cells += self._why_cells(row)
        return "".join(cells)

    def _class_cell(self, row: int) -> str:
        chips, suggestion = class_chip(self.store.label(row)), self.vetting.suggestion(row)
        if suggestion:
            chips += f'<span class="muted">→</span>{class_chip(suggestion)}'
        return f'<span class="classes">{chips}</span>'

    def _why_cells(self, row: int) -> list[str]:
        suspicion = float(self.store.evidence.suspicion[row])
        is_known = math.isfinite(suspicion)
        sentence = escape(self.store.evidence.sentence(row))
        return [
            f'<span class="wide-only">'
            f"{bar_cell(suspicion, f'{suspicion:.2f}' if is_known else '—')}</span>",
            self._percentiles(row),
            f'<span class="sentence wide-only" title="{sentence}">{sentence}</span>',
        ]

    def _percentiles(self, row: int) -> str:
        """How far out the star lies by each kind of data, as bars that share a scale."""
        lines = []
        for modality, percentile in self.store.evidence.percentiles.items():
            value = float(percentile[row])
            known = value == value
            beyond = ' class="beyond"' if known and value >= self.state.percentile else ""
            lines.append(
                f'<span{beyond} title="{f"{value:.1f} %" if known else "no data"}">'
                f"{MODALITY_NAMES.get(modality, modality)}"
                f'<i style="--share:{value if known else 0:.0f}%"></i></span>'
            )
        return f'<span class="minis wide-only">{"".join(lines)}</span>'
