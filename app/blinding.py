"""What a vetter may see: nothing that would sway the verdict, if asked not even the class."""

from app.atlas_store import AtlasStore
from app.palette import UNLABELLED
from app.star_facts import suggestion
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


def two_classes(state: AppState, store: AtlasStore, row: int) -> tuple[str, str]:
    """Class of the catalogue and, where it differs, the suggested one; "" for none or hidden."""
    if row < 0:
        return "", ""
    label, (suggested, _) = store.label(row), suggestion(store.objects.iloc[row])
    own = label if sees_class(state) and label != UNLABELLED else ""
    return own, suggested if sees_others(state) and suggested != label else ""
