"""Files that people hand over: real CSV, FITS, VOTable, ECSV, written by astropy."""

import io

import numpy as np
import pytest
from astropy import units
from astropy.io import fits, votable
from astropy.table import Table

from data_pipeline.errors import InputError
from data_pipeline.spectra import air_to_vacuum
from data_pipeline.uploads import MAX_BYTES, Uploaded, read_upload

TIME = np.linspace(2459000.123456789, 2459100.9, 40)
MAG = 13 + 0.3 * np.sin(TIME)
WAVELENGTH = np.linspace(4000.0, 8000.0, 300)
FLUX = 1 + 0.1 * np.sin(WAVELENGTH / 90)


def written(table: Table, kind: str) -> bytes:
    """Content of a file that astropy writes."""
    if kind.startswith("ascii"):
        text = io.StringIO()
        table.write(text, format=kind)
        return text.getvalue().encode()
    content = io.BytesIO()
    table.write(content, format=kind)
    return content.getvalue()


def read(name: str, content: bytes, **options: bool) -> Uploaded:
    return read_upload(name, content, ["V", "g"], **options)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [("csv", "ascii.csv"), ("ecsv", "ascii.ecsv"), ("vot", "votable"), ("fits", "fits")],
)
def test_a_light_curve_in_every_format_keeps_its_time_to_the_last_digit(
    ending: str, kind: str
) -> None:
    table = Table({"HJD": TIME[::-1], "Vmag": MAG[::-1], "e_mag": np.full(40, 0.02)})
    found = read(f"star.{ending}", written(table, kind)).light_curve
    assert found is not None
    np.testing.assert_allclose(found.time, TIME, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.mag, MAG, atol=1e-5)
    assert set(found.band) == {"V"}


def test_bands_of_the_survey_are_kept_and_others_told() -> None:
    table = Table({"mjd": TIME, "flux": MAG, "filter": ["g"] * 20 + ["r"] * 20})
    found = read("a.csv", written(table, "ascii.csv"))
    assert found.light_curve is not None
    assert found.light_curve.bands == ("V", "g")
    assert np.isnan(found.light_curve.mag).all()
    assert "band r is none of the survey's" in found.notes[0]


def test_a_spectrum_in_nanometres_or_air_comes_out_in_angstroms_and_vacuum() -> None:
    table = Table({"wave": (WAVELENGTH / 10) * units.nm, "flux": FLUX, "ivar": np.full(300, 400.0)})
    found = read("s.vot", written(table, "votable")).spectrum
    assert found is not None
    np.testing.assert_allclose(found.wavelength, WAVELENGTH)
    np.testing.assert_allclose(found.flux_err, 0.05)
    plain = written(Table({"wavelength": WAVELENGTH, "flux": FLUX}), "ascii.csv")
    in_air = read("s.csv", plain, is_air=True).spectrum
    assert in_air is not None
    np.testing.assert_allclose(in_air.wavelength, air_to_vacuum(WAVELENGTH))


def test_lamost_and_sdss_files_are_read() -> None:
    image = np.stack([FLUX, np.full(300, 100.0), WAVELENGTH, 0 * FLUX, 0 * FLUX])
    old = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(image)]).writeto(old)
    row = Table({"FLUX": [FLUX], "IVAR": [FLUX], "WAVELENGTH": [WAVELENGTH]})
    sdss = Table({"flux": FLUX, "loglam": np.log10(WAVELENGTH), "ivar": FLUX})
    for content in (old.getvalue(), written(row, "fits"), written(sdss, "fits")):
        found = read("spec.fits", content).spectrum
        assert found is not None
        np.testing.assert_allclose(found.wavelength, WAVELENGTH, rtol=1e-6)


def test_an_early_lamost_file_has_its_wavelengths_in_the_header() -> None:
    continuum = np.linspace(1.1, 0.9, 300)
    image = fits.PrimaryHDU(np.stack([FLUX, np.full(300, 100.0), continuum, 0 * FLUX, 0 * FLUX]))
    image.header["COEFF0"], image.header["COEFF1"] = 3.6, 1e-4
    content = io.BytesIO()
    fits.HDUList([image]).writeto(content)
    found = read("spec.fits", content.getvalue()).spectrum
    assert found is not None
    np.testing.assert_allclose(found.wavelength, 10 ** (3.6 + 1e-4 * np.arange(300)))


def test_a_unit_that_nobody_knows_is_passed_over() -> None:
    columns = [fits.Column("HJD", "D", unit="HJD", array=TIME), fits.Column("mag", "D", array=MAG)]
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(content)
    found = read("star.fits", content.getvalue()).light_curve
    assert found is not None
    np.testing.assert_array_equal(found.time, TIME)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"a,b\n1,2\n", "has the columns a, b"),
        ("a.csv", b"time,mag\n1,2\n", "1 usable epochs; 10"),
        ("a.csv", b"time,mag\n" + b"1,x\n" * 20, "holds text"),
        ("a.fits", b"no fits at all", "cannot be read as fits"),
        ("a.vot", b"<a><b></a>", "cannot be read as votable"),
        ("a.exe", b"", "only .csv"),
        ("a.csv", bytes(MAX_BYTES + 1), "at most 8 MB"),
        ("s.csv", b"wave,flux\n" + b"\n".join(b"%d.5,1" % i for i in range(60)), "not ångströms"),
    ],
)
def test_what_cannot_be_used_is_told(name: str, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(name, content)


@pytest.mark.parametrize("how", ["fits", "first header", "ecsv", "param", "columns", "comments"])
def test_a_file_tells_where_its_star_lies(how: str) -> None:
    table = Table({"hjd": TIME, "mag": MAG})
    name, place = "star.fits", (83.822083, -5.391111)
    match how:
        case "fits":
            table.meta = {"RA_OBJ": place[0], "DEC_OBJ": place[1]}
            content = written(table, "fits")
        case "first header":
            first = fits.PrimaryHDU()
            first.header["RA"], first.header["DEC"] = "05:35:17.30", "-05:23:28.0"
            file = io.BytesIO()
            fits.HDUList([first, fits.BinTableHDU(table)]).writeto(file)
            content = file.getvalue()
        case "ecsv":
            table.meta = {"ra": "05 35 17.30", "dec": "-05 23 28.0"}
            name, content = "star.ecsv", written(table, "ascii.ecsv")
        case "param":
            name, content = (
                "star.vot",
                with_params(table, {"RAJ2000": 5.58813887, "DEJ2000": -5.391111}),
            )
        case "columns":
            table["ra"], table["dec"] = place[0] + 1e-5 * MAG, np.full(40, place[1])
            name, content = "star.csv", written(table, "ascii.csv")
        case _:
            told = b"# RA = 83.822083\n# Dec: -5.391111\n"
            name, content = "star.csv", told + written(table, "ascii.csv")
    found = read(name, content)
    assert found.light_curve is not None
    assert found.place == pytest.approx(place, abs=3e-4)


def with_params(table: Table, params: dict[str, float]) -> bytes:
    """A VOTable whose right ascension is a parameter, in hours."""
    document = votable.from_table(table)
    (told,) = document.iter_tables()
    for name, value in params.items():
        unit = "h" if name.startswith("RA") else "deg"
        told.params.append(
            votable.tree.Param(document, name=name, datatype="double", value=value, unit=unit)
        )
    content = io.BytesIO()
    document.to_xml(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("ra", "dec"),
    [(10 + TIME - TIME[0], MAG), (MAG, np.full(40, 91.0)), (["x"] * 40, MAG), (np.nan * MAG, MAG)],
)
def test_what_is_no_place_of_one_star_is_none(ra: np.ndarray, dec: np.ndarray) -> None:
    table = Table({"hjd": TIME, "mag": MAG, "ra": ra, "dec": dec})
    assert read("a.csv", written(table, "ascii.csv")).place is None
