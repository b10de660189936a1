"""One figure a star: the light curve, its folds, the spectrum, the star's places among the others.

Drawn by matplotlib as SVG: axes and words are vectors, the points are one image. Magnitudes run
upwards to brighter.
"""

import io
import re
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.curves import visible_range
from app.light_curve_columns import median_columns
from app.lines import line_set_name, sorted_lines
from app.palette import class_style
from app.photometry import Fold, Photometry, fold, photometry
from app.spectrum_columns import flux_range, line_columns, spectrum_columns

mpl.rcParams.update(
    {
        "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8.0,
        "font.sans-serif": ["Helvetica Neue", "Arial", "DejaVu Sans"], "axes.linewidth": 0.6,
        "axes.titlesize": 8.0, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "xtick.direction": "in", "ytick.direction": "in", "svg.hashsalt": "astrom3",
    }
)  # fmt: skip
SIZE_INCHES = (7.4, 7.9)
_INK, _REST, _MARK = "#20262e", "#c9ced6", "#c0392b"
_BAND_COLORS = ("#2b6cb0", "#c0392b", "#2f855a", "#805ad5", "#b7791f", "#4a5568")


def star_figure(store: AtlasStore, row: int) -> str:
    """Draw one star as SVG text, without an XML header."""
    has_spectrum = bool(store.has_spectrum[row])
    figure = Figure(figsize=SIZE_INCHES, layout="constrained", dpi=130)
    cells = figure.subplot_mosaic(
        [["time"] * 4, ["fold", "fold", "half", "twice"], ["spectrum"] * 4,
         ["map", "map", "diagram", "diagram"]],
        height_ratios=[1.0, 1.15, 1.1 if has_spectrum else 0.15, 1.5],
    )  # fmt: skip
    curve = store.light_curve(row)
    points = photometry(curve, store.survey.bands) if curve is not None else None
    _draw_light_curves(cells, store, row, points)
    _draw_spectrum(cells["spectrum"], store, row)
    _draw_places(cells["map"], store, row, store.xy("fused"), ("", ""), "Map (all data)")
    cells["map"].set_xticks([])
    cells["map"].set_yticks([])
    diagram = next(iter(store.diagrams.values()), None)
    if diagram is None:
        _say(cells["diagram"], "This survey has no numbers to draw a diagram of.")
    else:
        xy = np.column_stack([diagram.x, diagram.y])
        axes = cells["diagram"]
        _draw_places(axes, store, row, xy, (diagram.x_label, diagram.y_label), diagram.title)
        if diagram.invert_x:
            axes.invert_xaxis()
        if diagram.invert_y:
            axes.invert_yaxis()
    return _svg(figure, row)


def _svg(figure: Figure, row: int) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    # several drawings share one page: their names must not meet
    drawn = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>s{row}-", drawn)
    return re.sub(r'width="[^"]*pt" height="[^"]*pt"', "", drawn, count=1)


def _draw_light_curves(
    cells: dict[str, Axes], store: AtlasStore, row: int, points: Photometry | None
) -> None:
    if points is None:
        for name in ("time", "fold", "half", "twice"):
            _say(cells[name], "No light curve." if name == "time" else "")
        return
    limits = visible_range(points.value[points.good] if points.good.any() else points.value)
    shown = limits[::-1] if points.quantity == "mag" else limits
    axes = cells["time"]
    _points(axes, points, points.time, points.good, 1.0, errors=True)
    axes.set_xlabel(points.axis_label)
    axes.set_ylabel(points.value_label)
    axes.set_title("Light curve")
    if len(np.unique(points.band)) > 1:
        axes.legend(loc="upper right", frameon=False, ncols=4, markerscale=2)
    period = store.period_days(row)
    for name, factor, words in (("fold", 1.0, "P"), ("half", 0.5, "½ P"), ("twice", 2.0, "2 P")):
        if np.isfinite(period) and period > 0:
            _draw_fold(cells[name], points, fold(points, factor * period, store.label(row)), words)
        else:
            _say(cells[name], "No period." if name == "fold" else "")
    for name in ("time", "fold", "half", "twice"):
        if cells[name].has_data():
            cells[name].set_ylim(*shown)
    for name in ("half", "twice"):
        cells[name].tick_params(labelleft=False)


def _draw_fold(axes: Axes, points: Photometry, folded: Fold, words: str) -> None:
    phase = folded.phase(points.time)
    for cycle, alpha in ((0, 1.0), (1, 0.45)):
        _points(axes, points, phase + cycle, points.good, alpha)
    median = median_columns(points, folded)
    axes.plot(median["x"], median["y"], color=_INK, lw=0.9)
    axes.set_xlim(0, 2)
    axes.set_xlabel("phase [cycles]")
    if words == "P":
        axes.set_ylabel(points.value_label)
        extremum = "minimum" if folded.at_minimum else "maximum"
        axes.set_title(f"P = {folded.period_days:.7g} d, phase 0 at {extremum}")
    else:
        axes.set_title(f"{words} = {folded.period_days:.6g} d")


def _points(
    axes: Axes,
    points: Photometry,
    x: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    alpha: float,
    errors: bool = False,
) -> None:
    """Good points, band by band; upper limits as open triangles in the light curve itself."""
    opacity = alpha * float(np.clip(12 / np.sqrt(max(chosen.sum(), 1)), 0.35, 0.9))
    for number, band in enumerate(np.unique(points.band)):
        of_band = chosen & (points.band == band)
        color = _BAND_COLORS[number % len(_BAND_COLORS)]
        if errors:
            axes.errorbar(
                x[of_band], points.value[of_band], points.err[of_band], fmt="none", ecolor=color,
                elinewidth=0.5, alpha=opacity, rasterized=True,
            )  # fmt: skip
        axes.plot(
            x[of_band], points.value[of_band], ".", ms=2.6, color=color, alpha=opacity, mew=0,
            label=str(band), rasterized=True,
        )  # fmt: skip
    if errors and points.is_limit.any():
        limit = points.is_limit
        axes.plot(x[limit], points.value[limit], "v", ms=3, mfc="none", mec=_REST, mew=0.5,
                  rasterized=True)  # fmt: skip


def _draw_spectrum(axes: Axes, store: AtlasStore, row: int) -> None:
    spectrum = store.best_spectrum(row)
    if spectrum is None:
        _say(axes, "No spectrum.")
        return
    raw = spectrum_columns(spectrum, smoothed=False)
    smoothed = spectrum_columns(spectrum, smoothed=True)
    axes.plot(raw["x"], raw["flux"], color=_REST, lw=0.5, rasterized=True)
    axes.plot(smoothed["x"], smoothed["flux"], color=_INK, lw=0.8, rasterized=True)
    low, high = flux_range(smoothed)
    top = high + 0.22 * (high - low)
    axes.set_ylim(low, top)
    start, end = float(raw["x"][0]), float(raw["x"][-1])
    axes.set_xlim(start, end)
    velocity = spectrum.radial_velocity_km_s if spectrum.frame != "rest" else 0.0
    lines = sorted_lines(line_set_name(store.labels[row]))
    marks = line_columns(lines, start, end, velocity if np.isfinite(velocity) else 0.0)
    latest = -np.inf
    for x, name in zip(marks["x"], marks["name"], strict=True):
        axes.axvline(x, color=_REST, lw=0.4, zorder=0)
        if x - latest > 0.02 * (end - start):  # labels that would collide are left to the line
            axes.text(x, top - 0.02 * (top - low), name, rotation=90, va="top", ha="center",
                      fontsize=6, color="#5b6470", backgroundcolor="white",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
            latest = x
    axes.set_xlabel("wavelength in vacuum [Å]")
    axes.set_ylabel("flux / median")
    quality = f", S/N {spectrum.snr:.0f}" if np.isfinite(spectrum.snr) else ""
    axes.set_title(f"Spectrum{f' ({spectrum.instrument})' if spectrum.instrument else ''}{quality}")


def _draw_places(
    axes: Axes,
    store: AtlasStore,
    row: int,
    xy: NDArray[np.float64],
    labels: tuple[str, str],
    title: str,
) -> None:
    """The star (cross) among those of its class (colour) and all others (grey)."""
    label = store.label(row)
    same = store.of_class(label)
    size = float(np.clip(90 / np.sqrt(len(xy)), 1.2, 4.0))
    axes.plot(*xy[~same].T, ".", ms=size, color=_REST, mew=0, rasterized=True)
    color = class_style(label).color
    axes.plot(*xy[same].T, ".", ms=1.3 * size, color=color, mew=0, rasterized=True)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    if np.isfinite(xy[row]).all():
        axes.plot(*xy[row], "+", ms=13, mew=1.6, color=_MARK)
        axes.set_title(f"{title}: {label} coloured")
    else:
        axes.set_title(f"{title}: this star has no place here")


def _say(axes: Axes, words: str) -> None:
    axes.axis("off")
    axes.text(0.5, 0.5, words, ha="center", va="center", color="#5b6470", transform=axes.transAxes)


def mark_of(label: str) -> dict[str, Any]:
    """Colour and long name of a class, for the words beside the figure."""
    style = class_style(label)
    return {"color": style.color, "name": style.name}
