"""Directories appear whole or not at all, and say when they were changed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_pipeline import directories
from data_pipeline.errors import InputError


def write_thing(path: Path, text: str = "hello", version: int = 1, **options: bool) -> Path:
    with directories.new_directory(path, **options) as building:
        (building / "data.txt").write_text(text)
        (building / "parts").mkdir()
        (building / "parts" / "one.bin").write_bytes(b"1")
        directories.write_manifest(building, "thing", version, {"seed": 1}, name="Thing")
    return path


def test_directory_appears_under_its_name_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "thing"
    with directories.new_directory(target) as building:
        assert building.parent == target.parent
        assert not target.exists()
    assert target.is_dir()
    assert [path.name for path in target.parent.iterdir()] == ["thing"]


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), directories.new_directory(tmp_path / "thing") as half:
        (half / "size").write_text(str(1 / 0))
    assert list(tmp_path.iterdir()) == []


def test_failure_leaves_the_old_directory_as_it_was(tmp_path: Path) -> None:
    target = write_thing(tmp_path / "thing")
    with pytest.raises(RuntimeError), directories.new_directory(target, overwrite=True):
        raise RuntimeError
    directories.verify(target)
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_existing_target_is_refused(tmp_path: Path) -> None:
    target = write_thing(tmp_path / "thing")
    with pytest.raises(InputError, match=r"already exists.*use --overwrite"):
        write_thing(target, "other")
    assert (target / "data.txt").read_text() == "hello"


def test_existing_target_is_set_aside_with_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "thing"
    for text in ("first", "second", "third"):
        write_thing(target, text, overwrite=True)
    texts = {path.name: (path / "data.txt").read_text() for path in tmp_path.iterdir()}
    assert texts == {"thing": "third", "thing.old-1": "first", "thing.old-2": "second"}


def test_empty_directory_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "thing").mkdir()
    directories.verify(write_thing(tmp_path / "thing"))


def test_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thing").write_text("a file")
    with pytest.raises(InputError, match="is a file; give the path of a directory"):
        write_thing(tmp_path / "thing", overwrite=True)


def test_manifest_comes_back_with_every_file(tmp_path: Path) -> None:
    manifest = directories.read_manifest(write_thing(tmp_path / "thing"), "thing", 1)
    assert manifest["name"] == "Thing"
    assert set(manifest["files"]) == {"data.txt", "parts/one.bin"}


@pytest.mark.parametrize(
    ("kind", "version", "message"),
    [
        ("atlas", 1, "holds 'thing'; 'atlas' is needed"),
        ("thing", 0, "schema version 1; this program reads up to 0.*Update the program"),
        ("thing", 2, "schema version 1; this program reads 2 and knows no way from 1 to 2"),
    ],
)
def test_other_kind_or_version_is_refused(
    tmp_path: Path, kind: str, version: int, message: str
) -> None:
    path = write_thing(tmp_path / "thing")
    with pytest.raises(InputError, match=message):
        directories.read_manifest(path, kind, version)


def test_older_versions_are_migrated_step_by_step(tmp_path: Path) -> None:
    path = write_thing(tmp_path / "thing")
    steps = {
        1: lambda manifest: manifest | {"title": manifest["name"]},
        2: lambda manifest: manifest | {"title": manifest["title"].upper()},
    }
    manifest = directories.read_manifest(path, "thing", 3, steps)
    assert (manifest["title"], manifest["schema_version"]) == ("THING", 3)


def test_truncated_and_missing_files_are_told_together(tmp_path: Path) -> None:
    path = write_thing(tmp_path / "thing")
    (path / "data.txt").write_text("hel")
    (path / "parts" / "one.bin").unlink()
    with pytest.raises(InputError, match=r"data.txt has 3 bytes, not 5; parts/one.bin is missing"):
        directories.read_manifest(path, "thing", 1)


def test_file_changed_within_its_size_is_found_by_verify(tmp_path: Path) -> None:
    path = write_thing(tmp_path / "thing")
    (path / "data.txt").write_text("HELLO")
    directories.read_manifest(path, "thing", 1)
    with pytest.raises(InputError, match=r"contents of data.txt differ from the manifest's sha256"):
        directories.verify(path)


def test_directory_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no manifest.json"):
        directories.read_manifest(tmp_path, "thing", 1)
    with pytest.raises(InputError, match="is not a directory"):
        directories.read_manifest(tmp_path / "nowhere", "thing", 1)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is not valid JSON"), ("[]", "lacks the list of files")]
)
def test_broken_manifest_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=message):
        directories.read_manifest(tmp_path, "thing", 1)


def test_content_hash_follows_the_contents_only(tmp_path: Path) -> None:
    first = write_thing(tmp_path / "first")
    again = write_thing(tmp_path / "again")
    other = write_thing(tmp_path / "other", "other")
    assert directories.content_hash(first) == directories.content_hash(again)
    assert directories.content_hash(first) != directories.content_hash(other)


def test_provenance_is_plain_json() -> None:
    made = directories.provenance(["build", "my file.toml"], {"a": 1}, seed=7)
    assert json.loads(json.dumps(made)) == made
    assert made["command"] == "build 'my file.toml'"
    assert made["versions"]["numpy"]


def test_provenance_names_the_module_that_was_run(tmp_path: Path) -> None:
    (tmp_path / "maker").mkdir()
    script = "from data_pipeline.directories import provenance; print(provenance()['command'])"
    (tmp_path / "maker" / "__main__.py").write_text(script)
    (tmp_path / "alone.py").write_text(script)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    for arguments, told in (
        (["-m", "maker", "it", "--seed", "1"], "python -m maker it --seed 1"),
        ([str(tmp_path / "alone.py"), "it"], "alone.py it"),
    ):
        done = subprocess.run(
            [sys.executable, *arguments], env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == told
