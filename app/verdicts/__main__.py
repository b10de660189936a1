"""python -m app.verdicts backup | restore | export | report"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

from app.verdicts import files
from app.verdicts.book import VerdictBook
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError

WHERE = "the log: an atlas (its own log beside it), an SQLite file, or a database URL"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except InputError as error:
        print(f"python -m app.verdicts: {error}", file=sys.stderr)
        return 2
    return 0


def _backup(options: argparse.Namespace) -> None:
    with closing(VerdictLog(options.log, create=False)) as log:
        print(f"{files.backup(log, options.out):,} entries in {options.out}.")


def _restore(options: argparse.Namespace) -> None:
    with (
        closing(VerdictLog(options.backup, create=False)) as source,
        closing(VerdictLog(options.into)) as log,
    ):
        n_new = files.restore(source, log)
        print(f"{n_new:,} entries added, {len(source) - n_new:,} were there already.")


def _export(options: argparse.Namespace) -> None:
    with closing(VerdictLog(options.log, create=False)) as log:
        print(f"{files.export(log.url, options.out):,} entries in {options.out}.")


def _report(options: argparse.Namespace) -> None:
    from app.atlas_store import AtlasStore
    from app.verdicts.report import report, report_text
    from model.atlas import Atlas

    atlas = Atlas.open(options.atlas)
    with closing(VerdictLog(options.verdicts or options.atlas, create=False)) as log:
        found = report(AtlasStore(atlas), VerdictBook(log))
    print(report_text(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2, ensure_ascii=False), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.verdicts", description="Keep, copy and read logs of verdicts."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    backup = commands.add_parser("backup", help="copy a log, in use or not, into one SQLite file")
    backup.add_argument("log", help=WHERE)
    backup.add_argument("--out", type=Path, required=True, metavar="FILE.sqlite")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="add to a log what it lacks of a backup")
    restore.add_argument("backup", type=Path, metavar="FILE.sqlite")
    restore.add_argument("--into", required=True, metavar="LOG", help=WHERE)
    restore.set_defaults(run=_restore)
    export = commands.add_parser("export", help="write all entries as .csv or .parquet")
    export.add_argument("log", help=WHERE)
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    export.set_defaults(run=_export)
    report = commands.add_parser("report", help="wrong labels per class, agreement, progress")
    report.add_argument("atlas", type=Path)
    report.add_argument(
        "--verdicts", metavar="URL", help="the log, unless it lies beside the atlas"
    )
    report.add_argument("--json", type=Path, metavar="FILE", help="the figures for machines")
    report.set_defaults(run=_report)
    return parser


if __name__ == "__main__":
    sys.exit(main())
