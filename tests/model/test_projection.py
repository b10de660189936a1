"""The map: seeded, from given neighbours, whatever is missing; and placing new objects on it."""

import numpy as np
import pytest

from model.analysis.neighbors import NeighborIndex
from model.analysis.placement import match_frame, measure_displacement, place
from model.analysis.projection import umap_map


def make_map(sky, modality="photometry", **options):
    vectors, present = sky.vectors[modality], sky.present[modality]
    similarity, rows = NeighborIndex(20).fit(vectors, present=present).kneighbors()
    return umap_map(vectors, rows, similarity, present, n_neighbors=15, n_epochs=60, **options)


def test_the_same_seed_gives_the_same_map(sky) -> None:
    first, again = make_map(sky), make_map(sky)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, make_map(sky, seed=1))


def test_clusters_stay_together_and_absent_objects_are_nowhere(sky) -> None:
    xy = make_map(sky, "spectra")
    present = sky.present["spectra"]
    assert np.isnan(xy[~present]).all()
    assert np.isfinite(xy[present]).all()
    assert np.allclose(np.nanmean(xy, axis=0), 0, atol=1e-4)
    centers = {name: np.nanmean(xy[sky.labels == name], axis=0) for name in set(sky.labels)}
    spread = np.nanmean([np.nanstd(xy[sky.labels == name]) for name in centers])
    for name, center in centers.items():
        assert all(np.linalg.norm(center - centers[o]) > spread for o in centers if o != name)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 8])
def test_a_handful_of_stars_has_a_map_too(n) -> None:
    vectors = np.eye(8, dtype=np.float32)[:n]
    similarity, rows = NeighborIndex(max(n - 1, 1)).fit(vectors).kneighbors()
    xy = umap_map(vectors, rows, similarity, n_epochs=10)
    assert xy.shape == (n, 2)
    assert np.isfinite(xy).all()
    assert len(np.unique(xy, axis=0)) == n


def test_too_short_neighbor_tables_are_refused(sky) -> None:
    similarity, rows = NeighborIndex(20).fit(sky.vectors["photometry"]).kneighbors()
    rows[:, 5:] = -1
    with pytest.raises(ValueError, match="fewer than 14 neighbours"):
        umap_map(sky.vectors["photometry"], rows, similarity, n_neighbors=15)


def test_new_objects_go_where_their_neighbors_are() -> None:
    positions = np.array([[0, 0], [1, 0], [9, 9], [np.nan, np.nan]], dtype=np.float32)
    rows = np.array([[0, 1, 2], [2, 3, -1], [3, -1, -1]], dtype=np.int32)
    similarity = np.array([[0.9, 0.9, 0.1], [0.8, 0.9, np.nan], [0.9, np.nan, np.nan]])
    placed = place(rows, similarity, positions)
    assert np.linalg.norm(placed[0] - [0.5, 0]) < 0.2
    assert np.allclose(placed[1], [9, 9])
    assert np.isnan(placed[2]).all()


def test_held_out_objects_land_near_their_place(sky) -> None:
    xy = make_map(sky)
    vectors = sky.vectors["photometry"]
    found = measure_displacement(vectors, xy, n_neighbors=15, n_epochs=60)
    assert found.n_held_out == 24
    assert found.median < 0.5 * found.map_radius
    assert measure_displacement(vectors[:10], xy[:10]) is None


def test_frames_are_matched_by_rotation_and_shift() -> None:
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(20, 2)).astype(np.float32)
    turned = xy @ np.array([[0, 1], [-1, 0]]) + 5
    assert np.allclose(match_frame(turned, xy), xy, atol=1e-5)
