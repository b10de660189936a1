"""The address brings back what one saw, and survives nonsense."""

import numpy as np
import pytest

from app import selection
from app.atlas_store import AtlasStore
from app.permalink import Permalink, pack, unpack
from app.state import AppState
from data_pipeline.errors import InputError


def new(store: AtlasStore) -> tuple[AppState, Permalink, list[str]]:
    state = AppState(store.n, diagram=next(iter(store.diagrams)))
    written: list[str] = []
    return state, Permalink(state, store, written.append), written


def lasso(store: AtlasStore, view: str) -> dict:
    """A diamond around the middle half of a view."""
    points = store.points(view)
    (x0, y0), (x1, y1) = points.low, points.high
    x, y, w, h = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 3, (y1 - y0) / 3
    geometry = {"type": "poly", "x": [x - w, x, x + w, x], "y": [y, y - h, y, y + h]}
    step = selection.step_from_geometry(view, geometry, (w / 200, h / 200))
    assert step is not None
    return step


NOT_IN_ADDRESS = {
    "name", "selection", "highlighted_rows", "select_mode", "found", "upload", "vetted", "notice",
    "partition", "vetter",
}  # fmt: skip
"""What others see, follows from the rest, or is whose page it is."""


def test_everything_comes_back(store: AtlasStore) -> None:
    state, permalink, written = new(store)
    permalink.follow()
    state.focus = 17
    state.param.update(map_modality="spectra", theme="dark", fold=False, fold_factor=2.0)
    state.param.update(fold_period_days=1 / 3, fold_shift=0.25, detail="places", compared=3)
    state.param.update(tab="Selection", residuals=True, by_camera=True, line_set="M giants")
    state.param.update(is_smoothed=True, at_rest=True, with_classes=False, spectrum_epoch=-1)
    state.param.update(periodogram=0, with_window=False, hidden_bands=["V"])
    state.param.update(cluster_class="EW", cluster_modality="spectra", cluster_eps=0.4)
    state.param.update(cluster_space="class_map", cluster_method="hdbscan", cluster_min_samples=9)
    state.param.update(mode="Search", diagram="sky", neighbor_modality="spectra", color_by="flag")
    state.param.update(search_like="pinned", search_pinned=5, search_by="photometry")
    state.param.update(search_among="spectra", search_but="far:metadata", laid_over=["ROT"])
    state.param.update(search_filters=["spectrum"], hidden_classes=["flagged"])
    state.param.update(map_zoom=[-1.5, 0.25, 3.0, 4.125], diagram_zoom=[1e-5, 0.1, -3.0, 2.0])
    state.param.update(exported="verdicts", export_format="fits", export_words="BibTeX")
    state.param.update(selection_part="differences", selection_against="class")
    state.param.update(report_of="neighbours' vote", report_part="evaluation", vet_side="results")
    state.param.update(report_piece="table accuracy", follows_verdicts=False, kept_upload=4)
    state.param.update(part_names={"1": "giants"}, all_values=True, search_unlike=8)
    state.param.update(chosen_period_days=0.5, chosen_period_err_days=1e-6, chosen_epoch=5001.25)
    state.param.update(chosen_epoch_err=0.01, chosen_epoch_reference="HJD − 2450000")
    state.param.update(dbscan_eps=0.5, dbscan_min_samples=7, flag_split=0.25, flag_period=3.0)
    state.param.update(flag_external=2)
    state.param.update(percentile=95.0, min_modalities=1, flag_margin=0.25, blind="others")
    state.queue_filters = {"label": "EW", "order": "period", "with_controls": False}
    first = lasso(store, "map:fused")
    state.select(selection.mask_of(first, store), recipe=first)
    second = lasso(store, "diagram:color-magnitude")
    state.select(selection.mask_of(second, store), "add", second)
    assert state.n_selected > 0

    other, reader, _ = new(store)
    reader.restore(written[-1])
    assert np.array_equal(other.selection, state.selection)
    beginning = AppState(store.n, diagram=next(iter(store.diagrams)))
    for name in set(AppState.param) - NOT_IN_ADDRESS - {"ranking"}:  # there is but one here
        assert getattr(beginning, name) != getattr(state, name), f"{name} is tried"
        assert getattr(other, name) == getattr(state, name), name
    assert other.notice == ""
    assert str(store.source_id[17]) in written[-1], "the star is told by its id, as text"


def test_the_beginning_has_no_address(store: AtlasStore) -> None:
    state, permalink, written = new(store)
    assert permalink.text() == ""
    permalink.follow()
    state.focus = 3
    assert written[-1] == f"?star={store.source_id[3]}"
    state.focus = -1
    assert written[-1] == ""


@pytest.mark.parametrize(
    "nonsense",
    [
        "?star=12", "?star=abc", "?star=99999999999999999999999", "?sel=zzz", "?sel=", "?map=moon",
        "?color=__class__", "?theme=pink", "?mode=1", "?times=-3", "?times=x", "?P=0", "?P=nan",
        "?hide={", "?hide=3", "?queue={", '?queue={"label":"Cepheid"}', '?queue={"__class__":1}',
        "?queue=[]", "?queue=3", '?queue={"flag":["is_far"]}', "?blind=maybe", "?flags=[]",
        '?flags={"percentile":101}', '?flags={"percentile":50,"dbscan_eps":-1}',
        '?flags={"percentile":NaN}', '?flags={"ranking":"bribes"}', '?flags={"focus":7}',
        "?zoom=1 2 3", "?zoom=2 1 0 1", "?zoom=0 1 0 inf", "?zoom=a b c d", "?diagram_zoom=0 0 1 2",
        "?card=3", '?card={"hidden_bands":["moon"]}', '?card={"hidden_bands":7}',
        '?card={"focus":3}', '?card={"line_set":"tea leaves"}', '?card={"at_rest":2}',
        '?card={"periodogram":3}', '?card={"line_set":[]}', '?cut={"cluster_class":"EX"}',
        '?cut={"cluster_eps":-1}', "?cut=[", "?tab=Cellar",
        '?cut={"part_names":{"1":7}}', '?cut={"part_names":[]}',
        '?kept={"chosen_period_days":NaN}', '?kept={"chosen_epoch":"x"}', '?tray={"vetter":"me"}',
        '?tray={"exported":3}', "?unlike=3",
        '?flags={"ranking":["planted labels"]}', '?flags={"min_modalities":1.5}',
        "?sel=" + pack([{"kind": "polygon", "view": "map:moon", "outline": []}]),
        "?sel=" + pack([{"kind": "box", "view": "map:fused", "ends": [1]}]),
        "?sel=" + pack([{"kind": "rows", "atlas": "other", "bits": ""}]),
        "?sel=" + pack([{"no": "kind"}]), "?sel=" + pack([{"kind": "ids", "ids": ["x"]}]),
        "?sel=" + pack([{"kind": "ids", "ids": ["1"], "mode": "xor"}]),
    ],
)  # fmt: skip
def test_nonsense_gives_a_notice_and_nothing_else(store: AtlasStore, nonsense: str) -> None:
    state, permalink, _ = new(store)
    before = permalink.text()
    permalink.restore(nonsense)
    assert permalink.text() == before
    if nonsense != "?sel=":
        assert "address was not understood" in state.notice


def test_nonsense_beside_sense_leaves_the_sense(store: AtlasStore) -> None:
    state, permalink, _ = new(store)
    permalink.restore(f"?star={store.source_id[5]}&sel=broken&unknown=1")
    assert state.focus == 5
    assert state.n_selected == 0
    assert "sel" in state.notice


def test_any_mask_has_a_recipe(store: AtlasStore) -> None:
    mask = np.random.default_rng(0).random(store.n) < 0.3
    step = selection.step_from_rows(store, mask)
    assert np.array_equal(selection.mask_of(step, store), mask)


def test_switched_off_classes_stay_out(store: AtlasStore) -> None:
    step = {**lasso(store, "diagram:color-magnitude"), "without": ["EW"], "by": "class_label"}
    mask = selection.mask_of(step, store)
    assert mask.any()
    assert "EW" not in set(store.labels[mask])


def test_selection_without_a_recipe_is_left_out(store: AtlasStore) -> None:
    state, permalink, _ = new(store)
    state.select(np.arange(store.n) < 5)
    assert permalink.text() == ""


def test_packed_recipe_round_trips_and_damage_is_told() -> None:
    steps = [{"kind": "ids", "ids": ["9223372036854775807"], "mode": "replace"}]
    assert unpack(pack(steps)) == steps
    with pytest.raises(InputError, match="damaged"):
        unpack(pack(steps)[:-9])
