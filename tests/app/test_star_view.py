"""A map of many stars: a picture from afar, markers from near, one state behind both."""

import numpy as np
import pytest
from bokeh.events import RangesUpdate

from app import star_view
from app.atlas_store import AtlasStore
from app.state import AppState
from app.views.map import MapView
from app.views.scatter import ScatterView


@pytest.fixture
def scatter(store: AtlasStore, monkeypatch: pytest.MonkeyPatch) -> ScatterView:
    """The diagram with a limit so low that its stars are a picture."""
    monkeypatch.setattr(star_view, "MARKER_LIMIT", 60)
    return ScatterView(AppState(store.n, diagram="color-magnitude"), store)


def picture(view: ScatterView) -> np.ndarray:
    return view.stars.fig.renderers[0].data_source.data["image"][0]


def colors_of(pixels: np.ndarray) -> set[int]:
    return set(np.unique(pixels[pixels > 0]).tolist())


def zoom(view: ScatterView, row: int, width: float) -> None:
    x, y = view.points.xy[row]
    view.stars.set_view((x - width, x + width), (y + width, y - width))
    view.draw()


def test_many_stars_are_a_picture_and_few_are_markers(scatter: ScatterView) -> None:
    image, markers = scatter.stars.fig.renderers[:2]
    assert image.visible
    assert not markers.visible
    row = int(np.flatnonzero(scatter.points.placed)[0])
    zoom(scatter, row, 0.05)
    assert markers.visible
    assert not image.visible
    near = len(markers.data_source.data["x"])
    assert 0 < near <= 60
    scatter.show_all()
    assert image.visible


def test_selection_greys_the_others_in_the_picture(scatter: ScatterView, store: AtlasStore) -> None:
    before = picture(scatter).copy()
    scatter.state.select(store.labels == "SR")
    after = picture(scatter)
    assert (before != after).any()
    assert len(colors_of(after)) < len(colors_of(before))
    scatter.state.undo()
    assert np.array_equal(picture(scatter), before)


def test_switched_off_classes_leave_the_picture(scatter: ScatterView, store: AtlasStore) -> None:
    everything = picture(scatter).copy()
    scatter.state.hidden_classes = ["EW"]
    assert (picture(scatter) != everything).any()
    row = int(np.flatnonzero((store.labels == "EW") & scatter.points.placed)[0])
    assert scatter.pick(*scatter.points.xy[row], 0.1) == -1


def test_theme_changes_the_grey_of_the_picture(scatter: ScatterView, store: AtlasStore) -> None:
    scatter.state.select(store.labels == "SR")
    light = picture(scatter).copy()
    scatter.state.theme = "dark"
    assert (picture(scatter) != light).any()


def test_markers_keep_their_rows_apart(store: AtlasStore) -> None:
    state = AppState(store.n)
    view = MapView(state, store)
    state.select(store.labels == "EA")
    lit = view.stars.fig.renderers[2]
    columns = lit.data_source.data
    lit_names = {columns["name"][i] for i in lit.view.filter.indices}
    assert lit_names == set(store.names(np.flatnonzero(store.of_class("EA"))))
    assert len(columns["name"]) == len(set(columns["name"])) == store.n


def test_the_part_in_view_is_kept_for_the_address_and_goes_with_the_plane(
    store: AtlasStore,
) -> None:
    state = AppState(store.n, diagram="color-magnitude")
    view = ScatterView(state, store)
    view.stars.zoom_to((0.2, 1.4), (5.0, -1.0))
    view.stars.fig._trigger_event(RangesUpdate(view.stars.fig))
    assert state.diagram_zoom == [0.2, 1.4, -1.0, 5.0], "low ends first, whichever way axes run"
    again = ScatterView(
        AppState(store.n, diagram="color-magnitude", diagram_zoom=state.diagram_zoom), store
    )
    assert again.stars.view == ((0.2, 1.4), (5.0, -1.0)), "magnitudes still run upward to brighter"
    again.show_all()
    assert again.state.diagram_zoom == []
    state.diagram = "sky"
    assert state.diagram_zoom == [], "another plane is seen whole"
    whole = view.stars.view
    view.stars.fig._trigger_event(RangesUpdate(view.stars.fig))
    assert state.diagram_zoom == []
    assert view.stars.view == whole
