"""The star in words and numbers: values with errors, coordinates, links, flags."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord

from app.atlas_store import AtlasStore
from app.chips import class_chip, marker
from app.formats import (
    degrees_text,
    number_text,
    other_time_unit,
    period_text,
    sexagesimal_text,
)
from app.links import gaia_id, links_for
from app.palette import _KNOWN
from app.star_facts import all_facts, main_facts
from app.star_rows import breaking
from app.state import AppState
from app.views.facts import FactsView
from data_pipeline.schema import STANDARD_COLUMNS, Column


@pytest.fixture
def star() -> pd.Series:
    return pd.Series(
        {
            "source_id": 4481234567890123457,
            "name": "V439 Cas",
            "ra_deg": 83.8220833,
            "dec_deg": 5.3911111,
            "class_label": "M",
            "period_days": 0.5234125,
            "period_err_days": 0.0000021,
            "period_catalog_days": 1.0468,
            "phot_g_mean_mag": 12.3456,
            "parallax": 2.0,
            "parallax_error": 0.05,
            "parallax_over_error": 40.0,
            "n_epochs": 1234,
        },
        dtype=object,
    )


def test_a_period_taken_from_the_catalog_was_not_found(star: pd.Series) -> None:
    names = [fact.name for fact in main_facts(star, STANDARD_COLUMNS)]
    assert names[:2] == ["P, found", "P, catalogue"]
    star["period_method"] = "catalog"
    assert "P, found" not in [fact.name for fact in main_facts(star, STANDARD_COLUMNS)]


@pytest.mark.parametrize(
    ("value", "err", "expected"),
    [
        (12.3456, 0.012, "12.346(12)"),
        (12.3456, math.nan, "12.35"),
        (-0.25, 0.18, "−0.25(18)"),
        (213.26406, 0.00021, "213.26406(21)"),
        (1234.0, 56.0, "1234(56)"),
        (12345678.0, math.nan, "12,345,678"),
        (math.nan, 1.0, "—"),
    ],
)
def test_numbers_are_written_to_their_error(value: float, err: float, expected: str) -> None:
    assert number_text(value, err) == expected


def test_periods_keep_seven_digits_and_short_ones_say_hours() -> None:
    assert period_text(0.52341253) == "0.5234125"
    assert period_text(math.nan) == period_text(-1.0) == "—"
    assert other_time_unit(0.5) == "12 h"
    assert other_time_unit(0.05) == "72 min"
    assert other_time_unit(3.0) == ""


def test_coordinates_can_be_pasted() -> None:
    assert sexagesimal_text(83.8220833, -5.3911111) == "05:35:17.30 -05:23:28.0"
    assert degrees_text(83.8220833, -5.3911111) == "83.82208 -5.39111"
    assert sexagesimal_text(359.9999999, -0.9999999) == "00:00:00.00 -01:00:00.0"


def test_coordinates_agree_with_astropy() -> None:
    rng = np.random.default_rng(1)
    for ra, dec in zip(rng.uniform(0, 360, 50), rng.uniform(-90, 90, 50), strict=True):
        place = SkyCoord(sexagesimal_text(ra, dec), unit=("hourangle", "deg"))
        assert place.separation(SkyCoord(ra, dec, unit="deg")).arcsec < 0.12


def test_facts_have_units_errors_and_the_disagreement_of_periods(star: pd.Series) -> None:
    facts = {fact.name: fact for fact in main_facts(star, STANDARD_COLUMNS)}
    assert facts["P, found"].value == "0.5234125(21)"
    assert facts["P, found"].unit == "d"
    assert facts["P, catalogue"].value == "1.0468 (2 P)"
    assert facts["parallax ϖ"].value == "2.000(50)"
    assert facts["parallax ϖ"].unit == "mas"
    assert facts["M_G"].value == "3.851(54)"
    assert facts["id"].value == "4481234567890123457"


@pytest.mark.parametrize("change", [{"parallax": -1.0}, {"parallax_over_error": 3.0}])
def test_no_absolute_magnitude_from_a_poor_parallax(star: pd.Series, change: dict) -> None:
    facts = {fact.name: fact for fact in main_facts(star.replace({}), STANDARD_COLUMNS)}
    assert facts["M_G"].value != "—"
    poor = pd.concat([star.drop(list(change)), pd.Series(change)])
    facts = {fact.name: fact for fact in main_facts(poor, STANDARD_COLUMNS)}
    assert facts["M_G"].value == "—"
    assert "too small" in facts["M_G"].description


def test_what_the_star_lacks_is_a_dash_and_what_the_survey_lacks_is_absent(
    star: pd.Series,
) -> None:
    star["phot_g_mean_mag"] = np.nan
    facts = {fact.name: fact for fact in main_facts(star, STANDARD_COLUMNS)}
    assert facts["G"].value == "—"
    assert "RUWE" not in facts


def test_all_facts_write_lists_and_truth_values(star: pd.Series) -> None:
    star["period_alt_days"] = np.array([0.25, 1.0])
    star["is_periodic"] = True
    star["period_method"] = None
    facts = {fact.name: fact.value for fact in all_facts(star, STANDARD_COLUMNS)}
    assert facts["n_epochs"] == "1,234"
    assert facts["period_alt_days"] == "0.25, 1"
    assert facts["is_periodic"] == "yes"
    assert facts["period_method"] == "—"


def test_links_encode_the_plus_and_are_never_for_simulated_stars(star: pd.Series) -> None:
    links = dict(links_for(star, is_synthetic=False))
    assert links["VSX"].startswith("https://vsx.aavso.org/")
    assert "coords=83.822083+%2B5.391111" in links["VSX"]
    assert "4481234567890123457" in links["Gaia DR3"]
    assert links["archive"].startswith("https://gea.esac.esa.int/tap-server/tap/sync?")
    assert links["archive"].endswith("+WHERE+source_id=4481234567890123457")
    assert links["SIMBAD id"].endswith("sim-id?Ident=Gaia%20DR3%204481234567890123457")
    assert links_for(star, is_synthetic=True) == []
    star["obsid"], star["asas_sn_id"] = 48615161, None
    by_id = dict(links_for(star, is_synthetic=False))
    assert by_id["LAMOST"].endswith("obsid=48615161"), "its own spectrum, not a search about it"
    assert by_id["ASAS-SN"] == links["ASAS-SN"]
    assert list(by_id) == list(links)


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        (None, "4481234567890123457"),
        ("Gaia DR3 4481234567890123458", "4481234567890123458"),
        ("EDR3 4481234567890123458", "4481234567890123458"),
        ("000053-1717.5", ""),
        ("17", ""),
        ("1237650795683184714", ""),  # an SDSS object as long as a Gaia id
        ("4481234567890123457", "4481234567890123457"),
    ],
)
def test_gaia_identifiers(star: pd.Series, original: str | None, expected: str) -> None:
    star["original_id"] = original
    assert gaia_id(star) == expected


def test_an_id_beside_a_name_is_gaias_where_it_lies_at_the_star(star: pd.Series) -> None:
    star["source_id"], star["original_id"] = 5853498713190525696, "V645 Cen"  # Proxima
    star["ra_deg"], star["dec_deg"] = 217.3934658, -62.6761821
    assert gaia_id(star) == "5853498713190525696"
    star["dec_deg"] = -62.6
    assert gaia_id(star) == ""
    star["dec_deg"] = np.nan
    assert gaia_id(star) == ""


def test_own_columns_are_shown_where_few_others_are_known(star: pd.Series) -> None:
    own = {
        "u_g": Column("u_g", "mag", "color u − g", "phot.color", "feature"),
        "r_i": Column("r_i", "mag", "a description that has no room", "phot.color", "feature"),
        "e_u_g": Column("e_u_g", "mag", "its error", "stat.error;phot.color", "catalog"),
        "lc_skewness": Column("lc_skewness", "", "skewness", "", "feature"),
        "sigma": Column("sigma", "mag", "made here", "", "derived"),
        "distance_pc": Column("distance_pc", "pc", "distance", "pos.distance", "catalog"),
    }
    star = pd.concat([star, pd.Series({"u_g": 1.1543, "r_i": 0.2, "e_u_g": 0.01, "lc_skewness": 0.1,
                                       "sigma": 1.0, "distance_pc": 9876.5})])  # fmt: skip
    few = {name: STANDARD_COLUMNS[name] for name in ("source_id", "period_days")}
    facts = {fact.name: fact for fact in main_facts(star, few | own)}
    assert list(facts) == ["P, found", "distance", "color u − g", "r i", "id"]
    assert (facts["color u − g"].value, facts["color u − g"].unit) == ("1.154(10)", "mag")
    star = pd.concat([star, pd.Series({"bp_rp": 1.0, "ruwe": 1.1})])
    assert "color u − g" not in {fact.name for fact in main_facts(star, STANDARD_COLUMNS | own)}


def test_stars_without_coordinates_have_no_position_links(star: pd.Series) -> None:
    star["ra_deg"] = np.nan
    assert [name for name, _ in links_for(star, is_synthetic=False)] == [
        "Gaia DR3", "archive", "distance", "SIMBAD id"
    ]  # fmt: skip


def test_every_marker_of_the_palette_is_drawn() -> None:
    circle = marker("RRAB").split("fill=")[1].split(">", 1)[1]
    for label, style in _KNOWN.items():
        drawn = marker(label)
        assert style.color in drawn
        assert style.marker == "circle" or circle not in drawn, style
    assert "no class" in class_chip(None)


def test_the_card_says_why_a_star_is_flagged_or_that_it_is_not(store: AtlasStore) -> None:
    state = AppState(store.n)
    view = FactsView(state, store)
    assert "No star in focus" in view.identity.object
    flags = store.flags(99.0, 2, 0.0, 0)
    state.focus = int(flags["row"].iat[2])
    assert f"Flag 3 of {len(flags)}" in view.identity.object
    fits = next(row for row in range(3, store.n) if row not in set(flags["row"]))
    state.focus = fits
    assert "Not flagged" in view.identity.object
    assert "Simulated star" in view.values.object
    assert sexagesimal_text(*store.objects.loc[fits, ["ra_deg", "dec_deg"]]) in view.identity.object


def test_other_catalogues_stand_beside_ours(
    store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = store.period_days(1)
    rows = pd.DataFrame(
        {
            "source_id": [store.source_id[1], store.source_id[2]],
            "catalog": ["VSX", "VSX"],
            "catalog_id": ["<b>1", "2"],
            "class_label": ["EB", None],
            "period_days": [2 * found, found],
            "separation_arcsec": [0.42, np.nan],
        }
    )
    monkeypatch.setattr(store.survey, "external", rows, raising=False)
    view = FactsView(AppState(store.n, focus=1), store)
    assert "&lt;b&gt;1" in view.values.object
    assert "2 P" in view.values.object
    assert "0.4″" in view.values.object


@pytest.mark.parametrize(
    ("name", "halves"),
    [("SIM J124829.49+370102.5", 2), ("ASAS 1248-37", 2), ("Sky V00012", 1), ("Gaia DR3 12", 1)],
)
def test_a_long_name_goes_on_in_a_second_line_at_the_sign_alone(name: str, halves: int) -> None:
    html = breaking(name)
    assert html.count("<wbr>") == halves - 1
    assert re.sub("<[^>]+>", "", html) == name
