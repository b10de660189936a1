"""Which star is under the pointer, and which stars lie inside a drawn shape.

Both work on the arrays of points, not on drawn pixels. Distances are screen distances: what looks
nearest is nearest, whatever the axes' scales and directions.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_MOST_BY_CELLS = 0.2
"""Share of the cells from which on all stars are scanned."""


class Cells:
    """Points of the plane sorted into a grid of cells, so that few need be looked at.

    Parameters
    ----------
    xy : float array (N, 2)
    placed : bool array (N,)
        Those that are finite.
    low, high : float arrays (2,)
        Their extent.
    """

    def __init__(self, xy: Floats, placed: NDArray[np.bool_], low: Floats, high: Floats) -> None:
        rows = np.flatnonzero(placed).astype(np.int32)
        self._side = int(np.clip(np.sqrt(len(rows) / 4), 1, 1024))
        self._low = low
        self._per_unit = self._side / np.where(high > low, high - low, 1.0)
        column, row = (self._at(xy[rows, axis], axis) for axis in (0, 1))
        cell = row * self._side + column
        self._rows = rows[np.argsort(cell, kind="stable")]
        self._start = np.append(0, np.cumsum(np.bincount(cell, minlength=self._side**2)))

    def touching(self, low: Floats, high: Floats) -> NDArray[np.int32]:
        """Rows of the stars in the cells that touch a box: all those in it and some beside."""
        (x0, x1), (y0, y1) = ((int(self._at(low[a], a)), int(self._at(high[a], a))) for a in (0, 1))
        first = np.arange(y0, y1 + 1) * self._side
        starts, ends = self._start[first + x0], self._start[first + x1 + 1]
        return np.concatenate([self._rows[a:b] for a, b in zip(starts, ends, strict=True)])

    def share(self, low: Floats, high: Floats) -> Floats:
        """Share (2,) of the columns and of the rows of cells that touch a box."""
        return (
            np.array([(self._at(high[a], a) - self._at(low[a], a) + 1) for a in (0, 1)])
            / self._side
        )

    def _at(self, value: Any, axis: int) -> Any:
        """Column (or row) of the cells in which values lie, the nearest for those outside."""
        place = np.floor((value - self._low[axis]) * self._per_unit[axis])
        return np.clip(place, 0, self._side - 1).astype(np.int32)


class PointIndex:
    """Points of one map, searchable; they are sorted into cells when they are first searched.

    Parameters
    ----------
    xy : array_like, shape (N, 2)
        NaN where a star has no place on the map; such stars are never found.
    """

    def __init__(self, xy: ArrayLike) -> None:
        self.xy = np.asarray(xy, dtype=np.float64, order="F")  # each column in one piece
        self.placed = np.isfinite(self.xy[:, 0]) & np.isfinite(self.xy[:, 1])
        self.n_placed = int(self.placed.sum())
        known = self.xy[self.placed] if self.n_placed < len(self.xy) else self.xy
        self.low = known.min(axis=0) if len(known) else np.zeros(2)
        self.high = known.max(axis=0) if len(known) else np.ones(2)

    @cached_property
    def cells(self) -> Cells:
        """The stars by cells of the plane."""
        return Cells(self.xy, self.placed, self.low, self.high)

    def near(
        self, x: float, y: float, units_per_pixel: tuple[float, float], max_pixels: float = 12.0
    ) -> NDArray[np.integer]:
        """Return the rows of the stars near a place on the screen, the nearest first.

        Parameters
        ----------
        x, y : float
            Pointer position in data units.
        units_per_pixel : (float, float)
            Data units in one screen pixel along x and along y (sign does not matter).
        max_pixels : float
        """
        per_pixel = np.maximum(np.abs(np.asarray(units_per_pixel, dtype=np.float64)), 1e-300)
        point, reach = np.array([x, y], dtype=np.float64), max_pixels * per_pixel
        rows = self.cells.touching(point - reach, point + reach)
        pixels = np.hypot(*((self.xy[rows] - point) / per_pixel).T)
        order = np.argsort(pixels, kind="stable")
        return rows[order[pixels[order] <= max_pixels]]

    def in_box(self, x0: float, x1: float, y0: float, y1: float) -> NDArray[np.bool_]:
        """Return which stars lie in the box (edges included), bool, shape (N,)."""
        inside = np.zeros(len(self.xy), dtype=bool)
        inside[self.rows_in_box(x0, x1, y0, y1)] = True
        return inside

    def rows_in_box(self, x0: float, x1: float, y0: float, y1: float) -> NDArray[np.integer]:
        """Return the rows of the stars in the box (edges included), in order."""
        low = np.minimum((x0, y0), (x1, y1))
        high = np.maximum((x0, y0), (x1, y1))
        if np.prod(self.cells.share(low, high)) > _MOST_BY_CELLS:  # then to scan all is faster
            x, y = self.xy.T
            inside = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
            return np.flatnonzero(inside)
        rows = self.cells.touching(low, high)
        xy = self.xy[rows]
        return np.sort(rows[((xy >= low) & (xy <= high)).all(axis=1)])

    def in_polygon(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
        """Return which stars lie inside the polygon (even-odd rule), bool, shape (N,)."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        inside = np.zeros(len(self.xy), dtype=bool)
        if len(x) < 3:
            return inside
        rows = self.rows_in_box(x.min(), x.max(), y.min(), y.max())
        inside[rows] = points_in_polygon(self.xy[rows], x, y)
        return inside


def points_in_polygon(points: Floats, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Even-odd test of points, shape (M, 2), against the polygon with vertices x, y, shape (V,).

    A point is inside when a ray to the right crosses the outline an odd number of times.
    """
    inside = np.zeros(len(points), dtype=bool)
    px, py = points.T
    for xa, ya, xb, yb in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        if ya == yb:
            continue
        crosses = (py < ya) != (py < yb)
        inside ^= crosses & (px < xa + (py - ya) * (xb - xa) / (yb - ya))
    return inside


def simplify(x: ArrayLike, y: ArrayLike, units_per_pixel: tuple[float, float]) -> Floats:
    """Thin a hand-drawn outline to within a pixel, so that an address can hold it.

    Returns
    -------
    ndarray, shape (V, 2), data units rounded to a hundredth of a pixel
    """
    scale = np.maximum(np.abs(np.asarray(units_per_pixel, dtype=np.float64)), 1e-300)
    pixels = np.column_stack([x, y]) / scale
    kept = _douglas_peucker(pixels, tolerance=1.0)
    outline = pixels[kept] * scale
    return np.column_stack([np.round(outline[:, i], decimals_for(scale[i])) for i in (0, 1)])


def decimals_for(unit: float) -> int:
    """Decimals that keep a hundredth of this unit."""
    return int(np.clip(np.ceil(2 - np.log10(max(abs(unit), 1e-12))), 0, 14))


def _douglas_peucker(points: Floats, tolerance: float) -> NDArray[np.bool_]:
    """Which vertices of an open line to keep so that it moves by no more than the tolerance."""
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distance = _distance_to_segment(points[first + 1 : last], points[first], points[last])
        farthest = first + 1 + int(distance.argmax())
        if distance.max() > tolerance:
            kept[farthest] = True
            spans += [(first, farthest), (farthest, last)]
    return kept


def _distance_to_segment(points: Floats, start: Floats, end: Floats) -> Floats:
    along = end - start
    length = float(along @ along)
    share = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(len(points))
    return np.hypot(*(points - start - share[:, None] * along).T)
