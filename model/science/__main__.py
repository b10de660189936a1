"""``python -m model.science DATA --out WORK``: make the real-data report."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from data_pipeline.cli import run_main, write_json
from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean
from model.science.cases import CASES
from model.science.chain import Chain
from model.science.report import write_report
from model.science.results import Results, run_case


def main(argv: Sequence[str] | None = None) -> None:
    """Run all commands that are not done yet, then write the report."""
    args = _parser().parse_args(argv)
    names = [case.name for case in CASES]
    unknown = [name for name in args.surveys if name not in names]
    if unknown:
        raise InputError(
            f"--surveys: there is no {unknown[0]!r}{did_you_mean(unknown[0], names)}; there are "
            f"{', '.join(names)}."
        )
    chosen = [case for case in CASES if case.name in args.surveys]
    missing = [case.folder for case in chosen if not (args.data / case.folder).is_dir()]
    if missing:
        raise InputError(
            f"{args.data} has no folder {' and no folder '.join(missing)}. "
            "Give the directory that holds the observations of all surveys."
        )
    chains = [Chain(case, args.data.resolve(), args.out.resolve()) for case in chosen]
    results = [run_case(chain) for chain in chains]
    write_report(results, args.report or args.out / "science.md", _command())
    write_json(args.json, {one.case.name: _figures(one) for one in results})
    for one in results:
        name, best = next(iter(one.scores.items()))
        print(
            f"{one.case.title}: {name} accuracy {best.accuracy:.3f}, macro-F1 {best.macro_f1:.3f}"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model.science", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder with the observations")
    parser.add_argument("--out", type=Path, required=True, metavar="WORK", help="for the results")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="page to write (WORK/science.md)"
    )
    parser.add_argument(
        "--surveys", type=lambda text: text.split(","), default=[case.name for case in CASES],
        metavar="A,B", help="only these: " + ", ".join(case.name for case in CASES),
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


def _figures(results: Results) -> dict:
    return {
        "n_objects": results.n_objects,
        "scores": {name: scores.to_dict() for name, scores in results.scores.items()},
        "ambiguous": results.ambiguous,
        "periods": results.periods.to_dict("index"),
        "by_period": results.by_period,
        "steps": [asdict(step) for step in results.steps],
        "chain_seconds": results.chain_seconds,
    }


def _command() -> str:
    return "make science DATA=DATA"


if __name__ == "__main__":
    sys.exit(run_main(main, None))
