"""The same bytes on one core, on several, on a cluster, killed anywhere, and updated."""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster

from data_pipeline import directories
from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey

from .asassn_archive import write_archive

ROOT = Path(__file__).parents[2]
N_KILLS = 4


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ASAS-SN and LAMOST archive of 200 stars whose periods are searched."""
    path = tmp_path_factory.mktemp("archive")
    write_archive(path, 200)
    config = (path / "my.toml").read_text().replace("min_points = 1000", "min_period_days = 0.15")
    (path / "my.toml").write_text(config)
    return path


@pytest.fixture(scope="module")
def expected(archive: Path) -> str:
    """Hash of the build in this process alone."""
    build_survey(load_config(archive / "my.toml"), archive / "survey")
    return directories.content_hash(archive / "survey")


def command(config: Path, out: Path, *options: str) -> subprocess.Popen:
    arguments = ["build", str(config), "--out", str(out), "--workers", "2", *options]
    return subprocess.Popen(
        [sys.executable, "-m", "data_pipeline", *arguments], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_cluster_gives_the_same_bytes(archive: Path, expected: str, tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        scheduler = cluster.scheduler_address
        assert scheduler.startswith("tcp://")
        build_survey(load_config(archive / "my.toml"), tmp_path / "there", scheduler=scheduler)
        assert cluster.scheduler.transition_counter > 50  # the work was done there
    assert directories.content_hash(tmp_path / "there") == expected


def test_an_address_where_nothing_answers_is_told(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_pipeline.engine._PATIENCE_S", 1)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        build_survey(
            load_config(archive / "my.toml"), tmp_path / "survey", scheduler="tcp://127.0.0.1:9"
        )
    assert not list(tmp_path.iterdir())


def test_a_build_killed_anywhere_goes_on_to_the_same_bytes(
    archive: Path, expected: str, tmp_path: Path
) -> None:
    """Kill -9 at random moments while the work directory is there, then let it finish."""
    out, work = tmp_path / "survey", tmp_path / "survey.build"
    dice = random.Random(seed := time.time_ns())
    kept = []
    for _ in range(N_KILLS):
        build = command(archive / "my.toml", out)
        while not work.exists() and build.poll() is None:
            time.sleep(0.01)
        time.sleep(dice.uniform(0.0, 4.0))
        build.kill()
        build.communicate()
        if out.exists():  # it was faster than the dice
            shutil.rmtree(out)
        kept.append(sum(len(one.read_bytes().splitlines()) for one in work.glob("*.list")))
    last = command(archive / "my.toml", out)
    _, messages = last.communicate()
    assert last.returncode == 0, messages
    assert directories.content_hash(out) == expected, f"seed {seed}, kept {kept}"
    assert [path.name for path in tmp_path.iterdir()] == ["survey"]


CONFIG = """
name = "Mine"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec", class_label = "type" }
[bands.V]
native = "mag"
[light_curves]
file = "{original_id}.csv"
columns = { time = "t", mag = "m", mag_err = "e" }
[spectra]
file = "spectrum_{original_id}.csv"
[periods]
min_period_days = 0.3
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Four stars, built; then one has more epochs, one is new, one is gone, one has a class."""
    path = tmp_path / "mine"
    path.mkdir()
    (path / "my.toml").write_text(CONFIG)
    write_star(path, "a", 60)
    write_star(path, "b", 60)
    write_star(path, "c", 60)
    write_star(path, "d", 0)
    spectrum = pd.DataFrame({"wavelength": [4000.0, 5000.0], "flux": [1.0, 2.0]})
    spectrum.to_csv(path / "spectrum_a.csv", index=False)
    write_stars(path, "abcd", "X")
    build_survey(load_config(path / "my.toml"), tmp_path / "survey")
    write_star(path, "b", 80)
    write_star(path, "e", 70)
    spectrum.to_csv(path / "spectrum_b.csv", index=False)
    write_stars(path, "abde", "Y")
    return path / "my.toml"


def write_stars(path: Path, names: str, label: str) -> None:
    stars = pd.DataFrame({"id": list(names), "ra": range(len(names)), "dec": 5.0, "type": label})
    stars.to_csv(path / "stars.csv", index=False)


def write_star(path: Path, name: str, n: int) -> None:
    time = np.sort(np.random.default_rng(n).uniform(0, 300, n))
    mag = 12 + 0.4 * np.sin(2 * np.pi * time / 0.618)
    pd.DataFrame({"t": time, "m": mag, "e": 0.02}).to_csv(path / f"{name}.csv", index=False)


def test_an_update_computes_only_what_changed_and_equals_a_fresh_build(
    mine: Path, tmp_path: Path
) -> None:
    before = Survey.open(tmp_path / "survey").content_hash
    figures = build_survey(load_config(mine), tmp_path / "survey", update=True)
    assert figures["n_computed"] == 2  # b has more epochs, e is new; a and its spectrum are kept
    assert figures["n_spectra"] == 2
    assert set(Survey.open(tmp_path / "survey").objects["class_label"]) == {"Y"}
    build_survey(load_config(mine), tmp_path / "fresh")
    assert directories.content_hash(tmp_path / "survey") == directories.content_hash(
        tmp_path / "fresh"
    )
    assert Survey.open(tmp_path / "survey.old-1").content_hash == before
    again = build_survey(load_config(mine), tmp_path / "survey", update=True)
    assert again["n_computed"] == 0
    assert directories.content_hash(tmp_path / "survey") == directories.content_hash(
        tmp_path / "fresh"
    )


def test_an_update_with_other_settings_computes_everything(mine: Path, tmp_path: Path) -> None:
    mine.write_text(CONFIG.replace("0.3", "0.4"))
    figures = build_survey(load_config(mine), tmp_path / "survey", update=True)
    assert figures["n_computed"] == 3
    build_survey(load_config(mine), tmp_path / "fresh")
    assert directories.content_hash(tmp_path / "survey") == directories.content_hash(
        tmp_path / "fresh"
    )


def test_periods_of_the_catalog_are_taken_and_followed(mine: Path, tmp_path: Path) -> None:
    """A period the catalog changed is followed by an update, though no light curve changed."""
    text = CONFIG.replace("min_period_days = 0.3", 'source = "catalog"')
    mine.write_text(text.replace("class_label =", 'period_catalog_days = "p", class_label ='))
    stars = pd.read_csv(mine.parent / "stars.csv")
    stars.assign(p=[0.5, 0.618, np.nan, 0.0]).to_csv(mine.parent / "stars.csv", index=False)
    build_survey(load_config(mine), tmp_path / "survey", overwrite=True)
    objects = Survey.open(tmp_path / "survey").objects
    assert objects["period_days"].tolist()[:2] == [0.5, 0.618]
    assert objects["period_method"].tolist() == ["catalog", "catalog", "none", "none"]
    assert objects["is_periodic"].tolist() == [True, True, False, False]
    assert objects["lc_string_length_p"][0] > 0.5 > 0.1 > objects["lc_string_length_p"][1]
    stars.assign(p=[0.618, 0.618, np.nan, 0.0]).to_csv(mine.parent / "stars.csv", index=False)
    figures = build_survey(load_config(mine), tmp_path / "survey", update=True)
    assert figures["n_computed"] == 1
    build_survey(load_config(mine), tmp_path / "fresh")
    assert directories.content_hash(tmp_path / "survey") == directories.content_hash(
        tmp_path / "fresh"
    )


def test_two_builds_of_one_survey_exclude_each_other(mine: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "twice.build").mkdir()
    with (
        FileLock(tmp_path / "twice.build" / "lock"),
        pytest.raises(InputError, match="being built by another process"),
    ):
        build_survey(load_config(mine), tmp_path / "twice")
