"""What a map of many stars shows: the few in view as markers, or else a picture of all of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.coloring import Coloring
from app.palette import GREY
from app.picking import PointIndex
from app.shading import Codes, Frame, Layer, Pixels, shade, winners

Rows = NDArray[np.integer]


class Scene(NamedTuple):
    """The stars of a map: where they are, in what colours, which are switched off and selected."""

    points: PointIndex
    coloring: Coloring
    hidden: tuple[str, ...]
    selection: NDArray[np.bool_]
    theme: str

    @property
    def is_on(self) -> NDArray[np.bool_]:
        """Which codes of the colours are switched on in the legend."""
        return ~np.isin(self.coloring.labels, self.hidden)

    def in_view(self, frame: Frame) -> Rows:
        """Stars to be seen in a part of the plane."""
        rows, is_on = self.points.rows_in_box(*frame.x, *frame.y), self.is_on
        return rows if is_on.all() else rows[is_on[self.coloring.code[rows]]]


class Ground(NamedTuple):
    """All stars in view, counted: what lies under a selection, whatever is selected."""

    scene: Scene
    frame: Frame
    winners: Codes
    n_stars: int

    def is_of(self, scene: Scene, frame: Frame) -> bool:
        """Whether it shows just these stars in these colours in this part of the plane."""
        own = self.scene
        same = own.points is scene.points and own.coloring is scene.coloring
        return same and own.hidden == scene.hidden and self.frame == frame


class Painter:
    """Draws the scenes of one map; a selection alone does not have all stars counted again.

    Parameters
    ----------
    most_markers : int
        More stars in view are a picture.
    """

    def __init__(self, most_markers: int) -> None:
        self.most_markers = most_markers
        self._ground: Ground | None = None

    def draw(self, scene: Scene, frame: Frame, wider: Frame) -> Rows | tuple[Pixels, Frame]:
        """Rows to draw as markers, all those in the wider frame where it fits, or a picture."""
        ground = self._ground
        if ground is None or not ground.is_of(scene, frame):
            rows = scene.in_view(frame)
            if len(rows) <= self.most_markers:
                more = scene.in_view(wider)
                return more if len(more) <= self.most_markers else rows
            ground = self._ground = Ground(scene, frame, _winners(scene, rows, frame), len(rows))
        return self._picture(ground, scene), frame

    def _picture(self, ground: Ground, scene: Scene) -> Pixels:
        colors = [style.color for style in scene.coloring.styles]
        radius = 2 if ground.n_stars < 4 * self.most_markers else 1
        alpha = float(np.interp(np.log10(ground.n_stars), [4, 6], [0.6, 0.15]))
        if not scene.selection.any():
            return shade([Layer(ground.winners, colors, alpha)], radius)
        chosen = np.flatnonzero(scene.selection)
        chosen = chosen[scene.is_on[scene.coloring.code[chosen]]]
        rest = Layer(ground.winners, [GREY[scene.theme]] * len(colors), 0.7 * alpha)
        lit = Layer(_winners(scene, chosen, ground.frame), colors, 0.8)
        return shade([rest, lit], radius)


def _winners(scene: Scene, rows: Rows, frame: Frame) -> Codes:
    code, n_classes = scene.coloring.code, len(scene.coloring.styles)
    everyone = slice(None) if len(rows) == len(code) else rows  # saves three copies
    return winners(scene.points.xy, everyone, code, n_classes, frame)
