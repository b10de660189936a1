"""One's own files: any table format, Gaia ids to the last digit, a file per curve and spectrum."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from data_pipeline.build import build_survey
from data_pipeline.config import BuildConfig, CatalogConfig, load_config
from data_pipeline.errors import InputError
from data_pipeline.sources import READERS, SourceData
from data_pipeline.sources.tables import read_table
from data_pipeline.spectra import air_to_vacuum
from data_pipeline.survey import Survey

GAIA = 4481234567890123457  # a float64 would end in ...3264
CONFIG = """
name = "Mine"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec", class_label = "type", bp_rp = "c" }
extra.sp = { column = "sp", dtype = "string", role = "catalog" }
[bands.V]
native = "mag"
[light_curves]
file = "lc/{original_id}.csv"
columns = { time = "hjd", mag = "m", mag_err = "e" }
band = "V"
time_offset_days = -2400000
[spectra]
file = "sp/{original_id}_*.csv"
columns = { wavelength = "w", flux = "f", flux_err = "e" }
medium = "air"
resolution = 1800
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_files(tmp_path)


def write_files(path: Path) -> Path:
    """Write a survey of one's own: my.toml, stars.csv, lc/, sp/."""
    (path / "my.toml").write_text(CONFIG)
    pd.DataFrame(
        {
            "id": ["007", "a*b", "x"], "ra": [10.0, 20.0, 30.0], "dec": [0.0, 1.0, 2.0],
            "type": ["EW", "", "M"], "c": [0.5, np.nan, 2.5], "sp": ["F5", "", "M6e"],
        }
    ).to_csv(path / "stars.csv", index=False)  # fmt: skip
    (path / "lc").mkdir()
    (path / "sp").mkdir()
    curve = pd.DataFrame({"hjd": [2450000.5, 2450001.5], "m": [12.0, np.nan], "e": 0.1})
    curve.to_csv(path / "lc" / "007.csv", index=False)
    curve.assign(hjd=[2450000.5, np.nan]).to_csv(path / "lc" / "x.csv", index=False)
    spectrum = pd.DataFrame({"w": [4861.333, 6562.801], "f": [10.0, 20.0], "e": [1.0, 1.0]})
    for name in ("007_1", "007_2"):
        spectrum.to_csv(path / "sp" / f"{name}.csv", index=False)
    return path


def read(path: Path) -> SourceData:
    return READERS["files"](load_config(path / "my.toml"))


def edit(path: Path, old: str, new: str) -> Path:
    text = (path / "my.toml").read_text()
    assert old in text
    (path / "my.toml").write_text(text.replace(old, new))
    return path


def test_identifiers_stay_text(data: Path) -> None:
    objects = read(data).objects
    assert objects["original_id"].tolist() == ["007", "a*b", "x"]
    assert objects["name"].tolist() == ["007", "a*b", "x"]
    assert objects["class_label"].isna().tolist() == [False, True, False]
    assert objects["sp"].iloc[2] == "M6e"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["yes", "", "no"], [1.0, np.nan, 0.0]),
        (["1", "0", "0"], [1.0, 0.0, 0.0]),
        (["T", "maybe", "F"], [1.0, np.nan, 0.0]),
    ],
)
def test_what_is_missing_is_not_a_no(data: Path, cells: list[str], expected: list[float]) -> None:
    stars = pd.read_csv(data / "stars.csv", dtype=str)
    stars.assign(spotted=cells).to_csv(data / "stars.csv", index=False)
    spotted = 'extra.spotted = { column = "spotted", dtype = "bool", role = "feature" }'
    edit(data, "extra.sp =", f"{spotted}\nextra.sp =")
    config = load_config(data / "my.toml")
    build_survey(config, data / "survey")
    survey = Survey.open(data / "survey")
    assert survey.columns["spotted"].dtype == "bool"
    np.testing.assert_array_equal(survey.features["spotted"], expected)
    noted = survey.rejected["reason"].str.contains("spotted 'maybe' is neither true nor false")
    assert noted.sum() == ("maybe" in cells)


def test_light_curves_and_spectra_are_found(data: Path) -> None:
    source = read(data)
    ids = source.objects["source_id"].to_numpy()
    curves = dict(source.light_curves(ids))
    assert curves[ids[0]].time.tolist() == [50000.5, 50001.5]
    assert ids[1] not in curves
    assert curves[ids[0]].bands == ("V",)
    spectra = list(source.spectra(ids))
    assert [one for one, _ in spectra] == [ids[0], ids[0]]
    np.testing.assert_allclose(spectra[0][1].wavelength, air_to_vacuum([4861.333, 6562.801]))
    assert spectra[0][1].snr == 15.0
    assert spectra[0][1].spectrum_id != spectra[1][1].spectrum_id


def test_several_light_curve_files_of_a_star_are_joined(data: Path) -> None:
    pd.DataFrame({"hjd": [2450009.0], "m": [12.5], "e": 0.1}).to_csv(data / "lc" / "007b.csv")
    source = read(edit(data, "{original_id}.csv", "{original_id}*.csv"))
    ids = source.objects["source_id"].to_numpy()
    assert dict(source.light_curves(ids))[ids[0]].time.tolist() == [50000.5, 50001.5, 50009.0]


def test_a_number_that_goes_on_is_another_star(data: Path) -> None:
    for name in ("0071", "1007"):
        (data / "lc" / f"{name}.csv").write_text("hjd,m,e\n2450099.0,13,0.1\n")
    source = read(edit(data, "{original_id}.csv", "*{original_id}*.csv"))
    ids = source.objects["source_id"].to_numpy()
    assert dict(source.light_curves(ids))[ids[0]].time.tolist() == [50000.5, 50001.5]


def test_preset_says_how_to_lay_out_a_survey(tmp_path: Path) -> None:
    (tmp_path / "light_curves").mkdir()
    (tmp_path / "spectra").mkdir()
    (tmp_path / "stars.csv").write_text("id,ra,dec,type,period,bp_rp,sp_type\ns1,1,2,EW,0.3,1,F5\n")
    (tmp_path / "light_curves" / "s1.csv").write_text("hjd,mag,mag_err\n2450000.5,12.0,0.1\n")
    (tmp_path / "spectra" / "s1.csv").write_text("wavelength,flux,flux_err\n5000,1,0.1\n")
    source = READERS["files"](load_config("files", tmp_path))
    ids = source.objects["source_id"].to_numpy()
    assert len(list(source.light_curves(ids))) == len(list(source.spectra(ids))) == 1
    assert source.rejections.rows == []


def test_unreadable_files_are_accounted_for(data: Path) -> None:
    (data / "sp" / "x_1.csv").write_text("w,f\n5000,1\n")
    (data / "lc" / "a*b.csv").write_text("hjd,m\n2450000.5,1\n")
    source = read(data)
    ids = source.objects["source_id"].to_numpy()
    curves = dict(source.light_curves(ids))
    assert {one: len(curve) for one, curve in curves.items()} == {ids[0]: 2, ids[2]: 1}
    assert len(list(source.spectra(ids))) == 2
    rejected = source.rejections.table()
    assert rejected["file"].tolist() == ["a*b.csv", "x.csv", "x_1.csv"]
    assert "no column e" in rejected["reason"][0]
    assert "1 of 2 times are missing" in rejected["reason"][1]
    assert "no column e" in rejected["reason"][2]


@pytest.mark.parametrize("prefix", ["", "Gaia DR3 ", "EDR3 ", "Gaia EDR3 "])
def test_gaia_ids_are_kept_to_the_last_digit(data: Path, prefix: str) -> None:
    pd.DataFrame(
        {"id": [f"{prefix}{GAIA}", "none", f"{prefix}{GAIA}"], "ra": 1.0, "dec": 2.0, "type": "M",
         "c": 1.0, "sp": ""}
    ).to_csv(data / "stars.csv", index=False)  # fmt: skip
    source = read(edit(data, 'original_id = "id"', 'source_id = "id"'))
    assert source.objects["source_id"].tolist() == [GAIA]
    assert [reason for file, *_, reason in source.rejections.rows if file == "stars.csv"] == [
        "no Gaia id",
        "identifier occurs before",
    ]


def test_hours_become_degrees_and_bad_positions_are_rejected(data: Path) -> None:
    source = read(edit(data, 'file = "stars.csv"', 'file = "stars.csv"\nra_in_hours = true'))
    assert source.objects["ra_deg"].tolist() == [150.0, 300.0]
    assert source.rejections.rows == [
        ("stars.csv", 3, "x", "no position on the sky"),
        ("x.csv", 0, "", "file of no usable row of the catalog"),
    ]


def test_units_that_the_file_does_not_state_are_converted(data: Path) -> None:
    extra = 'extra.far = { column = "far", unit = "pc" }'
    table = pd.read_csv(data / "stars.csv").assign(far=[0.5, 2.0, np.nan], P=[12.0, 36.0, 6.0])
    table.to_csv(data / "stars.csv", index=False)
    units = 'table = { units = { Far = "kpc", P = "h" } }'
    edit(data, 'file = "stars.csv"', f'file = "stars.csv"\n{units}\n{extra}')
    source = read(edit(data, 'bp_rp = "c" }', 'bp_rp = "c", period_catalog_days = "P" }'))
    np.testing.assert_allclose(source.objects["far"], [500.0, 2000.0, np.nan])
    np.testing.assert_allclose(source.objects["period_catalog_days"], [0.5, 1.5, 0.25])
    for wrong, message in (
        ('far = "parsnip"', "'parsnip' is no unit"),
        ('fur = "kpc"', "no column fur"),
        ('far = "h"', "is in h, but far is in pc"),
    ):
        again = edit(data, units, units := f"table = {{ units = {{ {wrong} }} }}")
        with pytest.raises(InputError, match=message):
            read(again)


def test_files_of_no_star_are_in_the_account(data: Path) -> None:
    (data / "lc" / "stranger.csv").write_text("hjd,m,e\n1,2,3\n")
    (data / "lc" / "readme.txt").write_text("named otherwise: no light curve")
    (data / "sp" / "stranger_1.csv").write_text("w,f,e\n1,2,3\n")
    assert read(data).rejections.rows == [
        ("stranger.csv", 0, "", "file of no usable row of the catalog"),
        ("stranger_1.csv", 0, "", "file of no usable row of the catalog"),
    ]


def test_files_that_the_catalog_names_and_that_are_missing_are_in_the_account(data: Path) -> None:
    stars = pd.read_csv(data / "stars.csv", dtype="str").assign(lc=["007", "gone", None])
    stars.to_csv(data / "stars.csv", index=False)
    edit(data, "extra.sp =", 'extra.lc = { column = "lc", dtype = "string" }\nextra.sp =')
    source = read(edit(data, "lc/{original_id}.csv", "lc/{lc}.csv"))
    assert source.rejections.rows == [
        ("x.csv", 0, "", "file of no usable row of the catalog"),
        ("gone.csv", 0, "a*b", "no such file"),
    ]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.ecsv", "t.vot", "t.fits"])
def test_tables_are_read_by_their_ending(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [1, 2]})
    path = tmp_path / name
    if ".csv" in name:
        frame.to_csv(path, index=False)
    elif name.endswith("parquet"):
        frame.to_parquet(path)
    else:
        Table.from_pandas(frame).write(path, format="votable" if "vot" in name else None)
    table = read_table(path)
    assert table["a"].tolist() == [1.5, 2.5]
    assert table["b"].tolist() == [1, 2]


def test_unreadable_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.vot").write_text("not a table")
    with pytest.raises(InputError, match=r"t.vot cannot be read as a table"):
        read_table(tmp_path / "t.vot")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('file = "stars.csv"', "", "catalog.file is missing"),
        ('original_id = "id"', 'name = "id"', "catalog.columns needs original_id"),
        ('bp_rp = "c"', 'bprp = "c"', r"unknown name 'bprp' \(did you mean 'bp_rp'\?\)"),
        ('bp_rp = "c"', 'bp_rp = "cc"', "stars.csv has no column cc; it has id, ra"),
        ('mag = "m"', 'magn = "m"', r"light_curves.columns: unknown name 'magn' \(did you"),
        ("lc/{original_id}.csv", "lc/all.csv", r"columns needs original_id .*put \{original_id\}"),
        ('[bands.V]\nnative = "mag"', "", r"no \[bands.NAME\] says what"),
    ],
)
def test_mistakes_in_the_configuration_are_told(
    data: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(edit(data, old, new))


def test_all_mistakes_are_told_at_once() -> None:
    config = BuildConfig("x", catalog=CatalogConfig(columns={"nmae": "a"}))
    with pytest.raises(InputError, match=r"file is missing; .*needs original_id.*; .*'nmae'"):
        READERS["files"](config)


@pytest.mark.parametrize("where", ["tables/stars.csv", "tables/all.zip/in/stars.csv"])
def test_catalog_may_lie_deeper_or_in_an_archive(data: Path, where: str) -> None:
    (data / "tables").mkdir()
    text = (data / "stars.csv").read_text()
    if "zip" in where:
        with zipfile.ZipFile(data / "tables" / "all.zip", "w") as archive:
            archive.writestr("top/in/stars.csv", text)
    else:
        (data / where).write_text(text)
    source = read(edit(data, 'file = "stars.csv"', f'file = "{where}"'))
    assert len(source.objects) == 3
    assert [path.is_file() for path in source.files] == [True]
