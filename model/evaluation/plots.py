"""The report's figures, each as PDF (for print, text stays text) and PNG.

They are as wide as a column or the page of a journal, so that their text has its size in print.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.lines
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.evaluation.grid import PRETRAINED, SCRATCH, SUBSETS

Figures = dict[str, Any]

COLORS = {PRETRAINED: "#0072B2", SCRATCH: "#D55E00", "nuisance": "#7f7f7f"}  # Okabe & Ito
MARKERS = {PRETRAINED: "o", SCRATCH: "s", "nuisance": "^"}
SHARE = {"full": 100, "sub50": 50, "sub25": 25, "sub10": 10}
STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "pdf.fonttype": 42,  # text stays text
}
COLUMN, PAGE = 3.4, 7.1
"""Width of a column and of the page [inch]."""
DPI = 300


def draw(report: Figures, cells: Sequence[Figures], directory: Path) -> list[Path]:
    """Write every figure that the report has content for; return the PDF files."""
    directory.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        return _drawn(report, cells, directory)


def _drawn(report: Figures, cells: Sequence[Figures], directory: Path) -> list[Path]:
    drawn = {"accuracy": _accuracy(report["accuracy"])}
    shown = [c for c in cells if c["subset"] == report["combination_subset"]]
    for mode in dict.fromkeys(c["mode"] for c in shown):
        here = [c for c in shown if c["mode"] == mode]
        start = here[0]["start"]
        drawn[f"confusion_{mode}"] = _confusion([c for c in here if c["start"] == start], mode)
    drawn["calibration"] = _calibration(shown)
    if report["combinations"]:
        drawn["combinations"] = _combinations(report["combinations"])
    numeric = [r for r in report["numeric"] if "reason" not in r]
    if numeric:
        drawn["numeric"] = _numeric(numeric)
    paths = []
    for name, figure in drawn.items():
        figure.savefig(directory / f"{name}.png", dpi=DPI)
        figure.savefig(directory / f"{name}.pdf", metadata={"CreationDate": None})
        paths.append(directory / f"{name}.pdf")
    return paths


def _figure(width: float, height: float, n_panels: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many inches with its panels, at most four side by side."""
    n_rows = -(-n_panels // 4)
    n_columns = -(-n_panels // n_rows)
    figure = Figure(figsize=(width, height * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
    for axis in axes[n_panels:]:
        axis.set_visible(False)
    return figure, list(axes[:n_panels])


def _width(n_panels: int) -> float:
    return COLUMN if n_panels == 1 else PAGE


def _accuracy(rows: Sequence[Figures]) -> Figure:
    """Accuracy against the share of labels, a panel per mode."""
    modes = list(dict.fromkeys(row["mode"] for row in rows))
    figure, axes = _figure(_width(len(modes)), 2.6, len(modes))
    for axis, mode in zip(axes, modes, strict=True):
        here = sorted((r for r in rows if r["mode"] == mode), key=lambda r: SHARE[r["subset"]])
        for kind in (PRETRAINED, SCRATCH, "nuisance"):
            values = [r.get(f"{kind}_accuracy") for r in here]
            known = [(SHARE[r["subset"]], v) for r, v in zip(here, values, strict=True) if v]
            axis.errorbar(
                [x for x, _ in known], [100 * v["mean"] for _, v in known],
                [100 * v["std"] for _, v in known], color=COLORS[kind], marker=MARKERS[kind],
                markersize=3.5, capsize=2, linewidth=1, label=_LABEL[kind],
            )  # fmt: skip
        axis.set_xscale("log")
        axis.set_xticks([SHARE[s] for s in SUBSETS], [str(SHARE[s]) for s in SUBSETS])
        axis.minorticks_off()
        axis.set_title(_modality(mode))
        axis.set_xlim(8, 125)
        axis.set_xlabel("labels used (%)")
    axes[0].set_ylabel("test accuracy (%)")
    _legend(figure, axes[0])
    return figure


def _legend(figure: Figure, axis: Axes) -> None:
    """Put one legend for all panels below them."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _modality(mode: str) -> str:
    return "all modalities" if mode == "all" else mode


_LABEL = {PRETRAINED: "pre-trained", SCRATCH: "from scratch", "nuisance": "nuisance only"}


def _confusion(cells: Sequence[Figures], mode: str) -> Figure:
    """Confusion matrix, summed over the seeds: row per cent as shade, counts as numbers."""
    classes = cells[0]["classes"]
    same = [c for c in cells if c["classes"] == classes]
    counts = np.sum([c["confusion"] for c in same], axis=0)
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    width = COLUMN if len(classes) <= 6 else PAGE
    figure, (axis,) = _figure(width, 0.86 * width)
    fontsize = min(7, 0.3 * 72 * 0.75 * width / len(classes))
    image = axis.imshow(share, cmap="Blues", vmin=0, vmax=100)
    for i, j in np.ndindex(counts.shape):
        if counts[i, j]:
            color = "white" if share[i, j] > 55 else "black"
            axis.text(j, i, str(counts[i, j]), ha="center", va="center", color=color,
                      fontsize=fontsize)  # fmt: skip
    axis.set_xticks(range(len(classes)), classes, rotation=90)
    axis.set_yticks(range(len(classes)), classes)
    axis.set_xlabel("predicted class")
    axis.set_ylabel("catalog class")
    axis.set_title(f"{_modality(mode)}, {cells[0]['subset']} labels, {_LABEL[cells[0]['start']]}, "
                   f"{len(same)} seed{'s' if len(same) > 1 else ''}")  # fmt: skip
    figure.colorbar(image, ax=axis, label="share of the catalog class (%)", shrink=0.8)
    return figure


def _calibration(cells: Sequence[Figures]) -> Figure:
    """Reliability: accuracy against stated probability, a panel per mode, all seeds together."""
    modes = list(dict.fromkeys(c["mode"] for c in cells))
    figure, axes = _figure(_width(len(modes)), 2.9 if len(modes) == 1 else 2.4, len(modes))
    for axis, mode in zip(axes, modes, strict=True):
        axis.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1)
        for start in (PRETRAINED, SCRATCH):
            here = [c for c in cells if (c["mode"], c["start"]) == (mode, start)]
            if not here:
                continue
            count = np.array([c["reliability"]["count"] for c in here], float)
            pooled = {
                key: np.nansum(count * np.array([c["reliability"][key] for c in here], float), 0)
                / np.where(count.sum(0) > 0, count.sum(0), np.nan)
                for key in ("confidence", "accuracy")
            }
            axis.plot(
                pooled["confidence"], pooled["accuracy"], color=COLORS[start],
                marker=MARKERS[start], markersize=3.5, linewidth=1, label=_LABEL[start],
                clip_on=False,
            )  # fmt: skip
        axis.set_title(_modality(mode))
        axis.set_xlabel("stated probability")
        axis.set_aspect("equal")
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1)
    axes[0].set_ylabel("share that is right")
    _legend(figure, axes[0])
    return figure


def _combinations(rows: Sequence[Figures]) -> Figure:
    """Recall per class and combination of modalities, of the first start."""
    rows = [row for row in rows if row["start"] == rows[0]["start"]]
    classes = list(dict.fromkeys(name for row in rows for name in row["recall"]))
    value = np.array([[100 * r["recall"].get(c, {"mean": np.nan})["mean"] for c in classes]
                      for r in rows])  # fmt: skip
    figure, (axis,) = _figure(PAGE, 0.9 + 0.26 * len(rows))
    image = axis.imshow(value, cmap="viridis", vmin=0, vmax=100, aspect="auto")
    for i, j in np.ndindex(value.shape):
        if np.isfinite(value[i, j]):
            color = "black" if value[i, j] > 60 else "white"
            axis.text(j, i, f"{value[i, j]:.0f}", ha="center", va="center", color=color, fontsize=7)
    axis.set_xticks(range(len(classes)), classes, rotation=90 if len(classes) > 12 else 0)
    axis.set_xlabel("catalog class")
    axis.set_yticks(range(len(rows)), [row["modalities"] for row in rows])
    figure.colorbar(image, ax=axis, label="recall (%)")
    return figure


def _numeric(rows: Sequence[Figures]) -> Figure:
    """R² of neighbours, probe and nuisance with intervals, a panel per column."""
    columns = list(dict.fromkeys(row["column"] for row in rows))
    where = list(dict.fromkeys((row["by"], row["from"]) for row in rows))
    figure, axes = _figure(_width(len(columns)), 0.9 + 0.24 * len(where), len(columns))
    kinds = (
        ("neighbors", "#0072B2", "o"), ("probe", "#009E73", "s"), ("nuisance", "#7f7f7f", "^"),
    )  # fmt: skip
    for axis, column in zip(axes, columns, strict=True):
        for offset, (kind, color, marker) in zip((-0.22, 0.0, 0.22), kinds, strict=True):
            for row in (r for r in rows if r["column"] == column):
                value, low, high = (max(v, -0.5) for v in row[kind]["first"])
                y = where.index((row["by"], row["from"])) + offset
                axis.plot([low, high], [y, y], color=color, linewidth=1)
                axis.plot(value, y, marker, color=color, markersize=3.5)
        axis.axvline(0, color="#bbbbbb", linewidth=0.8)
        axis.set_xlim(-0.5, 1.02)
        axis.set_title(column.replace(" ", "\n"), fontsize=7)
        axis.set_xlabel("R²")
    names = [a if a == b else f"{a} → {b}" for a, b in where]
    axes[0].set_yticks(range(len(where)), names)
    axes[0].invert_yaxis()
    figure.legend(
        handles=[
            matplotlib.lines.Line2D([], [], color=color, marker=marker, markersize=3.5, label=kind)
            for kind, color, marker in kinds
        ],
        loc="outside lower center", ncols=3, frameon=False,
    )  # fmt: skip
    return figure
