"""A survey's own features as unit vectors."""

from pathlib import Path

import numpy as np
import pandas as pd

from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey
from data_pipeline.survey_writer import SurveyWriter
from model.plain import embed_plain, unit_vectors


def test_near_in_features_is_near_in_angle_and_missing_is_average() -> None:
    rng = np.random.default_rng(1)
    numbers = rng.normal([5.0, -300.0], [1.0, 40.0], (200, 2))
    numbers[0] = [np.nan, -300.0]
    numbers[1] = np.nan
    numbers[2:4] = [[5.0, -300.0], [9.0, -140.0]]
    vectors, present = unit_vectors(numbers)
    assert present.tolist() == [True, False] + [True] * 198
    np.testing.assert_allclose(np.linalg.norm(vectors[present], axis=1), 1.0, rtol=1e-6)
    assert not vectors[1].any()
    assert vectors[0] @ vectors[2] > 0.99
    assert vectors[2] @ vectors[3] < 0.5


def test_columns_of_nothing_and_of_one_value_do_no_harm() -> None:
    numbers = np.column_stack([np.full(5, np.nan), np.full(5, 7.0), np.arange(5.0)])
    vectors, present = unit_vectors(numbers)
    assert present.all()
    assert np.isfinite(vectors).all()
    nothing, present = unit_vectors(np.full((3, 2), np.nan))
    assert not present.any()
    assert not nothing.any()


def test_stars_with_spectra_alone_are_alike_by_their_spectra(tmp_path: Path) -> None:
    pixels = np.geomspace(3800.0, 9000.0, 400)
    slopes = [-1.0, -0.98, 0.9, 1.0, 1.1, np.nan]
    with SurveyWriter(tmp_path / "s", "S", {}) as writer:
        for i, slope in enumerate(slopes):
            flux = (i + 1.0) * (pixels / 6000.0) ** slope  # brightness does not count
            writer.add_spectrum(i + 1, Spectrum(i, pixels, flux, flux / 10, np.zeros(400)))
        writer.write_objects(
            pd.DataFrame({"source_id": np.arange(1, 8), "ra_deg": 10.0, "dec_deg": 5.0})
        )
    embeddings = embed_plain(Survey.open(tmp_path / "s"), tmp_path / "e")
    vectors, present = embeddings.vectors["spectra"], embeddings.present["spectra"]
    assert present.tolist() == [True] * 5 + [False, False]
    like = vectors[:5] @ vectors[:5].T
    assert like[0, 1] > like[0, 2]
    assert like[3, 4] > like[3, 1]
