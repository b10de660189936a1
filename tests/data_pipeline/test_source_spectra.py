"""Spectra of LAMOST, SDSS, Gaia XP and others: errors, masks, epochs, velocities, indexes."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from data_pipeline.config import load_config
from data_pipeline.config_tables import RecordIndex, SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.sources import READERS, SourceData
from data_pipeline.sources.base import Rejections
from data_pipeline.sources.spectrum_files import SpectrumReader
from data_pipeline.sources.spectrum_index import read_index
from data_pipeline.sources.tables import read_table
from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S, Spectrum, air_to_vacuum
from data_pipeline.survey import Survey, SurveyWriter

N = 50
WAVELENGTH = 10.0 ** (3.5682 + 1e-4 * np.arange(N))
FLUX = np.linspace(100.0, 200.0, N)
IVAR = np.r_[0.0, -1.0, np.nan, np.full(N - 3, 0.04)]
MASK = (np.arange(N) == 10).astype(float)
FACTS = {
    "TELESCOP": "LAMOST", "OBSID": 101001, "DATE-OBS": "2011-10-24T12:00:00", "MJD": 55858,
    "LMJD": 55859, "SNRG": 20.5, "SNRI": 31.0, "Z": 1e-4, "CLASS": "STAR",
    "COEFF0": 3.5682, "COEFF1": 1e-4,
}  # fmt: skip


def old_layout(row_2: np.ndarray = WAVELENGTH, **facts: object) -> bytes:
    """Return a file of the layout before DR8: an image of five rows."""
    rows = np.array([FLUX, IVAR, row_2, MASK, np.ones(N)], dtype=">f4")
    return _bytes(fits.HDUList([fits.PrimaryHDU(rows, fits.Header({**FACTS, **facts}))]))


def new_layout(**facts: object) -> bytes:
    """Return a file of the layout since DR8: a table of one row."""
    columns = [
        fits.Column(name, f"{N}E", array=[values])
        for name, values in (("FLUX", FLUX), ("IVAR", IVAR), ("WAVELENGTH", WAVELENGTH),
                             ("ANDMASK", MASK), ("ORMASK", np.ones(N)))
    ]  # fmt: skip
    table = fits.BinTableHDU.from_columns(columns, name="COADD")
    return _bytes(fits.HDUList([fits.PrimaryHDU(header=fits.Header({**FACTS, **facts})), table]))


def sdss(z: float = 0.1) -> bytes:
    columns = [
        fits.Column("flux", "E", array=FLUX),
        fits.Column("loglam", "E", array=np.log10(WAVELENGTH)),
        fits.Column("ivar", "E", array=IVAR), fits.Column("and_mask", "J", array=MASK),
    ]  # fmt: skip
    facts = fits.BinTableHDU.from_columns([fits.Column("Z", "E", array=[z])], name="SPECOBJ")
    primary = fits.PrimaryHDU(header=fits.Header({"TAI": 51630.5 * 86400, "MJD": 51630}))
    coadd = fits.BinTableHDU.from_columns(columns, name="COADD")
    return _bytes(fits.HDUList([primary, coadd, facts]))


def _bytes(hdus: fits.HDUList) -> bytes:
    buffer = io.BytesIO()
    hdus.writeto(buffer)
    return buffer.getvalue()


def read(data: bytes, name: str = "x.fits", **options: object) -> Spectrum:
    return SpectrumReader(SpectraConfig(**options)).from_bytes(Path(name), data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "layout",
    [old_layout(), new_layout(), gzip.compress(old_layout())],
    ids=["old", "new", "compressed"],
)
def test_both_lamost_layouts_say_the_same(layout: bytes) -> None:
    spectrum = read(layout, "x.fits.gz")
    np.testing.assert_allclose(spectrum.wavelength, WAVELENGTH, rtol=1e-7)
    np.testing.assert_allclose(spectrum.flux, FLUX, rtol=1e-6)
    assert spectrum.flux.dtype.isnative
    assert np.flatnonzero(spectrum.mask).tolist() == [0, 1, 2, 10]
    np.testing.assert_allclose(spectrum.flux_err[3:], 5.0, rtol=1e-6)  # 1/√ivar, not ivar
    assert np.isnan(spectrum.flux_err[:3]).all()
    assert (spectrum.time, spectrum.snr) == (55858.5, 31.0)
    np.testing.assert_allclose(spectrum.radial_velocity_km_s, 1e-4 * SPEED_OF_LIGHT_KM_S)
    assert spectrum.frame == "heliocentric"


def test_dr1_row_2_is_no_wavelength() -> None:
    spectrum = read(old_layout(row_2=FLUX / 150.0 - 1.0))
    np.testing.assert_allclose(spectrum.wavelength, WAVELENGTH, rtol=1e-12)


@pytest.mark.parametrize("z", [-9999.0, "nope"])
def test_no_redshift_is_no_velocity(z: object) -> None:
    assert np.isnan(read(old_layout(Z=z)).radial_velocity_km_s)


def test_sdss_spectrum() -> None:
    spectrum = read(sdss())
    np.testing.assert_allclose(spectrum.wavelength, WAVELENGTH, rtol=1e-6)
    assert np.flatnonzero(spectrum.mask).tolist() == [0, 1, 2, 10]
    assert spectrum.time == 51630.5
    np.testing.assert_allclose(spectrum.snr, np.median(FLUX[[*range(3, 10), *range(11, N)]]) / 5)
    np.testing.assert_allclose(spectrum.rest_frame().wavelength, spectrum.wavelength / 1.1)


def test_one_dimensional_image_in_air() -> None:
    header = fits.Header({"CRVAL1": 5000.0, "CDELT1": 2.0, "CRPIX1": 1.0})
    data = _bytes(fits.HDUList([fits.PrimaryHDU(FLUX, header)]))
    spectrum = read(data, medium="air")
    np.testing.assert_allclose(spectrum.wavelength, air_to_vacuum(5000.0 + 2.0 * np.arange(N)))


def test_gaia_xp_grid_ends_where_it_ends() -> None:
    flux = np.r_[np.linspace(1, 2, 343), 2.0]  # padded by its last value
    row = {"flux": flux, "flux_error": np.full(344, 0.1)}
    reader = SpectrumReader(SpectraConfig(grid=(336.0, 2.0), wavelength_unit="nm"))
    spectrum = reader.from_row(row)
    assert len(spectrum) == 343
    np.testing.assert_allclose(spectrum.wavelength[[0, -1]], [3360, 10200])
    with pytest.raises(InputError, match="344 fluxes for 343 wavelengths"):
        reader.from_row({"flux": np.arange(344.0)})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_bytes(fits.HDUList([fits.PrimaryHDU()])), "no spectrum of LAMOST, SDSS or one dimension"),
        (_bytes(fits.HDUList([fits.PrimaryHDU(np.ones((5, 9)))])), "lacks COEFF0 and COEFF1"),
        (_bytes(fits.HDUList([fits.PrimaryHDU(np.ones(9))])), r"lacks the wavelengths \(CRVAL1"),
        (b"wavelength,f\n5000,1\n", "does not say which column is the flux"),
        (b"w,flux\n5000,1\n", "there are no wavelengths"),
        (b"wavelength,flux\n5000,1\n4000,1\n", "strictly increasing"),
    ],
)
def test_what_is_no_spectrum_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(data, "x")


def lamost_catalog(path: Path, separator: str) -> None:
    """Write a catalog with an overlap of what releases call their columns."""
    frame = pd.DataFrame(
        {
            "obsid": [1, 2, 3, 4], "designation": "J", "lmjd": 55859, "planid": "F5902",
            "spid": [1, 1, 1, 16], "fiberid": [1, 2, 3, 250], "ra": [10.0, 10.0, 20.0, 30.0],
            "dec": [5.0, 5.0002, 5.0, 5.0], "snrg": [10.0, 30.0, 5.0, -9999.0],
            "snri": [12.0, 25.0, 50.0, -9999.0], "z": [1e-4, -9999.0, 2e-4, 0.0],
        }
    )  # fmt: skip
    frame.to_csv(path / "lamost.csv", sep=separator, index=False)


@pytest.fixture(params=["|", ","])
def lamost(tmp_path: Path, request: pytest.FixtureRequest) -> SourceData:
    """The first star has two spectra, the third one that is missing, the last a neighbor's."""
    lamost_catalog(tmp_path, request.param)
    stars = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"], "ra": [10.0, 20.0, 30.0, 20.0],
            "dec": [5.0, 5.0, 5.0, 5.0006],
        }
    )  # fmt: skip
    stars.to_csv(tmp_path / "stars.csv", index=False)
    folder = tmp_path / "spectra" / "20111024" / "F5902"
    folder.mkdir(parents=True)
    for fiber, snr in ((1, 12.0), (2, 30.0), (3, 50.0)):
        data = (old_layout if fiber < 3 else new_layout)(SNRG=snr, SNRI=1.0)
        name = f"spec-55859-F5902_sp01-{fiber:03d}.fits.gz"
        (folder / name).write_bytes(gzip.compress(data))
    (tmp_path / "my.toml").write_text(
        """
name = "x"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec" }
[spectra]
file = "spectra"
index = { file = "lamost.csv", format = "lamost", radius_arcsec = 3 }
"""
    )
    return READERS["files"](load_config(tmp_path / "my.toml"))


def test_lamost_catalog_finds_the_spectra_of_each_star(lamost: SourceData) -> None:
    ids = lamost.objects["source_id"].to_numpy()
    found: dict[int, list[Spectrum]] = {}
    for star, spectrum in lamost.spectra(ids):
        found.setdefault(star, []).append(spectrum)
    assert [len(found.get(one, [])) for one in ids] == [2, 1, 0, 0]
    assert [one.snr for one in found[ids[0]]] == [12.0, 30.0]
    assert ("lamost.csv", 4, "spec-55859-F5902_sp16-250", "no such spectrum") in (
        lamost.rejections.rows
    )
    doubtful = "second candidate at 2.16 arcsec for the spectrum spec-55859-F5902_sp01-003"
    assert [row[:3] for row in lamost.rejections.rows if row[3].startswith(doubtful)] == [
        ("lamost.csv", 3, "d")
    ]


def test_best_spectrum_has_the_highest_signal_to_noise_then_is_the_latest(tmp_path: Path) -> None:
    with SurveyWriter(tmp_path / "s", "x", {}) as writer:
        for i, (snr, time) in enumerate([(10.0, 1.0), (20.0, 2.0), (20.0, 3.0), (np.nan, 9.0)]):
            pixels = np.arange(1.0, 4.0)
            writer.add_spectrum(
                5, Spectrum(i, pixels, pixels, pixels, np.zeros(3), time=time, snr=snr)
            )
        writer.write_objects(pd.DataFrame({"source_id": [5]}))
    best = Survey.open(tmp_path / "s").best_spectrum(5)
    assert best is not None
    assert best.spectrum_id == 2


def test_index_needs_records_and_a_known_format(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text("a,b\n1,2\n")
    for index, message in (
        (RecordIndex("i.csv"), "columns needs record"),
        (RecordIndex("i.csv", format="lamosd"), "is 'table' or 'lamost', not 'lamosd'"),
        (RecordIndex("i.csv", format="lamost"), "is no LAMOST catalog"),
    ):
        with pytest.raises(InputError, match=message):
            read_index(tmp_path, index, Rejections())


@pytest.mark.realdata
def test_rows_of_a_lamost_catalog_that_cannot_be_used_are_in_the_account(tmp_path: Path) -> None:
    (tmp_path / "dr5.csv").write_text(
        "obsid|lmjd|planid|spid|fiberid|ra|dec|snrg|snri|z\n"
        "1|55862|B6|6|3|10.0|5.0|9|8|0.001\n"
        "2|55862|B6|6|4|1O.0|5.0|9|8|0.001\n"
        "3|55862|B6|6|five|10.0|5.0|9|8|0.001\n"
        "4|55862|B6\n"
        "5|55862|B6|6|6|12.0|5.0|9|8|0.001\n"
    )
    account = Rejections()
    index = read_index(tmp_path, RecordIndex("dr5.csv", format="lamost"), account)
    assert index["row"].tolist() == [1, 2, 5]
    assert index["ra_deg"].isna().tolist() == [False, True, False]  # it matches no star
    assert sorted(row[:2] for row in account.rows) == [("dr5.csv", 3), ("dr5.csv", 4)]


def test_real_lamost_files_of_all_releases(real_data: Path) -> None:
    folder = real_data / "lamost_lrs_fits"
    index = pd.read_csv(folder / "dr1_index.csv").set_index("file")
    paths = [*sorted((folder / "dr1").iterdir()), *sorted((folder / "dr7_dr8").iterdir())]
    assert len(paths) > 100
    for path in paths[::4] + paths[-2:]:
        spectrum = read(path.read_bytes(), path.name)
        assert 3690 < spectrum.wavelength[0] < 3710
        assert 9050 < spectrum.wavelength[-1] < 9110
        assert spectrum.good.mean() > 0.7
        assert (spectrum.flux_err[spectrum.good] > 0).all()
        if path.name in index.index:
            assert len(spectrum) == index.loc[path.name, "npix"]
            np.testing.assert_allclose(
                spectrum.radial_velocity_km_s,
                SPEED_OF_LIGHT_KM_S * index.loc[path.name, "z"], atol=0.01,
            )  # fmt: skip


@pytest.mark.realdata
def test_real_sdss_gaia_and_template_spectra(real_data: Path) -> None:
    galaxies = sorted((real_data / "sdss_galaxy_pairs").glob("*.fits.gz"))
    pairs = pd.read_csv(real_data / "sdss_galaxy_pairs" / "pairs.csv").set_index("spectrum")
    for path in galaxies:
        spectrum = read(path.read_bytes(), path.name)
        z = pairs.loc[path.name.removesuffix(".gz"), "z"]
        np.testing.assert_allclose(
            spectrum.radial_velocity_km_s / SPEED_OF_LIGHT_KM_S, z, rtol=1e-5
        )
    stars = sorted((real_data / "pyhammer_sdss_templates" / "sdss_test_spectra").iterdir())
    assert [read(path.read_bytes(), path.name).good.any() for path in stars] == [True] * 9
    templates = read_table(real_data / "pyhammer_sdss_templates" / "pyhammer_templates.npz")
    reader = SpectrumReader(SpectraConfig(columns={
        "wavelength": "wavelength", "flux": "flux", "flux_err": "std"
    }))  # fmt: skip
    read_all = [reader.from_row(row) for row in templates.to_dict("records")]
    assert len(read_all) == 228
    gaia = read_table(real_data / "gaia_xp_46" / "part.0.parquet")
    xp = SpectrumReader(SpectraConfig(grid=(336.0, 2.0), wavelength_unit="nm"))
    assert {len(xp.from_row(row)) for row in gaia.to_dict("records")} == {343}
