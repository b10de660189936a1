"""Where a star lies: pictures of crowds, error bars, the arrow of reddening."""

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.blinding import two_classes
from app.places import Frame, crowd, errors_in, frame_of
from app.state import AppState
from app.views.places import PlacesView


@pytest.fixture
def view(store: AtlasStore) -> PlacesView:
    view = PlacesView(AppState(store.n, focus=1), store)
    view.is_open = True
    return view


def test_a_crowd_is_denser_where_more_stars_are() -> None:
    xy = np.array([[0.15, 0.95]] * 50 + [[0.95, 0.15], [np.nan, 0.5], [5.0, 5.0]])
    picture = crowd(xy, Frame((0, 1), (0, 1)), "#102030", n_pixels=10)
    alpha = picture >> 24
    assert alpha[9, 1] == 255
    assert 0 < alpha[1, 9] < 255
    assert np.count_nonzero(picture) == 2
    assert picture[9, 1] & 0xFFFFFF == 0x302010, "red is the lowest byte"
    flipped = crowd(xy, Frame((0, 1), (1, 0)), "#102030", n_pixels=10)
    assert (flipped[::-1] == picture).all()


def test_a_frame_runs_as_its_axes_do() -> None:
    xy = np.random.default_rng(1).normal(size=(200, 2))
    frame = frame_of(xy, invert_y=True)
    assert frame.x[0] < frame.x[1]
    assert frame.y[0] > frame.y[1]


def test_the_diagram_has_error_bars_and_reddening(view: PlacesView, store: AtlasStore) -> None:
    drawing, star = view.figures["diagram"], store.objects.iloc[1]
    assert view.diagram is not None
    assert view.diagram.key == "color-magnitude"
    _, dy = errors_in(view.diagram, star)
    assert dy == pytest.approx(2.17 / star["parallax_over_error"], rel=0.01)
    data = drawing.star.data
    assert data["y1"][0] - data["y0"][0] == pytest.approx(2 * dy)
    assert drawing.arrow.visible
    assert drawing.arrow.x_end > drawing.arrow.x_start, "dust reddens"
    assert drawing.arrow.y_end > drawing.arrow.y_start, "and dims"


def test_every_kind_of_data_has_its_map_with_the_star_in_it(
    view: PlacesView, store: AtlasStore
) -> None:
    assert list(view.figures) == ["diagram", *store.modalities]
    for modality in store.modalities:
        data = view.figures[modality].star.data
        assert data["x"] == [pytest.approx(store.xy(modality)[1, 0])]
    assert store.label(1) in view.caption.object


def test_a_star_that_has_no_place_says_so(view: PlacesView, store: AtlasStore) -> None:
    view.state.focus = int(np.flatnonzero(~store.has_spectrum)[0])
    assert view.figures["spectra"].nowhere.visible
    assert not view.figures["fused"].nowhere.visible


def test_crowds_are_sent_again_only_when_they_change(view: PlacesView, store: AtlasStore) -> None:
    crowded = view.figures["fused"].pictures["crowd"].data
    wanted = two_classes(view.state, store, 1)
    same = next(i for i in range(2, store.n) if two_classes(view.state, store, i) == wanted)
    own = view.figures["fused"].pictures["first"].data
    view.state.focus = same
    assert view.figures["fused"].pictures["crowd"].data is crowded
    assert view.figures["fused"].pictures["first"].data is own
    view.state.theme = "dark"
    assert view.figures["fused"].pictures["crowd"].data is not crowded


def test_a_compared_star_is_marked(view: PlacesView, store: AtlasStore) -> None:
    view.state.compared = 2
    assert view.figures["fused"].other.data["x"] == [pytest.approx(store.xy("fused")[2, 0])]
    assert store.name(2) in view.caption.object
