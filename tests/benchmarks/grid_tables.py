"""The preset grid's figures as Markdown: mean and standard deviation over the seeds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Run = Mapping[str, Any]


def tables(runs: Sequence[Run]) -> str:
    """Return one table per survey: a row per preset, a column per figure."""
    parts = []
    for survey in dict.fromkeys(run["survey"] for run in runs):
        here = [run for run in runs if run["survey"] == survey]
        columns = [c for c in COLUMNS if any(np.isfinite(COLUMNS[c](run)) for run in here)]
        lines = [
            f"**{survey}**",
            "",
            "| | runs | " + " | ".join(columns) + " |",
            "| --- | --: |" + " --: |" * len(columns),
        ]
        for preset in dict.fromkeys(run["preset"] for run in here):
            of_preset = [run for run in here if run["preset"] == preset]
            cells = [_cell([COLUMNS[c](run) for run in of_preset]) for c in columns]
            lines.append(f"| {preset} | {len(of_preset)} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _cell(values: Sequence[float]) -> str:
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return ""
    spread = f" ± {np.std(known, ddof=1):.3f}" if len(known) > 1 else ""
    return f"{np.mean(known):.3f}{spread}"


def _at(*path: str) -> Callable[[Run], float]:
    def value(run: Run) -> float:
        found: Any = run
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return float("nan") if found is None else float(found)

    return value


def _found_at_ten(kind: str) -> Callable[[Run], float]:
    """Mean over the pairs of modalities of the share found among the first ten."""

    def value(run: Run) -> float:
        pairs = run.get(kind, {}).values()
        return float(np.mean([pair["recall_10"] for pair in pairs])) if pairs else float("nan")

    return value


COLUMNS: dict[str, Callable[[Run], float]] = {
    "accuracy, all labels": _at("finetuned", "full", "accuracy"),
    "macro-F1": _at("finetuned", "full", "macro_f1"),
    "accuracy, 10 %": _at("finetuned", "sub10", "accuracy"),
    "macro-F1, 10 %": _at("finetuned", "sub10", "macro_f1"),
    "probe, accuracy": _at("probe", "full", "accuracy"),
    "probe, macro-F1": _at("probe", "full", "macro_f1"),
    "probe, macro-F1, 10 %": _at("probe", "sub10", "macro_f1"),
    "retrieval in 10": _found_at_ten("retrieval"),
    "among alike": _found_at_ten("matched_retrieval"),
    "moved labels": _at("moved_labels"),
}
