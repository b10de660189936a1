"""The command line: build a survey, simulate one, look at one.

python -m data_pipeline build CONFIG.toml --out DIR [--data DIR] [--update] [--scheduler ADDRESS]
python -m data_pipeline demo --out DIR
python -m data_pipeline fetch astrom3 --out DIR
python -m data_pipeline hats SURVEY --out DIR
python -m data_pipeline inspect DIR [--verify] [--draw FILE] [--rejected FILE]
"""

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_pipeline import directories
from data_pipeline.cli import not_negative, positive, run_main, write_json
from data_pipeline.inspection import contents, inspect_survey
from data_pipeline.survey import Survey

_PRESETS = Path(__file__).parent / "presets"
_REASONS = 5


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the arguments and run the command."""
    arguments = parser().parse_args(argv)
    arguments.run(arguments)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(prog="python -m data_pipeline", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_build(commands.add_parser("build", help="your own catalog, light curves, spectra"))
    _add_demo(commands.add_parser("demo", help="the simulated sky"))
    _add_fetch(commands.add_parser("fetch", help="published data, or what other catalogs say"))
    _add_hats(commands.add_parser("hats", help="a survey as a HATS catalog, for LSDB and others"))
    _add_inspect(commands.add_parser("inspect", help="what is in a survey, what looks wrong"))
    return top


def _add_build(command: argparse.ArgumentParser) -> None:
    presets = ", ".join(sorted(file.stem for file in _PRESETS.glob("*.toml")))
    command.add_argument("config", help=f"TOML file, or a preset: {presets}")
    command.add_argument("--data", metavar="DIR", help="where the data are (overrides data_dir)")
    command.add_argument("--strict", action="store_true", help="stop where anything cannot be used")
    command.add_argument(
        "--update",
        action="store_true",
        help="compute only what is new or changed since the survey at --out was built",
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="work on this Dask cluster, such as tcp://host:8786"
    )  # fmt: skip
    command.add_argument("--limit", type=positive, metavar="N", help="only so many stars")
    _add_common(command)
    command.set_defaults(run=_build)


def _add_demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--n-stars", type=positive, default=4000, metavar="N")
    command.add_argument("--seed", type=not_negative, default=42)
    command.add_argument("--proportions", choices=("balanced", "paper"), default="balanced")
    command.add_argument(
        "--spectra-fraction", type=_fraction, metavar="F", help="share of stars with a spectrum"
    )
    command.add_argument(
        "--periods", choices=("catalog", "search"), default="catalog",
        help="take the simulated catalog's periods (faster), or search the light curves",
    )  # fmt: skip
    _add_common(command)
    command.set_defaults(run=_demo)


def _add_fetch(command: argparse.ArgumentParser) -> None:
    what = command.add_subparsers(required=True, metavar="WHAT")
    astrom3 = what.add_parser("astrom3", help="the published AstroM3 data (needs huggingface_hub)")
    astrom3.add_argument("--out", type=Path, required=True, metavar="DIR", help="where files go")
    astrom3.add_argument("--kind", choices=("raw", "processed"), default="raw")
    astrom3.add_argument("--files", default="", metavar="PATTERN", help='such as "full_42/*"')
    astrom3.set_defaults(run=_fetch_astrom3)
    external = what.add_parser("external", help="ask VSX, GCVS, SIMBAD, Gaia (needs astroquery)")
    external.add_argument("survey", type=Path)
    external.add_argument("--catalog", required=True, help="VSX, GCVS, SIMBAD, Gaia DR3 classifier")
    external.add_argument("--out", type=Path, required=True, metavar="FILE", help="CSV to write")
    external.add_argument("--radius", type=float, default=3.0, metavar="ARCSEC")
    external.set_defaults(run=_fetch_external)


def _add_hats(command: argparse.ArgumentParser) -> None:
    command.add_argument("survey", type=Path)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="catalog to make")
    command.add_argument("--overwrite", action="store_true", help="set an existing one aside")
    command.set_defaults(run=_hats)


def _add_inspect(command: argparse.ArgumentParser) -> None:
    command.add_argument("survey", type=Path)
    command.add_argument("--verify", action="store_true", help="check the hash of every file")
    command.add_argument(
        "--draw", type=Path, metavar="FILE", help="draw who has which modality (.png, .svg, .pdf)"
    )
    command.add_argument(
        "--rejected", type=Path, metavar="FILE", help="write what was rejected, and why, as CSV"
    )
    command.add_argument("--json", metavar="FILE", help="write the figures for machines")
    command.set_defaults(run=_inspect)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="survey to make")
    command.add_argument("--overwrite", action="store_true", help="set an existing survey aside")
    command.add_argument("--workers", type=positive, default=_cores(), metavar="N")
    command.add_argument("--json", metavar="FILE", help="write the figures for machines")


def _build(arguments: argparse.Namespace) -> None:
    # Imported here: the period search loads compiled libraries that `inspect` does not need.
    from data_pipeline.build import build_survey
    from data_pipeline.config import load_config

    figures = build_survey(
        load_config(arguments.config, arguments.data),
        arguments.out,
        overwrite=arguments.overwrite,
        update=arguments.update,
        workers=arguments.workers,
        scheduler=arguments.scheduler,
        limit=arguments.limit,
        strict=arguments.strict,
    )
    print(f"{_headline(figures)}\n{figures['n_periods']} periods found")
    for reason, count in list(figures["rejected"].items())[:_REASONS]:
        print(f"left out: {reason} {count}")
    if arguments.update:
        print(f"{figures['n_computed']} of {figures['n_light_curves']} light curves are new")
    print("seconds: " + ", ".join(f"{stage} {s:.1f}" for stage, s in figures["seconds"].items()))
    write_json(arguments.json, figures)


def _demo(arguments: argparse.Namespace) -> None:
    from data_pipeline.demo import make_demo

    path = make_demo(
        arguments.out,
        n_stars=arguments.n_stars,
        seed=arguments.seed,
        proportions=arguments.proportions,
        spectra_fraction=arguments.spectra_fraction,
        periods=arguments.periods,
        workers=arguments.workers,
        overwrite=arguments.overwrite,
    )
    figures = contents(Survey.open(path))
    print(_headline(figures))
    write_json(arguments.json, figures)


def _fetch_astrom3(arguments: argparse.Namespace) -> None:
    from data_pipeline.fetch import fetch_astrom3

    path = fetch_astrom3(arguments.out, arguments.kind, arguments.files)
    print(f"{path}: fetched and checked; now: build astrom3 --data {path} --out SURVEY")


def _fetch_external(arguments: argparse.Namespace) -> None:
    from data_pipeline.fetch import fetch_external

    survey = Survey.open(arguments.survey)
    n = fetch_external(survey, arguments.catalog, arguments.out, arguments.radius)
    print(f"{n} rows of {arguments.catalog} written to {arguments.out}")


def _hats(arguments: argparse.Namespace) -> None:
    from data_pipeline.hats import write_hats

    survey = Survey.open(arguments.survey)
    n = write_hats(survey, arguments.out, arguments.overwrite)
    left_out = f"; {len(survey) - n} without a position left out" if n < len(survey) else ""
    print(f"{arguments.out}: {n} stars{left_out}; {arguments.out}/survey.toml builds it again")


def _inspect(arguments: argparse.Namespace) -> None:
    if arguments.verify:
        directories.verify(arguments.survey)
    survey = Survey.open(arguments.survey)
    figures = {**inspect_survey(survey), "verified": arguments.verify}
    print(_headline(figures))
    _print_classes(figures["classes"])
    _print_funnel(figures["funnel"])
    for title in ("splits", "rejected", "external"):
        for name, value in figures[title].items():
            print(f"{title}: {name} {_in_words(value)}")
    print(textwrap.fill(f"features: {', '.join(figures['features']) or 'none'}", width=100))
    for warning in figures["warnings"]:
        print(f"warning: {warning}")
    if arguments.rejected:
        survey.rejected.to_csv(arguments.rejected, index=False)
        print(f"{len(survey.rejected)} entries written to {arguments.rejected}")
    if arguments.draw:
        from data_pipeline.drawing import draw_survey

        draw_survey(survey, arguments.draw)
        print(f"drawn into {arguments.draw}")
    if arguments.verify:
        print("every file matches its sha256")
    write_json(arguments.json, figures)


def _headline(figures: dict[str, Any]) -> str:
    simulated = " (simulated)" if figures["is_synthetic"] else ""
    return (
        f"{figures['survey']}{simulated}: {figures['n_objects']} stars, "
        f"{figures['n_labelled']} labelled, {figures['n_light_curves']} light curves with "
        f"{figures['n_points']} points, {figures['n_spectra']} spectra, "
        f"{len(figures['features'])} features, {figures['n_rejected']} entries in the account\n"
        f"{figures['path']}"
    )


def _print_funnel(steps: list[dict[str, Any]]) -> None:
    """Print how many rows each criterion removed; those that removed none are left out."""
    file = ""
    for step in steps:
        if step["file"] != file:
            file = step["file"]
            print(f"funnel: {file}: {step['removed'] + step['left']} rows")
        if step["removed"]:
            print(f"funnel:   −{step['removed']:<8}{step['left']:>9} left  {step['criterion']}")


def _print_classes(classes: dict[str, dict[str, float]]) -> None:
    print(
        f"{'class':16}{'stars':>7}{'light curve':>13}{'spectrum':>10}{'period':>8}"
        f"{'catalog period':>16}{'features':>10}"
    )
    for label, row in classes.items():
        shares = ("photometry", "spectra", "period", "period_catalog", "features")
        widths = (13, 10, 8, 16, 10)
        cells = "".join(
            f"{row[share]:>{w}.0%}" if row[share] == row[share] else f"{'–':>{w}}"
            for share, w in zip(shares, widths, strict=True)
        )
        print(f"{label:16}{int(row['n']):>7}{cells}")


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return str(value)


def _cores() -> int:
    return os.cpu_count() or 1


def _fraction(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"must lie in 0 .. 1, found {text}")
    return value


if __name__ == "__main__":
    sys.exit(run_main(main, None))
