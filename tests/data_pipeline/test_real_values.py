"""What a survey holds of real stars is what their files say, as astropy and NumPy read them."""

import dataclasses
import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import ascii as text
from astropy.table import Table

from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.survey import Survey

pytestmark = pytest.mark.realdata
SINGLE = {"rtol": 1e-7, "atol": 1e-7}  # magnitudes and fluxes are written in single precision
N_STARS = 40


def built(preset: str, folder: Path, target: Path, limit: int | None = N_STARS) -> Survey:
    """Build some stars of a set with the catalog's periods, which is quick."""
    config = load_config(preset, folder)
    periods = dataclasses.replace(config.periods, source="catalog")
    build_survey(dataclasses.replace(config, periods=periods), target, limit=limit)
    return Survey.open(target)


def test_galactic_plane(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "galactic_plane_miller2010"
    survey = built("galactic_plane_miller2010", folder, tmp_path / "s")
    outer = zipfile.ZipFile(folder / "J_A+A_519_A12.tar.zip")
    with tarfile.open(fileobj=io.BytesIO(outer.read(outer.namelist()[0]))) as archive:
        files = {Path(one.name).name: archive.extractfile(one) for one in archive if one.isfile()}
        raw = {name: file.read() for name, file in files.items() if file is not None}
    (tmp_path / "table2.dat").write_bytes(raw["table2.dat"])
    catalog = text.read(
        tmp_path / "table2.dat", readme=str(folder / "ReadMe_CDS.txt"), format="cds"
    )
    rows = {str(row["ID"]): row for row in catalog}
    for _, star in survey.objects.iterrows():
        row = rows[star["original_id"]]
        place = SkyCoord(
            f"{row['RAh']}h{row['RAm']}m{row['RAs']}s",
            f"{row['DE-']}{row['DEd']}d{row['DEm']}m{row['DEs']}s",
        )
        ours = SkyCoord(star["ra_deg"], star["dec_deg"], unit="deg")
        assert place.separation(ours).arcsec < 1e-3
        assert star["class_label_full"] == row["Type"]
        assert star["period_days"] == row["Per"]
        time, deviation, error = np.loadtxt(io.BytesIO(raw[str(row["FileName"])])).T
        curve, order = survey.light_curve(star["source_id"]), np.argsort(time, kind="stable")
        assert curve is not None
        np.testing.assert_array_equal(curve.time, time[order])
        np.testing.assert_allclose(curve.flux, 1 + deviation[order], **SINGLE)
        np.testing.assert_allclose(curve.flux_err, error[order], **SINGLE)


def test_hipparcos_and_ogle(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "hipparcos_ogle"
    survey = built("hipparcos_ogle", folder, tmp_path / "s")
    raw = np.load(folder / "lightcurves.npz")
    rows = {str(row["file_id"]): row for row in Table.read(folder / "objects.csv")}
    zero = {"Hipparcos BJD-2440000": 2440000, "JD-2450000": 2450000, "HJD": 0,
            "MJD-like (50455..)": 2400000}  # fmt: skip
    at = {str(name): slice(*raw["offsets"][i : i + 2]) for i, name in enumerate(raw["file_id"])}
    for star, name in survey.objects[["source_id", "original_id"]].itertuples(index=False):
        time = raw["time"][at[name]] + zero[rows[name]["time_convention"]]
        curve, order = survey.light_curve(star), np.argsort(time, kind="stable")
        assert curve is not None
        np.testing.assert_array_equal(curve.time, time[order])
        np.testing.assert_allclose(curve.mag, raw["mag"][at[name]][order], **SINGLE)
        assert curve.bands == (("Hp",) if rows[name]["survey"] == "Hipparcos" else ("I",))


def test_rr_lyrae_with_spectra_and_light_curves(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "rrlyrae_lamost_s82_linear"
    survey = built("rrlyrae_lamost", folder, tmp_path / "s", None)
    catalog = Table.read(_unpacked(folder / "liu2020_rrlyrae_catalogue.csv.gz"), format="csv")
    joined = Table.read(_unpacked(folder / "lamost_spectra_star_join.csv.gz"), format="csv")
    places = text.read(_unpacked(folder / "s82_sesar2010_table3.dat.gz"))
    sky = SkyCoord(places["ra"], places["dec"], unit="deg")
    raw = np.load(folder / "lamost_rrlyrae_spectra.npz")
    record = dict(zip(map(str, raw["name"]), raw["flux"], strict=True))
    with tarfile.open(folder / "s82_sesar2010_table1.tar.gz") as archive:
        curves = {Path(one.name).stem: archive.extractfile(one).read()  # type: ignore[union-attr]
                  for one in archive if one.name.endswith(".dat")}  # fmt: skip
    assert set(survey.objects["original_id"]) == set(map(str, joined["ID"]))
    rows = {str(row["ID"]): row for row in catalog}
    with_curves = survey.objects[survey.has_photometry]
    assert len(with_curves) == 45
    for _, star in with_curves.iterrows():
        row = rows[star["original_id"]]
        nearest, apart, _ = SkyCoord(row["RAdeg"], row["DEdeg"], unit="deg").match_to_catalog_sky(
            sky
        )
        assert star["s82_id"] == str(places["id"][nearest])
        assert star["separation_stripe_82_arcsec"] == pytest.approx(apart.arcsec[0], abs=1e-6)
        points = np.loadtxt(io.BytesIO(curves[star["s82_id"]]))
        curve = survey.light_curve(star["source_id"])
        assert curve is not None
        for column, band in zip(range(2, 17, 3), "ugriz", strict=True):
            theirs = points[points[:, column + 1] > -99, column : column + 3]
            theirs = theirs[np.argsort(theirs[:, 0], kind="stable")]
            ours = curve.select(curve.band == band)
            np.testing.assert_array_equal(ours.time, theirs[:, 0])
            np.testing.assert_allclose(ours.mag, theirs[:, 1], **SINGLE)
            np.testing.assert_allclose(ours.mag_err, theirs[:, 2], **SINGLE)
        names = [str(name) for name in joined["lamost_file"][joined["ID"] == row["ID"]]]
        fluxes = [record[name] for name in names]
        ours = [spectrum.flux for spectrum in survey.spectra(star["source_id"])]
        assert len(ours) == len(fluxes)
        for flux in fluxes:
            assert any(np.array_equal(flux, one, equal_nan=True) for one in ours)


def _unpacked(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()
