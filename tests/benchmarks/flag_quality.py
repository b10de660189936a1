"""How well each flag, cleanlab alone, and their combination find labels known to be wrong.

python tests/benchmarks/flag_quality.py --out DIR [--demo ATLAS] [--acvs SURVEY] [--eros1 SURVEY]
    [--acvs-embeddings EMB] [--eros1-embeddings EMB] [--seeds 10]

Three per cent of the labels are moved to a class they might be taken for, ten times over. Whatever
depends on labels is made again each time: out-of-fold probabilities (forests, a small network and
neighbours on the survey's features, mean; on the demo sky the atlas's linear probe on embeddings;
with embeddings both), neighbours' votes, class centres, clusters. A seed that is done is kept
in DIR and not done again. The combination's weights are learned on all seeds but the one it is
scored on. Tables go to DIR/flag_quality.md and flag_quality.json.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from flag_cases import ACVS_MOVES, EROS_MOVES, Case, Floats, Mask, demo_case, survey_case
from flag_scores import CLEANLAB, scores_of
from numpy.typing import NDArray

from data_pipeline.cli import run_main, write_json
from model.analysis.flag_weights import combine, learn_weights
from model.analysis.metrics import average_precision, recall_at

REVIEWED = (0.01, 0.03, 0.05)
N_RESAMPLES = 200
COMBINATION = "combination"
WORDS = {
    CLEANLAB: "cleanlab's normalised margin alone (random forest; demo: the probe)",
    "probe": "classifier against catalogue, mean of models",
    "vote": "neighbours' vote",
    "centroid": "nearer another class's centre",
    "centers": "the same, several centres a class",
    "far": "far from its class's centre (percentile)",
    "alone": "off its class's main cluster (DBSCAN on the map)",
    "split": "kinds of data disagree",
    "sparse": "local density",
    "stray": "in no cluster of all stars (DBSCAN)",
    "external": "another catalogue disagrees",
    "period": "wrong-period evidence",
    COMBINATION: "combination, weights from other seeds",
}


def measure(case: Case, seed: int, folder: Path) -> None:
    """Score one seed and keep the scores, unless they are kept already."""
    path = folder / f"{case.name}-{seed}.npz"
    if path.exists():
        return
    labels, moved = case.moved(seed)
    scores = scores_of(case, labels, seed)
    counted = pd.notna(labels)
    part = path.with_suffix(".part.npz")
    np.savez(part, moved=moved[counted], **{k: v[counted] for k, v in scores.items()})
    part.rename(path)
    print(f"{case.name} {seed}: " + ", ".join(
        f"{name} {average_precision(moved[counted], score[counted]):.3f}"
        for name, score in scores.items()
    ), file=sys.stderr, flush=True)  # fmt: skip


Seed = tuple[Mask, dict[str, Floats]]


def load(name: str, folder: Path) -> dict[int, Seed]:
    """The seeds of a case that are done."""
    done = {}
    for path in folder.glob(f"{name}-*.npz"):
        number = path.stem.removeprefix(f"{name}-")
        if number.lstrip("-").isdecimal():
            with np.load(path) as kept:
                scores = {key: kept[key] for key in kept.files if key != "moved"}
                done[int(number)] = (kept["moved"], scores)
    return dict(sorted(done.items()))


def with_combination(done: dict[int, Seed]) -> dict[str, float]:
    """Add the combination to each seed; returns the mean weights over the seeds planted here."""
    planted = [seed for seed in done if seed >= 0]
    used = [
        name
        for name in next(iter(done.values()))[1]
        if name not in (CLEANLAB, "far", "alone", "sparse", "stray", "period", "split")
    ]
    learned = {
        s: learn_weights({name: done[s][1][name] for name in used}, done[s][0]) for s in planted
    }
    for seed, (_, scores) in done.items():
        others = [learned[s] for s in planted if s != seed]
        if others:
            weights = {name: float(np.mean([w[name] for w in others])) for name in used}
            scores[COMBINATION] = combine({name: scores[name] for name in used}, weights)
    return {name: float(np.mean([w[name] for w in learned.values()])) for name in used}


def summarize(done: dict[int, Seed]) -> dict[str, Any]:
    """Mean over seeds of each measure, with intervals from resampling stars in every seed."""
    names = list(next(iter(done.values()))[1])
    rows = {name: {"ap": [], **{f"r{100 * f:g}": [] for f in REVIEWED}} for name in names}
    rng = np.random.default_rng(42)
    for resample in range(N_RESAMPLES + 1):
        drawn = {seed: _drawn(rng, len(moved), resample) for seed, (moved, _) in done.items()}
        for name in names:
            of_seed = [(m[drawn[s]], scores[name][drawn[s]]) for s, (m, scores) in done.items()]
            rows[name]["ap"].append(np.mean([average_precision(m, v) for m, v in of_seed]))
            for fraction in REVIEWED:
                recall = np.mean([recall_at(m, v, fraction) for m, v in of_seed])
                rows[name][f"r{100 * fraction:g}"].append(recall)
    table = {
        name: {key: _interval(np.array(values)) for key, values in of.items()}
        for name, of in rows.items()
    }
    if COMBINATION in rows:
        best = np.array(rows[COMBINATION]["ap"])
        for name in names:
            table[name]["combination_gains"] = _interval(best - np.array(rows[name]["ap"]))
    return table


def _drawn(rng: np.random.Generator, n: int, resample: int) -> NDArray[np.int64]:
    """All stars the first time, then as many drawn with replacement."""
    return np.arange(n) if resample == 0 else rng.integers(0, n, n)


def _interval(values: Floats) -> dict[str, float]:
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": float(values[0]), "low": float(low), "high": float(high)}


def as_markdown(title: str, table: dict[str, Any], n_seeds: int, n: int, n_wrong: int) -> str:
    """One case as a table."""
    lines = [
        f"**{title}**: {n:,} stars, {n_wrong} wrong labels, {n_seeds} seed(s)", "",
        "| ranked by | average precision | recall at 1 % | at 3 % | at 5 % | combination gains |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, row in table.items():
        cells = [_cell(row[key]) for key in ("ap", "r1", "r3", "r5")]
        gain = _cell(row["combination_gains"]) if "combination_gains" in row else ""
        lines.append(f"| {WORDS.get(name, name)} | {' | '.join(cells)} | {gain} |")
    return "\n".join(lines)


def _cell(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    for name in ("demo", "acvs", "eros1", "acvs-embeddings", "eros1-embeddings"):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    cases = []
    if args.demo:
        cases.append(demo_case(args.demo))
    if args.acvs:
        cases.append(survey_case("acvs", args.acvs, args.acvs_embeddings, ACVS_MOVES, "ACVS"))
    if args.eros1:
        cases.append(survey_case("eros1", args.eros1, args.eros1_embeddings, EROS_MOVES, "EROS-1"))
    for seed in range(-1, args.seeds):
        for case in cases:
            if seed >= 0 or case.planted is not None:
                measure(case, seed, args.out)
    report(args.out)


def report(folder: Path) -> None:
    """Tables of everything that is kept."""
    figures, texts = {}, []
    titles = {"demo": "Demo sky", "acvs": "ASAS ACVS", "eros1": "EROS-1 LMC"}
    for name, title in titles.items():
        done = load(name, folder)
        if not done:
            continue
        weights = with_combination(done)
        groups = {title: {s: d for s, d in done.items() if s >= 0}}
        if -1 in done:
            groups[f"{title}, its own planted errors"] = {-1: done[-1]}
        for words, group in groups.items():
            if group:
                table = summarize(group)
                moved = next(iter(group.values()))[0]
                texts.append(as_markdown(words, table, len(group), len(moved), int(moved.sum())))
                figures[words] = {"seeds": list(group), "table": table, "weights": weights}
        texts.append(f"Weights: {', '.join(f'{k} {v:.2f}' for k, v in weights.items())}")
    text = "\n\n".join(texts)
    (folder / "flag_quality.md").write_text(text + "\n", encoding="utf-8")
    write_json(folder / "flag_quality.json", figures)
    print(text)


if __name__ == "__main__":
    sys.exit(run_main(main, None))
