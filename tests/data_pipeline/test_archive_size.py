"""The archive of the benchmark at its smallest: 5,000 stars through every stage, memory bounded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_pipeline.survey import Survey

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("archive")
    subprocess.run(
        [sys.executable, "tests/benchmarks/archive.py", "--objects", "5000",
         "--work", str(work), "--json", str(work / "figures.json")],
        cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True, timeout=600,
    )  # fmt: skip
    return work


def test_every_star_point_and_spectrum_arrives_in_bounded_memory(work: Path) -> None:
    (figures,) = json.loads((work / "figures.json").read_text())["builds"]
    assert figures["objects"] == 5000
    assert figures["points"] == 5000 * 500 + 500 * 500  # in V, and every tenth star in g
    assert figures["spectra"] == 300
    assert figures["peak_GiB"] < 1.5
    survey = Survey.open(work / "survey-5000")
    assert len(survey.objects) == 5000
    assert survey.objects["source_id"].is_unique
