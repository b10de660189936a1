"""A folder, a zip or a tar read the same way: a list of names, and the bytes behind each.

Nothing is ever unpacked: an archive is read once for the index of its members, and each member from
where it lies. An archive inside an archive (a tar in a zip) is looked into. What cannot be used, a
member whose path climbs out, an archive cut short, is kept as a problem and the rest is read.
"""

import bz2
import io
import lzma
import os
import tarfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

import indexed_gzip

from data_pipeline.errors import InputError

_LARGEST_MEMBER = 1 << 31
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError,
           NotImplementedError, RuntimeError)  # fmt: skip
_Read = Callable[[], bytes]


@dataclass
class FileSet:
    """Files by name, in the order in which they are best read."""

    where: Path
    problems: list[tuple[str, str]] = field(default_factory=list)
    """(member, why it cannot be used)."""
    is_archive: bool = True
    _members: dict[str, _Read] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Paths inside the folder or archive, with "/" between their parts."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return the bytes of one file, or say why they cannot be had."""
        try:
            return self._members[name]()
        except _BROKEN as error:
            raise InputError(
                f"{self.where}: {name} cannot be read ({_words(error)}). The file is damaged or "
                "was cut short; copy it again."
            ) from None

    def _add(self, name: str, read: _Read, size: int) -> None:
        clean = _normal(name)
        if clean is None:
            self.problems.append((name, "its path climbs out of the archive: left out"))
        elif clean in self._members:
            self.problems.append((name, "occurs twice in the archive: the first is used"))
        elif size > _LARGEST_MEMBER:
            self.problems.append((name, f"has {size} bytes, more than a record can: left out"))
        else:
            self._members[clean] = read


def open_files(path: Path, depth: int | None = None) -> FileSet:
    """Return the files of a folder, zip or tar (plain, .gz, .bz2, .xz).

    Parameters
    ----------
    path : Path
    depth : int, optional
        How many levels of a folder to look at: 1 for its own files only.
    """
    if path.is_dir():
        return _folder(path, depth)
    files = FileSet(path)
    stream = path.open("rb")
    weakref.finalize(files, stream.close)
    _index(files, stream, path.name, "")
    return files


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or a tar, by its content."""
    if not path.is_file() or path.suffix == ".npz":
        return False
    with path.open("rb") as stream:
        return _kind(stream) is not None


def _folder(path: Path, depth: int | None) -> FileSet:
    files = FileSet(path, is_archive=False)
    for directory, folders, names in os.walk(path):
        if depth is not None and len(Path(directory).relative_to(path).parts) + 1 >= depth:
            folders.clear()
        folders.sort()
        for name in sorted(names):
            file = Path(directory, name)
            files._members[file.relative_to(path).as_posix()] = file.read_bytes
    return files


def _index(files: FileSet, stream: IO[bytes], name: str, prefix: str) -> None:
    """Add the members of one archive, and those of archives inside it."""
    kind = _kind(stream)
    if kind is None:
        raise InputError(
            f"{files.where} is no folder, zip or tar. Give one of those, or a table of all "
            "light curves."
        )
    try:
        for member, size, read in (_zip if kind == "zip" else _tar)(stream, kind):
            if _is_archive_name(member):
                _index(files, io.BytesIO(read()), member, f"{prefix}{member}/")
            else:
                files._add(prefix + member, read, size)
    except _BROKEN as error:
        if not files._members:
            raise InputError(
                f"{files.where} is a damaged archive ({_words(error)}). Copy it again."
            ) from None
        files.problems.append(
            (name, f"the archive is cut short or damaged ({_words(error)}): "
                   f"only its first {len(files._members)} files are read")
        )  # fmt: skip


def _zip(stream: IO[bytes], kind: str) -> Iterator[tuple[str, int, _Read]]:
    archive = zipfile.ZipFile(stream)
    for member in sorted(archive.infolist(), key=lambda one: one.header_offset):
        if not member.is_dir():
            yield member.filename, member.file_size, _bound(archive.read, member)


def _tar(stream: IO[bytes], kind: str) -> Iterator[tuple[str, int, _Read]]:
    plain = _decompressed(stream, kind)
    archive = tarfile.TarFile(fileobj=plain)
    end = 0
    for member in archive:
        end = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if member.isfile():
            yield member.name, member.size, _bound(_slice, plain, member.offset_data, member.size)
    plain.seek(end)
    if not plain.read(1):  # tarfile takes this for the end of a whole archive
        raise EOFError("its end mark is missing")


def _slice(stream: IO[bytes], start: int, size: int) -> bytes:
    stream.seek(start)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError(f"{size} bytes expected, {len(data)} found")
    return data


def _bound(function: Callable[..., bytes], *arguments: object) -> _Read:
    return lambda: function(*arguments)


def _decompressed(stream: IO[bytes], kind: str) -> IO[bytes]:
    """Return the tar itself; in gzip any place is reached without reading all before it."""
    if kind == "gz":
        return indexed_gzip.IndexedGzipFile(fileobj=stream)
    if kind == "bz2":
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if kind == "xz" else stream


def _kind(stream: IO[bytes]) -> str | None:
    """Return "zip", "tar", or how a tar is compressed; None for something else."""
    head = stream.read(512)
    stream.seek(0)
    if head[:2] == b"PK":
        return "zip"
    for kind, magic in (("gz", b"\x1f\x8b"), ("bz2", b"BZh"), ("xz", b"\xfd7zXZ")):
        if head.startswith(magic):
            try:
                inner = _decompressed(stream, kind).read(512)
            except _BROKEN:
                return None
            finally:
                stream.seek(0)
            return kind if inner[257:262] == b"ustar" else None
    return "tar" if head[257:262] == b"ustar" else None


def _is_archive_name(name: str) -> bool:
    return name.endswith((".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz"))


def _normal(name: str) -> str | None:
    """Return a member's path without "./", or None if it leaves the archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0][1:2]):
        return None
    return path.as_posix()


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
