"""The sky about the star in focus, by Aladin Lite, only when asked for."""

import math
from typing import Any, ClassVar

import panel as pn
import param

from app.atlas_store import AtlasStore
from app.chrome import Piece, static
from app.star_facts import number
from app.state import AppState
from app.words import Words

ALADIN = "https://aladin.cds.unistra.fr/AladinLite/api/v3/latest/aladin.js"


class SkyImage(Piece):
    """A button that loads the picture of one place, or words in its stead."""

    source = param.String(ALADIN)
    star = param.String()
    ra_deg = param.Number(0.0)
    dec_deg = param.Number(0.0)
    fov_deg = param.Number(4 / 60)
    words = param.String(doc="Why there is no picture; empty where there may be one.")

    _esm = static("sky_image.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("sky_image.css")]


class ImageView(pn.viewable.Viewer):
    """Picture of the sky about `state.focus`."""

    def __init__(self, state: AppState, store: AtlasStore, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.store = state, store
        self.image = SkyImage(sizing_mode="stretch_both", margin=0)
        self.caption = Words("card-caption")
        self._is_open = False
        state.param.watch(self._show, "focus")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.image

    @property
    def is_open(self) -> bool:
        """Whether it is looked at; only then does it follow the focus."""
        return self._is_open

    @is_open.setter
    def is_open(self, is_open: bool) -> None:
        self._is_open = is_open
        self._show()

    def _show(self, *_: Any) -> None:
        if not self._is_open:
            return
        row = self.state.focus
        if row < 0:
            self.image.words = "Click a star on a map to see the sky about it."
            return
        star = self.store.objects.iloc[row]
        ra, dec = number(star, "ra_deg"), number(star, "dec_deg")
        is_placed = math.isfinite(ra) and math.isfinite(dec)
        words = "" if is_placed else "This star has no coordinates."
        if self.store.survey.is_synthetic:
            words = "A simulated star: the sky has nothing at its place."
        self.image.param.update(
            star=self.store.name(row),
            ra_deg=ra if is_placed else 0.0,
            dec_deg=dec if is_placed else 0.0,
            words=words,
        )
        arcmin = 60 * self.image.fov_deg
        self.caption.object = "" if words else f"DSS2, {arcmin:.0f}′ wide, north up, east left"
