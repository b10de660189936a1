"""The spectrum view: normalised flux, named lines, what it says when there is none."""

from dataclasses import replace

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.lines import sorted_lines
from app.spectrum_columns import (
    LABEL_GAP,
    MAX_POINTS,
    flux_range,
    label_columns,
    line_columns,
    spectrum_columns,
    spread,
    telluric_columns,
)
from app.state import AppState
from app.views.spectrum import OFF, SpectrumView, _epochs
from data_pipeline.spectra import Spectrum

WITH_SPECTRUM, WITHOUT_SPECTRUM = 1, 3


@pytest.fixture
def state(store: AtlasStore) -> AppState:
    return AppState(store.n, focus=WITH_SPECTRUM)


@pytest.fixture
def view(state: AppState, store: AtlasStore) -> SpectrumView:
    return SpectrumView(state, store)


def long_spectrum(n: int = 7000) -> Spectrum:
    wavelength = np.linspace(3800, 9000, n)
    flux = 1e4 * (1 + np.random.default_rng(1).normal(0, 0.05, n))
    mask = np.zeros(n, bool)
    mask[100:140] = True
    return Spectrum(7, wavelength, flux, np.full(n, 500.0), mask, time=57516.2, snr=20.0)


def test_flux_is_over_its_median_and_wavelength_in_vacuum(view: SpectrumView) -> None:
    data = view.drawing.source.data
    assert np.nanmedian(data["flux"]) == pytest.approx(1, abs=0.02)
    assert data["x"][0] == 3900.0
    assert view.drawing.fig.below[0].axis_label == "wavelength in vacuum [Å]"
    assert (data["air"] < data["x"]).all()
    assert (data["low"] <= data["flux"]).all()


def test_long_spectra_are_averaged_and_bad_pixels_left_out() -> None:
    columns = spectrum_columns(long_spectrum(), smoothed=False)
    assert MAX_POINTS / 2 < len(columns["x"]) <= MAX_POINTS
    assert np.isnan(columns["flux"]).sum() >= 12
    assert np.nanmedian(columns["high"] - columns["flux"]) == pytest.approx(0.05 / 3**0.5, rel=0.05)


def test_smoothing_calms_the_noise() -> None:
    rough = spectrum_columns(long_spectrum(), smoothed=False)["flux"]
    calm = spectrum_columns(long_spectrum(), smoothed=True)["flux"]
    assert np.nanstd(calm) < 0.6 * np.nanstd(rough)


def test_a_spectrum_without_errors_or_good_pixels_is_no_error() -> None:
    wavelength = np.arange(4000.0, 4100.0)
    nothing = np.full(100, np.nan)
    blank = Spectrum(1, wavelength, nothing, nothing, np.ones(100, bool))
    assert np.isnan(spectrum_columns(blank, smoothed=True)["flux"]).all()


def test_lines_follow_the_class(view: SpectrumView, state: AppState, store: AtlasStore) -> None:
    assert "Ca T" in view.drawing.marks.data["name"]
    giants = np.flatnonzero((store.labels == "SR") & store.has_spectrum)
    state.focus = int(giants[0])
    assert "TiO" in view.drawing.marks.data["name"]
    assert next(iter(view.line_set.options)) == "lines: M giants"


def test_lines_can_be_switched_off_and_chosen(view: SpectrumView) -> None:
    view.line_set.value = OFF
    assert len(view.drawing.marks.data["x"]) == 0
    assert view.drawing.places.ticks == []
    view.line_set.value = "carbon stars"
    assert "C₂" in view.drawing.marks.data["name"]
    assert "C₂" in view.drawing.names.major_label_overrides.values()


def test_lines_move_with_the_star_unless_the_spectrum_is_at_rest() -> None:
    lines = sorted_lines("A–K stars")
    still = line_columns(lines, 3800, 9000, 0.0)
    moving = line_columns(lines, 3800, 9000, 300.0)
    np.testing.assert_allclose(moving["x"] / still["x"], 1 + 300 / 299792.458)
    assert moving["vacuum"] == still["vacuum"]


def test_lines_outside_the_spectrum_are_left_out() -> None:
    marks = line_columns(sorted_lines("A–K stars"), 4000, 5000, 0.0)
    assert marks["name"][0] == "Hδ"
    assert max(marks["x"]) < 5000


def test_labels_do_not_overlap_and_neighbours_share_one() -> None:
    marks = line_columns(sorted_lines("M giants"), 3800, 9000, 0.0)
    labels = label_columns(marks, 3800, 9000)
    assert np.diff(labels["x"]).min() >= 0.99 * LABEL_GAP * 5200
    assert labels["x"].min() > 3800
    assert labels["x"].max() < 9000
    assert len(labels["name"]) < len(marks["name"])


def test_spread_moves_only_what_collides() -> None:
    moved = spread(np.array([10.0, 50.0, 51.0, 90.0]), 4.0, 0.0, 100.0)
    np.testing.assert_allclose(moved, [10, 48.5, 52.5, 90])
    assert len(spread(np.empty(0), 4.0, 0.0, 1.0)) == 0


def test_telluric_bands_are_cut_to_the_spectrum() -> None:
    bands = telluric_columns(7000, 7650)
    assert bands["x1"].max() == 7650
    assert len(bands["x"]) == 2


def test_several_spectra_best_first_each_to_choose(
    state: AppState, store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = long_spectrum()
    poor = Spectrum(8, good.wavelength[:50], good.flux[:50], good.flux_err[:50], good.mask[:50])
    monkeypatch.setattr(store, "spectra", lambda row: [poor, good])
    view = SpectrumView(state, store)
    assert view.which.visible
    assert list(view.which.options) == ["MJD 57516", "undated", "all 2"]
    assert len(view.drawing.source.data["x"]) > 1000
    again = replace(good, spectrum_id=9, snr=1.0)
    assert _epochs([good, again, poor]) == {"MJD 57516": 0, "MJD 57516 (2)": 1, "undated": 2}
    view.act("next epoch")
    assert len(view.drawing.source.data["x"]) == 50
    view.act("next epoch")
    assert len(view.drawing.source.data["x"]) > 1000
    assert [len(x) for x in view.drawing.others.data["xs"]] == [50]


def test_the_rest_frame_moves_spectrum_and_lines_together(
    state: AppState, store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = replace(long_spectrum(), radial_velocity_km_s=300.0, frame="heliocentric")
    monkeypatch.setattr(store, "spectra", lambda row: [moving])
    view = SpectrumView(state, store)
    assert "+300 km/s" in view.origin.object
    observed, line = view.drawing.source.data["x"][0], view.drawing.marks.data["x"][0]
    reference = view.drawing.references[0].data["x"][0]
    view.act("rest")
    assert "at rest" in view.origin.object
    shift = 1 + 300 / 299792.458
    assert observed / view.drawing.source.data["x"][0] == pytest.approx(shift, rel=1e-6)
    assert line / view.drawing.marks.data["x"][0] == pytest.approx(shift)
    assert reference / view.drawing.references[0].data["x"][0] == pytest.approx(shift)


def test_medians_of_both_classes_lie_under_the_spectrum(
    store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "objects", store.objects.assign(predicted_class="SR"))
    view = SpectrumView(AppState(store.n, focus=WITH_SPECTRUM), store)
    own, other = view.drawing.references
    assert len(own.data["x"]) > 100
    assert len(other.data["x"]) > 100
    assert np.median(own.data["flux"]) == pytest.approx(1, abs=0.1)
    assert "—</i> EW" in view.caption.object
    assert "╌</i> SR" in view.caption.object
    view.with_classes.value = False
    assert len(own.data["x"]) == 0


def test_a_compared_star_is_laid_over(view: SpectrumView, state: AppState) -> None:
    state.compared = 2
    assert len(view.drawing.compared.data["x"]) > 1000
    assert view.store.name(2) in view.caption.object
    state.compared = -1
    assert len(view.drawing.compared.data["x"]) == 0


def test_it_rests_while_it_is_not_looked_at(view: SpectrumView, state: AppState) -> None:
    before = view.drawing.source.data
    view.is_open = False
    state.focus = 2
    assert view.drawing.source.data is before
    view.is_open = True
    assert view.drawing.source.data is not before


def test_no_spectrum_is_said_politely_over_the_medians_of_its_classes(
    view: SpectrumView, state: AppState
) -> None:
    state.focus = WITHOUT_SPECTRUM
    assert view.drawing.note.text == "No spectrum of this star."
    assert view.plot.visible
    assert len(view.drawing.source.data["x"]) == 0
    assert len(view.drawing.references[0].data["x"]) > 100
    assert "medians of these classes" in view.origin.object
    view.with_classes.value = False
    assert view.message.object == "No spectrum of this star."
    assert view.message.visible
    assert not view.plot.visible
    view.with_classes.value = True
    state.focus = WITH_SPECTRUM
    assert view.plot.visible
    assert len(view.drawing.source.data["x"]) > 100
    assert view.message.object == view.drawing.note.text == ""


def test_dark_theme_repaints(view: SpectrumView, state: AppState) -> None:
    light = view.drawing.line.glyph.line_color
    state.theme = "dark"
    assert view.drawing.line.glyph.line_color != light


def test_a_red_star_is_framed_by_its_bright_end_not_its_noise() -> None:
    wavelength = np.linspace(3800, 9000, 2000)
    flux = np.exp((wavelength - 6500) / 900)
    spectrum = Spectrum(9, wavelength, flux, 0.05 * flux, np.zeros(2000, bool))
    low, high = flux_range(spectrum_columns(spectrum, smoothed=False))
    assert high > flux.max() / np.median(flux)
    noisy_end = np.where(wavelength < 4000, 40.0, 0.02)
    flat = Spectrum(
        9, wavelength, 1 + noisy_end * np.sin(wavelength), noisy_end, np.zeros(2000, bool)
    )
    low, high = flux_range(spectrum_columns(flat, smoothed=False))
    assert -1 < low < high < 3
