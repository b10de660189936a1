"""Which star is which: moved to one epoch, every candidate kept, doubt reported, releases apart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from data_pipeline.config import load_config
from data_pipeline.crossmatch import match_keys, match_positions, moved
from data_pipeline.errors import InputError
from data_pipeline.gaia_ids import gaia_ids, release, same_release
from data_pipeline.sources import READERS

ARCSEC = 1 / 3600


def sky(*positions: tuple[float, float], **others: object) -> pd.DataFrame:
    return pd.DataFrame(list(positions), columns=["ra_deg", "dec_deg"]).assign(**others)


def test_every_pair_within_the_radius_nearest_first() -> None:
    ours = sky((10.0, 0.0), (20.0, 0.0), (np.nan, 0.0), (359.9999, 0.0))
    theirs = sky((10.0 + 2 * ARCSEC, 0.0), (10.0 - ARCSEC, 0.0), (20.0, 9.0), (0.0001, 0.0))
    match = match_positions(ours, theirs, 3.0)
    assert match.pairs[["ours", "theirs"]].to_numpy().tolist() == [[0, 1], [0, 0], [3, 3]]
    np.testing.assert_allclose(match.pairs["separation_arcsec"], [1.0, 2.0, 0.72], rtol=1e-6)
    assert match.best["theirs"].tolist() == [1, 3]
    assert match.is_ambiguous.tolist() == [True, False]


def test_a_clear_second_is_not_ambiguous_and_a_shared_one_is() -> None:
    theirs = sky((10.0, 0.0), (10.0 + 2.9 * ARCSEC, 0.0))
    assert match_positions(sky((10.0, 0.0)), theirs, 3.0).is_ambiguous.tolist() == [False]
    twins = sky((10.0, 0.0), (10.0 + 0.2 * ARCSEC, 0.0))
    assert match_positions(twins, sky((10.0, 0.0)), 3.0).is_ambiguous.tolist() == [True, True]


def test_proper_motion_brings_barnards_star_home() -> None:
    """Barnard's star moves by 10.4 arcsec a year; Gaia DR3 gives it at 2016.0."""
    gaia = sky((269.44850252543836, 4.739420051112412), pmra=-801.551, pmdec=10362.394)
    j2000 = sky((269.452075, 4.693391))  # SIMBAD
    assert len(match_positions(gaia, j2000, 2.0, 2016.0, 2000.0).pairs) == 1
    assert len(match_positions(gaia, j2000, 2.0).pairs) == 0
    assert len(match_positions(j2000, gaia, 2.0, 2000.0, 2016.0).pairs) == 1


@pytest.mark.parametrize("dec", [0.0, 60.0, 89.99])
def test_motion_agrees_with_astropys(dec: float) -> None:
    ra, pmra, pmdec, years = 359.999, 3000.0, -4000.0, 50.0
    ours = moved(np.array([ra]), np.array([dec]), np.array([pmra]), np.array([pmdec]), years)
    star = SkyCoord(
        ra * u.deg, dec * u.deg, pm_ra_cosdec=pmra * u.mas / u.yr, pm_dec=pmdec * u.mas / u.yr,
        distance=10 * u.pc, obstime=Time(2000.0, format="jyear", scale="tdb"),
    )  # fmt: skip
    theirs = star.apply_space_motion(new_obstime=Time(2000 + years, format="jyear", scale="tdb"))
    assert ours.separation(SkyCoord(theirs.ra, theirs.dec))[0].arcsec < 0.01


def test_keys_match_as_text_and_missing_ones_never() -> None:
    match = match_keys(pd.Series(["a", None, "b"]), pd.Series(["b", "b", None, "a"]))
    assert match.pairs[["ours", "theirs"]].to_numpy().tolist() == [[0, 3], [2, 0], [2, 1]]
    assert match.is_ambiguous.tolist() == [False, True]


def test_gaia_ids_keep_every_digit_and_say_what_is_lost() -> None:
    text = pd.Series(["Gaia DR3 4481234567890123457", "EDR3_5", "4.48e18", "7.0", "x", None,
                      "99999999999999999999"])  # fmt: skip
    digits, reason = gaia_ids(text)
    assert digits.fillna("-").tolist() == ["4481234567890123457", "5", "-", "-", "-", "-", "-"]
    assert reason[2] == "no Gaia id: 4.48e18 has lost its last digits"
    assert reason[5] == "no Gaia id: it is missing"


def test_releases_are_stated_and_never_mixed() -> None:
    assert release("Gaia EDR3") == release("DR3") == release("", "edr3_source_id") == "DR3"
    assert release("", "gdr2_id") == "DR2"
    assert release("", "source_id", ["Gaia DR2 5"]) == "DR2"
    assert release("") == ""
    with pytest.raises(InputError, match=r"said to be of Gaia DR2 and DR3"):
        release("DR3", "gdr2_id")
    with pytest.raises(InputError, match=r"ids are of Gaia DR2, the survey's of Gaia DR3"):
        same_release("DR3", "DR2", "x")
    with pytest.raises(InputError, match="does not say its release"):
        same_release("DR3", "", "x")


CONFIG = """
name = "x"
[catalog]
file = "stars.csv"
columns = { source_id = "id", ra_deg = "ra", dec_deg = "dec", class_label = "type" }
release = "DR3"
[[join]]
catalog = "2MASS"
file = "tmass.csv"
columns = { ra_deg = "RAJ2000", dec_deg = "DEJ2000" }
known_columns = true
[[join]]
catalog = "Gaia"
file = "gaia.csv"
by = "source_id"
release = "EDR3"
columns = { source_id = "Source", parallax = "Plx" }
[[external]]
catalog = "VSX"
file = "vsx.tsv"
[[external]]
catalog = "Gaia DR3 classifier"
file = "vari.csv"
by = "source_id"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "my.toml").write_text(CONFIG)
    files = {
        "stars.csv": "id,ra,dec,type\n11,10,0,EW\n12,20,0,EA\n13,30,0,M\n",
        "tmass.csv": "RAJ2000,DEJ2000,Jmag\n10.0001,0,12.5\n10.0002,0,14\n30,0,\n",
        "gaia.csv": "Source,Plx\n12,1.5\nGaia DR3 11,-0.5\n",
        "vsx.tsv": "#RESOURCE=yCat\n\nName;Type;Period;RAJ2000;DEJ2000\n;;d;deg;deg\n"
        "----;--;--;--;--\n"
        "V1 Cyg;EA/SD; 1.25;20.0005;0\nV2 Cyg;M;-999.0;30;0.0001\n",
        "vari.csv": "source_id,best_class_name\n13,LPV\n99,ECL\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_columns_of_other_catalogs_are_joined(data: Path) -> None:
    source = READERS["files"](load_config(data / "my.toml"))
    stars = source.objects
    np.testing.assert_array_equal(stars["j_mag"], [12.5, np.nan, np.nan])
    np.testing.assert_array_equal(stars["parallax"], [-0.5, 1.5, np.nan])
    np.testing.assert_allclose(stars["separation_2mass_arcsec"], [0.36, np.nan, 0.0], atol=1e-6)
    reasons = [reason for *_, reason in source.rejections.rows]
    assert reasons == [
        "2MASS: ambiguous match, the nearest at 0.36 arcsec is taken",
        "2MASS: second candidate at 0.72 arcsec, not taken",
    ]


def test_external_evidence_says_class_period_and_separation(data: Path) -> None:
    external = READERS["files"](load_config(data / "my.toml")).external
    assert external is not None
    assert external["catalog_id"].tolist() == ["V1 Cyg", "V2 Cyg", "13"]
    assert external["class_label"].tolist() == ["EA/SD", "M", "LPV"]
    np.testing.assert_array_equal(external["period_days"], [1.25, np.nan, np.nan])
    np.testing.assert_allclose(external["separation_arcsec"][:2], [1.8, 0.36], rtol=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('release = "EDR3"', 'release = "DR2"', "Gaia: its ids are of Gaia DR2, the survey's of"),
        ('release = "EDR3"', "", "Gaia does not say its release"),
        ('by = "source_id"\nrelease', 'by = "name"\nrelease', "Gaia needs it among its columns"),
        ('ra_deg = "RAJ2000", ', "", "to match by position, 2MASS needs ra_deg"),
        ("vsx.tsv", "gaia.csv", "say which of its columns is catalog_id"),
    ],
)
def test_joins_that_cannot_be_are_refused(data: Path, old: str, new: str, message: str) -> None:
    text = (data / "my.toml").read_text()
    assert old in text
    (data / "my.toml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        READERS["files"](load_config(data / "my.toml"))


def test_zones_of_declination_give_the_pairs_of_the_whole_sky(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    theirs = pd.DataFrame({"ra_deg": rng.uniform(0, 2, 400), "dec_deg": rng.uniform(-90, 90, 400)})
    theirs.loc[:50, "dec_deg"] = rng.uniform(-1e-3, 1e-3, 51)  # many at one edge
    ours = theirs.sample(frac=0.5, random_state=1).reset_index(drop=True)
    ours["dec_deg"] = (ours["dec_deg"] + rng.normal(0, 4e-4, len(ours))).clip(-90, 90)
    whole = match_positions(ours, theirs, 2.0)
    monkeypatch.setattr("data_pipeline.crossmatch._ZONE_ROWS", 7)
    zones = match_positions(ours, theirs, 2.0)
    assert len(whole.pairs) > 50
    pd.testing.assert_frame_equal(whole.pairs, zones.pairs)


def test_a_join_by_name_brings_positions_and_says_how_far_they_lie_apart(tmp_path: Path) -> None:
    config = """
name = "x"
[catalog]
file = "stars.csv"
columns = { original_id = "id", class_label = "type" }
[[join]]
catalog = "one"
file = "one.csv"
by = "original_id"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec" }
[[join]]
catalog = "two"
file = "two.csv"
by = "original_id"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec" }
"""
    files = {
        "my.toml": config, "stars.csv": "id,type\na,EW\nb,EA\n",
        "one.csv": "id,ra,dec\na,10,5\n", "two.csv": "id,ra,dec\na,10,5.001\nb,11,5\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    objects = READERS["files"](load_config(tmp_path / "my.toml")).objects
    np.testing.assert_array_equal(objects["ra_deg"], [10.0, np.nan])
    assert objects["separation_one_arcsec"].isna().all()
    np.testing.assert_allclose(objects["separation_two_arcsec"], [3.6, np.nan], rtol=1e-6)
