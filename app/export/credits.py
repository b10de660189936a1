"""Whom to cite: for the data of a survey, for the method, for the libraries behind the numbers."""

from dataclasses import dataclass
from typing import Any

from data_pipeline.directories import Manifest


@dataclass(frozen=True)
class Credit:
    """One work to cite."""

    key: str
    text: str
    """As a file or a methods section names it."""
    bibtex: str


def _entry(kind: str, key: str, text: str, **fields: str) -> Credit:
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return Credit(key, text, f"@{kind}{{{key},\n{lines}}}\n")


METHOD = _entry(
    "misc", "rizhko2024", "Rizhko & Bloom 2024, arXiv:2411.08842",
    author="Rizhko, Mariia and Bloom, Joshua S.", year="2024", eprint="2411.08842",
    title="{AstroM$^3$: A self-supervised multimodal model for astronomy}",
    archivePrefix="arXiv",
)  # fmt: skip
CONFIDENT_LEARNING = _entry(
    "article", "northcutt2021", "Northcutt, Jiang & Chuang 2021, JAIR 70, 1373",
    author="Northcutt, Curtis G. and Jiang, Lu and Chuang, Isaac L.", year="2021",
    title="Confident Learning: Estimating Uncertainty in Dataset Labels",
    journal="Journal of Artificial Intelligence Research", volume="70", pages="1373--1411",
)  # fmt: skip
UMAP = _entry(
    "misc", "mcinnes2018", "McInnes, Healy & Melville 2018, arXiv:1802.03426",
    author="McInnes, Leland and Healy, John and Melville, James", year="2018",
    title="{UMAP}: Uniform Manifold Approximation and Projection for Dimension Reduction",
    eprint="1802.03426", archivePrefix="arXiv",
)  # fmt: skip
ASTROPY = _entry(
    "article", "astropy2022", "Astropy Collaboration 2022, ApJ 935, 167",
    author="{Astropy Collaboration}", year="2022", journal="ApJ", volume="935", pages="167",
    title="The {Astropy} Project: Sustaining and Growing a Community-oriented Open-source Project "
    "and the Latest Major Release (v5.0) of the Core Package",
)  # fmt: skip
TOOLS = (METHOD, CONFIDENT_LEARNING, UMAP, ASTROPY)

_ASAS = (
    _entry(
        "article", "pojmanski2002", "ASAS: Pojmański 2002, AcA 52, 397",
        author="Pojma{\\'n}ski, G.", year="2002", journal="Acta Astronomica", volume="52",
        pages="397", title="The All Sky Automated Survey. Catalog of Variable Stars",
    ),
    _entry(
        "article", "pojmanski2005", "Pojmański, Pilecki & Szczygieł 2005, AcA 55, 275",
        author="Pojma{\\'n}ski, G. and Pilecki, B. and Szczygie{\\l}, D.", year="2005",
        journal="Acta Astronomica", volume="55", pages="275",
        title="The All Sky Automated Survey. Catalog of Variable Stars. V",
    ),
    _entry(
        "article", "richards2012", "Richards et al. 2012, ApJS 203, 32",
        author="Richards, Joseph W. and others", year="2012", journal="ApJS", volume="203",
        pages="32", title="Construction of a Calibrated Probabilistic Classification Catalog",
    ),
)  # fmt: skip
_EROS = (
    _entry(
        "misc", "eros1", "EROS-1 collaboration, LMC variable stars (RAMP variable-stars kit)",
        author="{EROS-1 collaboration}", title="{LMC} variable stars of {EROS-1}",
        howpublished="RAMP variable-stars kit",
    ),
)  # fmt: skip
_OF_SOURCE = {"asas_acvs": _ASAS, "eros1": _EROS}


def credits_of(survey: Manifest) -> tuple[Credit, ...]:
    """Whom to cite for the data of a survey, by the source its manifest names; () for unknown.

    A survey's manifest may bring credits of its own: a list of texts under "credits".
    """
    own = survey.get("credits")
    if isinstance(own, list):
        return tuple(_own(number, str(text)) for number, text in enumerate(own, start=1))
    config: dict[str, Any] = survey.get("provenance", {}).get("inputs", {}).get("config") or {}
    return _OF_SOURCE.get(str(config.get("source")), ())


def _own(number: int, text: str) -> Credit:
    return _entry("misc", f"data{number}", text, note=text)
