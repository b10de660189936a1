"""Features from the catalog: the paper's 34, and what parallaxes can bear."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import Distance, SkyCoord

from data_pipeline.catalog_features import PARALLAX_ZERO_POINT_MAS, with_catalog_features
from data_pipeline.config import BuildConfig, FeatureConfig
from data_pipeline.config_tables import CatalogConfig
from data_pipeline.errors import InputError
from data_pipeline.schema import PAPER_FEATURES, Column
from data_pipeline.sources.base import Rejections, SourceData

N = 4


def source(**columns: object) -> SourceData:
    table = pd.DataFrame({"source_id": np.arange(N), "class_label": "EW", **columns})
    known = {"ebv": Column("ebv"), "distance_pc": Column("distance_pc", "pc")}
    return SourceData(
        table, {}, lambda ids: iter(()), (), Rejections(),
        [column for name, column in known.items() if name in table],
    )  # fmt: skip


def featured(kind: str, data: SourceData, release: str = "DR3") -> tuple[pd.DataFrame, list[str]]:
    config = BuildConfig("x", features=FeatureConfig(catalog=kind),
                         catalog=CatalogConfig(release=release))  # fmt: skip
    made = with_catalog_features(data, config)
    roles = {column.name: column.role for column in made.columns}
    return made.objects, [name for name in made.objects if roles.get(name) == "feature"]


def paper_columns() -> dict[str, object]:
    rng = np.random.default_rng(1)
    return {name: rng.uniform(1, 15, N) for name in PAPER_FEATURES}


def test_paper_features_are_exactly_the_34_in_order() -> None:
    columns = paper_columns()
    shuffled = dict(sorted(columns.items(), key=lambda item: item[0][::-1]))
    _, features = featured("paper", source(**shuffled))
    assert features == list(PAPER_FEATURES)


def test_paper_features_that_follow_from_others_are_computed() -> None:
    columns = paper_columns()
    for name in ("bp_rp", "j_k", "w1_w2", "w3_w4", "pm", "parallax_over_error", "l", "b"):
        del columns[name]
    table, features = featured("paper", source(ra_deg=[266.4, 10, 20, 30.0], dec_deg=-29.0,
                                               **columns))  # fmt: skip
    assert features == list(PAPER_FEATURES)
    sky = SkyCoord(table["ra_deg"].to_numpy(), table["dec_deg"].to_numpy(), unit="deg").galactic
    np.testing.assert_allclose(table["l"], sky.l.deg)
    np.testing.assert_allclose(table["pm"], np.hypot(table["pmra"], table["pmdec"]))
    np.testing.assert_allclose(table["bp_rp"],
                               table["phot_bp_mean_mag"] - table["phot_rp_mean_mag"])  # fmt: skip


def test_missing_paper_features_are_named() -> None:
    columns = paper_columns()
    del columns["ruwe"], columns["w4_mag"], columns["w3_w4"]
    with pytest.raises(InputError, match=r"needs 34 columns; x lacks w4_mag, w3_w4, ruwe\. Name"):
        featured("paper", source(**columns))


@pytest.fixture
def honest() -> tuple[pd.DataFrame, list[str]]:
    """One good parallax, one uncertain, one negative, one missing."""
    return featured(
        "honest",
        source(
            parallax=[10.0, 0.2, -0.3, np.nan], parallax_error=[0.1, 0.1, 0.1, 0.1],
            phot_g_mean_mag=12.0, phot_bp_mean_mag=12.5, phot_rp_mean_mag=11.3, j_mag=10.5,
            k_mag=10.0, w1_mag=9.9, w2_mag=9.8, ruwe=1.0, l=[359.0, 1.0, 180.0, 90.0], b=10.0,
            ebv=0.1, distance_pc=[100.0, np.nan, 5000.0, -1.0],
        ),
    )  # fmt: skip


def test_luminosity_is_defined_for_every_parallax(honest: tuple[pd.DataFrame, list[str]]) -> None:
    table, features = honest
    zero = PARALLAX_ZERO_POINT_MAS["DR3"]
    parallax = np.array([10.0, 0.2, -0.3, np.nan]) - zero
    np.testing.assert_allclose(table["luminosity_g"], parallax * 10 ** (0.2 * 12 - 2))
    good = 5 * np.log10(table["luminosity_g"].iloc[0])  # M of a perfect parallax
    np.testing.assert_allclose(good, 12 - Distance(parallax=parallax[0] * u.mas).distmod.value)
    np.testing.assert_allclose(table["absolute_g"], [good, np.nan, np.nan, np.nan])
    error = 5 / np.log(10) * 0.1 / parallax[0]
    np.testing.assert_allclose(table["absolute_error_g"].iloc[0], error)
    np.testing.assert_allclose(
        table["absolute_by_distance_g"], [7.0, np.nan, 12 + 5 - 5 * np.log10(5000), np.nan]
    )
    assert {"luminosity_g", "absolute_g", "luminosity_wjk"} <= set(features)


def test_nothing_apparent_reaches_a_model(honest: tuple[pd.DataFrame, list[str]]) -> None:
    _, features = honest
    assert not [name for name in features if name.endswith("_mag") or name.startswith("wesen")]
    assert not {"parallax", "parallax_error", "l", "b"} & set(features)
    assert {"bp_rp_0", "j_k_0", "sin_l", "cos_l", "sin_b", "ruwe", "w1_w2"} <= set(features)


def test_wesenheit_magnitudes_do_not_feel_reddening() -> None:
    extinction = {"phot_g_mean_mag": 1.90 * 1.339, "phot_bp_mean_mag": 3.374,
                  "phot_rp_mean_mag": 2.035}  # fmt: skip
    base = {"phot_g_mean_mag": 12.0, "phot_bp_mean_mag": 12.5, "phot_rp_mean_mag": 11.3}
    ebv = np.array([0.0, 0.5, 1.0, 2.0])
    reddened = {name: base[name] + extinction[name] * ebv for name in base}
    table, _ = featured("honest", source(**reddened))
    np.testing.assert_allclose(table["wesenheit_g"], table["wesenheit_g"].iloc[0])


def test_neighbors_across_zero_longitude_stay_neighbors(
    honest: tuple[pd.DataFrame, list[str]],
) -> None:
    table, _ = honest
    apart = np.hypot(*(table[["sin_l", "cos_l"]].iloc[0] - table[["sin_l", "cos_l"]].iloc[1]))
    assert apart < 0.04


def test_given_features_stay_as_they_are() -> None:
    data = source(bp_rp=1.0)
    made = with_catalog_features(data, BuildConfig("x"))
    assert made is data
    assert replace(data) == data
