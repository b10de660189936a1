"""The report in words and columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.evaluation.tables import percent, text_table, with_nan

Figures = dict[str, Any]

HEAD = """{survey}: {n} stars{synthetic}, {modalities}. Preset {preset}, {given}.
Seeds share their split between pre-training and classifier; {n_seen} test stars were seen in any
training. Values are per cent over {bases}; ± is the population deviation over the seeds. p is of
the paired t-test corrected for overlapping splits (Nadeau & Bengio 2003); p Holm is corrected for
all {n_tests} comparisons. Nuisance: boosted trees on how a star was observed (number of points,
time span, errors, brightness, position), trained and tested on the same stars."""


@dataclass(frozen=True)
class Section:
    """A table of the report, its cells as text."""

    name: str
    """In a word or two."""
    title: str
    head: list[str]
    rows: list[list[str]]


def read_report(directory: Path) -> Figures:
    """Read the report that an evaluation wrote to a directory, NaN where JSON has null."""
    text = (directory / "report.json").read_text(encoding="utf-8")
    report: Figures = with_nan(json.loads(text))
    return report


def in_words(report: Figures) -> str:
    """Return the whole report as text."""
    tables = [f"{part.title}\n{text_table(part.head, part.rows)}" for part in sections(report)]
    return "\n\n".join([about(report), *tables]) + "\n"


def about(report: Figures) -> str:
    """Return what was evaluated and how to read the tables."""
    n_tests = sum("paired" in row for row in report["accuracy"])
    return HEAD.format(**report["about"], n_tests=n_tests)


def sections(report: Figures) -> list[Section]:
    """Return the tables of a report, those left out for which it has nothing."""
    made = [_accuracy(report["accuracy"]), _calibration(report["accuracy"])]
    if report["combinations"]:
        made.append(_combinations(report["combinations"], report["combination_subset"]))
    if report["zero_shot"]:
        made.append(_zero(report["zero_shot"]))
    for key, name, title in (
        ("retrieval", "retrieval", "A star's other modality found by one, among all test stars"),
        (
            "matched_retrieval", "retrieval, matched",
            "The same among the stars most like it in brightness and color",
        ),
    ):  # fmt: skip
        if report[key]:
            made.append(_retrieval(report[key], name, title))
    if report["numeric"]:
        made.append(_numeric(report["numeric"]))
    return made


def _accuracy(rows: list[Figures]) -> Section:
    table = []
    for row in rows:
        test = row.get("paired")
        found = ["–", "–", "–"]
        if test and test["n"]:
            found = [f"{100 * test['difference']:+.1f}", _p(test["p"]), _p(test["p_holm"])]
        table.append(
            [
                row["mode"], row["subset"], percent(row.get("pretrained_accuracy")),
                percent(row.get("scratch_accuracy")), *found, percent(row["nuisance_accuracy"]),
                str(row["n_test"]),
            ]
        )  # fmt: skip
    return Section(
        "accuracy", "Accuracy with and without pre-training",
        ["mode", "labels", "pre-trained", "scratch", "gain", "p", "p Holm", "nuisance", "test"],
        table,
    )  # fmt: skip


def _calibration(rows: list[Figures]) -> Section:
    keys = ("pretrained_macro_f1", "scratch_macro_f1", "nuisance_macro_f1")
    table = [
        [r["mode"], r["subset"], *(percent(r.get(k)) for k in keys),
         percent(r.get("pretrained_ece")), percent(r.get("scratch_ece"))]
        for r in rows
    ]  # fmt: skip
    head = ["mode", "labels", "F1 pre-trained", "F1 scratch", "F1 nuisance", "ECE pre", "ECE scr"]
    return Section("calibration", "Macro-F1 and calibration error (ECE)", head, table)


def _combinations(rows: list[Figures], subset: str) -> Section:
    classes = list(dict.fromkeys(name for row in rows for name in row["recall"]))
    table = [
        [row["modalities"], row["start"], percent(row["mean_recall"])]
        + [_mean(row["recall"].get(name)) for name in classes]
        for row in rows
    ]
    return Section(
        "recall per class",
        "Recall per class by the modalities that the classifier of all of them is shown, "
        f"{subset} labels",
        ["shown", "start", "class mean", *classes],
        table,
    )


def _zero(rows: list[Figures]) -> Section:
    table = [
        [r["space"], r["subset"], percent(r["centroid"]), percent(r["nearest"]), str(r["n"])]
        for r in rows
    ]
    head = ["vectors", "labels", "class center", "nearest star", "test"]
    return Section("without training", "Classes read off the embeddings, no training", head, table)


def _retrieval(rows: list[Figures], name: str, title: str) -> Section:
    table = [
        [r["pair"], percent(r["recall_1"]), percent(r["recall_10"]), percent(r["chance_10"]),
         f"{r['median_rank']['mean']:.0f}", str(r["among"])]
        for r in rows
    ]  # fmt: skip
    head = ["by → of", "first", "in 10", "chance 10", "median rank", "among"]
    return Section(name, title, head, table)


def _numeric(rows: list[Figures]) -> Section:
    table = []
    for r in rows:
        where = r["by"] if r["by"] == r["from"] else f"{r['by']} → {r['from']}"
        if "reason" in r:
            table.append([r["column"], where, r["reason"], "", "", str(r["n_test"])])
            continue
        values = [_interval(r[key]) for key in ("neighbors", "probe", "nuisance")]
        table.append([r["column"], where, *values, str(r["n_test"])])
    return Section(
        "numbers",
        "Numbers read off 20 neighbors and off a linear probe: R² with 95 % interval of the "
        "first seed's test stars (the mean value scores 0)",
        ["column", "vectors", "neighbors", "probe", "nuisance", "test"],
        table,
    )


def _interval(value: Figures) -> str:
    first, low, high = value["first"]
    if first is None or first != first:
        return "–"
    return f"{first:.2f} [{low:.2f}, {high:.2f}]"


def _mean(value: Figures | None) -> str:
    return f"{100 * value['mean']:.0f}" if value and value["n"] else "–"


def _p(value: float) -> str:
    if value != value:
        return "–"
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
