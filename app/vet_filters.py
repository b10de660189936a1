"""The filters of the queue: which stars, in what order, how blind."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, ClassVar

import panel as pn
import param

from app.atlas_store import AtlasStore
from app.chrome import Piece, static
from app.palette import UNLABELLED
from app.state import AppState
from app.verdicts.choice import ANY, DIFFERS, ORDERS, SHOWS, QueueChoice, external_classes

BLIND = {"no": "not blind", "others": "blind", "class": "blind + class"}
HINTS = {
    "show": "Which stars are listed",
    "order": "In what order the flagged stars come",
    "label": "Class of the catalogue",
    "flag": "Why a star is flagged",
    "external": "Class in another catalogue",
    "only_selected": "All stars, or only those selected on the maps",
    "with_controls": "A tenth of the queue are unflagged stars drawn at random, and not marked; "
    "without them nothing can be said about the share of wrong labels",
    "blind": "Hide what others and the model say; or the catalogue's class too",
}
Options = dict[str, Any]
"""What a select shows, to the value of the choice."""


class Selects(Piece):
    """Some selects, two a row."""

    fields = param.List([], doc="name, hint, words: what each select shows.")
    chosen = param.Dict({}, doc="Name of a select to the place of its option.")

    _esm = static("vet_filters.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("vet_filters.css")]


class VetFilters(pn.viewable.Viewer):
    """Selects that make a `QueueChoice`.

    Parameters
    ----------
    state : AppState
        Its `blind` is written here.
    store : AtlasStore
    flags : dict of str to str
        Kinds of flags: column of the ranking to the word for it.
    on_change : callable
        Takes the new choice.
    """

    choice = param.ClassSelector(class_=QueueChoice, default=QueueChoice())

    def __init__(
        self,
        state: AppState,
        store: AtlasStore,
        flags: dict[str, str],
        on_change: Callable[[QueueChoice], None],
    ) -> None:
        super().__init__()
        self.state, self._on_change = state, on_change
        self._options = _options(store, flags)
        self.selects = Selects(
            fields=[
                {"name": name, "hint": HINTS[name], "words": list(options)}
                for name, options in self._options.items()
            ],
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.selects.on_act = self._act
        state.param.watch(lambda _: self._show(), "blind")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.selects

    def choose(self, name: str, value: Any) -> None:
        """Set one filter."""
        with pn.io.hold():
            if name == "blind":
                self.state.blind = value
                return
            self.choice = replace(self.choice, **{name: value})
            self._show()
            self._on_change(self.choice)

    def _act(self, message: dict[str, Any]) -> None:
        options = self._options.get(str(message.get("name")), {})
        values, place = list(options.values()), message.get("place")
        if isinstance(place, int) and 0 <= place < len(values):
            self.choose(message["name"], values[place])

    def _show(self) -> None:
        now = {**asdict(self.choice), "blind": self.state.blind}
        self.selects.chosen = {
            name: list(options.values()).index(now[name]) for name, options in self._options.items()
        }


def _options(store: AtlasStore, flags: dict[str, str]) -> dict[str, Options]:
    labels = [label for label in store.classes if label != UNLABELLED]
    others = external_classes(store)
    external = {"known elsewhere": ANY, "differs elsewhere": DIFFERS} if others else {}
    return {
        "show": {text: key for key, text in SHOWS.items()},
        "order": {text: key for key, text in ORDERS.items()},
        "label": {"all classes": "", **{label: label for label in labels}},
        "flag": {"all flags": "", **{word: column for column, word in flags.items()}},
        "external": {"any catalogue": "", **external, **{label: label for label in others}},
        "only_selected": {"all stars": False, "selection": True},
        "with_controls": {"10 % random": True, "flagged only": False},
        "blind": {text: key for key, text in BLIND.items()},
    }
