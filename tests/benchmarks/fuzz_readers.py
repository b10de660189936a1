"""Throw damaged files at every reader and count how they end: read, told, or a defect of ours.

python -m tests.benchmarks.fuzz_readers [--n 2000] [--seed 1]

Each input is a sound file with bytes changed, cut, doubled or exchanged. "told" is an `InputError`
or a note in the account; anything else that is raised is a defect, printed with its seed.
"""

import argparse
import collections
import io
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.table import Table

from data_pipeline.config import load_config
from data_pipeline.config_tables import SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.sources import READERS
from data_pipeline.sources.archives import open_files
from data_pipeline.sources.asassn_curves import parse
from data_pipeline.sources.spectrum_files import SpectrumReader
from data_pipeline.sources.tables import read_table
from tests.data_pipeline.test_archives import MEMBERS, tar_bytes
from tests.data_pipeline.test_bad_input import CATALOG, FRAME, PARQUET, VOTABLE, zipped
from tests.data_pipeline.test_source_asassn import G_DAT, PATROL_1, STAR, V_DAT
from tests.data_pipeline.test_source_files import write_files
from tests.data_pipeline.test_source_spectra import new_layout, old_layout, sdss

Reader = Callable[[bytes], object]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut, double or exchange some bytes."""
    array = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        if not array:
            break
        a, b = sorted(rng.integers(0, len(array), 2))
        kind = rng.integers(0, 5)
        if kind == 0:
            array[a] = int(rng.integers(0, 256))
        elif kind == 1:
            del array[b:]
        elif kind == 2:
            array[a:a] = array[a : min(b, a + 200)]
        elif kind == 3:
            array[a : a + 8] = bytes(rng.integers(0, 256, 8, dtype=np.uint8))
        else:
            del array[a : min(b, a + 50)]
    return bytes(array)


def archive(data: bytes) -> object:
    """Read every member of an archive."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        files = open_files(Path(file.name))
        return [files.read(name) for name in files.names]


def build_file(name: str, files: dict[str, bytes]) -> Reader:
    """Return what reads a whole survey of one's own, one file of which is the damaged one."""

    def read(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            for file, content in {**files, name: data}.items():
                path = Path(folder) / file
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            source = READERS["files"](load_config(Path(folder) / "my.toml"))
            stars = source.objects["source_id"].to_numpy()
            return [*source.light_curves(stars), *source.spectra(stars)]

    return read


def own_survey() -> dict[str, tuple[bytes, Reader]]:
    """Return the files of a survey of one's own, from the configuration to the spectra."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_files(Path(folder))
        files = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file()
        }
    config = files["my.toml"].decode()
    files["vsx.csv"] = b"Name,Type,Period,ra_deg,dec_deg\nA,EW,0.3,10.0,0.0\nB,M,300.0,30.0,2.0\n"
    vsx = 'catalog = "VSX"\nfile = "vsx.csv"\nradius_arcsec = 2\n'
    places = 'columns = { ra_deg = "ra_deg", dec_deg = "dec_deg" }\n'
    config += f'[[external]]\n{vsx}[[join]]\n{vsx}{places}extra.P = {{ column = "Period" }}\n'
    files["my.toml"] = config.encode()
    names = ("my.toml", "stars.csv", "vsx.csv", "lc/007.csv", "sp/007_1.csv")
    parts = {f"survey: {name}": (files[name], build_file(name, files)) for name in names}
    index = (
        b"obsid|lmjd|planid|spid|fiberid|ra|dec|snrg|snri|z\n1|55862|B6|6|3|10.0|0.0|9|8|0.001\n"
    )
    folders = {"sp/spec-55862-B6_sp06-003.fits": old_layout(), "dr5.csv": index}
    plain = config[: config.index("[spectra]")] + '[spectra]\nfile = "sp"\n[spectra.index]\n'
    plain += 'file = "dr5.csv"\nformat = "lamost"\nradius_arcsec = 3\n'
    with_index = {**files, **folders, "my.toml": plain.encode()}
    buffer = io.BytesIO()
    np.savez(buffer, name=np.array(["007", "x"]), flux=np.ones((2, 5)), w=np.arange(5.0))
    ecsv = io.StringIO()
    Table.from_pandas(FRAME).write(ecsv, format="ascii.ecsv")
    return {
        **parts,
        "LAMOST catalog": (index, build_file("dr5.csv", with_index)),
        **{
            f"table .{kind}": (data, lambda d, k=kind: read_table(Path(f"x.{k}"), data=d))
            for kind, data in (("npz", buffer.getvalue()), ("ecsv", ecsv.getvalue().encode()))
        },
    }


def corpus() -> dict[str, tuple[bytes, Reader]]:
    """Return a sound file for each reader."""
    spectrum = SpectrumReader(SpectraConfig())
    buffer = io.BytesIO()
    Table.from_pandas(FRAME).write(buffer, format="fits")
    tables = {"csv": CATALOG.encode(), "fits": buffer.getvalue(), "parquet": PARQUET,
              "vot": VOTABLE}  # fmt: skip
    return {
        **{
            f"table .{kind}": (data, lambda d, k=kind: read_table(Path(f"x.{k}"), data=d))
            for kind, data in tables.items()
        },
        **{
            f"ASAS-SN {name}": (
                text.encode(), lambda d: parse(Path("x"), d, STAR, lambda note: None)
            )
            for name, text in (("V", V_DAT), ("g", G_DAT), ("Sky Patrol", PATROL_1))
        },
        **{
            f"spectrum {name}": (data, lambda d: spectrum.from_bytes(Path("x"), d))
            for name, data in (("DR7", old_layout()), ("DR8", new_layout()), ("SDSS", sdss()))
        },
        **own_survey(),
        "zip": (zipped(MEMBERS), archive),
        "tar.gz": (tar_bytes(MEMBERS, "w:gz"), archive),
        "tar": (tar_bytes(MEMBERS), archive),
    }  # fmt: skip


def main() -> int:
    """Run and print the figures; the exit status is the number of defects."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--n", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    warnings.simplefilter("ignore")
    defects = 0
    print(f"{'reader':20}{'inputs':>8}{'read':>8}{'told':>8}{'defects':>9}{'seconds':>9}")
    for name, (sound, read) in corpus().items():
        count: collections.Counter[str] = collections.Counter()
        read(sound)
        start = time.perf_counter()
        for i in range(options.n):
            data = damaged(sound, np.random.default_rng((options.seed, i)))
            try:
                read(data)
                count["read"] += 1
            except InputError:
                count["told"] += 1
            except Exception as error:
                count["defects"] += 1
                if count["defects"] <= 3:
                    print(f"  {name}, input {i}: {type(error).__name__}: {str(error)[:100]}")
        seconds = time.perf_counter() - start
        row = "".join(f"{count[key]:>8}" for key in ("read", "told"))
        print(f"{name:20}{options.n:>8}{row}{count['defects']:>9}{seconds:>9.1f}")
        defects += count["defects"]
    return min(defects, 1)


if __name__ == "__main__":
    sys.exit(main())
