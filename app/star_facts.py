"""What is known of one star, in the order an astronomer asks: values with units and errors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.diagrams import MIN_PARALLAX_OVER_ERROR
from app.formats import minus, number_text, period_text, unit_text
from data_pipeline.schema import STANDARD_COLUMNS, Column

_FIRST = {
    "mean_vmag": "V̄",
    "phot_g_mean_mag": "G",
    "bp_rp": "BP − RP",
    "j_k": "J − Ks",
    "k_mag": "Ks",
    "lc_amplitude": "amplitude",
    "amplitude": "amplitude",
    "parallax": "parallax ϖ",
    "distance_pc": "distance",
    "pm": "proper motion",
    "ruwe": "RUWE",
    "teff": "Teff",
    "logg": "log g",
    "feh": "[Fe/H]",
}
"""Columns shown on the card, with their short names, in this order."""

_ENOUGH = 8  # facts; where a survey has fewer of the usual ones, its own columns are shown
_SHORT = 16  # letters that stand beside a value on the narrowest card
_NO_FACTS = ("stat.error", "pos.eq", "pos.galactic", "pos.angDistance", "meta")


@dataclass(frozen=True)
class Fact:
    """One value as text, with its unit, and the long description for hovering."""

    name: str
    value: str
    unit: str = ""
    description: str = ""


def main_facts(star: pd.Series, columns: Mapping[str, Column]) -> list[Fact]:
    """The values of the card: periods first, then brightness, colour, distance, the rest.

    What the survey does not have is left out; what this star lacks is a dash.
    """
    facts = _periods(star, columns)
    for name, short in _FIRST.items():
        if name in columns and name in star:
            facts.append(_fact(star, columns[name], short))
        if name == "parallax" and name in columns:
            facts += _absolute_magnitude(star)
    for name in _own_columns(columns)[: max(0, _ENOUGH - len(facts))]:
        facts.append(_fact(star, columns[name], _short_name(columns[name])))
    return [*facts, _fact(star, columns["source_id"], "id")]


def _own_columns(columns: Mapping[str, Column]) -> list[str]:
    """Names of the numbers that only this survey has, as far as they describe the star."""
    return [
        name
        for name, column in columns.items()
        if name not in STANDARD_COLUMNS
        and name not in _FIRST
        and column.role in ("feature", "catalog")
        and column.dtype in ("float64", "float32")
        and not name.startswith("lc_")
        and not column.ucd.startswith(_NO_FACTS)
    ]


def _short_name(column: Column) -> str:
    """Name of a survey's own column: its description where that is short ("color B − R")."""
    described = column.description
    return described if 0 < len(described) <= _SHORT else column.name.replace("_", " ")


def all_facts(star: pd.Series, columns: Mapping[str, Column]) -> list[Fact]:
    """Every value of the table under its own name, identifiers and lists as text."""
    return [_fact(star, column, name) for name, column in columns.items() if name in star]


def _periods(star: pd.Series, columns: Mapping[str, Column]) -> list[Fact]:
    found, catalog = number(star, "period_days"), number(star, "period_catalog_days")
    facts = []
    if "period_days" in columns and star.get("period_method") != "catalog":
        text = period_text(found, number(star, "period_err_days"))
        facts.append(Fact("P, found", text, "d", _described(columns, "period_days")))
    if "period_catalog_days" in columns:
        text = period_text(catalog)
        if differ(found, catalog):  # then all its digits do not matter, and find no room
            text = f"{catalog:.5g} ({catalog / found:.2g} P)"
        facts.append(
            Fact("P, catalogue", text, "d",
                 _described(columns, "period_catalog_days"))
        )  # fmt: skip
    return facts


def suggestion(star: pd.Series) -> tuple[str, str]:
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


def differ(period: float, other: float, tolerance: float = 0.01) -> bool:
    """Whether two periods are both known and more than one per cent apart."""
    return period > 0 and other > 0 and abs(other / period - 1) > tolerance


def _absolute_magnitude(star: pd.Series) -> list[Fact]:
    """M_G from the parallax, only where the parallax deserves it."""
    parallax, g_mag = number(star, "parallax"), number(star, "phot_g_mean_mag")
    quality = number(star, "parallax_over_error")
    if not math.isfinite(quality):
        quality = parallax / number(star, "parallax_error")
    if not math.isfinite(g_mag):
        return []
    if not (parallax > 0 and quality > MIN_PARALLAX_OVER_ERROR):
        reason = f"ϖ/σ = {quality:.1f} is too small to give an absolute magnitude"
        return [Fact("M_G", "—", "", reason)]
    magnitude = g_mag + 5 * math.log10(parallax) - 10
    text = number_text(magnitude, 2.17 / quality)
    return [Fact("M_G", text, "mag", f"G + 5 log ϖ − 10, ϖ/σ = {quality:.0f}, not dereddened")]


def _fact(star: pd.Series, column: Column, name: str) -> Fact:
    value: Any = star[column.name]
    if isinstance(value, str):
        text = value or "—"
    elif hasattr(value, "__len__"):
        text = ", ".join(f"{item:.7g}" for item in value) or "—"
    elif value is None or pd.isna(value):
        text = "—"
    elif isinstance(value, bool) or column.dtype == "bool":
        text = "yes" if value else "no"
    elif column.dtype == "int64":
        text = str(int(value)) if column.role == "id" else f"{int(value):,}"
    else:
        text = _measured(float(value), _error(star, column.name), column.unit)
    return Fact(name, text, unit_text(column.unit), column.description)


def _measured(value: float, err: float, unit: str) -> str:
    """A value to its error; magnitudes without one to three decimals."""
    if unit == "mag" and math.isfinite(value) and not math.isfinite(err):
        return minus(f"{value:.3f}")
    return number_text(value, err)


def _error(star: pd.Series, name: str) -> float:
    """Error of a value, by the survey's naming habits; NaN where there is none."""
    for pattern in ("e_{}", "{}_error", "{}_err"):
        err = number(star, pattern.format(name))
        if math.isfinite(err):
            return err
    return math.nan


def _described(columns: Mapping[str, Column], name: str) -> str:
    return columns[name].description if name in columns else ""


def number(star: pd.Series, name: str) -> float:
    """A number of the row, NaN where the column or the value is missing."""
    value: Any = star.get(name)
    return math.nan if value is None or pd.isna(value) else float(value)
