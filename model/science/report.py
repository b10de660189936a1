"""The page: figures in, Markdown out."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from model.science.results import WITHIN, Results
from model.science.scores import Scores

_HEAD = """# Real stars: what the classifier reaches

Written by `{command}` on {day}, commit `{commit}`, {machine}. Do not edit: run it again.

No human or catalog period enters: every period is found in the light curves by this project. Five
folds by a seeded hash of the identifiers; of each fold, neither the pre-training nor the classifier
sees a star of the test part, and a tenth of the stars chooses when to stop. All figures are of
predictions for stars that the model had not seen, in square brackets 95 % bootstrap intervals over
the stars.

*Nuisance* is what tells how a star was observed, not what it is: number of points, time span,
median error and magnitude per band, position on the sky. Boosted trees get these and nothing else;
a classifier is worth what it reaches beyond them. Beside it, boosted trees get the same
light-curve features as the network's metadata encoder.
"""


def write_report(results: Sequence[Results], path: Path, command: str) -> None:
    """Write the report of all surveys."""
    head = _HEAD.format(
        command=command, day=date.today().isoformat(), commit=_commit(), machine=_machine()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *map(_section, results)]), encoding="utf-8")


def _section(results: Results) -> str:
    neural = next(iter(results.scores.values()))
    parts = [
        f"## {results.case.title}: {results.n_objects:,} stars, {neural.count.sum():,} of them "
        f"in {len(neural.classes)} classes",
        _summary(results),
        "### Per class",
        _per_class(neural),
        "### Confusion (rows: the catalog; columns: predicted)",
        _confusion(neural),
    ]
    if results.ambiguous is not None:
        n, hits, chance = results.ambiguous
        parts.append(
            f"**Stars the catalog left undecided** ({n:,}): one of the catalog's alternatives is "
            f"predicted for {hits:.1%}; the same predictions dealt out at random among these "
            f"stars would agree for {chance:.1%}."
        )
    parts += [
        f"### Periods against the published ones (within {WITHIN:.0%})",
        _periods(results.periods),
        _by_period(results.by_period),
        "### Wall-clock",
        _times(results),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(results: Results) -> str:
    accuracy, macro_f1 = results.case.goal
    rows = [
        (
            name,
            _interval(s.accuracy, s.accuracy_interval),
            _interval(s.macro_f1, s.macro_f1_interval),
        )
        for name, s in results.scores.items()
    ]
    rows.append(("*goal*", f"{accuracy:.2f}", f"{macro_f1:.2f}"))
    return _table(("", "accuracy", "macro-F1"), rows)


def _interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _per_class(scores: Scores) -> str:
    rows = [
        (name, f"{scores.count[i]:,}", *(f"{v[i]:.3f}" for v in _columns(scores)))
        for i, name in enumerate(scores.classes)
    ]
    return _table(("class", "stars", "precision", "recall", "F1"), rows)


def _columns(scores: Scores) -> tuple:
    return scores.precision, scores.recall, scores.f1


def _confusion(scores: Scores) -> str:
    rows = [
        (f"**{name}**", *map(str, scores.confusion[i])) for i, name in enumerate(scores.classes)
    ]
    return _table(("", *scores.classes), rows)


def _periods(periods: pd.DataFrame) -> str:
    shares = [name for name in periods.columns if name != "stars"]
    rows = [
        (str(name), f"{int(row['stars']):,}", *(f"{row[share]:.3f}" for share in shares))
        for name, row in periods.iterrows()
    ]
    return _table(("class", "stars", *shares), rows)


def _by_period(by_period: dict[str, tuple[int, float]]) -> str:
    parts = [
        f"{accuracy:.3f} of the {n:,} stars for which we find {name}"
        for name, (n, accuracy) in by_period.items()
    ]
    return (
        f"Of the stars with a published period the classifier is right for {' and '.join(parts)}."
    )


def _times(results: Results) -> str:
    rows = [
        (f"`{step.command}`", f"{step.seconds:.0f} s")
        for step in results.steps
        if step.name in results.chain_seconds
    ]
    total = sum(results.chain_seconds.values())
    folds = sum(step.seconds for step in results.steps) - total
    return (
        _table(("from the light curves to the page", "took"), rows)
        + f"\n\nTogether {total / 60:.1f} minutes; the five folds took {folds / 60:.1f} more."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _commit() -> str:
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return found.stdout.strip() or "unknown"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
