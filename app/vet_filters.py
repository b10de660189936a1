"""The filters of the queue: which stars, in what order, how blind."""

from dataclasses import asdict, replace
from typing import Any, ClassVar

import panel as pn
import param

from app.atlas_store import AtlasStore
from app.chrome import Piece, static
from app.state import AppState
from app.verdicts.choice import ANY, DIFFERS, ORDERS, SHOWS, choices, read_choice

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
    """Selects over `queue_filters` and `blind` of the state.

    Parameters
    ----------
    state : AppState
    store : AtlasStore
    flags : dict of str to str
        Kinds of flags: column of the ranking to the word for it.
    """

    def __init__(self, state: AppState, store: AtlasStore, flags: dict[str, str]) -> None:
        super().__init__()
        self.state, self.store = state, store
        self._options = _options(store, flags)
        self.selects = Selects(
            fields=[
                {"name": name, "hint": HINTS[name], "words": list(options)}
                for name, options in self._options.items()
            ],
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.selects.on_act = self._act
        state.param.watch(lambda _: self._show(), ["queue_filters", "blind"])
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.selects

    def choose(self, name: str, value: Any) -> None:
        """Set one filter."""
        with pn.io.hold():
            if name == "blind":
                self.state.blind = value
                return
            now = read_choice(self.state.queue_filters, self.store)
            self.state.queue_filters = replace(now, **{name: value}).told()

    def _act(self, message: dict[str, Any]) -> None:
        options = self._options.get(str(message.get("name")), {})
        values, place = list(options.values()), message.get("place")
        if isinstance(place, int) and 0 <= place < len(values):
            self.choose(message["name"], values[place])

    def _show(self) -> None:
        choice = read_choice(self.state.queue_filters, self.store)
        now = {**asdict(choice), "blind": self.state.blind}
        self.selects.chosen = {
            name: list(options.values()).index(now[name]) for name, options in self._options.items()
        }


def _options(store: AtlasStore, flags: dict[str, str]) -> dict[str, Options]:
    words: dict[str, dict[Any, str]] = {
        "show": SHOWS,
        "order": ORDERS,
        "label": {"": "all classes"},
        "flag": {"": "all flags", **flags},
        "external": {"": "any catalogue", ANY: "known elsewhere", DIFFERS: "differs elsewhere"},
        "only_selected": {False: "all stars", True: "selection"},
        "with_controls": {True: "10 % random", False: "flagged only"},
    }
    options = {
        name: {words[name].get(value, value): value for value in values}
        for name, values in choices(store).items()
    }
    return {**options, "blind": {text: key for key, text in BLIND.items()}}
