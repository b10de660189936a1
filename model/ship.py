"""``python -m model.ship RUN TARGET``: put a finished pre-training where the project ships it.

Everything that made it (command, seed, versions) travels in its manifest and config; a run that is
too large, not a pre-training, or made with absolute paths is refused.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.cli import run_main
from data_pipeline.directories import MANIFEST, new_directory, verify
from model.checks import raise_all
from model.run import Run

LARGEST_BYTES = 8_000_000


def ship(run: Run, target: Path) -> None:
    """Copy a run over `target`, replacing the run that was there."""
    verify(run.path)
    files = run.manifest["files"]
    size = sum(record["bytes"] for record in files.values())
    command = run.manifest["provenance"]["command"]
    problems = []
    if size > LARGEST_BYTES:
        problems.append(f"{run.path} has {size} bytes; at most {LARGEST_BYTES} are shipped.")
    if any(part.startswith("/") for part in command.split()):
        problems.append(f"{run.path} was made with an absolute path: {command}.")
    if target.exists() and not (target / MANIFEST).is_file():
        problems.append(f"{target} holds no run, so it is not replaced.")
    raise_all(problems)
    shutil.rmtree(target, ignore_errors=True)
    with new_directory(target) as building:
        for name in (*files, MANIFEST):
            shutil.copyfile(run.path / name, building / name)


def main(argv: Sequence[str] | None = None) -> None:
    """Ship the run named on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m model.ship", description=__doc__.split("\n")[0]
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("target", type=Path, metavar="TARGET")
    args = parser.parse_args(argv)
    run = Run.open(args.run, "pretraining")
    ship(run, args.target)
    print(f"{args.run} shipped to {args.target}: seed {run.training['seed']}")


if __name__ == "__main__":
    sys.exit(run_main(main, None))
