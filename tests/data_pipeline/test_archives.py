"""Folders, zips and tars read by an index of their members, nothing unpacked, nothing lost."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from data_pipeline.errors import InputError
from data_pipeline.sources.archives import is_archive, open_files
from data_pipeline.sources.star_files import files_of_stars, split_pattern

MEMBERS = {f"top/lc/star {i}.dat": f"{i} 1 0.1\n".encode() * 50 for i in range(20)}


def tar_bytes(members: dict[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_archive(path: Path, kind: str) -> Path:
    """Write MEMBERS as a folder or archive."""
    if kind == "folder":
        for name, data in MEMBERS.items():
            (path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
            (path / "x" / name).write_bytes(data)
        return path / "x"
    if kind == "zip":
        return write_zip(path / "x.zip", MEMBERS)
    if kind == "tar in zip":
        return write_zip(path / "x.tar.zip", {"x.tar.gz": tar_bytes(MEMBERS, "w:gz")})
    (path / "x.tar").write_bytes(tar_bytes(MEMBERS, kind))
    return path / "x.tar"


@pytest.mark.parametrize("kind", ["folder", "zip", "w", "w:gz", "w:bz2", "w:xz", "tar in zip"])
def test_every_kind_gives_the_same_files(tmp_path: Path, kind: str) -> None:
    path = write_archive(tmp_path, kind)
    files = open_files(path)
    assert files.is_archive == (kind != "folder") == is_archive(path)
    found = {name.removeprefix("x.tar.gz/"): files.read(name) for name in reversed(files.names)}
    assert found == MEMBERS
    assert files.problems == []


@pytest.mark.parametrize("kind", ["zip", "w:gz", "tar in zip"])
def test_leading_folders_may_be_left_out(tmp_path: Path, kind: str) -> None:
    path = write_archive(tmp_path, kind)
    stars = pd.DataFrame({"source_id": [7, 8], "original_id": ["star 1", "star 2"]})
    pattern = split_pattern(tmp_path, f"{path.name}/lc/{{original_id}}.dat")
    files = pattern.open()
    found = files_of_stars(pattern, files, stars)
    assert [files.read(name) for name in found[7]] == [MEMBERS["top/lc/star 1.dat"]]
    assert set(found) == {7, 8}


@pytest.mark.parametrize(
    ("name", "star"), [("A_J1+2.dat", "A J1+2"), ("AJ1+2.dat", "A J1+2"), ("A J1+2.dat", "A J1+2")]
)
def test_blanks_may_be_underscores_or_gone(tmp_path: Path, name: str, star: str) -> None:
    (tmp_path / name).touch()
    stars = pd.DataFrame({"source_id": [1], "original_id": [star]})
    pattern = split_pattern(tmp_path, "{original_id}.dat")
    assert files_of_stars(pattern, pattern.open(), stars) == {1: [name]}


def test_a_spelling_that_two_stars_share_is_nobodys(tmp_path: Path) -> None:
    for name in ("AB.dat", "A B.dat"):
        (tmp_path / name).touch()
    stars = pd.DataFrame({"source_id": [1, 2], "original_id": ["A B", "AB"]})
    pattern = split_pattern(tmp_path, "{original_id}.dat")
    assert files_of_stars(pattern, pattern.open(), stars) == {1: ["A B.dat"], 2: ["AB.dat"]}


def test_wildcards_folders_and_other_columns(tmp_path: Path) -> None:
    for name in ("a/7_V.csv", "a/7_g.csv", "a/77_V.csv", "b/c/7.csv", "b/7/7.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    stars = pd.DataFrame({"source_id": [1], "original_id": ["7"], "field": ["a"]})
    expected = {
        "a/{original_id}*.csv": ["7_V.csv", "7_g.csv"],
        "*/{original_id}_[Vx].csv": ["a/7_V.csv"],
        "b/**/{original_id}.csv": ["7/7.csv", "c/7.csv"],
        "b/{original_id}/{original_id}.csv": ["7/7.csv"],
        "{field}/7_?.csv": ["a/7_V.csv", "a/7_g.csv"],
    }
    for text, names in expected.items():
        pattern = split_pattern(tmp_path, text)
        assert files_of_stars(pattern, pattern.open(), stars) == {1: names}, text


def test_members_that_climb_out_or_repeat_are_left_out_and_told(tmp_path: Path) -> None:
    members = {"../evil.dat": b"1", "/etc/passwd": b"2", "lc/good.dat": b"3", "./lc/good.dat": b"4"}
    (tmp_path / "x.tar").write_bytes(tar_bytes(members))
    files = open_files(tmp_path / "x.tar")
    assert files.names == ["lc/good.dat"]
    assert files.read("lc/good.dat") == b"3"
    assert [name for name, _ in files.problems] == ["../evil.dat", "/etc/passwd", "./lc/good.dat"]
    assert not (tmp_path.parent / "evil.dat").exists()


def test_archive_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    whole = tar_bytes(MEMBERS)
    (tmp_path / "x.tar").write_bytes(whole[: len(whole) // 2])
    files = open_files(tmp_path / "x.tar")
    assert 0 < len(files.names) < len(MEMBERS)
    ((_, reason),) = files.problems[-1:]
    assert "cut short" in reason


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_truncated_gzip_is_told(tmp_path: Path, cut: float) -> None:
    packed = tar_bytes({f"{i}.dat": bytes(range(256)) * 200 for i in range(30)}, "w:gz")
    (tmp_path / "x.tar.gz").write_bytes(packed[: int(cut * len(packed))])
    files = open_files(tmp_path / "x.tar.gz")
    assert 0 < len(files.names) < 30
    assert "cut short" in files.problems[-1][1]


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(InputError, match=r"x.gz is no folder, zip or tar"):
        split_pattern(tmp_path, "x.gz/{original_id}.dat")
    with pytest.raises(InputError, match=r"lc does not exist; 'lc/{original_id}.dat' looks there"):
        split_pattern(tmp_path, "lc/{original_id}.dat")


def test_damaged_member_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"a.dat": b"1 2 3\n" * 500})
    data = bytearray(path.read_bytes())
    data[45:60] = b"\xff" * 15
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"x.zip: a.dat cannot be read"):
        open_files(path).read("a.dat")
