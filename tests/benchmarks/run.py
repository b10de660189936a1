"""One table of speeds: ``make bench``, or ``python tests/benchmarks/run.py --only umap,page``.

Every stage is measured on surveys simulated on the spot, at 4,000 and at 21,000 objects (the
paper's number). What a stage makes (survey, embeddings, atlas) stays in --work, so that with --only
a single stage can be measured again, and with --resume a run that was stopped goes on.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import stages
from stages import Bench, Figure

from data_pipeline.cli import progress, run_main, write_json
from data_pipeline.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help=f"comma-separated, of {', '.join(stages.STAGES)}")
    parser.add_argument("--sizes", default="4000,21000", help="numbers of objects (4000,21000)")
    parser.add_argument("--work", type=Path, default=ROOT / "reports" / "bench", metavar="DIR")
    parser.add_argument("--run", type=Path, default=ROOT / "model" / "demo_run", metavar="RUN")
    parser.add_argument("--resume", action="store_true", help="skip what is already measured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse(argv)
    chosen = args.only.split(",") if args.only else list(stages.STAGES)
    if unknown := set(chosen) - set(stages.STAGES):
        raise InputError(f"no stage {sorted(unknown)[0]!r}; there are {', '.join(stages.STAGES)}.")
    args.work.mkdir(parents=True, exist_ok=True)
    done = _read(args.work / "figures.json")
    todo = [(stage, int(n)) for n in args.sizes.split(",") for stage in chosen]
    for stage, n in progress(todo, "bench"):
        if args.resume and f"{stage}@{n}" in done:
            continue
        figures = stages.STAGES[stage](Bench(args.work, args.run, n))
        done[f"{stage}@{n}"] = [figure.as_dict() for figure in figures]
        write_json(args.work / "figures.json", done)
    shown = [Figure(**f) for stage, n in todo for f in done[f"{stage}@{n}"]]
    print(_heading() + "\n\n" + table(shown))
    write_json(args.json, {"machine": _heading(), "figures": [f.as_dict() for f in shown]})


def table(figures: list[Figure]) -> str:
    """A line per quantity, a column per number of objects."""
    sizes = sorted({figure.n_objects for figure in figures})
    lines = [f"{'':34}" + "".join(f"{n:>12,d}" for n in sizes) + "  objects"]
    for what, unit in dict.fromkeys((f.what, f.unit) for f in figures):
        values = {f.n_objects: f.value for f in figures if f.what == what}
        cells = "".join(f"{_short(values.get(n)):>12}" for n in sizes)
        lines.append(f"{what:34}{cells}  {unit}")
    return "\n".join(lines)


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _heading() -> str:
    """What it ran on: cores, Python, commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    version = commit.stdout.strip() or "unknown"
    return f"{cores} cores, {platform.machine()}, Python {platform.python_version()}, at {version}"


def _read(path: Path) -> dict[str, list[dict[str, float | str | int]]]:
    return json.loads(path.read_text()) if path.exists() else {}


if __name__ == "__main__":
    sys.exit(run_main(main, None))
