"""Embeddings on disk, and the two ways to fuse them."""

from pathlib import Path

import numpy as np
import pytest

from data_pipeline.directories import provenance
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.embeddings import Embeddings


def test_what_is_written_is_read(tiny_embeddings: Path, tiny_survey: Path) -> None:
    survey, embeddings = Survey.open(tiny_survey), Embeddings.open(tiny_embeddings)
    assert embeddings.modalities == ("photometry", "spectra", "metadata")
    assert embeddings.source_id.dtype == np.int64
    assert np.array_equal(embeddings.source_id, survey.source_id)
    assert np.array_equal(embeddings.present["spectra"], survey.has_spectra)
    lengths = np.linalg.norm(embeddings["spectra"], axis=1)
    assert np.allclose(lengths, survey.has_spectra, atol=1e-5)
    assert isinstance(embeddings["photometry"], np.memmap)
    assert embeddings.manifest["links"]["survey"]["hash"] == survey.content_hash
    assert not Path(embeddings.manifest["links"]["survey"]["path"]).is_absolute()


def test_fused_vectors_are_of_unit_length_or_zero(sky) -> None:
    nobody = sky.embeddings()
    for modality in nobody.modalities:
        nobody = nobody.without(modality, np.arange(len(nobody)) == 7)
    lengths = np.linalg.norm(nobody.fused, axis=1)
    assert lengths[7] == 0
    assert np.allclose(np.delete(lengths, 7), 1, atol=1e-5)
    assert not nobody.any_present[7]


def test_the_papers_fusion_is_the_plain_mean_over_those_present(sky) -> None:
    embeddings = sky.embeddings()
    alone = embeddings.without("spectra", np.ones(len(embeddings), dtype=bool))
    expected = (embeddings["photometry"] + embeddings["metadata"]) / 2
    assert np.allclose(alone.fuse("paper"), expected, atol=1e-6)


def test_the_means_are_those_of_the_training_objects(sky) -> None:
    embeddings = sky.embeddings()
    used = embeddings.train_mask & embeddings.present["spectra"]
    expected = embeddings["spectra"][used].mean(axis=0)
    assert np.allclose(embeddings.mean("spectra"), expected, atol=1e-6)


def test_rows_follow_the_ids_asked_for(sky) -> None:
    embeddings = sky.embeddings()
    shuffled = np.random.default_rng(0).permutation(embeddings.source_id)
    aligned = embeddings.aligned(shuffled)
    assert embeddings.aligned(embeddings.source_id) is embeddings
    for row in (0, 17, 239):
        original = embeddings.rows(shuffled[row])[0]
        assert np.array_equal(aligned["spectra"][row], embeddings["spectra"][original])
        assert aligned.present["spectra"][row] == embeddings.present["spectra"][original]
    with pytest.raises(InputError, match=r"1 of 2 objects have no embedding.*source_id 5"):
        embeddings.rows([1000, 5])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source_id": [1, 1, 2]}, "source_id values repeat"),
        ({"train_mask": [True]}, "train_mask has shape"),
        ({"vectors": {"spectra": np.ones((3, 4))}}, "3 vectors of spectra are not of unit length"),
        ({"vectors": {"spectra": np.full((3, 4), np.nan)}}, "not of unit length"),
        ({"vectors": {"spectra": np.eye(2)}}, r"spectra has shape \(2, 2\)"),
        ({"vectors": {"spectra": np.eye(3), "photometry": np.eye(3, 4)}}, "different dimensions"),
        ({"vectors": {}}, "there is no modality"),
    ],
)
def test_wrong_arrays_are_refused(change, message, tmp_path, tiny_survey) -> None:
    good = {"source_id": [1, 2, 3], "vectors": {"spectra": np.eye(3)}, "train_mask": [True] * 3}
    arrays = good | change
    present = {name: np.ones(3, dtype=bool) for name in ("spectra", "photometry")}
    with pytest.raises(InputError, match=message):
        Embeddings.write(
            tmp_path / "emb",
            **arrays,
            present=present,
            checkpoint_hash="",
            survey_path=tiny_survey,
            provenance=provenance("tests"),
        )
    assert not (tmp_path / "emb").exists()


def test_an_unknown_modality_or_fusion_is_named(sky) -> None:
    with pytest.raises(InputError, match=r"no modality 'infrared'.*photometry, spectra, metadata"):
        sky.embeddings()["infrared"]
    with pytest.raises(InputError, match="'filled', 'centered' or 'paper', not 'mean'"):
        sky.embeddings().fuse("mean")
