"""A corpus of broken inputs: each is told by file, place and remedy; the rest is read all the same.

A case either ends in an `InputError` before anything is built, or in an entry of the account while
every sound star, light curve and spectrum is still there.
"""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.sources import READERS, SourceData
from data_pipeline.spectra import Spectrum

from .test_archives import tar_bytes
from .test_source_spectra import FACTS, FLUX, IVAR, old_layout

CATALOG = "id,ra,dec,type,period\na,10,0,EW,0.5\nb,20,1,EA,1.5\nc,30,2,M,300\n"
CURVE = "time,mag,mag_err\n2450000.5,12.0,0.1\n2450001.5,12.1,0.1\n2450002.5,12.2,0.1\n"
SPECTRUM = "wavelength,flux,flux_err\n5000,1,0.1\n5001,2,0.1\n5002,3,0.1\n"
CONFIG = """
name = "Mine"
[catalog]
file = "{catalog}"
[catalog.columns]
{key} = "id"
ra_deg = "ra"
dec_deg = "dec"
class_label = "type"
period_catalog_days = "period"
[bands.V]
native = "mag"
[light_curves]
file = "{curves}/{{original_id}}{ending}"
{curve_options}
[spectra]
file = "sp/{{original_id}}.*"
"""


class Survey:
    """Three sound stars in a folder, of which one input is to be broken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.options = {
            "catalog": "stars.csv", "key": "original_id", "curves": "lc", "ending": ".csv",
            "curve_options": "",
        }  # fmt: skip
        self.write("stars.csv", CATALOG)
        for star in "abc":
            self.write(f"lc/{star}.csv", CURVE)
            self.write(f"sp/{star}.csv", SPECTRUM)

    def write(self, name: str, content: str | bytes) -> None:
        (self.path / name).parent.mkdir(exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)

    def read(self) -> tuple[SourceData, dict[str, LightCurve], dict[str, Spectrum]]:
        self.write("my.toml", CONFIG.format(**self.options))
        source = READERS["files"](load_config(self.path / "my.toml"))
        names = source.objects.set_index("source_id")["original_id"]
        ids = names.index.to_numpy()
        curves = {names[star]: curve for star, curve in source.light_curves(ids)}
        spectra = {names[star]: spectrum for star, spectrum in source.spectra(ids)}
        return source, curves, spectra


@pytest.fixture
def survey(tmp_path: Path) -> Survey:
    return Survey(tmp_path)


def as_bytes(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


FRAME = pd.DataFrame({"id": ["a", "b"], "ra": [1.0, 2.0], "dec": [0.0, 1.0], "type": "EW",
                      "period": 1.0})  # fmt: skip
TABLE = Table.from_pandas(FRAME)
FITS_TABLE = as_bytes(lambda f: TABLE.write(f, format="fits"))
NO_TABLE = as_bytes(lambda f: fits.HDUList([fits.PrimaryHDU(np.ones(3))]).writeto(f))
PARQUET = as_bytes(lambda f: FRAME.to_parquet(f))
VOTABLE = as_bytes(lambda f: TABLE.write(f, format="votable"))


def in_unit(**units: str) -> bytes:
    table = TABLE.copy()
    for name, unit in units.items():
        table[name].unit = unit
    return as_bytes(lambda f: table.write(f, format="fits"))


def float_ids() -> bytes:
    table = pa.table({"id": [4.481234567890123e18, 5.0e18], "ra": [1.0, 2.0], "dec": [0.0, 1.0],
                      "type": ["EW", "EA"], "period": [1.0, 2.0]})  # fmt: skip
    return as_bytes(lambda f: pq.write_table(table, f))


# What the catalog is, and what the message about it says.
BAD_CATALOGS: dict[str, tuple[str, bytes, str]] = {
    "0 bytes": ("c.csv", b"", r"c.csv is empty \(0 bytes\)"),
    "blank lines": ("c.csv", b"\n\n  \n", r"c.csv is empty"),
    "comments only": ("c.csv", b"# a\n# b\n", "c.csv has no rows, only 2 lines of comment"),
    "truncated gzip": ("c.csv.gz", gzip.compress(CATALOG.encode() * 99)[:-20], "c.csv.gz cannot"),
    "truncated bz2": ("c.csv.bz2", bz2.compress(CATALOG.encode() * 99)[:60], "c.csv.bz2 cannot be"),
    "damaged xz": ("c.csv.xz", lzma.compress(CATALOG.encode())[:-30], "c.csv.xz cannot be"),
    "no header": ("c.csv", b"a,10,0,EW,0.5\nb,20,1,EA,1\n", r"has no header line: .*names = \["),
    "latin-1": ("c.csv", "id,ra,dec,type,period\né,1,2,EW,1\n".encode("latin-1"),
                r"not text in utf-8 \(byte 0xe9 .*encoding = \"latin-1\""),
    "binary": ("c.csv", b"\x00\x01\x02" * 100, r"c.csv is no table .*binary"),
    "missing column": ("c.csv", CATALOG.replace("ra", "alpha").encode(),
                       "c.csv has no column ra; it has id, alpha, dec"),
    "a column twice": ("c.csv", b"id,ra,dec,type,period,ra\na,1,2,EW,1,5\n",
                       "c.csv has the column 'ra' more than once"),
    "commas for points": ("c.csv", b"id;ra;dec;type;period\na;10,5;0,1;EW;0,5\nb;1,5;0;EA;0,2\n",
                          r"'period' should hold .* row 1 holds '0,5'.*decimal = \",\""),
    "words for numbers": ("c.csv", CATALOG.replace("0.5", "x").replace("1.5", "y").encode(),
                          r"c.csv: column 'period' should hold .* row 1 holds 'x'"),
    "float ids in Parquet": ("c.parquet", float_ids(), "whose last digits are lost"),
    "truncated Parquet": ("c.parquet", PARQUET[:-50], "c.parquet cannot be read as a table"),
    "Parquet by name only": ("c.parquet", CATALOG.encode(), "by its name it is Parquet"),
    "FITS by name only": ("c.fits", CATALOG.encode(), "by its name it is FITS"),
    "FITS without a table": ("c.fits", NO_TABLE, r"c.fits has no table; its HDUs are PRIMARY"),
    "truncated FITS": ("c.fits", FITS_TABLE[: 2880 * 2 + 600], "c.fits cannot be read"),
    "empty FITS": ("c.fits", b"SIMPLE  =                    T", "c.fits (cannot be|has no table)"),
    "wrong unit": ("c.fits", in_unit(period="mag"), r"'period' is in mag, but .* is in d"),
    "wrong unit of position": ("c.fits", in_unit(ra="km"), "'ra' is in km, but ra_deg is in deg"),
    "broken VOTable": ("c.vot", VOTABLE[:500], "c.vot cannot be read"),
    "VOTable by name only": ("c.vot", b"<html>", "by its name it is VOTable"),
    "broken ECSV": ("c.ecsv", b"# %ECSV 1.0\n# ---\n# nonsense: [\nid ra\n1 2\n", "c.ecsv cannot"),
    "NumPy with pickles": ("c.npz", as_bytes(lambda f: np.savez(f, id=np.array([{}], object))),
                           "c.npz cannot be read"),
    "NumPy of two lengths": ("c.npz", as_bytes(lambda f: np.savez(f, id=[1, 2, 3], ra=[1.0])),
                             "the array 'ra' has 1 entries, not 3"),
    "header only, no rows": ("c.csv", b"id,ra,dec,type,period\n", "has a header and no rows"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CATALOGS)
def test_catalog_that_cannot_be_used_is_refused(survey: Survey, case: str) -> None:
    name, data, message = BAD_CATALOGS[case]
    survey.options["catalog"] = name
    survey.write(name, data)
    with pytest.raises(InputError, match=message):
        survey.read()


# What stands in one row of the catalog, and what its entry in the account says.
BAD_ROWS: dict[str, tuple[str, str, bool]] = {
    "position beyond the pole": ("x,10,95,EW,1", "no position on the sky", False),
    "position missing": ("x,,2,EW,1", "no position on the sky", False),
    "position in words": ("x,north,2,EW,1", "no position on the sky", False),
    "identifier missing": (",10,2,EW,1", "no identifier", False),
    "identifier repeated": ("a,10,2,EW,1", "identifier occurs before", False),
    "too many cells": ("x,10,2,EW,1,9,9", "has 7 cells, the header 5", False),
    "open quote": ('x,10,2,"EW,1', "cells, the header 5", False),
    "no number": ("x,10,2,EW,0.4d", "period_catalog_days '0.4d' is no number", True),
    "infinite position": ("x,inf,2,EW,1", "no position on the sky", False),
    "too few cells": ("x,10", "no position on the sky", False),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_row_that_cannot_be_used_is_entered_and_the_others_stay(survey: Survey, case: str) -> None:
    row, reason, kept = BAD_ROWS[case]
    survey.write("stars.csv", CATALOG + row + "\n")
    source, curves, spectra = survey.read()
    assert list(curves) == list(spectra) == ["a", "b", "c"]
    assert len(source.objects) == 3 + kept
    ((file, number, _, found),) = source.rejections.rows
    assert (file, number) == ("stars.csv", 4)
    assert reason in found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4.48e18", "4.48e18 has lost its last digits"),
        ("4481234567890123000.0", "has lost its last digits"),
        ("99999999999999999999", "no Gaia id"),
        ("HD 1234", "no Gaia id"),
        ("-5", "no Gaia id"),
    ],
)
def test_gaia_ids_that_are_none_are_entered(survey: Survey, text: str, reason: str) -> None:
    survey.options["key"] = "source_id"
    survey.write("stars.csv", f"id,ra,dec,type,period\n12,1,2,EW,1\n{text},1,2,EW,1\n")
    source, _, _ = survey.read()
    assert source.objects["source_id"].tolist() == [12]
    assert reason in source.rejections.rows[0][3]


# What the light curve of star b is, what is said about it, and how many points are left.
BAD_CURVES: dict[str, tuple[bytes, str, int]] = {
    "0 bytes": (b"", r"is empty \(0 bytes\)", 0),
    "header only": (b"time,mag,mag_err\n", "no points", 0),
    "no header": (b"2450000.5,12,0.1\n", "has no header line", 0),
    "missing column": (b"time,mag\n2450000.5,12\n", "has no column mag_err; it has time, mag", 0),
    "times in words": (b"time,mag,mag_err\nx,1,1\ny,1,1\n", "column time holds no numbers: 'x'", 0),
    "a time missing": (CURVE.encode() + b",12,0.1\n", "1 of 4 times are missing", 3),
    "an infinite time": (CURVE.encode() + b"inf,12,0.1\n", "1 of 4 times are missing", 3),
    "a word among magnitudes": (CURVE.replace("12.1", "bad").encode(),
                                "mag is no number in 1 of 3 points .'bad' in row 2", 3),
    "commas for points": (b"time;mag;mag_err\n2450000,5;12,1;0,1\n", "holds no numbers", 0),
    "a line too long": (CURVE.encode() + b"1,2,3,4,5\n", "line 4 has 5 cells, the header 3", 3),
    "truncated gzip": (gzip.compress(CURVE.encode() * 50)[:-15], "cannot be read", 0),
    "not text": (b"\xff\xfa\xc3" * 50, "is not text in utf-8|no table", 0),
    "binary zeros": (b"\x00" * 200, "binary", 0),
    "a FITS image": (NO_TABLE, "has no table", 0),
    "HTML of an error page": (b"<html><body>404, Not Found</body></html>", "no column time", 0),
    "a column twice": (b"time,mag,mag_err,mag\n1,2,3,4\n", "the column 'mag' more than once", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CURVES)
def test_light_curve_that_cannot_be_used_is_entered(survey: Survey, case: str) -> None:
    data, reason, n_left = BAD_CURVES[case]
    survey.write("lc/b.csv", data)
    source, curves, _ = survey.read()
    assert {name: len(curve) for name, curve in curves.items()} == {
        "a": 3, "c": 3, **({"b": n_left} if n_left else {})
    }  # fmt: skip
    ((file, _, star, found),) = source.rejections.rows
    assert (file, star) == ("b.csv", "b")
    assert pd.Series([found]).str.contains(reason).all(), found


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("2450003.5,inf,0.1", False),
        ("2450003.5,12,-0.1", False),
        ("2450003.5,12,0", False),
        ("2450003.5,,0.1", False),
        ("2450002.5,12.2,0.1", False),  # repeated
        ("2449999.5,12,0.1", True),  # out of order
        ("2450003.5,>17.5,99.99", False),
        ("2450003.5,12,inf", False),
    ],
)
def test_bad_points_are_marked_and_stay(survey: Survey, line: str, good: bool) -> None:
    survey.write("lc/b.csv", CURVE + line + "\n")
    source, curves, _ = survey.read()
    assert source.rejections.rows == []
    assert len(curves["b"]) == 4
    assert curves["b"].good.sum() == 3 + good
    assert (np.diff(curves["b"].time) >= 0).all()


def fits_spectrum(**facts: object) -> bytes:
    rows = np.array([FLUX, IVAR, FLUX, FLUX * 0, FLUX * 0], dtype=">f4")
    header = fits.Header({key: value for key, value in {**FACTS, **facts}.items() if value != ""})
    return as_bytes(lambda f: fits.HDUList([fits.PrimaryHDU(rows, header)]).writeto(f))


# What the spectrum of star b is, and what is said about it.
BAD_SPECTRA: dict[str, tuple[bytes, str]] = {
    "0 bytes": (b"", "is empty"),
    "no wavelengths": (b"x,flux\n1,2\n", "there are no wavelengths"),
    "no flux": (b"wavelength,x\n1,2\n", "does not say which column is the flux"),
    "wavelengths out of order": (b"wavelength,flux\n2,1\n1,1\n", "strictly increasing"),
    "a wavelength missing": (b"wavelength,flux\n1,1\n,1\n", "strictly increasing"),
    "FITS without an image": (
        as_bytes(lambda f: fits.HDUList([fits.PrimaryHDU()]).writeto(f)), "no spectrum of LAMOST"),
    "FITS cut short": (old_layout()[:3000], "cannot be read as FITS .*cut short"),
    "no COEFF0": (fits_spectrum(COEFF0=""), "lacks COEFF0 and COEFF1"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SPECTRA)
def test_spectrum_that_cannot_be_used_is_entered(survey: Survey, case: str) -> None:
    data, reason = BAD_SPECTRA[case]
    survey.write("sp/b.csv", data)
    source, _, spectra = survey.read()
    assert set(spectra) == {"a", "c"}
    ((file, _, star, found),) = source.rejections.rows
    assert (file, star) == ("b.csv", "b")
    assert pd.Series([f"{file} {found}"]).str.contains(reason).all(), found


MEMBERS = {f"lc/{star}.csv": CURVE.encode() for star in "abc"}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_paths_that_climb_out_of_a_zip_are_left_out(survey: Survey) -> None:
    survey.write("x.zip", zipped({**MEMBERS, "../../lc/evil.csv": CURVE.encode()}))
    survey.options["curves"] = "x.zip"
    source, curves, _ = survey.read()
    assert list(curves) == ["a", "b", "c"]
    ((file, _, member, reason),) = source.rejections.rows
    assert (file, member) == ("x.zip", "../../lc/evil.csv")
    assert "climbs out" in reason


def test_tar_cut_short_gives_the_light_curves_it_has(survey: Survey) -> None:
    whole = tar_bytes(MEMBERS)
    survey.write("x.tar", whole[:2600])
    survey.options["curves"] = "x.tar"
    source, curves, _ = survey.read()
    assert "a" in curves
    assert "c" not in curves
    assert "cut short" in source.rejections.rows[0][3]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.zip", b"PK\x03\x04" + b"\x00" * 50, "x.zip is a damaged archive"),
        ("x.zip", zipped(MEMBERS)[:100], "x.zip is a damaged archive"),
        ("x.tar", b"\x00" * 1024, "x.tar is no folder, zip or tar"),
        ("x.tar.gz", gzip.compress(b"no tar"), "x.tar.gz is no folder, zip or tar"),
        ("x.zip", b"", "x.zip is no folder, zip or tar"),
    ],
    ids=["only a beginning", "cut short", "nothing in it", "no tar inside", "0 bytes"],
)
def test_archive_that_is_none_is_refused(
    survey: Survey, name: str, data: bytes, message: str
) -> None:
    survey.write(name, data)
    survey.options["curves"] = name
    with pytest.raises(InputError, match=message):
        survey.read()


def test_unknown_band_and_unknown_time_zero_are_entered(survey: Survey) -> None:
    survey.options["curve_options"] = (
        'columns = { time = "time", mag = "mag", mag_err = "mag_err", band = "filter" }'
    )
    for star, band in (("a", "V"), ("b", "v"), ("c", "V")):
        lines = CURVE.splitlines()
        text = "\n".join([lines[0] + ",filter", *(f"{line},{band}" for line in lines[1:])])
        survey.write(f"lc/{star}.csv", text)
    source, curves, _ = survey.read()
    assert list(curves) == ["a", "c"]
    assert "band 'v' is not among V" in source.rejections.rows[0][3]
