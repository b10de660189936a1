"""The EROS-1 reader on a tiny copy of its layout, and on the real one where it is at hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.sources import READERS, SourceData

STARS = ["135_9613", "271_4304", "7_1", "7_2", "7_3"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_eros1(tmp_path)


def write_eros1(path: Path) -> Path:
    """Write the two tables in the layout of the real ones: star names without a column name."""
    n = len(STARS)
    stars = pd.DataFrame(
        {
            "asc_d": 5.0, "asc_m": 40.0, "asc_s": 51.37,
            "dec_d": -70.0, "dec_m": 13.0, "dec_s": 58.78,
            "period": 2.35495, "frequency": 0.4, "type": [3.0, 1.0, 2.0, 9.0, 4.0],
            "quality": 1.0, "div_period": [7.0, 2.0, 1.0, 1.0, 1.0],
        },
        index=pd.Index(STARS),
    )  # fmt: skip
    stars.to_csv(path / "train.csv.gz")
    lists = pd.DataFrame(
        {
            "time_points_b": ["[290.3, 291.35, 322.25, 330.5]"] * n,
            "light_points_b": ["[19.15, 18.96, 18.86, 25.0]"] * n,
            "error_points_b": ["[0.13, 0.12, 0.12, 2.0]"] * n,
            "time_points_r": ["[290.34, 291.31]"] * n,
            "light_points_r": ["[18.75, 18.66]"] * n,
            "error_points_r": ["[0.16, 0.25]"] * n,
        },
        index=pd.Index(STARS),
    )
    lists.loc["7_1", "light_points_b"] = "[19.15, 18.96]"
    lists.loc["7_3", "time_points_r"] = "[290.34, oops]"
    lists.to_csv(path / "train_varlength_features.csv.gz")
    return path


def read(path: Path) -> SourceData:
    return READERS["eros1"](load_config("eros1", path))


def test_objects_speak_our_language(data: Path) -> None:
    source = read(data)
    objects = source.objects.set_index("original_id")
    assert objects["class_label"].tolist() == ["RRLYR", "ECL", "CEP", "LPV"]
    np.testing.assert_allclose(objects["ra_deg"].iloc[0], 15 * (5 + 40 / 60 + 51.37 / 3600))
    np.testing.assert_allclose(objects["dec_deg"].iloc[0], -(70 + 13 / 60 + 58.78 / 3600))
    np.testing.assert_allclose(objects["period_catalog_days"].iloc[0], 2.35495 / 7)
    (label,) = [column for column in source.columns if column.name == "class_label"]
    assert "inferred" in label.description


def test_nothing_set_by_people_is_a_feature(data: Path) -> None:
    source = read(data)
    assert not {"period", "frequency", "div_period", "type", "quality"} & set(source.objects)
    assert not [column.name for column in source.columns if column.role == "feature"]


def test_two_bands_and_flagged_failures(data: Path) -> None:
    source = read(data)
    ids = source.objects["source_id"].to_numpy()
    curve = dict(source.light_curves(ids))[ids[0]]
    assert curve.bands == ("B_E", "R_E")
    assert curve.quality.tolist() == [0, 0, 0, 1, 0, 0]
    np.testing.assert_allclose(curve.in_band("R_E").time, [290.34, 291.31])


def test_rejected_rows_are_accounted_for(data: Path) -> None:
    source = read(data)
    assert len(list(source.light_curves(source.objects["source_id"].to_numpy()))) == 2
    rejected = source.rejections.table()
    assert rejected[["file", "row", "original_id"]].to_numpy().tolist() == [
        ["train.csv.gz", 4, "7_2"],
        ["train_varlength_features.csv.gz", 3, "7_1"],
        ["train_varlength_features.csv.gz", 5, "7_3"],
    ]
    assert rejected["reason"].str.contains("unknown type|unreadable points").all()


def test_missing_column_is_named(data: Path) -> None:
    path = data / "train_varlength_features.csv.gz"
    pd.read_csv(path, index_col=0).drop(columns="light_points_r").to_csv(path)
    with pytest.raises(InputError, match="has no column light_points_r"):
        read(data)


@pytest.mark.realdata
def test_real_catalog_is_read_whole(real_data: Path) -> None:
    source = read(real_data / "eros1_lmc")
    counts = source.objects["class_label"].value_counts()
    assert counts.to_dict() == {"RRLYR": 1777, "CEP": 604, "ECL": 339, "LPV": 192}
    assert source.objects["ra_deg"].between(60, 95).all()
    curves = dict(source.light_curves(source.objects["source_id"].to_numpy()[:100]))
    assert len(curves) == 100
    assert all(curve.bands == ("B_E", "R_E") for curve in curves.values())
    assert source.rejections.rows == []
