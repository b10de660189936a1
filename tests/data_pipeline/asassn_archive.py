"""An ASAS-SN + LAMOST archive in the true file formats, with everything that thins it out planted.

`write_archive` makes both catalogs, the zip of V and the tar.gz of g light curves, a LAMOST catalog
and its FITS files, and returns how many stars each step of the paper's funnel must remove.
"""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from data_pipeline.schema import PAPER_FEATURES

CLASSES = ("EW", "SR", "EA", "RRAB", "EB", "ROT", "RRC", "HADS", "M", "DSCT")
RARE = "ZAND"
GAIA = 4_481_234_567_890_123_000
CONFIG = """
name = "The paper's funnel"
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
min_points = 1000
[[select]]
complete = ["features"]
reason = "not all 34 features known"
[[select]]
column = "n_epochs"
min = 1
reason = "no light curve"
[[select]]
column = "n_spectra"
min = 1
reason = "no spectrum"
[[select]]
column = "class_label"
none_of = ["ZAND"]
reason = "rare class"
"""


def write_archive(path: Path, n: int, n_epochs: int = 40, n_pixels: int = 60) -> dict[str, int]:
    """Write an archive of n V-band stars (n ≥ 100) and return what the funnel must find."""
    rng = np.random.default_rng(5)
    number = np.arange(n)
    planted = {  # by the last two digits of the star's number
        "not all 34 features known": number % 100 < 20,
        "identifier occurs before": number % 100 == 20,
        "no light curve": (number % 100 >= 21) & (number % 100 < 25),
        "no spectrum": (number % 100 >= 25) & (number % 100 < 60),
        "rare class": (number % 100 >= 60) & (number % 100 < 62),
    }
    stars = _catalog(rng, n, planted)
    stars.to_csv(path / "asassn_catalog_full.csv", index=False)
    _g_catalog(stars).to_csv(path / "asassn_variables_x.csv", index=False)
    _light_curves(path, rng, stars, planted["no light curve"], n_epochs)
    _spectra(path, rng, stars, ~planted["no spectrum"], n_pixels)
    (path / "my.toml").write_text(CONFIG)
    counts = {reason: int(mask.sum()) for reason, mask in planted.items()}
    return {**counts, "left": n - sum(counts.values())}


def _catalog(rng: np.random.Generator, n: int, planted: dict[str, np.ndarray]) -> pd.DataFrame:
    ra, dec = rng.uniform(0, 360, n).round(6), rng.uniform(-5, 60, n).round(6)
    values = {name: rng.uniform(0.1, 15, n).round(4) for name in PAPER_FEATURES}
    table = pd.DataFrame(
        {
            "id": [f"b7d458ba-dd0e-5507-bafa-{i:012d}" for i in range(n)],
            "source_id": np.where(np.arange(n) % 2, "78719", "AP1"),
            "asassn_name": [f"ASASSN-V J{i:06d}.00+000000.0" for i in range(n)],
            "raj2000": ra, "dej2000": dec, "amplitude": 0.5, "period": rng.uniform(0.2, 1, n),
            "variable_type": [CLASSES[i % 10] for i in range(n)], "gdr2_id": 5,
            **values,
            "edr3_source_id": [f"EDR3 {GAIA + i}" for i in range(n)],
        }
    )  # fmt: skip
    table.loc[planted["rare class"], "variable_type"] = RARE
    holes = np.flatnonzero(planted["not all 34 features known"])
    for i in holes:  # a missing value each, in one column or another
        table.loc[i, list(PAPER_FEATURES)[i % 32]] = np.nan
    twins = np.flatnonzero(planted["identifier occurs before"])
    table.loc[twins, "edr3_source_id"] = table["edr3_source_id"].iloc[twins - 1].to_numpy()
    return table


def _g_catalog(stars: pd.DataFrame) -> pd.DataFrame:
    every_third = stars.iloc[::3]
    return pd.DataFrame(
        {
            "ID": every_third["asassn_name"].str.replace(" ", "_"),
            "RAJ2000": every_third["raj2000"], "DEJ2000": every_third["dej2000"],
            "Mean_gmag": 14.0, "Period": every_third["period"],
            "ML_classification": every_third["variable_type"],
            "EDR3_source_id": every_third["edr3_source_id"].str.removeprefix("EDR3 "),
        }
    )  # fmt: skip


def _light_curves(
    path: Path, rng: np.random.Generator, stars: pd.DataFrame, absent: np.ndarray, n_epochs: int
) -> None:
    """Write both archives; of the absent light curves half are empty, half are no files at all."""
    time = np.sort(rng.uniform(2457000, 2458500, n_epochs))
    header = "### LC extracted from the ASAS-SN database\nHJD MAG MAG_ERR FLUX FLUX_ERR\n"
    with zipfile.ZipFile(path / "asassnvarlc_vband_complete.zip", "w") as archive:
        archive.writestr("vardb_files/", "")
        for i, (name, period) in enumerate(zip(stars["asassn_name"], stars["period"], strict=True)):
            if absent[i] and i % 2:
                continue
            mag = 14.0 + 0.25 * np.sin(2 * np.pi * time / period)
            flux = 3836e3 * 10 ** (-0.4 * mag)
            lines = [
                f"{t:.5f} {m:.3f} 0.020 {f:.3f} 0.100"
                for t, m, f in zip(time, mag, flux, strict=True)
            ]
            body = "" if absent[i] else "\n".join(lines) + "\n"
            archive.writestr(f"vardb_files/{name.replace(' ', '')}.dat", header + body)
    g_header = "HJD\tcamera\tmag\tmag_err\tflux\tflux_err\tFWHM\tIMAGE\n"
    g_lines = [f"{t:.5f}\tbi\t14.2\t0.02\t7.6\t0.1\t1.9\tcoadd_bi000001" for t in time + 1000]
    body = (g_header + "\n".join(g_lines)).encode()
    with tarfile.open(path / "g_band_lcs-001.tar.gz", "w:gz", compresslevel=1) as tar:
        for i in range(0, len(stars), 3):
            if not absent[i]:
                name = stars["asassn_name"][i].replace(" ", "_")
                info = tarfile.TarInfo(f"g_band_lcs/{name}.dat")
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))


def _spectra(
    path: Path, rng: np.random.Generator, stars: pd.DataFrame, present: np.ndarray, n_pixels: int
) -> None:
    """Write the LAMOST catalog and files; every tenth star has two epochs."""
    (path / "spectra").mkdir()
    rows = []
    for i in np.flatnonzero(present):
        for epoch in range(1 + (i % 10 == 0)):
            fiber = len(rows) % 250 + 1
            plan = f"HD{len(rows):06d}N{epoch}"
            rows.append(
                (i, 55859 + epoch, plan, 1, fiber, stars["raj2000"][i], stars["dej2000"][i],
                 20.0 + 10 * epoch, 1e-4)
            )  # fmt: skip
            flux = rng.normal(100, 5, n_pixels)
            data = np.array([flux, flux * 0 + 0.04, flux, flux * 0, flux * 0], dtype=">f4")
            header = fits.Header({"COEFF0": 3.5682, "COEFF1": 1e-4, "SNRG": rows[-1][7], "Z": 1e-4})
            buffer = io.BytesIO()
            fits.HDUList([fits.PrimaryHDU(data, header)]).writeto(buffer)
            name = f"spec-{55859 + epoch}-{plan}_sp01-{fiber:03d}.fits.gz"
            (path / "spectra" / name).write_bytes(gzip.compress(buffer.getvalue(), 1))
    columns = ["obsid", "lmjd", "planid", "spid", "fiberid", "ra", "dec", "snrg", "z"]
    pd.DataFrame(rows, columns=columns).to_csv(path / "lamost.csv", sep="|", index=False)
