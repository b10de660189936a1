"""The simulated survey as a whole: same stars every time, the promised contents, no leaks."""

import numpy as np
import pytest

from data_pipeline.demo import make_demo
from data_pipeline.demo.build import simulation_orders
from data_pipeline.demo.classes import KINDS, PAPER_CLASSES, UNSEEN_CLASSES
from data_pipeline.demo.derive import derived_columns
from data_pipeline.demo.simulate import fitting_star
from data_pipeline.errors import InputError
from data_pipeline.schema import PAPER_FEATURES
from data_pipeline.survey import Survey

N_STARS = 120
TRUTH = ["source_id", "true_class", "true_period_days", "subtype", "fault", "fault_detail",
         "temperature_k", "luminosity", "distance_pc", "a_v", "feh"]  # fmt: skip


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "survey"
    return Survey.open(make_demo(path, N_STARS, seed=5, workers=1))


def test_same_arguments_give_the_same_bytes_whatever_the_number_of_workers(tmp_path):
    one = Survey.open(make_demo(tmp_path / "one", 80, seed=3, workers=1))
    two = Survey.open(make_demo(tmp_path / "two", 80, seed=3, workers=2))
    other = Survey.open(make_demo(tmp_path / "other", 40, seed=4, workers=1))
    assert one.content_hash == two.content_hash
    assert set(one.source_id).isdisjoint(other.source_id)


def test_the_survey_says_that_it_is_simulated(survey):
    assert survey.is_synthetic
    assert "simulated" in survey.name
    assert survey.objects["name"].str.startswith("SIM J").all()
    assert survey.objects["name"].is_unique


def test_every_class_occurs(survey):
    stars = survey.truth.query("fault != 'complete_outlier'")
    assert set(stars["true_class"]) == {*PAPER_CLASSES, *UNSEEN_CLASSES}
    assert set(stars["subtype"]) <= {kind.subtype for kind in KINDS}


def test_a_complete_outlier_is_no_star_of_a_class(survey):
    outliers = survey.truth.query("fault == 'complete_outlier'")
    assert len(outliers) >= 1
    assert set(outliers["true_class"]) <= {"GALAXY", "QSO", "CV"}
    assert survey.has_spectra[survey.rows(outliers["source_id"])].all()
    assert outliers["true_period_days"].isna().all()


def test_the_catalog_has_the_features_of_the_paper(survey):
    names = survey.feature_names
    assert [name for name in names if name in PAPER_FEATURES] == list(PAPER_FEATURES)
    table = survey.objects
    assert table[list(PAPER_FEATURES)].isna().to_numpy().any()
    known = table.dropna(subset=["bp_rp", "parallax", "j_k"])
    assert np.allclose(known["bp_rp"], known["phot_bp_mean_mag"] - known["phot_rp_mean_mag"])
    assert np.allclose(known["parallax_over_error"], known["parallax"] / known["parallax_error"])
    assert np.allclose(known["pm"], np.hypot(known["pmra"], known["pmdec"]))


def test_truth_is_kept_apart_from_what_a_model_may_see(survey):
    assert list(survey.truth.columns) == TRUTH
    assert (survey.truth["source_id"] == survey.objects["source_id"]).all()
    shared = set(TRUTH) & set(survey.objects.columns)
    assert shared == {"source_id"}
    labels = {"class_label", "name", "ra_deg", "dec_deg", "period_catalog_days", "n_epochs"}
    assert labels.isdisjoint(survey.feature_names)


def test_light_curves_have_limits_cameras_and_seasons(survey):
    curves = [survey.light_curve(source_id) for source_id in survey.source_id]
    assert all(150 < len(curve) < 2500 for curve in curves)
    limits = [curve for curve in curves if curve.is_upper_limit.any()]
    assert limits
    for curve in limits:
        limit = curve.select(curve.is_upper_limit)
        assert np.isnan(limit.mag_err).all()
        assert np.isfinite(limit.flux).all()
        assert (limit.flux < 5 * limit.flux_err).all()
    cameras = {str(name) for curve in curves for name in np.unique(curve.camera)}
    assert len(cameras) > 4
    assert cameras <= {f"b{letter}" for letter in "abcdefgh"}
    assert max(float(np.diff(np.sort(curve.time)).max()) for curve in curves) > 60.0


def test_spectra_are_on_the_lamost_grid(survey):
    spectra = [one for i in survey.source_id for one in survey.spectra(i)]
    assert len(spectra) > N_STARS / 3
    for one in spectra:
        assert one.wavelength[0] == pytest.approx(3690.0)
        assert 9090.0 < one.wavelength[-1] <= 9100.0
        assert np.allclose(np.diff(np.log10(one.wavelength)), 1e-4)
        assert one.resolution == 1800.0
        assert one.frame == "heliocentric"
        assert (one.flux_err > 0).all()
        assert one.snr > 1.0


def test_most_southern_stars_have_no_spectrum(survey):
    south = (survey.objects["dec_deg"] < -15).to_numpy()
    assert south.any()
    assert not survey.has_spectra[south].any()
    assert survey.has_spectra[~south].mean() > 0.4


def test_a_small_share_of_spectra_can_be_asked_for():
    orders = simulation_orders(400, seed=1, spectra_fraction=0.05)
    has = [bool(fitting_star(o, np.random.default_rng((1, o.index)))[1]) for o in orders]
    assert 0.02 < np.mean(has) < 0.09


def test_catalog_periods_are_used_unless_a_search_is_asked_for(survey):
    table = survey.objects
    same = table["period_days"].eq(table["period_catalog_days"])
    assert (same | table["period_days"].isna()).all()
    assert set(table["period_method"]) == {"catalog", "none"}


def test_periods_can_be_searched_for(survey):
    star = survey.objects.query("class_label == 'RRAB'").iloc[0]
    curve = survey.light_curve(star["source_id"])
    (row,) = derived_columns([curve], [1.0], search=True)
    assert row["is_periodic"]
    assert row["period_days"] == pytest.approx(star["period_catalog_days"], rel=1e-3)
    assert row["lc_log_period"] == pytest.approx(np.log10(row["period_days"]), abs=1e-5)


def test_bad_arguments_are_told_all_at_once(tmp_path):
    with pytest.raises(InputError, match=r"n_stars.*proportions.*spectra_fraction.*periods"):
        make_demo(tmp_path / "x", 3, proportions="fair", spectra_fraction=2.0, periods="none")
    assert not (tmp_path / "x").exists()
