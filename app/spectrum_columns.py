"""What the spectrum figure draws, as columns of numbers: pure functions, no figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.curves import block_average, normalized, smooth, visible_range
from app.lines import TELLURIC, Line, shifted
from data_pipeline.spectra import Spectrum, vacuum_to_air

MAX_POINTS = 3000
SMOOTHING_FWHM_ANGSTROM = 10.0
LABEL_GAP = 0.036
"""Room of one upright label, as a share of the width of the figure."""

Floats = NDArray[np.float64]


def spectrum_columns(spectrum: Spectrum, smoothed: bool) -> dict[str, Any]:
    """Flux over its median and its error band, at most `MAX_POINTS` of them.

    Bad pixels are left out; longer spectra are averaged over blocks of pixels, errors with them.

    Returns
    -------
    dict with x, air [Å], flux, low, high, each float32 of shape (n,)
    """
    scaled = normalized(np.where(spectrum.good, spectrum.flux, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.nanmedian(spectrum.flux / scaled) if np.isfinite(scaled).any() else 1.0
    err = np.where(spectrum.good, spectrum.flux_err / scale, np.nan)
    size = -(-len(scaled) // MAX_POINTS) or 1
    wavelength = block_average(spectrum.wavelength, size)
    flux = block_average(scaled, size)
    err = block_average(err, size) / np.sqrt(size)
    if smoothed and len(wavelength) > 1:
        step = float(np.median(np.diff(wavelength)))
        flux = smooth(flux, SMOOTHING_FWHM_ANGSTROM / 2.355 / step)
    err = np.nan_to_num(err, nan=0.0)
    columns = {
        "x": wavelength,
        "air": vacuum_to_air(wavelength),
        "flux": flux,
        "low": flux - err,
        "high": flux + err,
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def flux_range(columns: dict[str, Any]) -> tuple[float, float]:
    """Range of the flux axis without the room for labels; noisy ends do not set it."""
    flux, err = columns["flux"], columns["high"] - columns["flux"]
    finite = np.isfinite(flux)
    if not finite.any():
        return visible_range(flux)
    quiet = finite & ((err <= 4 * np.median(err[finite])) | (np.abs(flux) > 5 * err))
    return visible_range(flux[quiet if quiet.any() else finite], margin=0.05)


def line_columns(
    lines: Sequence[Line], start: float, end: float, radial_velocity_km_s: float
) -> dict[str, Any]:
    """Marks of the lines that fall inside the spectrum, in order of wavelength.

    Parameters
    ----------
    lines : sequence of Line, in order of wavelength
    start, end : float
        Range of the spectrum [Å].
    radial_velocity_km_s : float
        Velocity of the star if the wavelengths are not in its frame, else zero.
    """
    placed = [(shifted(line.vacuum, radial_velocity_km_s), line) for line in lines]
    inside = [(x, line) for x, line in placed if start < x < end]
    return {
        "x": np.array([x for x, _ in inside], dtype=np.float64),
        "name": [line.name for _, line in inside],
        "vacuum": [line.vacuum for _, line in inside],
        "air": [line.air for _, line in inside],
        "note": ["band head, ±5 Å" if line.kind == "band" else "" for _, line in inside],
    }


def label_columns(marks: dict[str, Any], start: float, end: float) -> dict[str, Any]:
    """One label for each line, or for each group of neighbors of one name, spread to be legible.

    Returns
    -------
    dict with x (where the label stands), mark (what it points at) and name
    """
    room = LABEL_GAP * (end - start)
    groups: list[tuple[str, list[float]]] = []
    for x, name in zip(marks["x"], marks["name"], strict=True):
        latest = next((xs for other, xs in reversed(groups) if other == name), None)
        if latest and x - latest[0] < 4 * room:
            latest.append(x)
        else:
            groups.append((name, [x]))
    at = np.array([np.mean(xs) for _, xs in groups], dtype=np.float64)
    order = np.argsort(at, kind="stable")
    return {
        "x": spread(at[order], room, start + room / 2, end - room / 2),
        "mark": at[order],
        "name": [groups[i][0] for i in order],
    }


def spread(positions: Floats, gap: float, low: float, high: float) -> Floats:
    """Move sorted positions as little as needed to stand `gap` apart between low and high.

    Neighbours that collide form a block around their common centre; blocks merge until none touch.
    """
    blocks: list[tuple[float, int]] = []  # centre, count
    for position in positions:
        center, count = float(position), 1
        while blocks and center - blocks[-1][0] < gap * (count + blocks[-1][1]) / 2:
            other, others = blocks.pop()
            center = (center * count + other * others) / (count + others)
            count += others
        blocks.append((center, count))
    moved = np.concatenate(
        [center + gap * (np.arange(count) - (count - 1) / 2) for center, count in blocks]
        or [np.empty(0)]
    )
    moved = np.minimum(moved, high - gap * np.arange(len(moved))[::-1])
    return np.maximum(moved, low + gap * np.arange(len(moved)))


def telluric_columns(start: float, end: float) -> dict[str, Any]:
    """Bands of the Earth's air inside the spectrum: x0, x1, their middle, and a name."""
    inside = [band for band in TELLURIC if band[2] > start and band[1] < end]
    x0 = np.array([max(first, start) for _, first, _ in inside])
    x1 = np.array([min(last, end) for _, _, last in inside])
    return {"x0": x0, "x1": x1, "x": (x0 + x1) / 2, "name": [name for name, _, _ in inside]}
