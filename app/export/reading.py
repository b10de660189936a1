"""A list of stars read back from a file: VOTable, FITS, ECSV, CSV, Parquet, of ours or of others.

A file is somebody else's: it is parsed in a process of its own with bounded memory and time, and
only identifiers and the provenance come back, as JSON. ``python -m app.export.reading FILE`` is
that process.
"""

import io
import json
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table
from numpy.typing import NDArray

from app.export.formats import FORMATS, PROVENANCE
from data_pipeline.errors import InputError

MAX_BYTES = 200_000_000
MAX_SECONDS = 120.0
MAX_MEMORY_BYTES = 6 * 2**30
_SUFFIXES = {"xml": "vot", "vot": "vot", "votable": "vot", "fit": "fits"} | {s: s for s in FORMATS}


@dataclass(frozen=True)
class ReadList:
    """What a file says.

    Attributes
    ----------
    source_id : int64 array (n,)
        In the file's order.
    provenance : dict of str to str
        Empty for files of others.
    """

    source_id: NDArray[np.int64]
    provenance: dict[str, str] = field(default_factory=dict)


def read_list(path: Path) -> ReadList:
    """Read a file of ours, or any such file with a column source_id."""
    kind = _kind_of(path.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what else is odd about the file is not our concern
            values, provenance = _READERS[kind](path)
        ids = _as_ids(values)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    except Exception as error:  # any parser's own, of a file nobody checked
        raise InputError(f"{path.name} cannot be read as {FORMATS[kind].name} ({error}).") from None
    return ReadList(ids, {str(k): str(v) for k, v in provenance.items()})


def read_in_worker(content: bytes, name: str, max_seconds: float = MAX_SECONDS) -> ReadList:
    """Read the content of a file of this name in a process that is ended when it takes too long."""
    kind = _kind_of(name)
    if len(content) > MAX_BYTES:
        raise InputError(
            f"{name} has {len(content) / 1e6:.0f} MB; lists of up to {MAX_BYTES / 1e6:.0f} MB are "
            "read here."
        )
    with tempfile.TemporaryDirectory(prefix="astrom3-list-") as folder:
        path = Path(folder) / f"list.{kind}"  # never the given name: it is not ours
        path.write_bytes(content)
        command = [sys.executable, "-m", "app.export.reading", str(path)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=max_seconds, check=False)
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{name} took longer than {max_seconds:g} s to read and was given up."
            ) from None
    if done.returncode == 2:
        raise InputError(done.stderr.decode(errors="replace").strip().replace(path.name, name))
    if done.returncode:
        raise InputError(f"{name} could not be read: its reader ended with {done.returncode}.")
    told = json.loads(done.stdout)
    return ReadList(np.array(told["source_id"], dtype=np.int64), told["provenance"])


def _kind_of(name: str) -> str:
    kind = _SUFFIXES.get(Path(name).suffix.lstrip(".").lower())
    if kind is None:
        raise InputError(
            f"{name} is not a list this page reads. Give a file that ends in one of "
            f"{', '.join(f'.{suffix}' for suffix in _SUFFIXES)}."
        )
    return kind


def _as_ids(values: Any) -> NDArray[np.int64]:
    """Identifiers as int64; numbers that lost digits are refused."""
    array = np.ma.compressed(np.ma.asarray(values)) if np.ma.isMA(values) else np.asarray(values)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        raise InputError(
            "source_id is given in floating point, which cannot hold 64-bit identifiers. "
            "Write it as an integer or as text."
        )
    texts = [text.decode() if isinstance(text, bytes) else str(text) for text in array.tolist()]
    try:
        return np.array([int(text.strip().lstrip("'")) for text in texts], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise InputError(f"source_id holds what is no 64-bit integer ({error}).") from None


def _column(table: Table, where: str) -> Any:
    names = {name.lower(): name for name in table.colnames}
    if "source_id" not in names:
        raise InputError(
            f"the {where} has no column source_id; it has {', '.join(table.colnames[:8])}."
        )
    return table[names["source_id"]]


def _read_votable(path: Path) -> tuple[Any, dict[str, str]]:
    file = parse(path)
    ids = _column(file.get_first_table().to_table(use_names_over_ids=True), "VOTable")
    return ids, {info.name: info.value for info in file.infos if info.name}


def _read_fits(path: Path) -> tuple[Any, dict[str, str]]:
    with fits.open(path, memmap=False) as hdus:
        stars = next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)), None)
        if stars is None:
            raise InputError("the FITS file holds no table.")
        ids = _column(Table.read(stars), "FITS table")
        told = Table.read(hdus[PROVENANCE]) if PROVENANCE in hdus else Table()
    told.convert_bytestring_to_unicode()
    pairs = zip(told["name"], told["value"], strict=True) if len(told) else ()
    return ids, {str(name): str(value) for name, value in pairs}


def _read_ecsv(path: Path) -> tuple[Any, dict[str, str]]:
    table = Table.read(path, format="ascii.ecsv")
    return _column(table, "ECSV"), dict(table.meta.get(PROVENANCE.lower(), {}))


def _read_csv(path: Path) -> tuple[Any, dict[str, str]]:
    if path.read_bytes()[:20].startswith(b"# %ECSV"):
        return _read_ecsv(path)
    frame = pd.read_csv(io.BytesIO(path.read_bytes()), comment="#", dtype=str)
    found = {str(name).strip().lower(): name for name in frame}
    if "source_id" not in found:
        raise InputError(f"the CSV has no column source_id; it has {', '.join(list(found)[:8])}.")
    return frame[found["source_id"]].dropna().to_numpy(object), {}


def _read_parquet(path: Path) -> tuple[Any, dict[str, str]]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    names = {name.lower(): name for name in file.schema_arrow.names}
    if "source_id" not in names:
        raise InputError(
            f"the Parquet has no column source_id; it has {', '.join(list(names)[:8])}."
        )
    metadata = file.schema_arrow.metadata or {}
    told = json.loads(metadata.get(PROVENANCE.lower().encode(), b"{}"))
    ids = file.read([names["source_id"]]).column(0).to_pandas()
    return ids.dropna().to_numpy(), told


_READERS = {
    "vot": _read_votable, "fits": _read_fits, "ecsv": _read_ecsv, "csv": _read_csv,
    "parquet": _read_parquet,
}  # fmt: skip


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def main(argv: list[str]) -> int:
    """Print a list as JSON; status 2 and one message where it cannot be read."""
    _limit_memory()
    try:
        found = read_list(Path(argv[0]))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    json.dump({"source_id": found.source_id.tolist(), "provenance": found.provenance}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
