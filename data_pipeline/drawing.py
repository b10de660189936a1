"""A picture of a survey: who has which modality, against magnitude, on the sky, and by class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.survey import Survey

MAGNITUDES = ("mean_vmag", "phot_g_mean_mag", "lc_mean_mag", "mean_gmag", "magnitude", "rc_mag")
"""Columns tried for the magnitude axis, in this order."""
_COLORS = {
    "light curve and spectrum": "#6a3d9a",
    "light curve": "#2a6fbb",
    "spectrum": "#c77c11",
    "catalog only": "#8a8a8a",
}
_MOST_CLASSES, _FEWEST_ROWS = 20, 9
_STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#888888", "axes.labelcolor": "#222222",
    "xtick.color": "#444444", "ytick.color": "#444444",
}  # fmt: skip


def draw_survey(survey: Survey, path: Path, magnitude: str = "") -> None:
    """Draw who has which modality into a file (.png, .svg or .pdf).

    Parameters
    ----------
    survey : Survey
    path : Path
        Its ending says the format.
    magnitude : str, optional
        Column of the magnitude axis; by default the first of `MAGNITUDES` that there is.
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
        _draw_sky(figure.add_subplot(grid[0, 0]), survey, groups)
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


def _draw_sky(axes: Axes, survey: Survey, groups: Mapping[str, NDArray[np.bool_]]) -> None:
    axes.set(xlabel="right ascension [deg]", ylabel="declination [deg]")
    if not {"ra_deg", "dec_deg"} <= set(survey.objects):
        axes.text(0.5, 0.5, "no positions", ha="center", transform=axes.transAxes)
        return
    ra, dec = (survey.objects[name].to_numpy() for name in ("ra_deg", "dec_deg"))
    size = float(np.clip(4000.0 / max(len(ra), 1), 0.5, 8.0))
    for name, mask in sorted(groups.items(), key=lambda group: -group[1].sum()):
        axes.scatter(
            ra[mask], dec[mask], s=size, color=_COLORS[name], linewidths=0, rasterized=True
        )
    axes.invert_xaxis()  # east is left


def _draw_magnitudes(
    axes: Axes, survey: Survey, groups: Mapping[str, NDArray[np.bool_]], column: str
) -> None:
    known = [name for name in ((column,) if column else MAGNITUDES) if name in survey.objects]
    if column and not known:
        raise InputError(f"{survey.name} has no column {column!r} to draw against.")
    if not known:
        axes.text(0.5, 0.5, "no magnitudes", ha="center", transform=axes.transAxes)
        axes.set(xlabel="magnitude", ylabel="stars")
        return
    magnitude = survey.objects[known[0]].to_numpy(dtype=np.float64)
    finite = np.isfinite(magnitude)
    low, high = np.percentile(magnitude[finite], [0.1, 99.9]) if finite.any() else (0.0, 1.0)
    edges = np.linspace(low - 1e-6, high + 1e-6, 31)
    axes.hist(
        [magnitude[mask & finite] for mask in groups.values()], edges.tolist(), stacked=True,
        color=[_COLORS[name] for name in groups],
    )  # fmt: skip
    unit = survey.columns[known[0]].unit
    width = f"{edges[1] - edges[0]:.2g} {unit}"
    axes.set(xlabel=f"{survey.columns[known[0]].description} [{unit}]", ylabel=f"stars per {width}")
    missing = int((~finite).sum())
    if missing:
        axes.set_title(f"{missing:,} of {len(finite):,} without", fontsize=8, loc="right")


def _draw_classes(axes: Axes, survey: Survey, groups: Mapping[str, NDArray[np.bool_]]) -> None:
    label = survey.objects.get("class_label")
    if label is None:
        axes.text(0.5, 0.5, "no classes", ha="center", transform=axes.transAxes)
        return
    named = label.astype("str").fillna("(no label)")
    counts = named.value_counts()
    shown = list(counts.index[:_MOST_CLASSES])
    named = named.where(named.isin(shown), "(others)")
    order = shown + (["(others)"] if len(counts) > len(shown) else [])
    total = named.value_counts().reindex(order).to_numpy()
    left = np.zeros(len(order))
    for name, mask in groups.items():
        share = named[mask].value_counts().reindex(order).fillna(0).to_numpy() / total
        axes.barh(order, share, left=left, color=_COLORS[name])
        left += share
    for i, n in enumerate(total):
        axes.text(1.01, i, f"{n:,.0f}", va="center", transform=axes.get_yaxis_transform())
    axes.set_ylim(max(len(order), _FEWEST_ROWS) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="share of the class's stars; their number at the right", xlim=(0.0, 1.0))
