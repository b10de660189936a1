"""The words about a spectrum: what lies under it, and where it comes from. HTML, escaped."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from app.figures import readable
from app.formats import minus
from data_pipeline.spectra import Spectrum

Reference = tuple[str, Any, Any, int]
"""Class, wavelength at rest and flux of its median spectrum, stars in it."""


def keys(
    references: Sequence[Reference | None], colors: Sequence[str], theme: str, other: str
) -> str:
    """Name the medians of the two classes and the compared star, each by its line.

    Parameters
    ----------
    references : two of Reference or None
        Solid and dashed; None where it is not drawn.
    colors : two of str
    theme : "light" or "dark"
    other : str
        Name of the compared star; empty without one.
    """
    parts: list[str] = []
    for reference, color, sign in zip(references, colors, ("—", "╌"), strict=True):
        if reference is not None:
            label, count = escape(reference[0]), reference[3]
            parts.append(
                f'<span title="median of {count} spectra"><i class="key" '
                f'style="color:{readable(color, theme)}">{sign}</i> {label}</span>'
            )
    if other:
        parts.append(f'<b class="other">—</b> {escape(other)}')
    return " · ".join(parts)


def origin(spectrum: Spectrum) -> tuple[str, str]:
    """Where the spectrum comes from and what was done to it: HTML, and at length in plain text."""
    velocity = line_velocity(spectrum)
    signal = f"S/N {spectrum.snr:.0f}" if math.isfinite(spectrum.snr) else ""
    power = spectrum.resolution
    words = [
        minus(f"{velocity:+.0f} km/s") if round(velocity) else "",
        "at rest" if spectrum.frame == "rest" else "",
    ]
    at_length = [
        minus(f"lines moved by {velocity:+.1f} km/s") if velocity else "",
        f"{spectrum.frame} wavelengths" if spectrum.frame else "frame not known",
        f"resolution {power:.0f}" if math.isfinite(power) else "",
        signal,
        f"MJD {spectrum.time:.3f}" if math.isfinite(spectrum.time) else "",
        "flux over its median",
    ]
    shown = " · ".join(filter(None, words))
    if signal:
        shown += f'<span class="where-wide">{" · " if shown else ""}{signal}</span>'
    return shown, "; ".join(filter(None, at_length))


def one_line(words: str, explained: str = "") -> str:
    """HTML words in a line that ends in dots where it is too long.

    Parameters
    ----------
    words : str
    explained : str
        Plain text, shown on hovering.
    """
    return f'<div class="one-line" title="{escape(explained)}">{words}</div>'


def line_velocity(spectrum: Spectrum) -> float:
    """Velocity [km/s] by which lines are moved: none where the wavelengths are at rest."""
    known = math.isfinite(spectrum.radial_velocity_km_s) and spectrum.frame != "rest"
    return spectrum.radial_velocity_km_s if known else 0.0
