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
from app.star_facts import Fact, all_facts, differ, main_facts, number, suggestion
from app.star_rows import breaking
from app.state import AppState
from app.thresholds import THRESHOLDS
from app.words import Words

_COPY = (  # static/keys.js copies it, and says whether that could be done
    "window.dispatchEvent(new CustomEvent('astrom3:copy',{detail:{text:this.dataset.copy,"
    "then:(done)=>{this.classList.add(done?'copied':'failed');"
    "setTimeout(()=>this.classList.remove('copied','failed'),900)}}}))"
)

_LONG = 19
"""Names of more letters are written smaller."""


def _ask(act: str) -> str:
    """What a button in the words runs: the page's keys pass it on to the card (static/keys.js)."""
    return f"window.dispatchEvent(new CustomEvent('astrom3:card',{{detail:'{act}'}}))"


class FactsView(pn.viewable.Viewer):
    """Facts of `state.focus`: `identity` and `values`, two HTML panes."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.identity = Words("identity")
        self.values = Words("values")
        self._update()
        state.param.watch(self._update, ["focus", "blind", "all_values"])
        state.param.watch(self._update_identity, [*THRESHOLDS, "compared"])

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
        return self.store.star(self.state.focus)

    def _identity_html(self) -> str:
        row, star = self.state.focus, self.star
        name = escape(self.store.name(row))
        size = "star-name long" if len(name) > _LONG else "star-name"
        return (
            f'<div class="name-line"><span class="{size}" title="{name}">{breaking(name)}</span>'
            f"{_copy_button(self.store.name(row))}{self._classes_html(star)}</div>"
            f'<div class="place-line">{_place_html(star)}{self._compare_html(row)}</div>'
            f"{self._flag_html(row)}"
        )

    def _classes_html(self, star: pd.Series) -> str:
        label = self.store.label(self.state.focus)
        if not sees_class(self.state):
            return '<span class="classes muted">class hidden</span>'
        suggested, share = suggestion(star)
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

    def _compare_html(self, row: int) -> str:
        """A button that pins the star for a comparison, or lets the pinned one go."""
        pinned = self.state.compared
        text, title = "compare", "Pin this star to compare the next ones with it (c)"
        if pinned >= 0:
            name = "pinned" if pinned == row else f"with {escape(self.store.name(pinned))}"
            text, title = f"{name} ×", "End the comparison (c)"
        return (
            f'<button class="compare" onclick="{_ask("compare")}" title="{title}" '
            f'aria-pressed="{str(pinned >= 0).lower()}">{text}</button>'
        )

    def _flag_html(self, row: int) -> str:
        """Why the star is on the list of outliers, or that it is not."""
        if not sees_others(self.state):
            return ""
        thresholds = [getattr(self.state, name) for name in THRESHOLDS]
        flags = self.store.flags(*thresholds)
        place = flags.index[flags["row"] == row]
        if len(place):
            rank = int(place[0]) + 1
            told = self.store.flags.told(flags.iloc[[rank - 1]], *thresholds)
            sentence = escape(str(told["sentence"].iat[0]))
            return (
                f'<details class="flagged"><summary title="{sentence}"><b>Flag {rank} of '
                f"{len(flags)}</b> {sentence}</summary></details>"
            )
        if self.store.label(row) == UNLABELLED:
            return '<div class="muted">The catalogue gives no class.</div>'
        return '<div class="muted">Not flagged: it lies where its class lies.</div>'

    def act(self, name: str) -> None:
        """Show or hide "all values" of the table."""
        if name == "all values":
            self.state.all_values = not self.state.all_values

    def _values_html(self) -> str:
        columns = self.store.atlas.columns
        facts = "".join(map(_fact_html, main_facts(self.star, self.store.filled_columns)))
        if not sees_others(self.state):  # among all values are the classifier's
            external = self._external_html() if sees_class(self.state) else ""
            return f'<div class="facts">{facts}</div>{external}'
        everything = ""
        if self.state.all_values:
            rows = "".join(map(_fact_html, all_facts(self.star, columns)))
            everything = (
                f'<div class="everything" tabindex="0"><div class="facts">{rows}</div></div>'
            )
        return (
            f'<div class="facts">{facts}</div>{self._external_html()}'
            f'<div class="links">{self._links_html()}<button class="all-values" '
            f'aria-expanded="{str(self.state.all_values).lower()}" onclick="{_ask("all values")}" '
            f'title="Every value of the table (v)">all values</button></div>{everything}'
        )

    def _external_html(self) -> str:
        of_star = self.store.external(self.state.focus)
        found = number(self.star, "period_days")
        label = self.store.label(self.state.focus)
        rows = "".join(_external_row(other, found, label) for _, other in of_star.iterrows())
        return f'<table class="external">{rows}</table>' if rows else ""

    def _links_html(self) -> str:
        if self.store.survey.is_synthetic:
            return '<span class="muted">Simulated star: no catalogue knows it.</span>'
        return " ".join(
            f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{name}</a>'
            for name, address in links_for(self.star, is_synthetic=False)
        )


_INVITATION = '<div class="muted">No star in focus. Click one on a map, or search.</div>'


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


def _external_row(other: pd.Series, found: float, ours: str) -> str:
    """One line of another catalogue: who says it, class and period against ours, separation."""
    period, apart = number(other, "period_days"), number(other, "separation_arcsec")
    text = f"{period_text(period)} d" if math.isfinite(period) else ""
    ratio = f'<span class="differs">{period / found:.3g} P</span>' if differ(found, period) else ""
    label = other["class_label"]
    is_other_class = isinstance(label, str) and ours not in (label, UNLABELLED)
    against = '<span class="differs" title="not our class">≠</span>' if is_other_class else ""
    cells = (
        escape(str(other["catalog"])),
        f'<span title="its identifier there">{escape(str(other["catalog_id"] or ""))}</span>',
        f"{against} {class_chip(label)}" if isinstance(label, str) else "",
        f"{text} {ratio}",
        f"{apart:.1f}″" if math.isfinite(apart) else "",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
