"""From the cells' figures to the paper's tables: rows as plain values, then as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np

from model.evaluation.grid import ALL, PRETRAINED, SCRATCH
from model.evaluation.statistics import holm, paired

Figures = dict[str, Any]


def accuracy_table(cells: Sequence[Figures], nuisance: Sequence[Figures]) -> list[Figures]:
    """Return a row per mode and subset: with and without pre-training, their difference, nuisance.

    Spreads are population deviations over the seeds, as the paper gives them. The differences are
    tested together: `p_holm` is corrected for all rows.
    """
    rows = []
    subsets = _ordered(c["subset"] for c in cells)
    for mode, subset in product(_ordered(c["mode"] for c in cells), subsets):
        here = [c for c in cells if (c["mode"], c["subset"]) == (mode, subset)]
        row: Figures = {"mode": mode, "subset": subset}
        by_start = {s: {c["base"]: c for c in here if c["start"] == s} for s in _starts(here)}
        for start, found in by_start.items():
            for what in ("accuracy", "macro_f1", "ece"):
                row[f"{start}_{what}"] = spread([c[what] for c in found.values()])
        beside = [n["modes"] for n in nuisance if n["subset"] == subset]
        beside = [modes[mode] for modes in beside if mode in modes]
        for what in ("accuracy", "macro_f1"):
            row[f"nuisance_{what}"] = spread([n[what] for n in beside])
        if len(by_start) == 2:
            shared = [
                b
                for b in by_start[PRETRAINED]
                if all(b in by_start[s] and _is_known(by_start[s][b]["accuracy"]) for s in by_start)
            ]
            first, second = (
                [by_start[s][b]["accuracy"] for b in shared] for s in (PRETRAINED, SCRATCH)
            )
            share = here[0]["n_test"] / max(here[0]["n_train"], 1)
            row["paired"] = vars(paired(first, second, share))
        row["n_test"] = here[0]["n_test"]
        rows.append(row)
    tested = [row for row in rows if "paired" in row]
    for row, p in zip(tested, holm([row["paired"]["p"] for row in tested]), strict=True):
        row["paired"]["p_holm"] = p
    return rows


def combination_table(cells: Sequence[Figures], subset: str) -> list[Figures]:
    """Return, of the classifiers of all modalities, class-wise recall per combination and start."""
    rows = []
    here = [c for c in cells if c["mode"] == ALL and c["subset"] == subset]
    for start in _starts(here):
        found = [c for c in here if c["start"] == start]
        for name in _ordered(k for c in found for k in c["combinations"]):
            parts = [c["combinations"][name] for c in found if name in c["combinations"]]
            classes = _ordered(k for p in parts for k in p["recall"])
            recall = {k: spread([p["recall"].get(k, np.nan) for p in parts]) for k in classes}
            rows.append(
                {
                    "start": start,
                    "modalities": name,
                    "accuracy": spread([p["accuracy"] for p in parts]),
                    "recall": recall,
                    "mean_recall": spread([np.mean(list(p["recall"].values())) for p in parts]),
                }
            )
    return rows


def zero_shot_table(found: Sequence[Figures]) -> list[Figures]:
    """Return a row per subset and space: accuracy by class centre and by nearest star."""
    rows = []
    for subset, space in _ordered((f["subset"], s) for f in found for s in f["spaces"]):
        here = [f["spaces"][space] for f in found if f["subset"] == subset and space in f["spaces"]]
        rows.append(
            {
                "subset": subset,
                "space": space,
                "centroid": spread([h["centroid"] for h in here]),
                "nearest": spread([h["nearest"] for h in here]),
                "n": here[0]["n"],
            }
        )
    return rows


def merged(records: Sequence[Sequence[Figures]], keys: Sequence[str]) -> list[Figures]:
    """Join the records of several seeds that agree in `keys`; numbers become spreads.

    A value with interval stays that of the first seed, beside the spread of the values.
    """
    rows = []
    for first in records[0]:
        same = [r for part in records for r in part if all(r.get(k) == first.get(k) for k in keys)]
        row = dict(first)
        for key, value in first.items():
            values = [r[key] for r in same if key in r]
            if isinstance(value, list):
                row[key] = {"first": value, **spread([v[0] for v in values])}
            elif isinstance(value, float):
                row[key] = spread(values)
        rows.append(row)
    return rows


def spread(values: Iterable[float]) -> Figures:
    """Return mean, population deviation and number of some values, NaN among them left out."""
    known = np.array([v for v in values if _is_known(v)], dtype=np.float64)
    if not len(known):
        return {"mean": float("nan"), "std": float("nan"), "n": 0}
    return {"mean": float(known.mean()), "std": float(known.std()), "n": len(known)}


def with_nan(value: Any) -> Any:
    """Put NaN where JSON has null."""
    if isinstance(value, dict):
        return {k: with_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [with_nan(v) for v in value]
    return float("nan") if value is None else value


def _is_known(value: float | None) -> bool:
    return value is not None and bool(np.isfinite(value))


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return columns aligned, the first to the left, the others to the right."""
    widths = [max(len(str(row[i])) for row in (header, *rows)) for i in range(len(header))]
    lines = []
    for row in (header, *rows):
        cells = [
            f"{cell:<{w}}" if i == 0 else f"{cell:>{w}}"
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def percent(value: Figures | None) -> str:
    """Write a spread in per cent: 91.3 ± 0.4."""
    if not value or not value["n"]:
        return "–"
    mean = f"{100 * value['mean']:.1f}"
    return f"{mean} ± {100 * value['std']:.1f}" if value["n"] > 1 else mean


def _starts(cells: Sequence[Figures]) -> list[str]:
    return [s for s in (PRETRAINED, SCRATCH) if any(c["start"] == s for c in cells)]


def _ordered(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))
