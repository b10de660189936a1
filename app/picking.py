"""Which star is under the pointer, and which stars lie inside a drawn shape.

Both work on the arrays of points, not on drawn pixels. Distances are screen distances: what looks
nearest is nearest, whatever the axes' scales and directions.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class PointIndex:
    """Points of one map, searchable. Ten million are looked through in some hundredths of a second.

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

    def near(
        self, x: float, y: float, units_per_pixel: tuple[float, float], max_pixels: float = 12.0
    ) -> NDArray[np.int64]:
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
        point = np.array([x, y], dtype=np.float64)
        all_x, reach = self.xy[:, 0], max_pixels * per_pixel[0]
        rows = np.flatnonzero((all_x >= x - reach) & (all_x <= x + reach))
        pixels = np.hypot(*((self.xy[rows] - point) / per_pixel).T)
        order = np.argsort(pixels, kind="stable")
        return rows[order[pixels[order] <= max_pixels]]

    def in_box(self, x0: float, x1: float, y0: float, y1: float) -> NDArray[np.bool_]:
        """Return which stars lie in the box (edges included), bool, shape (N,)."""
        (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
        x, y = self.xy.T
        return (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)

    def in_polygon(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
        """Return which stars lie inside the polygon (even-odd rule), bool, shape (N,)."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        inside = np.zeros(len(self.xy), dtype=bool)
        if len(x) < 3:
            return inside
        rows = np.flatnonzero(self.in_box(x.min(), x.max(), y.min(), y.max()))
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
