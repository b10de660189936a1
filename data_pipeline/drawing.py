"""A picture of a survey: who has which modality, against magnitude, on the sky, and by class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.survey import Survey

MAGNITUDES = ("mean_vmag", "phot_g_mean_mag", "mean_gmag", "lc_mean_mag")
"""Columns tried for the magnitude axis, in this order; then whatever is a magnitude by its UCD."""
_COLORS = {
    "light curve and spectrum": "#6a3d9a",
    "light curve": "#2a6fbb",
    "spectrum": "#c77c11",
    "catalog only": "#8a8a8a",
}
_MOST_CLASSES, _FEWEST_ROWS = 20, 9
_FIELD_DEG = 60.0  # what is wider than this is drawn as the whole sky
_STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#888888", "axes.labelcolor": "#222222",
    "xtick.color": "#444444", "ytick.color": "#444444",
}  # fmt: skip
_GRID: dict[str, Any] = {"color": "#dddddd", "linewidth": 0.6}
Groups = Mapping[str, NDArray[np.bool_]]


def draw_survey(survey: Survey, path: Path, magnitude: str = "") -> None:
    """Draw who has which modality into a file (.png, .svg or .pdf).

    Parameters
    ----------
    survey : Survey
    path : Path
        Its ending says the format.
    magnitude : str, optional
        Column of the magnitude axis; by default the first of `MAGNITUDES` that most stars have.
    """
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise InputError(f"cannot draw into {path}: the ending must be .png, .svg or .pdf.")
    groups = _groups(survey)
    with mpl.rc_context({**_STYLE, "svg.hashsalt": survey.name}):
        figure = Figure(figsize=(11.0, 7.5), layout="constrained")
        simulated = " (simulated)" if survey.is_synthetic else ""
        figure.suptitle(f"{survey.name}{simulated}: {len(survey):,} stars", weight="bold")
        swatches = [
            Patch(color=_COLORS[name], label=f"{name} ({mask.sum():,})")
            for name, mask in groups.items()
        ]
        figure.legend(handles=swatches, loc="outside lower center", ncols=4, frameon=False)
        grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1.0))
        _draw_sky(figure, grid[0, 0], survey, groups)
        _draw_magnitudes(figure.add_subplot(grid[1, 0]), survey, groups, magnitude)
        _draw_classes(figure.add_subplot(grid[:, 1]), survey, groups)
        figure.savefig(path, dpi=150)


def _groups(survey: Survey) -> dict[str, NDArray[np.bool_]]:
    light, spectrum = survey.has_photometry, survey.has_spectra
    masks = {
        "light curve and spectrum": light & spectrum,
        "light curve": light & ~spectrum,
        "spectrum": ~light & spectrum,
        "catalog only": ~light & ~spectrum,
    }
    return {name: mask for name, mask in masks.items() if mask.any()}


def _draw_sky(figure: Figure, place: SubplotSpec, survey: Survey, groups: Groups) -> None:
    """Draw positions, east to the left: a field to scale, or the whole sky (Mollweide)."""
    has = {"ra_deg", "dec_deg"} <= set(survey.objects)
    position = survey.objects[["ra_deg", "dec_deg"]].to_numpy(np.float64) if has else np.empty(0)
    known = np.isfinite(position).all(axis=1) if has else np.zeros(0, dtype=bool)
    if not known.any():
        _say_none(figure.add_subplot(place), "no positions")
        return
    ra: NDArray[np.float64] = position[:, 0]
    dec: NDArray[np.float64] = position[:, 1]
    middle = _middle_of_arc(ra[known])
    east = (ra - middle + 180.0) % 360.0 - 180.0
    wide = np.ptp(east[known]) > _FIELD_DEG or np.ptp(dec[known]) > _FIELD_DEG
    if wide:
        axes = figure.add_subplot(place, projection="mollweide")
        east = np.radians((180.0 - ra + 180.0) % 360.0 - 180.0)
        dec = np.radians(dec)
        axes.set_xticks(np.radians(np.arange(-120, 121, 60)), [""] * 5)
        axes.set_yticks(np.radians(np.arange(-60, 61, 30)))
        axes.grid(**_GRID)
        axes.tick_params(labelsize=8)
        halo = [withStroke(linewidth=3, foreground="white")]  # legible among the points
        for degrees in range(60, 301, 60):
            axes.text(
                np.radians(180 - degrees), 0.0, f"{degrees}°", fontsize=8, color="#444444",
                ha="center", va="center", path_effects=halo, zorder=3,
            )  # fmt: skip
        axes.set_xlabel("right ascension, declination", labelpad=8)
    else:
        axes = figure.add_subplot(place)
        axes.set(xlabel="right ascension [deg]", ylabel="declination [deg]")
        axes.set_aspect(1.0 / np.cos(np.radians(np.mean(dec[known]))), adjustable="box")
        digits = int(max(0, 1 - np.floor(np.log10(max(np.ptp(east[known]), 1e-4)))))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda x, _: f"{(x + middle) % 360.0:.{digits}f}")
        )
        axes.invert_xaxis()
    size = float(np.clip(4000.0 / max(len(ra), 1), 0.5, 8.0))
    for name, mask in sorted(groups.items(), key=lambda group: -group[1].sum()):
        shown = mask & known
        axes.scatter(
            east[shown], dec[shown], s=size, color=_COLORS[name], linewidths=0, rasterized=True
        )


def _middle_of_arc(ra_deg: NDArray[np.float64]) -> float:
    """Return the middle of the shortest arc that holds all right ascensions, to 0.1 deg."""
    ordered = np.unique(ra_deg % 360.0)
    gaps = np.diff(ordered, append=ordered[0] + 360.0)
    start = ordered[(gaps.argmax() + 1) % len(ordered)]
    return float(np.round((start + (360.0 - gaps.max()) / 2.0) % 360.0, 1))


def _magnitude_column(survey: Survey, asked: str) -> str | None:
    """Return the column to draw against: one of a spread, which most stars have."""
    if asked and asked not in survey.objects:
        raise InputError(f"{survey.name} has no column {asked!r} to draw against.")
    if asked:
        return asked
    by_meaning = [name for name, column in survey.columns.items()
                  if column.ucd == "phot.mag" or column.ucd.startswith("phot.mag;em")]  # fmt: skip
    counts = {
        name: int(survey.objects[name].notna().sum())
        for name in dict.fromkeys([*MAGNITUDES, *by_meaning])
        if name in survey.objects and survey.columns[name].unit == "mag"
        and survey.objects[name].std() > 1e-3  # the median of relative fluxes is one and the same
    }  # fmt: skip
    most = max(counts.values(), default=0)
    return next((name for name, count in counts.items() if 2 * count >= most), None)


def _draw_magnitudes(axes: Axes, survey: Survey, groups: Groups, asked: str) -> None:
    column = _magnitude_column(survey, asked)
    if column is None:
        _say_none(axes, "no magnitudes")
        return
    magnitude = survey.objects[column].to_numpy(dtype=np.float64)
    finite = np.isfinite(magnitude)
    low, high = np.percentile(magnitude[finite], [0.1, 99.9]) if finite.any() else (0.0, 1.0)
    width = _round_width((high - low) / 30.0)
    edges = np.arange(np.floor(low / width), np.ceil(high / width) + 1.5) * width
    axes.hist(
        [magnitude[mask & finite] for mask in groups.values()], edges.tolist(), stacked=True,
        color=[_COLORS[name] for name in groups],
    )  # fmt: skip
    unit = survey.columns[column].unit or "unit"
    axes.set(
        xlabel=f"{survey.columns[column].description} [{unit}]",
        ylabel=f"stars per {width:g} {unit}",
    )
    missing = int((~finite).sum())
    if missing:
        axes.set_title(f"{missing:,} of {len(finite):,} stars have none", fontsize=8, loc="right")


def _round_width(width: float) -> float:
    """Return the next smaller of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(max(width, 1e-6)))
    return float(max(factor for factor in (1, 2, 5) if factor * power <= width * 1.001) * power)


def _draw_classes(axes: Axes, survey: Survey, groups: Groups) -> None:
    """Draw what each class has; where all have the same, how many stars each class has."""
    label = survey.objects.get("class_label")
    if label is None or not len(label):
        _say_none(axes, "no classes")
        return
    named = label.astype("str").fillna("(no label)")
    counts = named.value_counts()
    shown = list(counts.index[:_MOST_CLASSES])
    named = named.where(named.isin(shown), "(others)")
    order = shown + (["(others)"] if len(counts) > len(shown) else [])
    total = named.value_counts().reindex(order).to_numpy(np.float64)
    by_share = len(groups) > 1
    left = np.zeros(len(order))
    for name, mask in groups.items():
        count = named[mask].value_counts().reindex(order).fillna(0).to_numpy(np.float64)
        length = count / total if by_share else count
        axes.barh(order, length, left=left, color=_COLORS[name])
        left += length
    end = 1.0 if by_share else 1.02 * total.max()
    for i, n in enumerate(total):
        axes.text(left[i] + 0.01 * end, i, f"{n:,.0f}", va="center", clip_on=False)
    axes.set_ylim(max(len(order), _FEWEST_ROWS) - 0.5, -0.5)
    axes.spines["left"].set_bounds(-0.5, len(order) - 0.5)
    axes.xaxis.set_ticks_position("top")  # where few classes leave room, it is left below
    axes.xaxis.set_label_position("top")
    axes.spines["bottom"].set_visible(False)
    axes.spines["top"].set_visible(True)
    axes.tick_params(axis="y", length=0)
    words = "share of the class's stars (number at the end)" if by_share else "stars in the class"
    axes.set(xlabel=words, xlim=(0.0, end))


def _say_none(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, color="#666666")
    axes.set_axis_off()
