"""The light curve view: what is in the data source after a click, a fold, a typed period."""

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.light_curve_columns import doubtful_columns, light_curve_columns, median_columns
from app.light_curve_figure import OWN_COLORS, REPEAT_ALPHA, LightCurveFigure
from app.period_bar import known_periods
from app.photometry import Photometry, fold, photometry
from app.state import AppState
from app.views.light_curve import LightCurveView
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band

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
    points = photometry(curve, {"V": Band("mag", "mag", time_reference="HJD")})
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
    assert view.bar.mode.value == "time"


@pytest.mark.parametrize(("key", "factor"), [("⅓P", 1 / 3), ("½P", 0.5), ("2P", 2.0), ("3P", 3.0)])
def test_a_multiple_is_one_click(
    view: LightCurveView, state: AppState, key: str, factor: float
) -> None:
    before = view.drawing.source.data["x"].copy()
    view.bar.multiples.value = key
    assert state.fold_factor == factor
    assert view.fold is not None
    assert view.fold.period_days == pytest.approx(view.bar.base_period * factor)
    assert not np.allclose(view.drawing.source.data["x"], before)


def test_a_multiple_folds_from_the_time_view(view: LightCurveView, state: AppState) -> None:
    state.fold = False
    view.bar.multiples.value = "½P"
    assert state.fold
    assert view.bar.mode.value == "fold"


def test_a_typed_period_is_the_new_period(view: LightCurveView) -> None:
    view.bar.typed.value = "0.512"
    assert view.fold is not None
    assert view.fold.period_days == 0.512
    assert "1.95312" in view.caption.object


@pytest.mark.parametrize("text", ["abc", "-1", "0", "nan"])
def test_a_period_that_is_none_is_refused_in_words(
    view: LightCurveView, state: AppState, text: str
) -> None:
    before = view.bar.typed.value
    view.bar.typed.value = text
    assert text in state.notice
    assert view.bar.typed.value == before


def test_a_new_star_starts_at_its_own_period(view: LightCurveView, state: AppState) -> None:
    view.bar.typed.value = "0.512"
    view.bar.multiples.value = "2P"
    state.focus = 2
    assert state.fold_factor == 1
    assert view.bar.base_period == pytest.approx(view.store.period_days(2))


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
    assert not view.bar.row.visible
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


def test_known_periods_are_named_and_given_once(store: AtlasStore) -> None:
    objects = store.objects.assign(period_catalog_days=store.objects["period_days"] * 2)
    periods = known_periods(objects, 3)
    assert list(periods) == ["found", "catalogue"]
    assert periods["catalogue"] == pytest.approx(2 * periods["found"])
    same = store.objects.assign(period_catalog_days=store.objects["period_days"])
    assert list(known_periods(same, 3)) == ["found"]


def test_the_catalogues_period_is_a_choice(store: AtlasStore) -> None:
    view = LightCurveView(AppState(store.n, focus=WITH_CURVE), store)
    view.bar.offer({"found": 0.5, "catalogue": 1.0})
    view.bar.sync()
    assert view.bar.known.visible
    view.bar.known.value = "catalogue"
    assert view.bar.base_period == 1.0
    assert view.fold is not None
    assert view.fold.period_days == 1.0


def test_dark_theme_repaints_without_new_models(view: LightCurveView, state: AppState) -> None:
    axes, source = view.drawing.figure.axis, view.drawing.source
    light = view.drawing.median_line.glyph.line_color
    state.theme = "dark"
    assert view.drawing.figure.axis == axes
    assert view.drawing.source is source
    assert view.drawing.median_line.glyph.line_color != light
