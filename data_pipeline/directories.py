"""The directories that packages hand to one another: written whole or not at all, described by a
manifest, checked on opening.

`manifest.json` holds the kind, the schema version, the provenance (inputs, command, versions, seed,
time), the size and sha256 of every file, and whatever the kind adds. Sizes are checked whenever a
directory is opened, hashes by `verify`.
"""

import glob
import hashlib
import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from data_pipeline.errors import InputError

MANIFEST = "manifest.json"
_RECORDED_PACKAGES = ("astrom3-explorer", "numpy", "pandas", "pyarrow", "astropy", "nifty-ls")

Manifest = dict[str, Any]
Migration = Callable[[Manifest], Manifest]
"""Turns a manifest of one schema version into one of the next."""


@contextmanager
def new_directory(target: str | os.PathLike[str], overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary sibling of `target` that becomes `target` when the block ends well.

    An existing target is refused, or with `overwrite` set aside as ``NAME.old-<n>``. When the block
    raises, the temporary directory is removed and the target is left as it was.
    """
    target = Path(target).absolute()
    refuse_existing(target, overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}.building-", dir=target.parent))
    building.chmod(0o755)  # mkdtemp makes it private; a survey is shared like any other directory
    try:
        yield building
        refuse_existing(target, overwrite)  # somebody may have been faster
        if _is_occupied(target):
            set_aside(target)
        building.rename(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _is_occupied(target: Path) -> bool:
    """Whether something is at `target`; an empty directory does not count."""
    return target.exists() and not (target.is_dir() and not any(target.iterdir()))


def refuse_existing(target: Path, overwrite: bool = False) -> None:
    """Say early that `target` cannot be made, before anything expensive is done for it."""
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; give the path of a directory to make.")
    if _is_occupied(target) and not overwrite:
        raise InputError(
            f"{target} already exists. Choose another place, or use --overwrite "
            f"(the old directory is kept as {target.name}.old-1)."
        )


def remove_unfinished(target: Path) -> None:
    """Remove what killed processes left of `new_directory`; nobody else may be making `target`."""
    for building in target.absolute().parent.glob(f".{glob.escape(target.name)}.building-*"):
        shutil.rmtree(building)


def set_aside(target: Path) -> None:
    """Move what is at `target` to ``NAME.old-<n>``."""
    target.rename(_set_aside_name(target))


def _set_aside_name(target: Path) -> Path:
    number = 1
    while (aside := target.with_name(f"{target.name}.old-{number}")).exists():
        number += 1
    return aside


def provenance(
    command: str | Sequence[str] | None = None,
    inputs: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """Describe how something is being made: command, inputs, seed, versions, time.

    Parameters
    ----------
    command : str or list of str, optional
        The command line; by default that of this process.
    inputs : mapping, optional
        Name of each input to what identifies it (`file_record`, a hash, a parameter).
    seed : int, optional
        Seed of the random numbers, where there are any.
    """
    parts = [*_program(), *sys.argv[1:]] if command is None else command
    return {
        "command": parts if isinstance(parts, str) else shlex.join(parts),
        "inputs": dict(inputs or {}),
        "seed": seed,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": versions(),
    }


def _program() -> list[str]:
    """How this process was started: a module of a package by its name, else the script's name."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None or spec.name == "__main__":
        return [Path(sys.argv[0]).name]
    return ["python", "-m", spec.name.removesuffix(".__main__")]


def versions() -> dict[str, str | None]:
    """Return the versions of the packages that results may depend on."""
    return {name: _installed_version(name) for name in _RECORDED_PACKAGES}


def _installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def file_record(path: Path) -> dict[str, Any]:
    """Return ``{"bytes": size, "sha256": hash}`` of one file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def write_manifest(
    directory: Path, kind: str, schema_version: int, provenance: Mapping[str, Any], **content: Any
) -> Manifest:
    """Record every file of `directory` and write its manifest; returns what was written."""
    files = {
        path.relative_to(directory).as_posix(): file_record(path)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    manifest = {
        "kind": kind,
        "schema_version": schema_version,
        "provenance": dict(provenance),
        **content,
        "files": files,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def read_manifest(
    directory: str | os.PathLike[str],
    kind: str,
    schema_version: int,
    migrations: Mapping[int, Migration] | None = None,
) -> Manifest:
    """Read and check a manifest: the kind, the schema version, the sizes of the files.

    Parameters
    ----------
    directory : path
    kind : str
        What is expected: "survey", "embeddings", "atlas" or "run".
    schema_version : int
        The version this code reads.
    migrations : mapping of int to callable, optional
        For each older version a function that returns the manifest of the next version.
    """
    directory = Path(directory)
    manifest = _load_manifest(directory)
    if manifest.get("kind") != kind:
        raise InputError(f"{directory} holds {manifest.get('kind')!r}; {kind!r} is needed here.")
    manifest = _migrate(manifest, directory, schema_version, migrations or {})
    _check_sizes(directory, manifest)
    return manifest


def _load_manifest(directory: Path) -> Manifest:
    path = directory / MANIFEST
    if not directory.is_dir():
        raise InputError(f"{directory} is not a directory.")
    if not path.is_file():
        raise InputError(f"{directory} has no {MANIFEST}: it was not made by this project.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON ({error}). Make the directory again.") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise InputError(f"{path} lacks the list of files. Make the directory again.")
    return manifest


def _migrate(
    manifest: Manifest, directory: Path, wanted: int, migrations: Mapping[int, Migration]
) -> Manifest:
    found = manifest.get("schema_version")
    if not isinstance(found, int) or found > wanted:
        raise InputError(
            f"{directory} has schema version {found!r}; this program reads up to {wanted}. "
            "Update the program, or make the directory again."
        )
    for step in range(found, wanted):
        if step not in migrations:
            raise InputError(
                f"{directory} has schema version {found}; this program reads {wanted} and knows "
                f"no way from {step} to {step + 1}. Make the directory again."
            )
        manifest = migrations[step](manifest) | {"schema_version": step + 1}
    return manifest


def _check_sizes(directory: Path, manifest: Manifest) -> None:
    problems = []
    for name, record in manifest["files"].items():
        path = directory / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.stat().st_size != record["bytes"]:
            problems.append(f"{name} has {path.stat().st_size} bytes, not {record['bytes']}")
    if problems:
        raise InputError(
            f"{directory} does not match its manifest: {'; '.join(problems)}. "
            "It was cut short or changed; copy or make it again."
        )


def verify(directory: str | os.PathLike[str]) -> None:
    """Check the sha256 of every file against the manifest; raises `InputError` on any mismatch."""
    directory = Path(directory)
    manifest = _load_manifest(directory)
    _check_sizes(directory, manifest)
    changed = [
        name
        for name, record in manifest["files"].items()
        if file_record(directory / name) != record
    ]
    if changed:
        raise InputError(
            f"{directory}: the contents of {', '.join(changed)} differ from the manifest's sha256. "
            "Copy or make the directory again."
        )


def content_hash(directory: str | os.PathLike[str]) -> str:
    """Return the sha256 over the manifest's file hashes: equal content, equal hash."""
    return manifest_hash(_load_manifest(Path(directory)))


def manifest_hash(manifest: Manifest) -> str:
    """Return `content_hash` of a manifest that is already in memory."""
    lines = (f"{name} {manifest['files'][name]['sha256']}\n" for name in sorted(manifest["files"]))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
