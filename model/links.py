"""Links from one contract directory to another: a relative path and the content's hash.

Relative, so that a survey, its embeddings and its atlas can move together; hashed, so that an atlas
is never shown with data it was not made from.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from data_pipeline.directories import content_hash
from data_pipeline.errors import InputError


def link(target: str | os.PathLike[str], path: str | os.PathLike[str]) -> dict[str, str]:
    """Relative link from the directory `path` to another directory, with its content's hash."""
    relative = os.path.relpath(Path(target).absolute(), Path(path).absolute())
    return {"path": Path(relative).as_posix(), "hash": content_hash(target)}


def follow(path: Path, name: str, record: Mapping[str, str]) -> Path:
    """Resolve a link recorded in the manifest of the directory `path`; refuse a changed target."""
    target = Path(os.path.normpath(path.absolute() / record["path"]))
    if not target.is_dir():
        raise InputError(
            f"{path} was made from the {name} at {target}, which is not there. Move it back beside "
            f"{path.name}, or make {path.name} again."
        )
    if content_hash(target) != record["hash"]:
        raise InputError(
            f"The {name} at {target} is not the one {path} was made from (its content hash "
            f"differs). Make {path.name} again from it, or restore the old {name}."
        )
    return target
