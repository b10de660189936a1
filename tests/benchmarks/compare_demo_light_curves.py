"""Compare simulated light curves with real ones of the same class, by number.

    python tests/benchmarks/compare_demo_light_curves.py SURVEY [--data DIR] [--json FILE]

Real: ASAS ACVS V light curves, folded at the published (eclipsers) or listed periods. For each
class and quantity the quartiles of both samples are printed. The samples differ in depth and
selection (ACVS is brighter and favors large amplitudes), so shapes should agree better than ranges.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from real_data import data_directory

from data_pipeline.cli import progress, run_main, write_json
from data_pipeline.features import photometric_features
from data_pipeline.light_curves import LightCurve
from data_pipeline.survey import Survey

# our class: theirs
CLASSES = {"EW": "EC", "EB": "ESD", "EA": "ED", "RRAB": "RRAB", "RRC": "RRC", "DSCT": "DSCT",
           "M": "MIRA"}  # fmt: skip
QUANTITIES = ("lc_log_period", "lc_amplitude", "lc_skewness", "lc_string_length_p",
              "lc_rise_fraction_p", "lc_r21", "lc_r31", "lc_minima_ratio_p",
              "lc_flat_fraction_p")  # fmt: skip
N_STARS = 60


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("survey", type=Path, help="a demo survey")
    parser.add_argument("--data", type=Path, help="directory of the real data")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args(argv)
    survey = Survey.open(arguments.survey)
    real = real_features(data_directory(arguments.data) / "asas_acvs")
    figures = {}
    for ours in CLASSES:
        simulated = simulated_features(survey, ours)
        figures[ours] = {name: {"real": _quartiles(real[ours], name),
                                "simulated": _quartiles(simulated, name)}
                         for name in QUANTITIES}  # fmt: skip
        print(f"\n{ours} ({len(real[ours])} real, {len(simulated)} simulated)")
        for name, pair in figures[ours].items():
            texts = [" ".join(f"{q:7.2f}" for q in pair[which]) for which in ("real", "simulated")]
            print(f"  {name:22s} real {texts[0]}   simulated {texts[1]}")
    write_json(arguments.json, figures)


def _quartiles(table: pd.DataFrame, name: str) -> list[float]:
    return [float(q) for q in np.nanpercentile(table[name], [25, 50, 75])]


def simulated_features(survey: Survey, label: str) -> pd.DataFrame:
    """Features of the stars of a true class that have no planted fault."""
    truth = survey.truth
    chosen = (truth["true_class"] == label) & (truth["fault"] == "")
    return survey.objects[chosen.to_numpy()]


def real_features(folder: Path) -> dict[str, pd.DataFrame]:
    """Features of some ACVS stars of each class, at their listed periods."""
    objects = pd.read_csv(folder / "objects.csv.gz")
    objects["period"] = objects["acvs_period_d"].fillna(objects["ls_period_d"])
    objects = objects[(objects["period"] > 0) & (objects["n_obs"] > 150)]
    points = pd.read_parquet(folder / "lightcurves.parquet")
    tables = {}
    for ours, theirs in progress(CLASSES.items(), "real light curves", len(CLASSES)):
        stars = objects[objects["acvs_class"] == theirs].head(N_STARS)
        rows = [_features(points[points["obj"] == star.obj], star.period)
                for star in stars.itertuples()]  # fmt: skip
        tables[ours] = pd.DataFrame(rows)
    return tables


def _features(points: pd.DataFrame, period_days: float) -> dict[str, float]:
    curve = LightCurve.from_mag(
        points["t1e5"] / 1e5, points["mag1e3"] / 1e3, points["err1e3"] / 1e3
    )
    return photometric_features(curve, period_days)


if __name__ == "__main__":
    raise SystemExit(run_main(main, None))
