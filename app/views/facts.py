"""The star in focus in words and numbers: who it is, what it is called, why it is flagged, values.

Two panes, so that the card can put the identity above the plots and the values below them. All
text from catalogues is escaped.
"""

import math
from html import escape
from typing import Any

import pandas as pd
import panel as pn

from app.atlas_store import AtlasStore
from app.blinding import sees_class, sees_others
from app.chips import class_chip
from app.formats import degrees_text, period_text, sexagesimal_text
from app.links import links_for
from app.palette import UNLABELLED
from app.star_facts import Fact, all_facts, differ, main_facts, number
from app.state import AppState
from app.styles import WORDS

THRESHOLDS = ["percentile", "min_modalities", "dbscan_eps", "dbscan_min_samples"]
_COPY = (
    "navigator.clipboard&&navigator.clipboard.writeText(this.dataset.copy);"
    "this.classList.add('copied');setTimeout(()=>this.classList.remove('copied'),900)"
)


class FactsView(pn.viewable.Viewer):
    """Facts of `state.focus`: `identity` and `values`, two HTML panes."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        html: dict[str, Any] = {"sizing_mode": "stretch_width", **WORDS}
        self.identity = pn.pane.HTML(css_classes=["identity"], **html)
        self.values = pn.pane.HTML(css_classes=["values"], **html)
        self._update()
        state.param.watch(self._update, ["focus", "blind"])
        state.param.watch(self._update_identity, THRESHOLDS)

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self.identity, self.values, sizing_mode="stretch_width", margin=0)

    def _update(self, *_: Any) -> None:
        with pn.io.hold():
            self._update_identity()
            self.values.object = self._values_html() if self.state.focus >= 0 else ""

    def _update_identity(self, *_: Any) -> None:
        self.identity.object = self._identity_html() if self.state.focus >= 0 else _INVITATION

    @property
    def star(self) -> pd.Series:
        """Row of the objects table."""
        return self.store.objects.iloc[self.state.focus]

    def _identity_html(self) -> str:
        row, star = self.state.focus, self.star
        name = escape(self.store.name(row))
        return (
            f'<div class="name-line"><span class="star-name" title="{name}">{name}</span>'
            f"{_copy_button(self.store.name(row))}{self._classes_html(star)}</div>"
            f'<div class="place-line">{_place_html(star)}</div>'
            f"{self._flag_html(row)}"
        )

    def _classes_html(self, star: pd.Series) -> str:
        label = self.store.label(self.state.focus)
        if not sees_class(self.state):
            return '<span class="classes muted">class hidden</span>'
        suggested, share = _suggestion(star)
        full = star.get("class_label_full")
        doubt = f" ({full})" if isinstance(full, str) and full != label else ""
        chips = class_chip(label, doubt)
        if not sees_others(self.state):
            return f'<span class="classes">{chips}</span>'
        if suggested == label:
            chips += f'<span class="muted" title="classifier">agrees {share}</span>'
        elif suggested:
            chips += f'<span class="muted">→</span>{class_chip(suggested, share)}'
        return f'<span class="classes">{chips}</span>'

    def _flag_html(self, row: int) -> str:
        """Why the star is on the list of outliers, or that it is not."""
        if not sees_others(self.state):
            return ""
        flags = self.store.flags(*(getattr(self.state, name) for name in THRESHOLDS))
        place = flags.index[flags["row"] == row]
        if len(place):
            rank = int(place[0]) + 1
            sentence = escape(str(flags["sentence"].iat[rank - 1]))
            return f'<div class="flagged"><b>Flag {rank} of {len(flags)}</b> {sentence}</div>'
        if self.store.label(row) == UNLABELLED:
            return '<div class="muted">The catalogue gives no class.</div>'
        return '<div class="muted">Not flagged: it lies where its class lies.</div>'

    def _values_html(self) -> str:
        columns = self.store.atlas.columns
        facts = "".join(map(_fact_html, main_facts(self.star, columns)))
        everything = "".join(map(_fact_html, all_facts(self.star, columns)))
        if not sees_others(self.state):  # among all values are the classifier's
            external = self._external_html() if sees_class(self.state) else ""
            return f'<div class="facts">{facts}</div>{external}'
        return (
            f'<div class="facts">{facts}</div>{self._external_html()}'
            f'<div class="links">{self._links_html()}<details class="everything">'
            f'<summary>all values</summary><div class="facts">{everything}</div>'
            "</details></div>"
        )

    def _external_html(self) -> str:
        external = self.store.survey.external
        of_star = external[external["source_id"] == self.store.source_id[self.state.focus]]
        found = number(self.star, "period_days")
        rows = "".join(_external_row(other, found) for _, other in of_star.iterrows())
        return f'<table class="external">{rows}</table>' if rows else ""

    def _links_html(self) -> str:
        if self.store.survey.is_synthetic:
            return '<span class="muted">Simulated star: no catalogue knows it.</span>'
        return " ".join(
            f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{name}</a>'
            for name, address in links_for(self.star, is_synthetic=False)
        )


_INVITATION = '<div class="muted">No star in focus. Click one on a map, or search.</div>'


def _suggestion(star: pd.Series) -> tuple[str, str]:
    """Class the classifier or else the neighbours propose, and how sure: ("EB", "0.83")."""
    for column, certainty in (
        ("predicted_class", "predicted_probability"),
        ("vote_class_fused", "vote_fraction_fused"),
    ):
        suggested = star.get(column)
        if isinstance(suggested, str) and suggested:
            share = number(star, certainty)
            return suggested, f"{share:.2f}" if math.isfinite(share) else ""
    return "", ""


def _place_html(star: pd.Series) -> str:
    """Coordinates in sexagesimal and in degrees, each with a button that copies them."""
    parts = []
    ra, dec = number(star, "ra_deg"), number(star, "dec_deg")
    if math.isfinite(ra) and math.isfinite(dec):
        for text in (sexagesimal_text(ra, dec), degrees_text(ra, dec)):
            parts.append(f'<span title="ICRS">{text}</span>{_copy_button(text)}')
    return " ".join(parts)


def _copy_button(text: str) -> str:
    return (
        f'<button class="copy" data-copy="{escape(text)}" onclick="{_COPY}" '
        f'title="copy" aria-label="copy {escape(text)}"></button>'
    )


def _fact_html(fact: Fact) -> str:
    unit = (
        f'<span class="unit">{escape(fact.unit)}</span>' if fact.unit and fact.value != "—" else ""
    )
    copy = _copy_button(fact.value) if fact.name == "id" else ""
    name = escape(fact.name).replace("M_G", "M<sub>G</sub>")
    return (
        f'<div class="fact" title="{escape(fact.description)}"><span>{name}</span>'
        f"<b>{escape(fact.value)}{unit}{copy}</b></div>"
    )


def _external_row(other: pd.Series, found: float) -> str:
    """One line of another catalogue: who says it, class, period against ours, separation."""
    period, apart = number(other, "period_days"), number(other, "separation_arcsec")
    text = f"{period_text(period)} d" if math.isfinite(period) else ""
    ratio = f'<span class="differs">{period / found:.3g} P</span>' if differ(found, period) else ""
    label = other["class_label"]
    cells = (
        escape(str(other["catalog"])),
        f'<span title="its identifier there">{escape(str(other["catalog_id"] or ""))}</span>',
        class_chip(label) if isinstance(label, str) else "",
        f"{text} {ratio}",
        f"{apart:.1f}″" if math.isfinite(apart) else "",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
