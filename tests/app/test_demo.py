"""The demo atlas: where it is kept, when it is built, what happens to a broken one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.demo import Demo, demo_atlas, demo_directory
from data_pipeline.errors import InputError
from model.atlas import Atlas

TINY = Demo(n_stars=160, seed=3)
needs_run = pytest.mark.skipif(not TINY.run.is_dir(), reason="the shipped model is not there yet")


def test_directory_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTROM3_DEMO_DIR", "somewhere")
    assert demo_directory() == Path("somewhere")
    monkeypatch.delenv("ASTROM3_DEMO_DIR")
    assert demo_directory().name == "astrom3-explorer"


def test_key_follows_what_the_demo_is_made_of() -> None:
    assert TINY.key() == Demo(n_stars=160, seed=3).key()
    assert TINY.key() != replace(TINY, seed=4).key()
    assert TINY.key() != replace(TINY, n_stars=161).key()


def test_missing_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="shipped model is missing at"):
        demo_atlas(print, replace(TINY, run=tmp_path / "none"), tmp_path)
    assert not list(tmp_path.iterdir()), "nothing half-made stays behind"


def test_failing_build_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    broken = replace(TINY, n_stars=20, run=tmp_path / "run")
    with pytest.raises(InputError, match=r"could not be built: `-m .*` ended with status 2"):
        demo_atlas(lambda _: None, broken, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


@needs_run
def test_built_once_and_again_when_broken(tmp_path: Path) -> None:
    said: list[str] = []
    path = demo_atlas(said.append, TINY, tmp_path)
    atlas = Atlas.open(path)
    assert len(atlas) == 160
    assert atlas.is_synthetic
    assert any("3 of 3" in text for text in said)
    said.clear()
    assert demo_atlas(said.append, TINY, tmp_path) == path
    assert said == [], "found, not built"
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["schema_version"] = 999
    (path / "manifest.json").write_text(json.dumps(manifest))
    assert demo_atlas(said.append, TINY, tmp_path) == path
    assert "cannot be opened" in said[0]
    Atlas.open(path)
