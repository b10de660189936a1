"""What real archives hold and a tidy table does not: units, dates, nested points, padded names."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.table import QTable, Table
from astropy.time import Time

from data_pipeline.__main__ import main
from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.sources import READERS
from data_pipeline.sources.tables import read_table
from data_pipeline.survey import Survey

HEAD = """
name = "Odd"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec", period_catalog_days = "P" }
[bands]
g = { native = "flux", unit = "mJy" }
r = { native = "flux", unit = "Jy" }
[light_curves]
"""
STARS = "id,ra,dec,P\n7,10,20,0.5\n8,30,40,0\n9,50,60,-99\n"
LONG = """file = "all.ecsv"
columns = { original_id = "star", time = "t", band = "b", flux = "f", flux_err = "e" }
"""


def write(path: Path, options: str, stars: str = STARS) -> Path:
    untold = options and "band" not in options and "files =" not in options
    (path / "my.toml").write_text(HEAD + ('band = "g"\n' if untold else "") + options)
    (path / "stars.csv").write_text(stars)
    return path / "my.toml"


def read(path: Path, options: str, stars: str = STARS) -> tuple[dict[str, LightCurve], list[str]]:
    source = READERS["files"](load_config(write(path, options, stars)))
    names = source.objects.set_index("source_id")["original_id"]
    curves = {names[one]: curve for one, curve in source.light_curves(names.index.to_numpy())}
    return curves, [reason for *_, reason in source.rejections.rows if "period" not in reason]


def points(**columns: object) -> QTable:
    own = {"star": [7, 7, 8], "t": [1.0, 2.0, 3.0] * u.d, "b": ["g", "r", "g"],
           "f": [2e6, 3e9, 5e6] * u.nJy, "e": [1e5, 1e8, 1e5] * u.nJy}  # fmt: skip
    return QTable(own | columns)


def test_units_that_a_file_states_become_those_of_the_bands(tmp_path: Path) -> None:
    points(t=[24.0, 48.0, 72.0] * u.h).write(tmp_path / "all.ecsv")
    curves, reasons = read(tmp_path, LONG)
    np.testing.assert_allclose(curves["7"].flux, [2.0, 3.0], rtol=1e-6)  # mJy in g, Jy in r
    np.testing.assert_allclose(curves["7"].flux_err, [0.1, 0.1], rtol=1e-6)
    np.testing.assert_allclose(curves["7"].time, [1.0, 2.0])
    assert reasons == []


def test_units_that_cannot_be_are_told_with_column_and_band(tmp_path: Path) -> None:
    points(f=[1.0, 2.0, 3.0] * u.mag).write(tmp_path / "all.ecsv")
    curves, reasons = read(tmp_path, LONG)
    assert curves == {}
    assert "column 'f' is in mag, but flux of band g is in mJy" in reasons[0]


def test_units_may_be_stated_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "7.dat").write_text("t f\n36 1500\n")
    options = """file = "{original_id}.dat"
columns = { time = "t", flux = "f" }
table = { units = { t = "h", F = "uJy" } }
"""
    curves, _ = read(tmp_path, options)
    assert (curves["7"].time.tolist(), curves["7"].flux.tolist()) == ([1.5], [1.5])
    with pytest.raises(InputError, match=r"light_curves.table.units: 'parsnip' is no unit"):
        read(tmp_path, options.replace("uJy", "parsnip"))


@pytest.mark.parametrize(
    ("form", "expected"), [("mjd", 60000.25), ("jd", 2460000.75), ("isot", 2460000.75)]
)
def test_columns_of_dates_are_days(tmp_path: Path, form: str, expected: float) -> None:
    moment = Time([60000.25, 60001.0, 60002.0], format="mjd", scale="tdb")
    moment.format = form
    points(t=moment).write(tmp_path / "all.ecsv")
    curves, reasons = read(tmp_path, LONG)
    assert curves["7"].time[0] == expected
    assert reasons == []


def test_lists_of_points_in_parquet_are_light_curves(tmp_path: Path) -> None:
    lists = [[{"t": 1.0, "f": 2.0}, {"t": 2.0, "f": 3.0}], None, [{"t": 5.0, "f": 6.0}]]
    table = pa.table({"star": [7, 8, 9], "lc": pa.array(lists)})
    for start in (0, 1):  # a slice, too: its offsets do not begin at 0
        pq.write_table(table.slice(start), tmp_path / "all.parquet")
        curves, _ = read(
            tmp_path,
            'file = "all.parquet"\nband = "g"\n'
            'columns = { original_id = "star", time = "lc.t", flux = "lc.f" }',
        )
        assert curves["9"].time.tolist() == [5.0]
        assert list(curves) == ["7", "9"][start:]
    assert read_table(tmp_path / "all.parquet").attrs["columns"] == ["star", "lc.t", "lc.f"]


def test_numbers_padded_with_zeros_name_the_same_star(tmp_path: Path) -> None:
    for name in ("007", "0008", "10", "0070"):
        (tmp_path / "lc").mkdir(exist_ok=True)
        (tmp_path / "lc" / f"kplr{name}-1.csv").write_text("t,f\n1,2\n")
    options = 'file = "lc/kplr{original_id}-*.csv"\ncolumns = { time = "t", flux = "f" }'
    curves, reasons = read(tmp_path, options)
    assert list(curves) == ["7", "8"]
    assert reasons == ["file of no usable row of the catalog"] * 2
    (tmp_path / "lc" / "kplr7-1.csv").write_text("t,f\n9,9\n")
    both = STARS + "007,1,1,1\n"  # each its own file; nobody knows whose 0007 would be
    curves, _ = read(tmp_path, options, both)
    assert (curves["7"].time[0], curves["007"].time[0]) == (9.0, 1.0)


def test_light_curves_of_no_star_at_all_are_told(tmp_path: Path) -> None:
    (tmp_path / "lc").mkdir()
    (tmp_path / "lc" / "v1.txt").write_text("t,f\n1,2\n")
    options = 'file = "lc/{original_id}.dat"\ncolumns = { time = "t", flux = "f" }'
    _, reasons = read(tmp_path, options)
    assert reasons == [
        "not one of the 1 files in lc fits: the first is 'v1.txt', that of the first star would "
        "be '7.dat'"
    ]
    points(star=["x1", "x1", "x2"]).write(tmp_path / "all.ecsv")
    curves, reasons = read(tmp_path, LONG)
    assert curves == {}
    assert reasons[-1].endswith("it calls them 'x1', the catalog '7'")


def test_whole_numbers_written_as_floats_are_the_same_identifiers(tmp_path: Path) -> None:
    points().write(tmp_path / "all.ecsv")
    curves, _ = read(tmp_path, LONG, STARS.replace("7,10", "7.0,10").replace("8,", "8.0,")
                     .replace("9,50", "9.0,50"))  # fmt: skip
    assert list(curves) == ["7", "8"]


NO_NUMBERS = "S-1 F 04:34:10.45 -69:49:10.4\nS-2 1O 05:34:10.45 -68:49:10.4\n"


def test_a_first_row_without_numbers_is_no_header(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        'name = "x"\n[catalog]\nfile = "ident.dat"\n'
        'table = { names = ["star", "mode", "ra", "dec"] }\n'
        'columns = { original_id = "star", ra_deg = "ra", dec_deg = "dec" }\n'
    )
    for header in ("", "Star Mode RA Dec\n"):
        text = header + NO_NUMBERS + ("S-3 F 10.0 20.0\n" if header else "")
        (tmp_path / "ident.dat").write_text(text)
        objects = READERS["files"](load_config(tmp_path / "my.toml")).objects
        assert objects["original_id"].tolist()[:2] == ["S-1", "S-2"]
        np.testing.assert_allclose(objects["ra_deg"][0], 68.543542, atol=1e-6)


def test_names_and_values_in_quotes_hold_blanks() -> None:
    text = 'Name "RA (J2000)" P\n"V1 Ori" 10.5 1\n"V2 Ori" 11.5 2\n'
    table = read_table(Path("t.tbl"), data=text.encode())
    assert list(table) == ["Name", "RA (J2000)", "P"]
    assert table["Name"].tolist() == ["V1 Ori", "V2 Ori"]


def test_what_was_left_out_is_printed_and_impossible_periods_are_blank(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points().write(tmp_path / "all.ecsv")
    main(["build", str(write(tmp_path, LONG)), "--out", str(tmp_path / "s"), "--workers", "1"])
    printed = capsys.readouterr().out
    assert (
        "left out: 1 periods '0' are no periods, the first in this row: values left out" in printed
    )
    survey = Survey.open(tmp_path / "s")
    assert survey.rejected["row"].tolist() == [3, 2]
    period = survey.objects.set_index("original_id")["period_catalog_days"]
    assert period.isna().tolist() == [False, True, True]
    main(["inspect", str(tmp_path / "s")])
    printed = capsys.readouterr().out
    (row,) = [line for line in printed.splitlines() if line.startswith("(no label)")]
    assert row.split()[-5:-1] == ["67%", "0%", "0%", "33%"]
    main(["build", str(write(tmp_path, "")), "--out", str(tmp_path / "bare"), "--workers", "1"])
    main(["inspect", str(tmp_path / "bare")])
    printed = capsys.readouterr().out
    (row,) = [line for line in printed.splitlines() if line.startswith("(no label)")]
    assert row.split()[-5:] == ["0%", "0%", "0%", "33%", "–"]  # nothing is a feature


def test_a_spectrum_table_says_its_unit_of_wavelength(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    table = Table({"wavelength": [500.0, 501.0] * u.nm, "flux": [1.0, 2.0]})
    table.write(buffer, format="votable")
    (tmp_path / "7.vot").write_bytes(buffer.getvalue())
    rows = pd.DataFrame({"star": [7], "wavelength": [[500.0, 501.0]], "flux": [[1.0, 2.0]]})
    whole = pa.Table.from_pandas(rows)
    nm = whole.schema.field("wavelength").with_metadata({"unit": "nm"})
    pq.write_table(whole.cast(whole.schema.set(1, nm)), tmp_path / "all.parquet")
    columns = 'columns = { original_id = "star", wavelength = "wavelength", flux = "flux" }'
    for options in ('file = "{original_id}.vot"', f'file = "all.parquet"\n{columns}'):
        config = HEAD.replace("[light_curves]", "[spectra]") + options
        (tmp_path / "my.toml").write_text(config)
        (tmp_path / "stars.csv").write_text(STARS)
        source = READERS["files"](load_config(tmp_path / "my.toml"))
        ((_, spectrum),) = source.spectra(source.objects["source_id"].to_numpy())
        np.testing.assert_allclose(spectrum.wavelength, [5000.0, 5010.0])


def test_bands_in_files_of_their_own_are_never_mixed(tmp_path: Path) -> None:
    for band, flux in (("g", 1.0), ("r", 2.0)):
        (tmp_path / band).mkdir()
        for star in "78":
            (tmp_path / band / f"{star}.csv").write_text(f"t,f\n1,{flux}\n")
    columns = 'columns = { time = "t", flux = "f" }\n'
    mixed = 'files = ["g/{original_id}.csv", "r/{original_id}.csv"]\n' + columns
    with pytest.raises(InputError, match="nothing says which of the bands g, r a point is in"):
        read(tmp_path, mixed)
    own = 'band_files = { g = "g/{original_id}.csv", r = "r/{original_id}.csv" }\n' + columns
    curves, reasons = read(tmp_path, own)
    assert (curves["8"].band.tolist(), curves["8"].flux.tolist()) == (["g", "r"], [1.0, 2.0])
    assert reasons == []
    with pytest.raises(InputError, match="band 'v' is not among"):
        read(tmp_path, own.replace("r = ", "v = "))


@pytest.mark.parametrize(
    ("cells", "hours", "expected"),
    [
        (("05:30:00", "1.5"), True, [82.5, 22.5]),  # sexagesimal is not multiplied again
        (("05:30:00", "1.5"), False, [82.5, 1.5]),
        ((5.5, 1.5), True, [82.5, 22.5]),
        (([5.5, 1.5] * u.h), False, [82.5, 22.5]),  # the file says so
    ],
)
def test_right_ascensions_in_hours(
    tmp_path: Path, cells: object, hours: bool, expected: list[float]
) -> None:
    QTable({"id": ["a", "b"], "ra": cells, "dec": [1.0, 2.0]}).write(tmp_path / "stars.ecsv")
    (tmp_path / "my.toml").write_text(
        f'name = "x"\n[catalog]\nfile = "stars.ecsv"\nra_in_hours = {str(hours).lower()}\n'
        'columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec" }\n'
    )
    objects = READERS["files"](load_config(tmp_path / "my.toml")).objects
    np.testing.assert_allclose(objects["ra_deg"], expected)


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        ("DR3", "DR2", "index.csv: its ids are of Gaia DR2, the survey's of Gaia DR3"),
        ("", "DR3", "the survey's catalog does not say its release"),
        ("DR3", "", "spectra.index index.csv does not say its release"),
    ],
)
def test_releases_of_spectra_are_told_the_right_way_round(
    tmp_path: Path, ours: str, theirs: str, message: str
) -> None:
    (tmp_path / "stars.csv").write_text("id\n4481234567890123457\n")
    (tmp_path / "index.csv").write_text("gaia,file\n4481234567890123457,a.csv\n")
    (tmp_path / "sp").mkdir()
    (tmp_path / "my.toml").write_text(f"""
name = "x"
[catalog]
file = "stars.csv"
columns = {{ source_id = "id" }}
release = "{ours}"
[spectra]
file = "sp"
[spectra.index]
file = "index.csv"
columns = {{ source_id = "gaia", record = "file" }}
release = "{theirs}"
""")
    with pytest.raises(InputError, match=message):
        READERS["files"](load_config(tmp_path / "my.toml"))
