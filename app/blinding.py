"""What a vetter may see: nothing that would sway the verdict, if asked not even the class."""

from app.atlas_store import AtlasStore
from app.palette import UNLABELLED
from app.state import AppState


def sees_others(state: AppState) -> bool:
    """Whether other people's verdicts, the suggestion, the flags and the rank are shown."""
    return state.blind == "no"


def sees_class(state: AppState) -> bool:
    """Whether the catalogue's class is shown."""
    return state.blind != "class"


def seen_label(state: AppState, store: AtlasStore, row: int) -> str:
    """Class of a star as far as it is shown: "unlabelled" where it is hidden."""
    return store.label(row) if sees_class(state) else UNLABELLED
