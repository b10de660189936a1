"""ASAS-SN light curves in every form in which they are given out.

========================  =======================================================================
V database (.dat)         comment, header, blanks: HJD MAG MAG_ERR FLUX FLUX_ERR
g database (.dat)         header, tabs: HJD camera mag mag_err flux flux_err FWHM IMAGE
Sky Patrol v1 (.csv)      HJD,UT Date,Camera,FWHM,Limit,mag,mag_err,flux(mJy),flux_err[,Filter]
variables page (.csv)     hjd,camera,mag,mag_err,flux,flux_err
Sky Patrol v2 (.csv)      # comments; JD,Flux,Flux Error,Mag,Mag Error,Limit,FWHM,Filter,Quality
========================  =======================================================================

The header is found by its content, and the columns by their names; without one the columns are
those of the database, five in V and eight in g. Fluxes are mJy. A magnitude
written ">18.1" is a 5σ limit: it is kept as such, with its measured flux, which may be negative.
Points are in band V or g by the filter column, else by the camera (ba to bh took V, bi to bt and
upper-case bA to bH took g; ASAS-SN notice of September 2018), else V as in the V database. Times
are HJD (UTC); Sky Patrol v2 gives JD, to which the light travel time to the Sun is added.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band
from data_pipeline.sources.curve_tables import Note, Star, heliocentric

BANDS = {
    "V": Band("mag", flux_unit="mJy", zero_point_jy=3836.0, time_scale="utc", time_reference="HJD",
              wavelength_angstrom=5510.0, color="#3a7d44"),
    "g": Band("mag", flux_unit="mJy", zero_point_jy=3631.0, time_scale="utc", time_reference="HJD",
              wavelength_angstrom=4800.0, color="#2a6fbb"),
}  # fmt: skip
"""Zero points from ASAS-SN's own pairs of magnitude and flux; fluxes in mJy."""
NO_ERROR = 99.0
"""Magnitude errors from here on say that nothing was detected."""
_NAMES = {
    "hjd": "time", "jd": "time", "mag": "mag", "magerr": "mag_err", "magerror": "mag_err",
    "emag": "mag_err", "flux": "flux", "fluxmjy": "flux", "fluxerr": "flux_err",
    "fluxerror": "flux_err", "eflux": "flux_err", "camera": "camera", "cam": "camera",
    "filter": "band", "phtfilter": "band", "quality": "quality", "limit": "limit",
}  # fmt: skip
_V_DATABASE = ("time", "mag", "mag_err", "flux", "flux_err")
_G_DATABASE = ("time", "camera", "mag", "mag_err", "flux", "flux_err", "", "")
_G_CAMERA = re.compile(r"b[i-tA-H]")
_GOOD_QUALITY = ("G", "")


def parse(path: Path, data: bytes, star: Star, note: Note) -> LightCurve:
    """Return the light curve in one file; see `curve_tables.CurveReader.read`."""
    text = data.decode("utf-8", errors="replace")
    names, rows, is_jd = _rows(text, path, note)
    cells = zip(*rows, strict=True) if rows else [()] * len(names)
    column = {name: values for name, values in zip(names, cells, strict=True) if name}
    missing = {"time"} - set(column) or (
        {"mag", "flux"} if not {"mag", "flux"} & set(column) else set()
    )
    if missing:
        raise InputError(
            f"no ASAS-SN light curve: no column {' or '.join(sorted(missing))} in its header."
        )
    n = len(rows)
    empty = np.full(n, np.nan)
    written = column.get("mag", ("nan",) * n)
    limit = np.fromiter((one.startswith(">") for one in written), bool, n)
    mag = _floats([one.lstrip(">") for one in written])
    mag_err = _floats(column["mag_err"]) if "mag_err" in column else empty.copy()
    limit |= mag_err >= NO_ERROR
    mag[mag >= NO_ERROR] = np.nan
    mag_err[mag_err >= NO_ERROR] = np.nan
    time = _floats(column["time"])
    usable = np.isfinite(time)
    if not usable.all():
        note(f"{n - usable.sum()} of {n} times are missing: those points left out")
    if is_jd:
        time = heliocentric(time, star)
    camera = np.array(column["camera"], np.str_) if "camera" in column else np.full(n, "")
    curve = LightCurve.from_values(
        np.where(usable, time, 0.0),
        mag=mag,
        mag_err=mag_err,
        flux=_floats(column["flux"]) if "flux" in column else empty,
        flux_err=_floats(column["flux_err"]) if "flux_err" in column else empty,
        band=_bands(np.array(column["band"], np.str_) if "band" in column else None, camera),
        camera=camera,
        is_upper_limit=limit,
        quality=(~np.isin(np.array(column["quality"], np.str_), _GOOD_QUALITY)).astype(np.int16)
        if "quality" in column
        else 0,
    )
    return curve.select(usable)


def _rows(text: str, path: Path, note: Note) -> tuple[list[str], list[list[str]], bool]:
    """Return the columns' names, the cells of each point, and whether times are JD."""
    header: list[str] = []
    rows: list[list[str]] = []
    is_jd = False
    split = None
    n_bad = 0
    first_bad = ""
    for line in text.splitlines():
        bare = line.strip().lstrip("#").strip().strip("\0")
        if not bare:
            continue
        if not rows and not _is_number(re.split(r"[,\s]", bare, maxsplit=1)[0]):
            split = "," if "," in bare else ("\t" if "\t" in bare else None)
            words = [re.sub(r"[^a-z]", "", word.lower()) for word in bare.split(split)]
            if words[0] in ("hjd", "jd"):
                header = [_NAMES.get(word, "") for word in words]
                is_jd = words[0] == "jd"
            continue
        if not header:
            split = "," if "," in bare else ("\t" if "\t" in bare else None)
            header = list(_G_DATABASE if bare.count("\t") == 7 else _V_DATABASE)
        cells = bare.split(split)
        if split is not None:
            cells = [cell.strip() for cell in cells]
        if len(cells) != len(header) or not _is_number(cells[0]):
            n_bad, first_bad = n_bad + 1, first_bad or bare
            continue
        rows.append(cells)
    if n_bad:
        note(
            f"{n_bad} of {n_bad + len(rows)} lines have not {len(header)} cells "
            f"({first_bad[:40]!r}): left out"
        )
    return header or list(_V_DATABASE), rows, is_jd


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _floats(text: Sequence[str]) -> NDArray[np.float64]:
    try:
        return np.fromiter(map(float, text), np.float64, len(text))
    except ValueError:
        return np.array([float(one) if _is_number(one) else np.nan for one in text], np.float64)


def _bands(written: NDArray[np.str_] | None, camera: NDArray[np.str_]) -> NDArray[np.str_]:
    names, which = np.unique(camera, return_inverse=True)
    by_camera = np.array(["g" if _G_CAMERA.fullmatch(name) else "V" for name in names])[which]
    if written is None:
        return by_camera
    strange = set(np.unique(written)) - {"V", "g", ""}
    if strange:
        raise InputError(f"filter {str(min(strange))!r} is neither V nor g.")
    return np.where(written == "", by_camera, written)
