"""Planted faults: wrong labels, wrong catalog periods, stars that do not fit their class or any.

`plan_faults` decides which stars get which fault before anything is simulated; the kinds of fault
are those that bite real catalogs. They are written to truth.parquet only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_pipeline.demo.classes import PAPER_CLASSES, Kind

RATES = {"wrong_label": 0.03, "wrong_period": 0.02, "in_class_outlier": 0.01,
         "complete_outlier": 0.002}  # fmt: skip

# (wrong label, factor on the catalog period, weight) of each confusion
CONFUSIONS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "EW": (("EB", 1.0, 0.5), ("RRC", 0.5, 0.25), ("HADS", 0.5, 0.15), ("ROT", 0.5, 0.1)),
    "EB": (("EW", 1.0, 0.6), ("EA", 1.0, 0.4)),
    "EA": (("EB", 1.0, 0.85), ("ROT", 1.0, 0.15)),
    "RRAB": (("EB", 2.0, 0.4), ("RRC", 1.0, 0.6)),
    "RRC": (("EW", 2.0, 0.75), ("HADS", 1.0, 0.25)),
    "DSCT": (("HADS", 1.0, 0.5), ("EW", 2.0, 0.5)),
    "HADS": (("EW", 2.0, 0.4), ("RRC", 1.0, 0.35), ("DSCT", 1.0, 0.25)),
    "M": (("SR", 1.0, 1.0),),
    "SR": (("M", 1.0, 0.75), ("ROT", 1.0, 0.25)),
    "ROT": (("SR", 1.0, 0.4), ("EW", 2.0, 0.4), ("EB", 2.0, 0.2)),
}
# what can be odd about a star of each family of shapes
IN_CLASS = {
    "eclipse": ("emission", "pulsation", "another star's spectrum", "another star's catalog row"),
    "spots": ("eclipses", "emission", "another star's spectrum", "another star's catalog row"),
    "mira": ("another star's spectrum", "another star's catalog row"),
    "semiregular": ("fading", "emission", "another star's spectrum"),
    "pulsation": ("eclipses", "emission", "another star's spectrum", "another star's catalog row"),
}
COMPLETE = (("galaxy", "red noise"), ("cataclysmic", "outbursts"), ("quasar", "red noise"))
NEEDS_SPECTRUM = frozenset(
    {"emission", "another star's spectrum", "galaxy", "cataclysmic", "quasar"}
)


@dataclass(frozen=True)
class Fault:
    """What was planted in one star: the truth table's `fault`, `fault_detail`, and its effect."""

    fault: str = ""
    detail: str = ""
    label: str = ""
    """Label the catalog gives instead of the true one."""
    period_factor: float = 1.0
    """Catalog period over true period, where it is a simple ratio."""
    anomalies: tuple[str, ...] = ()


def plan_faults(kinds: Sequence[Kind], rng: np.random.Generator) -> list[Fault]:
    """Choose a fault, or none, for every star; wrong labels stay among the paper's classes."""
    n_stars = len(kinds)
    plan = [Fault()] * n_stars
    # VAR has no period to get wrong; every star has at most one fault
    free = rng.permutation([row for row, kind in enumerate(kinds) if kind.label in PAPER_CLASSES])
    taken = 0
    for name, rate in RATES.items():
        n_faults = max(1, round(rate * n_stars))
        for number, row in enumerate(free[taken : taken + n_faults].tolist()):
            plan[row] = _FAULT_MAKERS[name](kinds[row], number, rng)
        taken += n_faults
    return plan


def _wrong_label(kind: Kind, number: int, rng: np.random.Generator) -> Fault:
    options = CONFUSIONS[kind.label]
    weights = np.array([weight for _, _, weight in options])
    label, factor = options[int(rng.choice(len(options), p=weights / weights.sum()))][:2]
    note = "" if factor == 1.0 else f", catalog period {factor:g} times the true one"
    return Fault("wrong_label", f"{kind.label} labelled {label}{note}", label, factor)


def _wrong_period(kind: Kind, number: int, rng: np.random.Generator) -> Fault:
    kinds = ["half", "double"] + (["daily alias"] if kind.log_period[0] < 1.0 else [])
    eclipsing = kind.shape == "eclipse"
    weights = np.array([2.0 if eclipsing else 1.0, 0.7 if eclipsing else 1.0, 1.2][: len(kinds)])
    detail = str(rng.choice(kinds, p=weights / weights.sum()))
    factor = {"half": 0.5, "double": 2.0}.get(detail, 1.0)
    return Fault("wrong_period", detail, period_factor=factor)


def _in_class_outlier(kind: Kind, number: int, rng: np.random.Generator) -> Fault:
    anomaly = str(rng.choice(IN_CLASS.get(kind.shape, IN_CLASS["pulsation"])))
    return Fault("in_class_outlier", anomaly, anomalies=(anomaly,))


def _complete_outlier(kind: Kind, number: int, rng: np.random.Generator) -> Fault:
    anomalies = COMPLETE[number % len(COMPLETE)]
    return Fault("complete_outlier", f"{anomalies[0]} labelled {kind.label}", anomalies=anomalies)


# each takes the star's kind, the number of the fault among its like, and a generator
_FAULT_MAKERS = {
    "wrong_label": _wrong_label,
    "wrong_period": _wrong_period,
    "in_class_outlier": _in_class_outlier,
    "complete_outlier": _complete_outlier,
}


def catalog_period(
    true_period: float, fault: Fault, span_days: float, rng: np.random.Generator
) -> float:
    """Period the catalog gives: the true one within its error, or the planted mistake."""
    period = true_period * fault.period_factor
    if fault.detail == "daily alias":
        sign = rng.choice([-1.0, 1.0])
        period = 1.0 / abs(1.0 / true_period + sign * 1.0027379)
    # a period is known to a small part of a cycle over the span of the data
    drift_cycles = rng.normal(0.0, 0.01)
    return period * (1.0 + drift_cycles * period / max(span_days, period))
