"""The dossier's HTML: a cover that says what the list is, then one page a star. No scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from app.atlas_store import AtlasStore
from app.dossier.figures import mark_of, star_figure
from app.formats import degrees_text, period_text, sexagesimal_text
from app.star_facts import main_facts, number

_CSS = """
@page { size: A4; margin: 12mm 13mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.4 system-ui, "Helvetica Neue", Arial, sans-serif; color: #20262e;
  max-width: 190mm; margin: 0 auto; padding: 0 4mm; background: #fff; }
section { break-before: page; break-inside: avoid; padding-top: 2mm; margin-bottom: 12mm; }
section:first-of-type { break-before: auto; }
h1 { font-size: 19pt; margin: 8mm 0 2mm; } h2 { font-size: 14pt; margin: 0; }
.synthetic { background: #fdf0d5; border: 1px solid #e0b050; padding: 2px 8px; border-radius: 4px; }
.head { display: flex; gap: 10px; align-items: baseline; border-bottom: 1px solid #c9ced6; }
.head .id { color: #5b6470; font-size: 8.5pt; margin-left: auto; text-align: right; }
.class { border: 1px solid #c9ced6; border-left: 9px solid var(--c); padding: 0 7px; border-radius: 3px;
  font-weight: 600; white-space: nowrap; }
.muted { color: #5b6470; } .why { margin: 4px 0; border-left: 3px solid #c0392b; padding-left: 8px; }
.verdict { margin: 4px 0; border-left: 3px solid #2f855a; padding-left: 8px; }
.facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0 14px; font-size: 8pt; margin: 4px 0; }
.facts div { display: flex; justify-content: space-between; border-bottom: 1px solid #eceff3; }
.facts b { font-weight: 500; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; font-size: 8.5pt; width: 100%; }
td, th { text-align: left; padding: 1px 8px 1px 0; vertical-align: top; border-bottom: 1px solid #eceff3; overflow-wrap: anywhere; }
th { font-weight: 500; color: #5b6470; white-space: nowrap; }
svg { width: 100%; height: auto; display: block; }
a { color: inherit; text-decoration: none; }
"""  # noqa: E501
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Dossier:
    """What goes into a dossier beside the atlas.

    Attributes
    ----------
    title : str
    source_id : sequence of int
        The candidates in order.
    facts : DataFrame
        One row a candidate, same order; columns of `app.export.lists.ADDED_COLUMNS` are told in
        words: suspicion, suggestion, sentence, verdict...
    provenance : mapping of str to str
    methods : str
    """

    title: str
    source_id: Sequence[int]
    facts: pd.DataFrame = field(default_factory=pd.DataFrame)
    provenance: Mapping[str, str] = field(default_factory=dict)
    methods: str = ""


def opening(dossier: Dossier, store: AtlasStore) -> str:
    """Everything up to the first star: the cover with provenance and contents."""
    synthetic = (
        '<p class="synthetic">Simulated stars: nothing here was observed.</p>'
        if store.atlas.is_synthetic
        else ""
    )
    told = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
        for name, text in dossier.provenance.items()
        if name not in ("selection", "atlas_versions")
    )
    rows = "".join(
        f'<tr><td>{place}</td><td><a href="#star-{store.source_id[row]}">'
        f"{escape(store.name(row))}</a></td>"
        f"<td>{escape(store.label(row))}</td><td>{_entry(dossier, place)}</td></tr>"
        for place, row in enumerate(map(store.row, dossier.source_id), start=1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(dossier.title)}</title><style>{_CSS}</style></head><body><section>"
        f"<h1>{escape(dossier.title)}</h1>{synthetic}<p>{escape(dossier.methods)}</p>"
        f"<table>{told}</table><h2>Candidates</h2><table><tr><th>#</th><th>star</th>"
        f"<th>catalogue</th><th>verdict or suggestion</th></tr>{rows}</table></section>"
    )


def star_page(dossier: Dossier, store: AtlasStore, place: int) -> str:
    """The page of the star at a place in the list, from 0."""
    source_id = int(dossier.source_id[place])
    row = store.row(source_id)
    star = store.objects.iloc[row]
    return (
        f'<section id="star-{source_id}">{_head(store, row, star, place, len(dossier.source_id))}'
        f"{_words(dossier, store, row, place)}{_facts(store, star)}"
        f"{star_figure(store, row)}{_external(store, row)}</section>"
    )


CLOSING = "</body></html>\n"


def _value(dossier: Dossier, place: int, name: str) -> Any:
    """What the list says of the star at a place from 0; None where it says nothing."""
    if name not in dossier.facts:
        return None
    value = dossier.facts[name].iloc[place]
    missing = value is None or (not isinstance(value, str) and bool(pd.isna(value)))
    return None if missing or value == "" else value


def _entry(dossier: Dossier, place: int) -> str:
    verdict = _value(dossier, place - 1, "verdict")
    suggestion = _value(dossier, place - 1, "suggestion")
    return escape(str(verdict or suggestion or ""))


def _chip(label: str, words: str = "") -> str:
    mark = mark_of(label)
    return (
        f'<span class="class" style="--c:{mark["color"]}" title="{escape(mark["name"])}">'
        f"{escape(label)}{f' {escape(words)}' if words else ''}</span>"
    )


def _head(store: AtlasStore, row: int, star: pd.Series, place: int, n: int) -> str:
    label = store.label(row)
    predicted = star.get("predicted_class")
    chips = _chip(label)
    if isinstance(predicted, str):
        share = number(star, "predicted_probability")
        chips += " → " + _chip(predicted, f"{share:.2f}" if np.isfinite(share) else "")
    ra, dec = number(star, "ra_deg"), number(star, "dec_deg")
    known = np.isfinite(ra) and np.isfinite(dec)
    where = f"{sexagesimal_text(ra, dec)} · {degrees_text(ra, dec)} ICRS<br>" if known else ""
    return (
        f'<div class="head"><h2>{escape(store.name(row))}</h2>{chips}'
        f'<span class="id">{where}source_id {store.source_id[row]} · {place + 1} of {n}'
        "</span></div>"
    )


def _words(dossier: Dossier, store: AtlasStore, row: int, place: int) -> str:
    """Why the star is on the list, and what was concluded."""
    sentence = _value(dossier, place, "sentence") or store.evidence.sentence(row)
    suspicion = float(store.evidence.suspicion[row])
    rank = (
        f' <span class="muted">More suspicious than {100 * suspicion:.1f} % of the stars '
        "(a rank, not a probability).</span>"
        if np.isfinite(suspicion)
        else ""
    )
    why = f'<div class="why">{escape(str(sentence)) or "Not flagged."}{rank}</div>'
    verdict = _value(dossier, place, "verdict")
    if verdict is None:
        return why
    said = {
        "classes": _value(dossier, place, "verdict_classes"),
        "period": _period(_value(dossier, place, "verdict_period_days")),
        "reason": _value(dossier, place, "verdict_reason"),
        "by": _value(dossier, place, "verdict_vetter"),
        "at": _value(dossier, place, "verdict_time"),
    }
    sure = _value(dossier, place, "verdict_is_sure")
    words = "" if sure is None else (" (sure)" if bool(sure) else " (probable)")
    rest = ", ".join(f"{key} {escape(str(text))}" for key, text in said.items() if text)
    note = _value(dossier, place, "verdict_note")
    noted = f"<br>{escape(str(note))}" if note else ""
    return (
        f'{why}<div class="verdict"><b>Verdict: {escape(str(verdict))}{words}</b> '
        f"{rest}{noted}</div>"
    )


def _period(days: Any) -> str:
    return f"{period_text(float(days))} d" if days is not None else ""


def _facts(store: AtlasStore, star: pd.Series) -> str:
    facts = [fact for fact in main_facts(star, store.filled_columns) if fact.name != "id"]
    cells = "".join(
        f'<div><span class="muted">{escape(fact.name)}</span><b>{escape(fact.value)}'
        f"{f' {escape(fact.unit)}' if fact.unit and fact.value != '—' else ''}</b></div>"
        for fact in facts[:16]
    )
    return f'<div class="facts">{cells}</div>'


def _external(store: AtlasStore, row: int) -> str:
    external = store.survey.external
    of_star = external[external["source_id"] == store.source_id[row]]
    if of_star.empty:
        return ""
    lines = "".join(
        f"<tr><td>{escape(str(other['catalog']))}</td><td>{escape(str(other['catalog_id'] or ''))}"
        f"</td><td>{escape(str(other['class_label'] or ''))}</td>"
        f"<td>{_period(number(other, 'period_days'))}</td>"
        f"<td>{number(other, 'separation_arcsec'):.1f}″</td></tr>"
        for _, other in of_star.iterrows()
    )
    return (
        "<table><tr><th>catalogue</th><th>identifier</th><th>class</th><th>period</th>"
        f"<th>separation</th></tr>{lines}</table>"
    )
