"""The light curve view: what is in the data source after a click, a fold, a typed period."""

import numpy as np
import pytest
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time

from app.atlas_store import AtlasStore
from app.epochs import _light_time, spectrum_times
from app.light_curve_columns import (
    doubtful_columns,
    epoch_columns,
    light_curve_columns,
    median_columns,
    value_range,
)
from app.light_curve_figure import OWN_COLORS, REPEAT_ALPHA, LightCurveFigure
from app.light_curve_words import bands, counts
from app.photometry import Photometry, fold, photometry
from app.state import AppState
from app.views.light_curve import LightCurveView
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band
from data_pipeline.spectra import Spectrum

WITH_CURVE, WITHOUT_CURVE = 1, 10


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n, focus=WITH_CURVE)


@pytest.fixture
def view(state: AppState, store: AtlasStore) -> LightCurveView:
    return LightCurveView(state, store)


def made(**options: object) -> Photometry:
    time = 2_453_000.5 + np.arange(6)
    curve = LightCurve.from_mag(time, np.arange(12, 18) / 1.0, np.full(6, 0.1), **options)
    band = Band("mag", "mag", time_reference="HJD")
    points = photometry(curve, {"V": band, "g": band})
    assert points is not None
    return points


def test_folded_over_two_cycles_the_second_paler(view: LightCurveView) -> None:
    drawing = view.drawing
    data = drawing.source.data
    assert len(data["x"]) == 150
    assert 0 <= data["x"].min() <= data["x"].max() < 1
    np.testing.assert_allclose(data["repeat"], data["x"] + 1, rtol=1e-6)
    (_, first, _), (_, second, _) = drawing._layers
    assert second.glyph.x == "repeat"
    assert second.glyph.fill_alpha == pytest.approx(first.glyph.fill_alpha * REPEAT_ALPHA)
    assert (drawing.x_range.start, drawing.x_range.end) == (0, 2)
    assert drawing.figure.xaxis.axis_label == "phase [cycles]"
    assert len(drawing.median.data["x"]) > 0


def test_magnitudes_run_upward_to_brighter(view: LightCurveView) -> None:
    assert view.drawing.y_range.start > view.drawing.y_range.end
    assert view.drawing.figure.yaxis.axis_label == "V [mag]"


def test_time_names_its_reference_and_has_every_point_once(
    view: LightCurveView, state: AppState
) -> None:
    state.fold = False
    assert len(view.drawing.source.data["x"]) == 150
    assert view.drawing.figure.xaxis.axis_label == "HJD − 2450000 [d]"
    assert len(view.drawing.median.data["x"]) == 0
    assert not view.bar.folded
    assert "HJD − 2450000 in UTC" in view.line.text


@pytest.mark.parametrize("factor", [1 / 3, 0.5, 2.0, 3.0])
def test_a_multiple_is_one_click(view: LightCurveView, state: AppState, factor: float) -> None:
    before = view.drawing.source.data["x"].copy()
    view.act({"act": "factor", "factor": factor})
    assert state.fold_factor == factor
    assert view.fold is not None
    assert view.fold.period_days == pytest.approx(view.base_period * factor)
    assert not np.allclose(view.drawing.source.data["x"], before)


def test_a_multiple_folds_from_the_time_view(view: LightCurveView, state: AppState) -> None:
    state.fold = False
    view.act({"act": "half"})
    assert state.fold
    assert state.fold_factor == 0.5
    view.act({"act": "double"})
    assert state.fold_factor == 1.0


def test_a_typed_period_is_the_new_period(view: LightCurveView) -> None:
    view.act({"act": "typed", "text": "0.512", "unit": "d"})
    assert view.fold is not None
    assert view.fold.period_days == 0.512
    assert "f 1.95312" in view.caption.object


@pytest.mark.parametrize("text", ["abc", "-1", "0", "nan"])
def test_a_period_that_is_none_is_refused_in_words(
    view: LightCurveView, state: AppState, text: str
) -> None:
    before = view.period_days
    view.act({"act": "typed", "text": text, "unit": "d"})
    assert text in state.notice
    assert view.period_days == before


def test_a_new_star_starts_at_its_own_period(view: LightCurveView, state: AppState) -> None:
    view.act({"act": "typed", "text": "0.512", "unit": "d"})
    view.act({"act": "factor", "factor": 2.0})
    view.act({"act": "keep"})
    assert state.chosen_period_days == 1.024
    state.focus = 2
    assert state.fold_factor == 1
    assert view.base_period == pytest.approx(view.store.period_days(2))
    assert state.chosen_period_days is None


def test_a_restored_state_keeps_its_factor(view: LightCurveView, state: AppState) -> None:
    state.param.update(focus=2, fold_factor=2.0)
    assert state.fold_factor == 2.0
    assert view.fold is not None
    assert view.fold.period_days == pytest.approx(2 * view.store.period_days(2))


def test_a_star_without_light_curve_says_so_and_hides_the_frame(
    view: LightCurveView, state: AppState
) -> None:
    state.focus = WITHOUT_CURVE
    assert view.message.visible
    assert "No light curve" in view.message.object
    assert not view.plot.visible
    assert not view.bar.visible
    state.focus = WITH_CURVE
    assert view.plot.visible
    assert not view.message.visible


def test_nothing_in_focus_invites(store: AtlasStore) -> None:
    view = LightCurveView(AppState(store.n), store)
    assert "Click a star" in view.message.object


def test_eclipsers_fold_from_the_minimum_and_pulsators_from_the_maximum() -> None:
    time = np.sort(np.random.default_rng(1).uniform(0, 200, 400))
    mag = 12 + 0.3 * np.cos(2 * np.pi * time / 3.0)
    points = photometry(LightCurve.from_mag(time, mag, 0.01), {"V": Band("mag", "mag")})
    assert points is not None
    eclipser, pulsator = fold(points, 3.0, "EW"), fold(points, 3.0, "RRAB")
    assert eclipser.at_minimum
    assert not pulsator.at_minimum
    assert mag[eclipser.phase(time) < 0.05].mean() > 12.2
    assert mag[pulsator.phase(time) < 0.05].mean() < 11.8


def test_limits_are_open_triangles_and_bad_points_hollow() -> None:
    points = made(is_upper_limit=[0, 0, 1, 0, 0, 0], quality=[0, 0, 0, 4, 0, 0])
    doubtful = doubtful_columns(points, None)
    assert doubtful["marker"].tolist() == ["inverted_triangle", "circle"]
    assert doubtful["note"].tolist() == ["upper limit on the brightness", "marked bad"]
    assert doubtful["low"][0] == doubtful["high"][0], "a limit has no error bar"
    assert len(light_curve_columns(points, None, points.good)["x"]) == 4
    drawing = LightCurveFigure({"V": Band("mag")})
    assert all(hollow.glyph.fill_color is None for _, _, hollow in drawing._layers)


def test_limits_near_the_detections_are_in_the_frame_and_far_ones_counted() -> None:
    points = made(is_upper_limit=[0, 0, 0, 0, 1, 1])  # 12 to 15 mag, limits at 16 and 17
    low, high = value_range(points)
    assert 11 < low < 12
    assert 16 < high < 16.5, "the nearer limit is seen, the farther does not squash the curve"
    assert counts(points, (low, high)) == ["▽ 2 limits", "1 off the frame"]
    only = made(is_upper_limit=[1] * 6)
    assert value_range(only)[1] > 17


def test_bands_are_left_out_but_never_all() -> None:
    points = made(band=["V", "V", "g", "g", "g", "V"], is_upper_limit=[0, 1, 0, 0, 0, 0])
    assert points.without([]) is points
    assert points.without(["V", "g"]) is points
    left = points.without(["V"])
    assert set(left.band) == {"g"}
    assert not left.is_limit.any()
    assert left.value.tolist() == [14.0, 15.0, 16.0]
    assert left.value_label == "g [mag]"
    marks = bands(points, left, {"V": "#111111", "g": "#222222"})
    assert 'aria-pressed="false"' in marks[0]
    assert 'aria-pressed="true"' in marks[1]
    assert "<button" not in bands(left, left, {"g": "#222222"})[0], "nothing to choose from"


def test_bands_of_one_colour_get_their_own() -> None:
    drawing = LightCurveFigure({"R": Band("flux", wavelength_angstrom=6500), "B": Band("flux")})
    assert drawing.colors("light") == {"B": OWN_COLORS[0], "R": OWN_COLORS[1]}
    given = LightCurveFigure({"V": Band("mag", color="#118811"), "I": Band("mag", color="#881111")})
    assert given.colors("light") == {"V": "#118811", "I": "#881111"}


def test_julian_dates_keep_their_digits() -> None:
    points = made()
    assert points.axis_label == "HJD − 2450000 [d]"
    np.testing.assert_allclose(points.time, 3000.5 + np.arange(6), atol=1e-9)
    assert points.date_text(3000.5) == "HJD 2453000.5000"


def test_short_curves_have_no_median_line() -> None:
    points = made()
    assert len(median_columns(points, fold(points, 2.0, None))["x"]) == 0


def test_bands_of_another_quantity_are_counted_not_mixed() -> None:
    curve = LightCurve(
        time=np.arange(5.0),
        flux=np.array([np.nan] * 3 + [1.0, 2.0]),
        flux_err=np.full(5, 0.1),
        mag=np.array([12.0, 12.1, 12.2, np.nan, np.nan]),
        mag_err=np.full(5, 0.1),
        band=np.array(["V"] * 3 + ["g"] * 2),
        camera=np.full(5, ""),
        is_upper_limit=np.zeros(5, bool),
        quality=np.zeros(5, int),
    )
    bands = {"V": Band("mag", "mag", time_reference="MJD"), "g": Band("flux", "mJy")}
    points = photometry(curve, bands)
    assert points is not None
    assert (points.quantity, points.unit, points.left_out) == ("mag", "mag", 2)
    assert points.axis_label == "MJD [d]"


def test_no_measured_point_is_no_photometry() -> None:
    curve = LightCurve.from_flux([1.0, 2.0], [np.nan, np.nan], [1.0, 1.0])
    assert photometry(curve, {"V": Band("flux", "mJy")}) is None


def test_dials_shift_phase_zero_and_turn_the_period(view: LightCurveView, state: AppState) -> None:
    zero = view.line.zero
    view.act({"act": "turned", "dial": "zero", "days": 0, "shift": 0.25})
    assert view.line.zero - zero == pytest.approx(0.25 * view.period_days)
    assert "+ 0.250" in view.caption.object
    view.act({"act": "turned", "dial": "period", "days": 0.61, "shift": 0})
    assert view.fold is not None
    assert view.fold.period_days == pytest.approx(0.61)


def test_an_ephemeris_is_kept_and_let_go(view: LightCurveView, state: AppState) -> None:
    view.act({"act": "keep"})
    assert state.chosen_period_days == view.period_days
    assert state.chosen_period_err_days > 0
    assert state.chosen_epoch == pytest.approx(view.line.zero)
    assert state.chosen_epoch_reference == "HJD − 2450000"
    assert view.line.kept
    view.act({"act": "double"})
    assert not view.line.kept
    view.act({"act": "half"})
    assert view.line.kept
    view.act({"act": "keep"})
    assert state.chosen_period_days is None


def test_residuals_lie_about_zero(view: LightCurveView, state: AppState) -> None:
    spread = np.std(view.drawing.source.data["value"])
    view.act({"act": "residuals"})
    left = view.drawing.source.data["value"]
    assert abs(np.median(left)) < 0.02
    assert np.std(left) < 0.3 * spread
    assert view.drawing.figure.yaxis.axis_label == "V − median [mag]"
    state.fold = False
    np.testing.assert_allclose(np.sort(view.drawing.source.data["value"]), np.sort(left), atol=1e-6)


def test_cameras_have_colours_on_demand() -> None:
    points = made(camera=["a", "b"] * 3)
    drawing = LightCurveFigure({"V": Band("mag")})
    drawing.show(points, None, "light", by_camera=True)
    assert drawing._mapper.factors == ["a", "b"]
    assert drawing.source.data["group"].tolist() == ["a", "b"] * 3
    drawing.show(points, None, "light")
    assert drawing._mapper.factors == ["V"]


def test_epochs_of_spectra_are_marked_in_the_time_of_the_light_curve() -> None:
    points = made()
    wavelength, ones = np.arange(4000.0, 4010.0), np.ones(10)
    dated = Spectrum(1, wavelength, ones, ones, np.zeros(10, bool), time=53_002.0)
    undated = Spectrum(2, wavelength, ones, ones, np.zeros(10, bool))
    times = spectrum_times([dated, undated], points, 83.0, -5.0)
    assert np.isnan(times[1])
    assert 0 < abs(times[0] - 3002.5) < 500 / 86400, "seen from the Sun, not from the Earth"
    marks = epoch_columns(times, ["MJD 53002", ""], None)
    assert marks["x"].tolist() == [times[0]]
    folded = epoch_columns(times, ["MJD 53002", ""], fold(points, 2.0, None))
    assert np.diff(folded["x"]).tolist() == [1.0]


def test_light_times_agree_with_astropy() -> None:
    mjd = np.array([55000.0, 56100.3, 58000.0])
    center = EarthLocation.from_geocentric(0, 0, 0, unit="m")
    when = Time(mjd, format="mjd", scale="tdb", location=center)
    for kind in ("heliocentric", "barycentric"):
        expected = when.light_travel_time(SkyCoord(83, -5, unit="deg"), kind).to_value("s")
        ours = _light_time(mjd, 83.0, -5.0, kind == "barycentric") * 86400
        np.testing.assert_allclose(ours, expected, atol=0.1)


def test_a_star_is_compared_at_its_own_period(view: LightCurveView, state: AppState) -> None:
    state.compared = 2
    assert len(view.drawing.other.data["x"]) == 150
    assert np.median(view.drawing.other.data["value"]) == pytest.approx(
        np.median(view.drawing.source.data["value"]), abs=1e-4
    )
    assert view.store.name(2) in view.caption.object
    state.focus = 2
    assert len(view.drawing.other.data["x"]) == 0, "a star is not compared with itself"
    state.compared = -1


def test_dark_theme_repaints_without_new_models(view: LightCurveView, state: AppState) -> None:
    axes, source = view.drawing.figure.axis, view.drawing.source
    light = view.drawing.median_line.glyph.line_color
    state.theme = "dark"
    assert view.drawing.figure.axis == axes
    assert view.drawing.source is source
    assert view.drawing.median_line.glyph.line_color != light
