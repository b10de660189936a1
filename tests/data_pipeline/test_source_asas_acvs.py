"""The ASAS reader on a tiny copy of its layout, and on the real one where it is at hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.sources import READERS, SourceData
from data_pipeline.splits import standard_splits

STARS = [
    # obj, asas_id, ra, acvs_class, acvs_class_full, period, gcvs_name, gcvs_class
    (3, "000053-1717.5", 0.22, "ECL", "ESD/EC", 0.298, "-", "-"),
    (1, "000110+1234.0", 0.31, "EC", "EC", 0.401, "DV~Psc", "EW/KW"),
    (7, "000200-0001.1", 0.50, "MIRA", np.nan, np.nan, np.nan, np.nan),
    (8, "000300-0001.1", np.nan, "RRAB", np.nan, np.nan, np.nan, np.nan),
    (9, "000200-0001.1", 0.50, "DSCT", np.nan, np.nan, np.nan, np.nan),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_asas(tmp_path)


def write_asas(path: Path) -> Path:
    """Write objects.csv.gz and lightcurves.parquet in the layout of the real ones."""
    names = ["obj", "asas_id", "ra_deg", "acvs_class", "acvs_class_full", "acvs_period_d",
             "gcvs_name", "gcvs_class"]  # fmt: skip
    stars = pd.DataFrame(STARS, columns=names).assign(
        dec_deg=-17.3, class_name="in words", tutor_id=1, n_obs=3, acvs_vmag=12.6, acvs_vamp=0.5,
        acvs_t0=1.0, ls_period_d=0.5, ls_power=9.0,
    )  # fmt: skip
    stars.to_csv(path / "objects.csv.gz", index=False)
    points = pd.DataFrame(
        {
            "obj": [3, 3, 1, 1, 1, 44],
            "t1e5": [186953306, 187161514, 186953306, 187161514, 187359477, 1],
            "mag1e3": [12746, 12620, 11000, 11050, 11025, 1],
            "err1e3": [31, 35, 20, 21, 22, 1],
        },
        dtype="int32",
    )
    pq.write_table(pa.Table.from_pandas(points, preserve_index=False), path / "lightcurves.parquet")
    return path


def read(path: Path) -> SourceData:
    return READERS["asas_acvs"](load_config("asas_acvs", path))


def curves(source: SourceData) -> dict[str, LightCurve]:
    ids = source.objects["source_id"].to_numpy()
    name_of = source.objects.set_index("source_id")["original_id"]
    return {name_of[one]: curve for one, curve in source.light_curves(ids)}


def test_objects_speak_our_language(data: Path) -> None:
    objects = read(data).objects.set_index("original_id")
    assert list(objects.index) == ["000053-1717.5", "000110+1234.0", "000200-0001.1"]
    assert objects["name"].iloc[0] == "ASAS J000053-1717.5"
    assert objects["class_label"].fillna("none").tolist() == ["none", "EC", "MIRA"]
    assert objects["class_label_full"].tolist() == ["ESD/EC", "EC", "MIRA"]
    assert objects["period_catalog_days"].iloc[0] == 0.298


def test_nothing_that_gives_the_class_away_is_a_feature(data: Path) -> None:
    source = read(data)
    assert not [column.name for column in source.columns if column.role == "feature"]
    assert not [name for name in source.objects if name.startswith(("gcvs_", "ls_"))]


def test_light_curves_are_found_by_star(data: Path) -> None:
    found = curves(read(data))
    assert set(found) == {"000053-1717.5", "000110+1234.0"}
    np.testing.assert_allclose(found["000053-1717.5"].time, [1869.53306, 1871.61514], rtol=1e-15)
    np.testing.assert_allclose(found["000110+1234.0"].mag, [11.0, 11.05, 11.025])
    np.testing.assert_allclose(found["000110+1234.0"].mag_err, [0.020, 0.021, 0.022])
    assert found["000053-1717.5"].bands == ("V",)


def test_rejected_rows_are_accounted_for(data: Path) -> None:
    rejected = read(data).rejections.table()
    assert rejected.to_dict("split")["data"] == [
        ["objects.csv.gz", 4, "000300-0001.1", "no position on the sky"],
        ["objects.csv.gz", 5, "000200-0001.1", "identifier occurs before"],
        ["lightcurves.parquet", 6, "44", "light curve of a star not in the catalog"],
    ]


def test_other_catalogs_are_kept_apart(data: Path) -> None:
    external = read(data).external
    assert external is not None
    gcvs = external[external["catalog"] == "GCVS"]
    assert gcvs[["catalog_id", "class_label"]].to_numpy().tolist() == [["DV Psc", "EW/KW"]]
    assert (external["catalog"] == "ACVS").sum() == 3


def test_missing_file_is_named(data: Path) -> None:
    (data / "lightcurves.parquet").unlink()
    with pytest.raises(InputError, match=r"lightcurves.parquet does not exist. Say where"):
        read(data)


def test_missing_column_is_named(data: Path) -> None:
    stars = pd.read_csv(data / "objects.csv.gz").drop(columns="acvs_class")
    stars.to_csv(data / "objects.csv.gz", index=False)
    with pytest.raises(InputError, match=r"objects.csv.gz has no column acvs_class; it has obj, "):
        read(data)


@pytest.mark.realdata
def test_real_catalog_is_read_whole(real_data: Path) -> None:
    source = read(real_data / "asas_acvs")
    counts = source.objects["class_label"].value_counts(dropna=False)
    assert len(source.objects) == 9736
    assert counts["MIRA"] == 1954
    assert counts["EC"] == 1930
    assert source.objects["class_label"].isna().sum() == 2054
    some = source.objects["source_id"].to_numpy()[:50]
    read_curves = dict(source.light_curves(some))
    assert len(read_curves) == 50
    assert min(len(curve) for curve in read_curves.values()) >= 3
    assert source.rejections.rows == []
    splits = standard_splits(source.objects["source_id"], source.objects["class_label"])
    assert len(splits) > 6 * 9736
