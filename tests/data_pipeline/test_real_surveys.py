"""Every real set of variable stars becomes a survey by its preset, counted as its authors count."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from data_pipeline.build import build_survey
from data_pipeline.catalog_features import with_catalog_features
from data_pipeline.config import load_config
from data_pipeline.light_curves import phase_fold
from data_pipeline.sources import READERS, SourceData
from data_pipeline.survey import Survey

pytestmark = pytest.mark.realdata


def read(real_data, preset: str, folder: str) -> SourceData:  # type: ignore[no-untyped-def]
    config = load_config(preset, real_data / folder)
    return with_catalog_features(READERS[config.source](config), config)


def scatter(values: np.ndarray) -> float:
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def residual(time: np.ndarray, value: np.ndarray, period: float) -> float:
    """Scatter about the medians of 20 phase bins."""
    bins = np.floor(20 * phase_fold(time, period)).astype(int)
    return scatter(value - pd.Series(value).groupby(bins).transform("median").to_numpy())


def test_galactic_plane_straight_from_its_archive(real_data) -> None:  # type: ignore[no-untyped-def]
    source = read(real_data, "galactic_plane_miller2010", "galactic_plane_miller2010")
    stars = source.objects
    full = stars["class_label_full"].value_counts()
    assert (len(stars), full["EW"], full["EB:"], full["PUL:"]) == (1318, 494, 215, 168)
    assert stars["class_label"].value_counts()["EB"] == 108 + 215
    assert stars["class_label"].isna().sum() == 12 + 12 + 11 + 10 + 9 + 6  # those with a slash
    assert stars["class_is_uncertain"].sum() == 215 + 168 + 46 + 21 + 1
    contact = stars[stars["class_label_full"] == "EW"].head(40)
    curves = dict(source.light_curves(contact["source_id"].to_numpy()))
    assert len(curves) == 40
    assert np.median([len(curve) for curve in curves.values()]) > 200
    ratios = [
        residual(curves[star].time, curves[star].flux, period) / scatter(curves[star].flux)
        for star, period in zip(contact["source_id"], contact["period_catalog_days"], strict=True)
    ]
    assert np.median(ratios) < 0.5  # the published periods fold the curves
    assert source.rejections.rows == []


def test_hipparcos_and_ogle_on_one_time_zero(real_data) -> None:  # type: ignore[no-untyped-def]
    source = read(real_data, "hipparcos_ogle", "hipparcos_ogle")
    stars = source.objects.set_index("source_id")
    curves = dict(source.light_curves(source.objects["source_id"].to_numpy()[::5]))
    assert (len(stars), len(curves)) == (1392, 279)
    classes = stars["class_label"].value_counts()
    assert (len(classes), classes["EA"], classes["DCEP"]) == (26, 169, 161)
    first = pd.Series({star: curve.time.min() for star, curve in curves.items()})
    is_hipparcos = stars["telescope"].loc[first.index] == "Hipparcos"
    assert first[is_hipparcos].between(2_447_800, 2_449_100).all()  # 1989.8 to 1993.2
    assert first[~is_hipparcos].between(2_448_600, 2_455_000).all()
    bands = {curve.bands for curve in curves.values()}
    assert bands == {("Hp",), ("I",)}
    assert source.rejections.rows == []


def test_rr_lyrae_join_spectra_catalog_and_light_curves(real_data, tmp_path) -> None:  # type: ignore[no-untyped-def]
    config = load_config("rrlyrae_lamost", real_data / "rrlyrae_lamost_s82_linear")
    source = READERS["files"](config)
    assert (len(source.objects), source.objects["s82_id"].notna().sum()) == (6268, 240)
    distance = source.objects["distance_pc"]  # the catalog has kpc: RR Lyrae lie in the halo
    assert 10_000 < distance.median() < 20_000
    account = pd.Series([reason for *_, reason in source.rejections.rows]).value_counts()
    assert sorted(account) == [483 - 240, 5113 - 3604]  # light curves, spectra of other stars
    ids = source.objects["source_id"].to_numpy()
    read = [(star, spectrum.radial_velocity_km_s) for star, spectrum in source.spectra(ids)]
    with_spectra = pd.Series([star for star, _ in read])
    assert (len(with_spectra), with_spectra.nunique()) == (3604, 2337)
    three = source.objects[
        source.objects["s82_id"].notna() & source.objects["source_id"].isin(with_spectra)
    ]
    curves = dict(source.light_curves(three["source_id"].to_numpy()))
    assert len(curves) == 45
    assert {curve.bands for curve in curves.values()} == {("g", "i", "r", "u", "z")}
    assert three["class_label"].value_counts().to_dict() == {"RRAB": 36, "RRC": 9}
    assert np.isfinite([velocity for _, velocity in read]).mean() > 0.5


def test_catalogs_without_light_curves_become_surveys(real_data, tmp_path) -> None:  # type: ignore[no-untyped-def]
    for preset, n, label, n_label in (
        ("linear", 6146, "RRAB", 2612),
        ("gaia_cmd_variables", 1191, "UG", 220),
    ):
        folder = real_data / preset
        build_survey(load_config(preset, folder), tmp_path / preset)
        survey = Survey.open(tmp_path / preset)
        assert len(survey) == n
        assert (survey.objects["class_label"] == label).sum() == n_label
        assert not survey.has_photometry.any()
        assert survey.features.notna().any().all()
        if preset == "linear":  # -99.99 stands for "no value"
            assert survey.features.min().min() > -5
    assert survey.objects["luminosity_g"].lt(0).any()  # negative parallaxes are measurements
    known = survey.objects["absolute_g"].notna()
    assert (survey.objects.loc[known, "parallax_over_error"] > 4).all()


def test_stars_that_two_class_lists_share_are_told_and_kept_in_one_part(
    real_data, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    config = load_config("hipparcos_ogle", real_data / "hipparcos_ogle")
    periods = dataclasses.replace(config.periods, source="catalog")
    build_survey(dataclasses.replace(config, periods=periods), tmp_path / "s")
    survey = Survey.open(tmp_path / "s")
    assert (len(survey), survey.objects["is_duplicate"].sum()) == (1392, 14)
    twice = survey.rejected[survey.rejected["file"] == "light curves"]
    wrong = twice["reason"].str.contains("which lies 73.8 deg away: one of the two rows is wrong")
    assert twice.loc[wrong, "original_id"].tolist() == ["100148841"]  # as published
    at = survey.objects.set_index("original_id")
    one = at.loc[twice["original_id"]]
    two = at.loc[twice["reason"].str.extract(r"(\d{9})")[0]]
    assert (one["class_label"].to_numpy() != two["class_label"].to_numpy()).sum() == 13
    part = survey.splits.set_index(["split", "source_id"])["part"]
    for first, second in zip(two["source_id"], one["source_id"], strict=True):
        ours = part[part.index.get_level_values(1) == second].droplevel(1)
        theirs = part[part.index.get_level_values(1) == first].droplevel(1)
        assert ours.equals(theirs[ours.index])  # a subset of labels need not hold both
