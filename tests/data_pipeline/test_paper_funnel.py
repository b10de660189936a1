"""The paper's funnel re-enacted on a simulated ASAS-SN + LAMOST archive in the true formats."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from data_pipeline import directories
from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.inspection import funnel
from data_pipeline.schema import PAPER_FEATURES
from data_pipeline.survey import Survey

from .asassn_archive import GAIA, write_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    path = tmp_path_factory.mktemp("archive")
    return path, write_archive(path, 100)


@pytest.fixture(scope="module")
def built(archive: tuple[Path, dict[str, int]]) -> Survey:
    path, _ = archive
    build_survey(load_config(path / "my.toml"), path / "survey")
    return Survey.open(path / "survey")


def test_each_step_removes_what_was_planted(
    built: Survey, archive: tuple[Path, dict[str, int]]
) -> None:
    _, planted = archive
    removed: dict[str, int] = {}
    for step in funnel(built):
        if step["removed"] and step["file"] != "asassn_variables_x.csv":
            removed[step["criterion"]] = step["removed"]
    assert removed == {reason: n for reason, n in planted.items() if reason != "left"}
    assert len(built) == planted["left"] == 38


def test_what_is_left_has_all_three_modalities(built: Survey) -> None:
    assert built.feature_names == list(PAPER_FEATURES)
    assert built.features.notna().all().all()
    assert built.has_photometry.all()
    assert built.has_spectra.all()
    assert set(built.n_spectra) == {1, 2}
    bands = [curve.bands for _, curve in built.iter_light_curves()]
    assert set(bands) == {("V",), ("V", "g")}  # together, but never as one band
    twice = int(np.flatnonzero(built.n_spectra == 2)[0])
    best = built.best_spectrum(int(built.source_id[twice]))
    assert best is not None
    assert best.snr == 30.0


def test_an_independent_reader_finds_the_same(built: Survey) -> None:
    names = ["source_id", "ra_deg", *PAPER_FEATURES]
    table = Table.read(built.path / "objects.parquet", format="parquet", include_names=names)
    assert table["source_id"].dtype == np.int64
    assert (np.asarray(table["source_id"]) >= GAIA).all()
    field = pq.read_schema(built.path / "objects.parquet").field("parallax")
    assert field.metadata[b"unit"] == b"mas"
    assert field.metadata[b"role"] == b"feature"


def test_same_inputs_give_the_same_bytes(
    built: Survey, archive: tuple[Path, dict[str, int]], tmp_path: Path
) -> None:
    path, _ = archive
    build_survey(load_config(path / "my.toml"), tmp_path / "again")
    assert directories.content_hash(tmp_path / "again") == directories.content_hash(built.path)
