"""Inspection counts what is there and says what looks wrong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.inspection import inspect_survey, same_position_pairs, warnings
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.survey import Survey, SurveyWriter


def write(path: Path, objects: pd.DataFrame, n_points: int = 0, **tables: pd.DataFrame) -> Survey:
    columns = [Column(name, role="feature") for name in objects if str(name).startswith("f_")]
    with SurveyWriter(path / "survey", "Odd", {"V": Band("mag")}, columns) as writer:
        if n_points:
            curve = LightCurve.from_mag(np.arange(n_points), 12.0, 0.1)
            writer.add_light_curve(int(objects["source_id"].iloc[0]), curve)
        writer.write_objects(objects)
        for name, table in tables.items():
            getattr(writer, f"write_{name}")(table)
    return Survey.open(path / "survey")


def test_healthy_survey_is_counted(tiny_survey: Path) -> None:
    figures = inspect_survey(Survey.open(tiny_survey))
    assert figures["n_objects"] == 60
    assert figures["n_light_curves"] == 59
    assert figures["n_spectra"] == 41
    assert figures["n_with_spectra"] == 39
    assert figures["n_labelled"] == 59
    assert figures["n_points"] == 59 * 120 + 12 * 120
    assert figures["classes"]["EW"] == {
        "n": 20, "photometry": 1.0, "spectra": 1.0, "period": 1.0, "period_catalog": 1.0,
        "features": 1.0,
    }  # fmt: skip
    assert figures["classes"]["(no label)"]["n"] == 1
    assert figures["splits"] == {"default": {"test": 6, "train": 48, "val": 6}}
    assert figures["warnings"] == [
        "feature parallax_error is constant (0.05)",
        "1 stars have neither light curve nor spectrum",
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "no column is a feature"),
        ({"f_a": np.nan}, "feature f_a has no value at all"),
        ({"f_a": [1.0, np.nan, np.nan, np.nan]}, "feature f_a is missing for 75% of the stars"),
        (
            {f"f_{name}": [1.0, np.nan, np.nan, np.nan] for name in "abcd"},
            "4 features are missing for 75% of the stars (f_a, f_b, f_c, …)",
        ),
        ({"f_a": 3.0}, "feature f_a is constant (3)"),
        (
            {"f_a": 3.0, "f_b": 1.0, "f_c": 2.0, "f_d": 0.0},
            "4 features are constant (f_a 3, f_b 1, f_c 2, …)",
        ),
        ({"class_label": ["EW", "EW", "M", None]}, "fewer than 10 stars: EW 2, M 1"),
        ({}, "no class_label column"),
        ({}, "1 light curves have fewer than 20 points"),
        ({}, "3 stars have neither light curve nor spectrum"),
        (
            {"name": list("abcd"), "ra_deg": [0.0, 359.9999, 9.0, 9.0], "dec_deg": [0.0, 0, 1, 80]},
            "1 pairs of stars lie within 1 arcsec of each other (a and b ...)",
        ),
    ],
)
def test_oddities_are_told(tmp_path: Path, columns: dict[str, object], message: str) -> None:
    survey = write(tmp_path, pd.DataFrame({"source_id": [1, 2, 3, 4], **columns}), n_points=5)
    assert any(message in warning for warning in warnings(survey)), list(warnings(survey))


def test_positions_are_compared_on_the_sphere(tmp_path: Path) -> None:
    objects = pd.DataFrame(
        {"source_id": [1, 2, 3, 4], "ra_deg": [0.0, 180.0, 10.0, np.nan],
         "dec_deg": [89.9999, 89.9999, 0.0, 0.0]}
    )  # fmt: skip
    assert same_position_pairs(write(tmp_path, objects)).tolist() == [[0, 1]]


def test_pairs_on_the_sky_stay_together(tmp_path: Path) -> None:
    right_ascension = [10.0, 50.0, 50.00001, 30.0, 70.0, 10.00001]
    objects = pd.DataFrame(
        {"source_id": range(1, 7), "ra_deg": right_ascension, "dec_deg": np.zeros(6)}
    )
    survey = write(tmp_path, objects)
    assert same_position_pairs(survey).tolist() == [[0, 5], [1, 2]]
    assert any("(1 and 6 ...)" in warning for warning in warnings(survey))


def test_rejections_and_catalogs_are_summed_up(tmp_path: Path) -> None:
    doubtful = [f"VSX: nearest of 'V{i} Cyg' at {i}.25 arcsec is taken" for i in range(4)]
    reasons = ["no position", "no position", "fainter than 17", *doubtful]
    rejected = pd.DataFrame(
        {"file": "a.csv", "row": range(1, 8), "original_id": list("tuvwxyz"), "reason": reasons}
    )
    external = pd.DataFrame({"source_id": [1, 1], "catalog": ["GCVS", "VSX"]})
    objects = pd.DataFrame({"source_id": [1]})
    figures = inspect_survey(write(tmp_path, objects, rejected=rejected, external=external))
    assert figures["rejected"] == {
        "VSX: nearest of … at … arcsec is taken": 4, "no position": 2, "fainter than 17": 1
    }  # fmt: skip
    assert figures["external"] == {"GCVS": 1, "VSX": 1}
    assert figures["n_rejected"] == 7
