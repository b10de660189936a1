"""Light curves as a configuration describes them: bands, zeros of time, tables of all points."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time

from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.sources import READERS
from data_pipeline.sources.curve_tables import heliocentric

HEAD = """
name = "x"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec" }
extra.telescope = { column = "tel", dtype = "string" }
[bands]
V = { native = "mag" }
g = { native = "flux", unit = "mJy" }
[light_curves]
"""


def read(path: Path, options: str, **files: object) -> tuple[dict[str, LightCurve], list[str]]:
    band = "" if "band" in options else 'band = "V"\n'
    (path / "my.toml").write_text(HEAD + band + options)
    (path / "stars.csv").write_text("id,ra,dec,tel\n7,10,20,A\n8,30,40,B\n")
    for name, content in files.items():
        target = path / name.replace("__", ".")
        if isinstance(content, str):
            target.write_text(content)
        elif isinstance(content, pd.DataFrame):
            content.to_parquet(target)
        else:
            np.savez(target, **content)  # type: ignore[arg-type]
    source = READERS["files"](load_config(path / "my.toml"))
    names = source.objects.set_index("source_id")["original_id"]
    curves = {names[one]: curve for one, curve in source.light_curves(names.index.to_numpy())}
    return curves, [reason for *_, reason in source.rejections.rows]


LONG = 'file = "all.csv"\ncolumns = { original_id = "star", time = "t", mag = "m", mag_err = "e" }'


def test_one_long_table_is_taken_apart_by_star(tmp_path: Path) -> None:
    text = "star,t,m,e\n8,2,12,0.1\n7,1,11,0.1\n9,1,1,1\n8,1,12.5,0.1\n9,2,1,1\n"
    curves, reasons = read(tmp_path, LONG, all__csv=text)
    assert {name: curve.time.tolist() for name, curve in curves.items()} == {"7": [1], "8": [1, 2]}
    assert reasons == ["light curve of a star not in the catalog"]


def test_lists_in_one_row_are_taken_apart_too(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"star": [8, 7], "t": [[1.0, 2.0], [5.0]], "m": [[12.0, 13.0], [11.0]],
         "e": [[0.1, 0.2], [0.3]]}
    )  # fmt: skip
    curves, _ = read(tmp_path, LONG.replace("csv", "parquet"), all__parquet=frame)
    assert curves["8"].mag.tolist() == [12.0, 13.0]
    assert curves["7"].time.tolist() == [5.0]


def test_nested_light_curves_are_read(tmp_path: Path) -> None:
    nested = [
        {"t": [1.0, 2.0], "m": [12.0, 13.0], "e": [0.1, 0.2]},
        {"t": [5.0], "m": [1.0], "e": [1.0]},
    ]
    frame = pd.DataFrame({"star": [8, 7], "lc": nested})
    options = LONG.replace("csv", "parquet")
    for name in ("t", "m", "e"):
        options = options.replace(f'= "{name}"', f'= "lc.{name}"')
    curves, _ = read(tmp_path, options, all__parquet=frame)
    assert curves["8"].mag.tolist() == [12.0, 13.0]


def test_numpy_archive_with_offsets(tmp_path: Path) -> None:
    arrays = {"t": np.arange(3.0), "m": np.arange(3.0), "e": np.ones(3), "offsets": [0, 1, 3],
              "star": ["8", "7"]}  # fmt: skip
    curves, _ = read(tmp_path, LONG.replace("csv", "npz"), all__npz=arrays)
    assert {name: len(curve) for name, curve in curves.items()} == {"7": 2, "8": 1}


def test_band_and_time_zero_may_depend_on_the_star(tmp_path: Path) -> None:
    options = LONG + (
        '\nband_of_star = "telescope"\nband_names = { A = "V", B = "g" }\n'
        'time_offset_of_star = "telescope"\ntime_offsets = { A = 2440000, B = 0 }'
    )
    text = "star,t,m,e\n8,2450000,12,0.1\n7,10000,11,0.1\n"
    curves, _ = read(tmp_path, options, all__csv=text)
    assert curves["7"].bands == ("V",)
    assert curves["8"].bands == ("g",)
    assert curves["7"].time.tolist() == curves["8"].time.tolist() == [2450000.0]
    _, reasons = read(tmp_path, options.replace(", B = 0", ""), all__csv=text)
    assert reasons == ["light_curves.time_offsets says nothing about 'B'."]


def test_bands_side_by_side(tmp_path: Path) -> None:
    options = """file = "{original_id}.dat"
table = { names = ["tv", "mv", "tg", "fg"], missing = [-99.99] }
band_columns.V = { time = "tv", mag = "mv" }
band_columns.g = { time = "tg", flux = "fg" }
flux_offset = 1
"""
    curves, reasons = read(tmp_path, options, **{"7__dat": "1 12 1.5 0.2\n2 -99.99 2.5 -0.3\n"})
    curve = curves["7"]
    assert curve.band.tolist() == ["V", "g", "g"]
    np.testing.assert_allclose(curve.flux[1:], [1.2, 0.7], rtol=1e-6)
    assert reasons == []


def test_limits_cameras_and_quality_in_words(tmp_path: Path) -> None:
    options = """file = "{original_id}.csv"
columns = { time = "t", mag = "m", camera = "c", quality = "q" }
good_quality = ["G"]
"""
    curves, _ = read(
        tmp_path, options, **{"7__csv": "t,m,c,q\n1,12,ba,G\n2,>17.1,bb,G\n3,12,ba,B\n"}
    )
    curve = curves["7"]
    assert curve.is_upper_limit.tolist() == [False, True, False]
    assert curve.good.tolist() == [True, False, False]
    assert curve.camera.tolist() == ["ba", "bb", "ba"]


def test_light_travel_time_is_that_to_the_sun() -> None:
    """Against the Earth's own barycentric position, within the Sun's distance from the center."""
    star = {"ra_deg": 266.0, "dec_deg": -23.4}  # in the ecliptic: the largest correction
    time = 2458000.5 + np.linspace(0, 365, 25)
    minutes = 1440 * (heliocentric(time, star) - time)
    assert 8.1 < minutes.max() < 8.5
    assert -8.5 < minutes.min() < -8.1
    moment = Time(time, format="jd", location=EarthLocation.from_geocentric(0, 0, 0, unit="m"))
    barycentric = moment.light_travel_time(SkyCoord(266.0, -23.4, unit="deg")).to_value("min")
    assert 0 < np.abs(minutes - barycentric).max() < 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('file = "all.csv"', "is a table of all points, so light_curves.columns needs original_id"),
        (LONG + '\nband = "v"', "band 'v' is not among"),
        (LONG.replace('"star"', '"sta"'), "all.csv has no column sta; it has star, t"),
        (LONG + '\nformat = "asasn"', "format is 'table' or 'asassn', not 'asasn'"),
        (LONG.replace('mag = "m"', 'magg = "m"'), r"unknown name 'magg' \(did you mean 'mag'"),
        ('file = "{x}.csv"', "names the column x, which the survey lacks"),
        ('file = "{name}{original_id}.csv"', "needs one column of the catalog in braces"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, options: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, options, all__csv="star,t,m,e\n7,1,1,1\n")
