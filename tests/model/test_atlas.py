"""Atlases: built, opened, asked; and refused when what they were made from has changed."""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.directories import verify
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model import atlas_cli
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

SPACES = ("fused", "photometry", "spectra", "metadata")


@pytest.fixture(scope="module")
def atlas(tiny_atlas: Path) -> Atlas:
    return Atlas.open(tiny_atlas)


@pytest.fixture
def moved(tiny_survey: Path, tiny_embeddings: Path, tiny_atlas: Path, tmp_path: Path) -> Path:
    """Survey, embeddings and atlas copied to another place, laid out alike; the atlas's path."""
    root = Path(*Path(tiny_survey).parts[:-2])
    for path in (tiny_survey, tiny_embeddings, tiny_atlas):
        shutil.copytree(path, tmp_path / path.relative_to(root))
    return tmp_path / tiny_atlas.relative_to(root)


def test_an_atlas_holds_what_the_page_needs(atlas: Atlas, tiny_survey: Path) -> None:
    assert atlas.modalities == SPACES
    assert atlas.name == "Tiny"
    assert not atlas.is_synthetic
    assert np.array_equal(atlas.objects["source_id"], Survey.open(tiny_survey).source_id)
    for space in SPACES:
        present = atlas.present(space)
        assert np.isfinite(atlas.objects[f"x_{space}"][present]).all()
        assert atlas.objects[f"y_{space}"][~present].isna().all()
        assert atlas.objects[f"vote_class_{space}"][present].notna().all()
        assert atlas.neighbor_rows[space].dtype == np.int32
    assert {"dbscan_cluster", "is_dbscan_outlier", "predicted_class"} <= set(atlas.objects)
    probabilities = atlas.objects[[f"prob_{name}" for name in ("EW", "RRAB", "SR")]]
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert set(atlas.objects) == set(atlas.columns)
    assert all(atlas.columns[name].description for name in atlas.objects)


def test_the_manifest_tells_how_it_was_made(atlas: Atlas) -> None:
    manifest = atlas.manifest
    assert manifest["provenance"]["seed"] == 42
    assert manifest["provenance"]["versions"]["umap-learn"]
    assert manifest["placement"]["n_held_out"] == 6
    assert manifest["predictions"]["from"] == "linear probe"
    assert set(manifest["dbscan"]["eps"]) == {"EW", "RRAB", "SR"}
    assert set(manifest["links"]) == {"survey", "embeddings"}
    verify(atlas.path)
    assert len(atlas.hash) == 64


def test_neighbors_leave_the_star_out(atlas: Atlas) -> None:
    source_id = int(atlas.source_id[0])
    found = atlas.neighbors(source_id, "spectra", k=10)
    assert list(found) == ["source_id", "row", "similarity"]
    assert source_id not in set(found["source_id"])
    assert np.array_equal(atlas.source_id[found["row"]], found["source_id"])
    assert found["similarity"].is_monotonic_decreasing
    assert atlas.present("spectra")[found["row"]].all()
    many = atlas.neighbors(source_id, "fused", k=1000)  # more than are stored
    assert len(many) == len(atlas) - 1
    assert many["row"].tolist()[:10] == atlas.neighbors(source_id, "fused", 10)["row"].tolist()


def test_a_star_without_the_modality_has_no_neighbors_there(atlas: Atlas) -> None:
    lacking = int(atlas.source_id[-1])
    assert atlas.neighbors(lacking, "spectra").empty
    assert atlas.neighbors(lacking, "spectra", k=1000).empty
    assert atlas.cross_neighbors(lacking, "spectra", "metadata").empty
    assert len(atlas.neighbors(lacking, "metadata", k=5)) == 5
    assert len(atlas.cross_neighbors(lacking, "metadata", "spectra", k=5)) == 5


def test_new_vectors_find_their_neighbors(atlas: Atlas) -> None:
    _, rows = atlas.nearest_to(np.asarray(atlas.vectors("metadata")[[3, 8]]), "metadata", k=2)
    assert rows[:, 0].tolist() == [3, 8]


def test_unknown_stars_and_modalities_are_named(atlas: Atlas) -> None:
    with pytest.raises(InputError, match="no object 5 in its atlas"):
        atlas.neighbors(5)
    with pytest.raises(InputError, match="no modality 'x'; it has fused, photometry"):
        atlas.neighbors(int(atlas.source_id[0]), "x")


def test_the_same_seed_builds_the_same_atlas(atlas: Atlas, tmp_path: Path) -> None:
    again = build_atlas(atlas.survey, Embeddings.open(atlas.embeddings.path), tmp_path / "again")
    pd.testing.assert_frame_equal(again.objects, atlas.objects)
    assert again.hash == atlas.hash


def test_embeddings_in_another_order_are_realigned(
    atlas: Atlas, write_embeddings, tmp_path: Path
) -> None:
    order = np.random.default_rng(0).permutation(len(atlas))[:50]  # ten stars are left out
    write_embeddings(atlas.survey, tmp_path / "emb", order)
    partial = build_atlas(atlas.survey, Embeddings.open(tmp_path / "emb"), tmp_path / "partial")
    assert partial.source_id.tolist() == atlas.source_id[np.sort(order)].tolist()
    same = pd.merge(partial.objects, atlas.objects, on="source_id", suffixes=("", "_before"))
    assert (same["name"] == same["name_before"]).all()
    for row in (0, 20, 49):
        before = atlas.row(int(partial.source_id[row]))
        assert np.allclose(partial.vectors("metadata")[row], atlas.vectors("metadata")[before])


def test_embeddings_of_another_survey_are_refused(
    atlas: Atlas, make_bare_survey, tmp_path: Path
) -> None:
    make_bare_survey(tmp_path / "other", ["EW"] * 60)
    other = Survey.open(tmp_path / "other")
    with pytest.raises(InputError, match="made from another survey"):
        build_atlas(other, Embeddings.open(atlas.embeddings.path), tmp_path / "atlas")
    assert not (tmp_path / "atlas").exists()


def test_an_atlas_moves_with_what_it_was_made_from(moved: Path, atlas: Atlas) -> None:
    assert Atlas.open(moved).hash == atlas.hash


def test_an_atlas_is_refused_when_its_survey_has_changed(moved: Path, make_bare_survey) -> None:
    survey = Atlas.open(moved).survey.path
    shutil.rmtree(survey)
    with pytest.raises(InputError, match="which is not there"):
        Atlas.open(moved)
    make_bare_survey(survey, ["EW"] * 60)
    with pytest.raises(InputError, match=r"is not the one .* was made from"):
        Atlas.open(moved)


def test_an_existing_atlas_is_not_overwritten(moved: Path) -> None:
    atlas = Atlas.open(moved)
    with pytest.raises(InputError, match="already exists"):
        build_atlas(atlas.survey, atlas.embeddings, moved)


def test_missing_modalities_and_labels_do_no_harm(
    make_bare_survey, write_embeddings, tmp_path
) -> None:
    labels = [*["RARE"] * 3, *[None] * 17, *["EW", "RRAB", "SR"] * 10]
    make_bare_survey(tmp_path / "survey", labels)
    survey = Survey.open(tmp_path / "survey")
    write_embeddings(survey, tmp_path / "emb")
    atlas = build_atlas(survey, Embeddings.open(tmp_path / "emb"), tmp_path / "atlas")
    assert atlas.modalities == ("fused", "metadata")
    objects, unlabeled = atlas.objects, atlas.objects["class_label"].isna()
    assert objects["vote_class_fused"][unlabeled].notna().all()
    assert objects["predicted_class"][unlabeled].notna().all()
    assert objects["centroid_percentile_fused"][unlabeled | (objects.index < 3)].isna().all()
    assert not objects["is_dbscan_outlier"][unlabeled].any()
    assert "prob_RARE" not in objects


@pytest.mark.parametrize("n", [2, 3, 7])
def test_a_handful_of_stars_has_an_atlas_too(
    n, make_bare_survey, write_embeddings, tmp_path
) -> None:
    make_bare_survey(tmp_path / "survey", [None] * n)
    survey = Survey.open(tmp_path / "survey")
    write_embeddings(survey, tmp_path / "emb")
    atlas = build_atlas(survey, Embeddings.open(tmp_path / "emb"), tmp_path / "atlas")
    assert np.isfinite(atlas.objects[["x_fused", "y_fused"]]).all(axis=None)
    assert len(atlas.neighbors(1)) == n - 1
    assert atlas.manifest["placement"] is None


def test_predictions_from_a_file_are_aligned(atlas: Atlas, tmp_path: Path) -> None:
    rows = np.random.default_rng(1).permutation(len(atlas))[:-1]
    table = pd.DataFrame({"source_id": atlas.source_id[rows], "predicted_class": "?"})
    table["prob_EW"], table["prob_SR"] = rows / 100, 1 - rows / 100
    table["was_trained_on"] = rows == rows[-1]
    rows = rows[:-1]
    for name, write in (("p.csv", table.to_csv), ("p.parquet", table.to_parquet)):
        write(tmp_path / name, index=False)
        built = build_atlas(
            atlas.survey, atlas.embeddings, tmp_path / name.replace(".", "_"), tmp_path / name
        )
        assert np.allclose(built.objects["prob_EW"][rows], rows / 100)
        left_out = list(set(range(len(atlas))) - set(rows))
        assert built.objects["prob_EW"][left_out].isna().all()
        assert built.objects["predicted_class"].dropna().isin(["EW", "SR"]).all()
        assert built.manifest["predictions"]["sha256"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source_id,class\n1,EW\n", "needs the columns source_id and prob_<class>"),
        ("source_id,prob_EW\n1,0.5\n1,0.5\n", "whole numbers, each once"),
        ("source_id,prob_EW\n1,0.5\n", "predicts none of the 60 objects"),
        (None, "no file of predictions"),
    ],
)
def test_wrong_predictions_are_refused(atlas: Atlas, tmp_path: Path, text, message) -> None:
    path = tmp_path / "p.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        build_atlas(atlas.survey, atlas.embeddings, tmp_path / "atlas", path)


def test_the_command_builds_and_reports(tiny_survey, tiny_embeddings, tmp_path, capsys) -> None:
    parser = argparse.ArgumentParser()
    atlas_cli.add_arguments(parser)
    out, figures = tmp_path / "atlas", tmp_path / "figures.json"
    command = [tiny_survey, tiny_embeddings, "--out", out, "--json", figures, "--seed", "1"]
    atlas_cli.main(parser.parse_args(list(map(str, command))))
    assert "Tiny: 60 objects" in capsys.readouterr().out
    written = json.loads(figures.read_text())
    assert written["hash"] == Atlas.open(out).hash
    assert 0 < written["agreement_with_labels"]["vote"] <= 1
