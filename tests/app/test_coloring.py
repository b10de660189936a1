"""What the maps can be coloured by and drawn against: derived columns, any number, any pair."""

import numpy as np
import pytest

from app.atlas_store import AtlasStore
from app.dashboard import Dashboard
from app.palette import UNLABELLED
from app.state import AppState
from app.views.legend import _ALL_RARE, _ALL_UNSEEN, LegendView
from app.views.map import MapView
from app.views.scatter import ScatterView


def test_every_choice_colours_every_star(store: AtlasStore) -> None:
    choices = [name for group in store.colorings.choices.values() for name in group]
    assert {"class_label", "flag", "modalities", "map_trust", "parallax_error"} <= set(choices)
    for name in choices:
        coloring = store.coloring(name)
        assert coloring.counts.sum() == store.n, name
        assert len(set(coloring.labels)) == len(coloring.labels), name


def test_stars_without_a_number_are_not_called_unlabelled(store: AtlasStore) -> None:
    coloring = store.coloring("bp_rp")
    none = coloring.labels.index("none")
    unknown = np.isnan(store.objects["bp_rp"].to_numpy())
    assert unknown.any()
    assert ((coloring.code == none) == unknown).all()
    assert UNLABELLED not in coloring.labels


def test_derived_columns_say_what_is_so(store: AtlasStore) -> None:
    present = store.coloring("modalities")
    labels = np.array(present.labels)[present.code]
    assert (np.char.find(labels.astype(str), "spectrum") >= 0).tolist() == (
        store.has_spectrum.tolist()
    )
    flag = store.coloring("flag")
    flagged = np.flatnonzero(np.array(flag.labels)[flag.code] == "flagged")
    assert sorted(store.flags()["row"]) == flagged.tolist()
    colors = [style.color for style in present.styles]
    assert len(set(colors)) == len(colors)


def test_any_two_columns_make_a_diagram_with_units(store: AtlasStore) -> None:
    diagram = store.diagram("xy:period_days~phot_g_mean_mag")
    assert diagram is not None
    assert (diagram.x_label, diagram.y_label) == ("log₁₀ period_days [d]", "phot_g_mean_mag [mag]")
    assert (diagram.invert_x, diagram.invert_y) == (False, True)
    np.testing.assert_allclose(diagram.x, np.log10(store.objects["period_days"]))
    assert store.diagram("xy:period_days~nothing") is None
    state = AppState(store.n, diagram="xy:bp_rp~parallax")
    view = ScatterView(state, store)
    assert view.stars.fig.xaxis.axis_label == "bp_rp [mag]"
    view.select_geometry({"type": "rect", "x0": 0.5, "x1": 1.0, "y0": 0, "y1": 9})
    assert state.selection.sum() == (store.objects["bp_rp"].between(0.5, 1.0)).sum()


def test_the_galactic_sky_has_the_centre_in_the_middle(store: AtlasStore) -> None:
    diagram = store.diagrams["sky-galactic"]
    assert diagram.invert_x
    assert np.nanmin(diagram.x) >= -180
    assert np.nanmax(diagram.x) <= 180
    assert np.nanmax(np.abs(diagram.y)) <= 90


def test_a_class_laid_over_is_drawn_large_on_every_map(store: AtlasStore) -> None:
    state = AppState(store.n, diagram="color-magnitude")
    view, legend = MapView(state, store), LegendView(state, store)
    legend.entries.over = "DSCT"
    assert state.laid_over == ["DSCT"]
    drawn = view.stars._over_source.data
    assert len(drawn["x"]) == (store.labels == "DSCT").sum()
    assert set(drawn["color"]) == {"#bcb0ee"}
    legend.entries.over = ""
    assert len(view.stars._over_source.data["x"]) == 0


def test_classes_the_model_never_saw_can_be_laid_over_at_once(store: AtlasStore) -> None:
    hidden = AtlasStore(store.atlas)
    hidden.__dict__["unseen_classes"] = ["ROT", "EA"]
    state = AppState(store.n)
    legend = LegendView(state, hidden)
    assert legend.entries.over_options[_ALL_UNSEEN] == "all 2 unseen classes"
    legend.entries.over = _ALL_UNSEEN
    assert state.laid_over == ["ROT", "EA"]
    assert UNLABELLED not in store.unseen_classes


def test_rare_classes_can_be_laid_over_at_once(
    store: AtlasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.legend.RARE", 0.1)
    state = AppState(store.n)
    legend = LegendView(state, store)
    assert legend.entries.over_options[_ALL_RARE] == "all 2 rare classes"
    legend.entries.over = _ALL_RARE
    assert sorted(state.laid_over) == ["DSCT", "ROT"]
    assert LegendView(state, store).entries.over == _ALL_RARE, "as the address brings it back"


@pytest.mark.parametrize("key", ["sky-galactic", "xy:bp_rp~parallax"])
def test_the_page_opens_on_any_diagram(store: AtlasStore, key: str) -> None:
    dashboard = Dashboard(store)
    dashboard.scatter_bar.value = key
    assert dashboard.state.diagram == key
    assert dashboard.scatter.points.n_placed > 0


def test_each_map_has_its_own_trust_worked_out_when_it_is_chosen(store: AtlasStore) -> None:
    store = AtlasStore(store.atlas)  # one that has worked out nothing yet
    state = AppState(store.n, hidden_classes=["EW"])
    legend = LegendView(state, store)
    assert not store.colorings.is_at_once("map_trust:spectra")
    legend.entries.color_by = "map_trust:spectra"  # as the browser sets it
    assert (state.color_by, state.hidden_classes) == ("map_trust:spectra", [])
    assert legend.entries.is_scale
    assert store.colorings.is_at_once("map_trust:spectra")
    of_spectra, of_all = (store.coloring(f"map_trust{one}") for one in (":spectra", ""))
    assert of_spectra.title == "Trust in the map: spectrum"
    without = ~store.has_spectrum
    assert (of_spectra.code[without] == len(of_spectra.styles) - 1).all()  # nothing to trust
    assert not np.array_equal(of_spectra.code, of_all.code)
