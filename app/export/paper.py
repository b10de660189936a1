"""A candidate list as words for a paper: a LaTeX table, a methods sentence, BibTeX."""

import io
import json
import re
from collections.abc import Mapping

import numpy as np
from astropy.table import Column as TableColumn
from astropy.table import Table

from app.export.credits import TOOLS, credits_of
from data_pipeline.directories import Manifest

# column: heading, decimals of numbers
_COLUMNS = {
    "name": ("Name", 0),
    "source_id": ("Source ID", 0),
    "ra_deg": ("RA", 5),
    "dec_deg": ("Dec", 5),
    "class_label": ("Class", 0),
    "suggestion": ("Suggested", 0),
    "predicted_class": ("Predicted", 0),
    "period_days": ("$P$", 6),
    "verdict": ("Verdict", 0),
    "verdict_classes": ("Class by eye", 0),
    "verdict_period_days": ("$P$ by eye", 6),
}
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "^": r"\textasciicircum{}", "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%",
}  # fmt: skip


def latex_text(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()))


def to_latex(table: Table, provenance: Mapping[str, str]) -> str:
    """A LaTeX table of what a paper lists: names, places, classes, periods, verdicts; all rows."""
    names = [name for name in _COLUMNS if name in table.colnames]
    if "suggestion" in names and "predicted_class" in names:
        names.remove("predicted_class")
    shown = Table([_latex_column(table[name], *_COLUMNS[name]) for name in names])
    units = {
        _COLUMNS[name][0]: table[name].unit.to_string("latex_inline")
        for name in names
        if table[name].unit is not None
    }
    nature = "" if "SYNTHETIC" not in provenance.get("nature", "") else " Simulated stars."
    caption = (
        f"Candidates from {latex_text(provenance.get('survey', 'the survey'))} "
        f"({latex_text(provenance.get('list', 'selection'))}, "
        f"{latex_text(provenance.get('rows', ''))} stars).{nature}"
    )
    text = io.StringIO()
    look = {"caption": caption, "tabletype": "table*", "units": units, "header_start": r"\hline",
            "header_end": r"\hline", "data_end": r"\hline"}  # fmt: skip
    shown.write(text, format="ascii.latex", latexdict=look)
    return text.getvalue()


def _latex_column(column: TableColumn, heading: str, decimals: int) -> TableColumn:
    masked = np.ma.getmaskarray(np.ma.asarray(column))
    values = np.asarray(column)
    if values.dtype.kind == "f":
        texts = [f"{v:.{decimals}f}".replace("-", "$-$") if np.isfinite(v) else "--"
                 for v in values.tolist()]  # fmt: skip
    else:
        texts = [latex_text(str(v)) or "--" for v in values.tolist()]
    shown = ["--" if lost else text for text, lost in zip(texts, masked, strict=True)]
    return TableColumn(shown, name=heading, dtype=np.str_)


def methods_sentence(provenance: Mapping[str, str], survey: Manifest) -> str:
    """How the list came about, in sentences for a methods section; figures from the provenance."""
    thresholds = json.loads(provenance.get("thresholds", "{}"))
    maps = json.loads(provenance.get("map_settings", "{}"))
    cited = "; ".join(credit.text for credit in credits_of(survey))
    parts = [
        f"We embedded {provenance['rows'].split(' of ')[-1]} stars of {provenance['survey']}"
        + (f" ({cited})" if cited else "")
        + (" (simulated stars)" if "SYNTHETIC" in provenance.get("nature", "") else "")
        + " with a contrastive multimodal model after Rizhko & Bloom (2024; arXiv:2411.08842)"
        + f"{_hash(', checkpoint', provenance.get('checkpoint_hash'))}, using "
        + f"{provenance['software'].split(',')[0]} (atlas {provenance['atlas_hash'][:12]}).",
    ]
    if maps:
        parts.append(
            f"The map is a UMAP projection (McInnes et al. 2018) with {maps.get('n_neighbors')} "
            f"neighbours, minimum distance {maps.get('min_dist')} and seed {maps.get('seed')}."
        )
    if "percentile" in thresholds:
        eps, samples = thresholds.get("dbscan_eps"), thresholds.get("dbscan_min_samples")
        parts.append(
            f"Stars were flagged at or beyond the {thresholds['percentile']:g}th percentile of the "
            f"cosine distance to the centre of their class (the star left out) in at least "
            f"{thresholds.get('min_modalities', 1)} kinds of data, outside the main DBSCAN cluster "
            f"of their class on the map (radius {f'{eps:g}' if eps else 'automatic'}, core of "
            f"{samples or 'automatically many'} stars), or where out-of-fold class probabilities "
            "and neighbours contradict the catalogue."
        )
    parts.append(
        f"The list ({provenance.get('list', 'selection')}) holds "
        f"{provenance['rows'].split(' of ')[0]} stars and was written on "
        f"{provenance.get('created', '')[:10]}"
        + (f", vetted by {provenance['vetters']}." if provenance.get("vetters") else ".")
    )
    return " ".join(parts)


def _hash(words: str, text: str | None) -> str:
    return f"{words} {text[:12]}" if text and re.fullmatch(r"[0-9a-f]{12,}", text) else ""


def bibtex(survey: Manifest) -> str:
    """Entries of the data and of the methods."""
    return "\n".join(credit.bibtex for credit in (*credits_of(survey), *TOOLS))
