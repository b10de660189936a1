"""A survey from an ASAS-SN and LAMOST archive in the true file formats: time and memory by stage.

``python tests/benchmarks/archive.py --objects 5000``. The archive is simulated on the spot: both
catalogs with all their columns, a zip of V-band light curves of 500 epochs, a tar.gz of g-band ones
for every tenth star, a LAMOST catalog of 16 rows a star and FITS spectra for six in a hundred (the
ratios of 687,695 stars, 11 million rows and 41,204 spectra). Memory is what all processes together
hold of their own, shared pages counted once; pages of files that the system keeps and may drop at
any time are not in it.
"""

import argparse
import dataclasses
import gzip
import io
import os
import shutil
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from astropy.io import fits

from data_pipeline.build import build_survey
from data_pipeline.cli import progress, run_main, write_json
from data_pipeline.config import load_config
from data_pipeline.schema import PAPER_FEATURES

N_EPOCHS, N_PIXELS = 500, 3900
LAMOST_ROWS, CHUNK = 16, 200_000
GAIA = 4_481_234_567_890_123_000
ZERO_POINT_MJY = 3836e3
CONFIG = """
name = "Simulated ASAS-SN and LAMOST archive"
source = "asassn"
features = "paper"
[catalog]
file = "asassn_catalog_full.csv"
file_g = "asassn_variables_x.csv"
[light_curves]
files = [
    "asassnvarlc_vband_complete.zip/{original_id}.dat",
    "g_band_lcs-001.tar.gz/{original_id}.dat",
]
[spectra]
file = "spectra"
index = { file = "lamost.csv", format = "lamost", radius_arcsec = 3 }
[periods]
source = "catalog"
"""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--objects", type=int, default=5000, metavar="N")
    parser.add_argument("--search", type=int, default=0, metavar="N", help="search N for periods")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--work", type=Path, default=Path("reports/archive"), metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    args = parser.parse_args(argv)
    n = args.objects
    directory = args.work / f"archive-{n}"
    if not (directory / "my.toml").exists():
        simulate(directory, n)
    config = load_config(directory / "my.toml")
    rows = [built(config, args.work / f"survey-{n}", args.workers, None)]
    print(table(rows), flush=True)  # the search may take long
    if args.search:
        searching = dataclasses.replace(
            config, periods=dataclasses.replace(config.periods, source="search")
        )
        rows.append(built(searching, args.work / f"searched-{n}", args.workers, args.search))
        print(table(rows))
    write_json(args.json, {"objects": n, "workers": args.workers, "builds": rows})


def built(config, target: Path, workers: int, limit: int | None) -> dict[str, float]:
    """Build, and return seconds by stage, the peak memory and the sizes."""
    shutil.rmtree(target, ignore_errors=True)
    start = time.perf_counter()
    with peak_memory() as peak:
        figures = build_survey(config, target, workers=workers, limit=limit)
    seconds = time.perf_counter() - start
    return {
        "objects": figures["n_objects"], "points": figures["n_points"],
        "spectra": figures["n_spectra"], **figures["seconds"], "all": seconds,
        "peak_GiB": peak[0] / 2**30,
    }  # fmt: skip


def table(rows: list[dict[str, float]]) -> str:
    lines = []
    for name in rows[0]:
        unit = "" if name in ("objects", "points", "spectra") else "s"
        unit = "GiB" if name == "peak_GiB" else unit
        cells = "".join(
            f"{row[name]:>14,.0f}" if not unit else f"{row[name]:>14.1f}" for row in rows
        )
        per_star = "".join(
            f"{row['objects'] / row[name]:>10.0f} stars/s" for row in rows
            if unit == "s" and row[name] > 0.05
        )  # fmt: skip
        lines.append(f"{name:14}{cells} {unit:4}{per_star}")
    return "\n".join(lines)


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """Give a list whose one number is the most bytes that this process and its children held."""
    peak, stop = [0.0], threading.Event()
    me = psutil.Process()

    def watch() -> None:
        while not stop.wait(1.0):
            total = 0.0
            for process in [me, *me.children(recursive=True)]:
                total += _held_bytes(process.pid)
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def _held_bytes(pid: int) -> int:
    """Bytes of a process that are no file's, its share of what it shares; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    sizes = dict(line.split(":", 1) for line in lines[1:])
    return sum(1024 * int(sizes[name].split()[0]) for name in ("Pss_Anon", "Pss_Shmem"))


def simulate(directory: Path, n: int) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    stars = catalog(rng, n)
    stars.to_csv(directory / "asassn_catalog_full.csv", index=False)
    g_catalog(stars).to_csv(directory / "asassn_variables_x.csv", index=False)
    light_curves(directory, rng, stars)
    spectra(directory, rng, stars)
    (directory / "my.toml").write_text(CONFIG)


def catalog(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Return the V catalog, with every column of the true one."""
    numbers = {name: rng.uniform(0.1, 15, n).round(4) for name in PAPER_FEATURES}
    more = ("e_w3_mag", "e_w4_mag", "vt", "dist", "apass_vmag", "apass_bmag", "apass_gpmag",
            "apass_rpmag", "apass_ipmag", "b_v", "e_b_v", "vector_x", "vector_y", "vector_z",
            "FUVmag", "e_FUVmag", "NUVmag", "e_NUVmag")  # fmt: skip
    classes = np.array(["EW", "SR", "EA", "RRAB", "EB", "ROT", "RRC", "HADS", "M", "DSCT"])
    return pd.DataFrame(
        {
            "id": [f"b7d458ba-dd0e-5507-bafa-{i:012d}" for i in range(n)],
            "source_id": [f"AP{i}" for i in range(n)],
            "asassn_name": [f"ASASSN-V J{i:06d}.00+000000.0" for i in range(n)],
            "other_names": "N/A",
            "raj2000": rng.uniform(0, 360, n).round(6),
            "dej2000": np.degrees(np.arcsin(rng.uniform(-0.2, 0.9, n))).round(6),
            "amplitude": 0.5, "period": rng.uniform(0.2, 1, n).round(7),
            "variable_type": rng.choice(classes, n), "class_probability": 0.9,
            "lksl_statistic": 0.3, "rfr_score": 0.5, "epoch_hjd": 2457000.5, "gdr2_id": 5,
            **numbers, **{name: rng.uniform(0, 20, n).round(4) for name in more},
            "allwise_id": "J000000.00+000000.0", "apass_dr9_id": "N/A", "reference": "Jayasinghe",
            "periodic": True, "classified": True, "asassn_discovery": True,
            "created_at": "2021-01-01", "updated_at": "2021-01-01", "galex_id": "N/A",
            "edr3_source_id": [f"EDR3 {GAIA + i}" for i in range(n)], "tic_id": "N/A",
        }
    )  # fmt: skip


def g_catalog(stars: pd.DataFrame) -> pd.DataFrame:
    half = stars.iloc[::2]
    return pd.DataFrame(
        {
            "ID": half["asassn_name"].str.replace(" ", "_"), "RAJ2000": half["raj2000"],
            "DEJ2000": half["dej2000"], "Mean_gmag": 14.0, "Amplitude": 0.4,
            "Period": half["period"], "ML_classification": half["variable_type"],
            "ML_probability": 0.9, "EDR3_source_id": half["edr3_source_id"].str[5:],
        }
    )  # fmt: skip


def light_curves(directory: Path, rng: np.random.Generator, stars: pd.DataFrame) -> None:
    fields = [np.sort(rng.uniform(2456000, 2458500, N_EPOCHS)) for _ in range(64)]
    written = [[f"{t:.5f}" for t in one] for one in fields]
    header = "### LC extracted from the ASAS-SN database\nHJD MAG MAG_ERR FLUX FLUX_ERR\n"
    g_header = "HJD\tcamera\tmag\tmag_err\tflux\tflux_err\tFWHM\tIMAGE\n"
    v_file = directory / "asassnvarlc_vband_complete.zip"
    g_file = directory / "g_band_lcs-001.tar.gz"
    with (
        zipfile.ZipFile(v_file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as v_archive,
        tarfile.open(g_file, "w:gz", compresslevel=1) as g_archive,
    ):
        named = zip(stars["asassn_name"], stars["period"], strict=True)
        for i, (name, period) in enumerate(progress(named, "simulating", len(stars))):
            phase = 2 * np.pi * fields[i % 64] / period
            mag = 14.0 + 0.25 * np.sin(phase) + rng.normal(0, 0.02, N_EPOCHS)
            flux = ZERO_POINT_MJY * 10 ** (-0.4 * mag)
            rows = list(zip(written[i % 64], mag.tolist(), flux.tolist(), strict=True))
            body = "\n".join(f"{t} {m:.3f} 0.020 {f:.5f} 0.10000" for t, m, f in rows)
            v_archive.writestr(f"vardb_files/{name.replace(' ', '')}.dat", f"{header}{body}\n")
            if i % 10 == 0:
                lines = (
                    f"{t}\tbi\t{m:.3f}\t0.02\t{f:.5f}\t0.1\t1.9\tcoadd_bi1" for t, m, f in rows
                )
                data = (g_header + "\n".join(lines)).encode()
                info = tarfile.TarInfo(f"g_band_lcs/{name.replace(' ', '_')}.dat")
                info.size = len(data)
                g_archive.addfile(info, io.BytesIO(data))


def spectra(directory: Path, rng: np.random.Generator, stars: pd.DataFrame) -> None:
    """Write the LAMOST catalog, most of it about other stars, and the files of ours."""
    ours = np.flatnonzero(np.arange(len(stars)) % 100 < 6)
    (directory / "spectra").mkdir(exist_ok=True)
    n = LAMOST_ROWS * len(stars)
    for start in range(0, n, CHUNK):
        row = np.arange(start, min(start + CHUNK, n))
        ra, dec = rng.uniform(0, 360, len(row)), rng.uniform(-10, 60, len(row))
        mine = row < len(ours)
        ra[mine] = stars["raj2000"].to_numpy()[ours[row[mine]]]
        dec[mine] = stars["dej2000"].to_numpy()[ours[row[mine]]]
        lamost_rows(rng, row, ra, dec).to_csv(
            directory / "lamost.csv", sep="|", index=False, mode="a" if start else "w",
            header=start == 0,
        )  # fmt: skip
    for i in range(len(ours)):
        flux = rng.normal(100, 5, N_PIXELS)
        pixels = np.array([flux, flux * 0 + 0.04, flux, flux * 0, flux * 0], dtype=">f4")
        header = fits.Header({"COEFF0": 3.5682, "COEFF1": 1e-4, "SNRG": 30.0, "Z": 1e-4})
        buffer = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(pixels, header)]).writeto(buffer)
        data = gzip.compress(buffer.getvalue(), 1)
        (directory / "spectra" / f"spec-55859-P{i}_sp01-001.fits.gz").write_bytes(data)


def lamost_rows(
    rng: np.random.Generator, row: np.ndarray, ra: np.ndarray, dec: np.ndarray
) -> pd.DataFrame:
    """Return rows of a general catalog of DR8, in its columns."""
    magnitudes = {f"mag{i}": 15.0 for i in range(1, 8)}
    return pd.DataFrame(
        {
            "obsid": row + 10**8, "uid": row, "gp_id": row, "designation": "J0000+0000",
            "obsdate": "2011-10-24", "lmjd": 55859, "mjd": 55858,
            "planid": [f"P{i}" for i in row], "spid": 1, "fiberid": 1, "ra_obs": ra.round(6),
            "dec_obs": dec.round(6), "snru": 9.9, "snrg": rng.uniform(5, 90, len(row)).round(2),
            "snrr": 30.1, "snri": 30.2, "snrz": 10.3, "class": "STAR", "subclass": "F5",
            "z": 1e-4, "z_err": 1e-5, "ra": ra.round(6), "dec": dec.round(6), **magnitudes,
            "gaia_source_id": GAIA + 10**12 + row, "gaia_g_mean_mag": 14.0,
        }
    )  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(run_main(main, None))
