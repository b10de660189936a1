"""What a vetter may see: nothing that would sway the verdict, if asked not even the class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import AtlasStore
from app.coloring import ONE_COLOR
from app.palette import UNLABELLED
from app.star_facts import suggestion
from app.state import AppState
from app.verdicts.book import is_decided
from app.vetter import signed_in, system_user


def sees_others(state: AppState) -> bool:
    """Whether other people's verdicts, the suggestion, the flags and the rank are shown."""
    return state.blind == "no"


def sees_class(state: AppState) -> bool:
    """Whether the catalogue's class is shown."""
    return state.blind != "class"


def seen_label(state: AppState, store: AtlasStore, row: int) -> str:
    """Class of a star as far as it is shown: "unlabelled" where it is hidden."""
    return store.label(row) if sees_class(state) else UNLABELLED


def vetted_stars(state: AppState, store: AtlasStore) -> NDArray[np.bool_]:
    """Stars (N,) on which somebody decided; while blind, this vetter alone."""
    vetter = state.vetter or signed_in() or system_user()
    standing = store.verdicts.standing(None if sees_others(state) else vetter)
    stars = {entry.source_id for entry in standing if is_decided(entry)}
    return np.isin(store.source_id, np.fromiter(stars, np.int64, len(stars)))


def hide_class_colors(state: AppState) -> None:
    """Give all stars of the maps one colour while the class is hidden: their colours tell it."""
    usual = AppState.param["color_by"].default
    before = [state.color_by]

    def follow(*_: Any) -> None:
        if not sees_class(state) and state.color_by != ONE_COLOR:
            before[0], state.color_by = state.color_by, ONE_COLOR
        elif sees_class(state) and state.color_by == ONE_COLOR:
            state.color_by = before[0] if before[0] != ONE_COLOR else usual

    state.param.watch(follow, "blind")
    if not sees_class(state):
        follow()


def two_classes(state: AppState, store: AtlasStore, row: int) -> tuple[str, str]:
    """Class of the catalogue and, where it differs, the suggested one; "" for none or hidden."""
    if row < 0:
        return "", ""
    label, (suggested, _) = store.label(row), suggestion(store.objects.iloc[row])
    own = label if sees_class(state) and label != UNLABELLED else ""
    return own, suggested if sees_others(state) and suggested != label else ""
