"""The address of what one sees: star, selection, maps, theme as text behind the question mark.

Only what differs from the beginning is written. A selection is written as its recipe (see
app/selection.py): JSON, compressed, in the letters an address allows. Reading never fails: what
cannot be understood is left out and told in a sentence.
"""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode

from app import selection
from app.atlas_store import AtlasStore
from app.background import Afterwards
from app.lines import line_choices
from app.parts import MAX_CALLED, SELECTION
from app.searching import FILTERS
from app.state import AppState
from app.thresholds import THRESHOLDS
from app.verdicts.choice import read_choice
from data_pipeline.errors import InputError

MAX_LENGTH = 8000
"""Longer addresses get cut by browsers, mail and chat programs."""
_MAX_TOLD = 160
_PLAIN = {
    "map": "map_modality",
    "diagram": "diagram",
    "near": "neighbor_modality",
    "color": "color_by",
    "mode": "mode",
    "theme": "theme",
    "like": "search_like",
    "by": "search_by",
    "among": "search_among",
    "but": "search_but",
    "tab": "tab",
    "detail": "detail",
    "blind": "blind",
}
_STARS = {"star": "focus", "pin": "search_pinned", "unlike": "search_unlike", "with": "compared"}
_ZOOMS = {"zoom": "map_zoom", "diagram_zoom": "diagram_zoom"}
_NUMBERS = {"P": "fold_period_days", "times": "fold_factor", "shift": "fold_shift"}
_GROUPS = {
    "card": [
        "residuals", "by_camera", "hidden_bands", "line_set", "is_smoothed", "at_rest",
        "with_classes", "spectrum_epoch", "periodogram", "with_window", "all_values",
    ],
    "cut": [
        "cluster_class", "cluster_modality", "cluster_space", "cluster_method", "cluster_eps",
        "cluster_min_samples", "part_names",
    ],
    "tray": [
        "exported", "export_format", "export_words", "selection_part", "selection_against",
        "report_of", "report_part", "report_piece", "vet_side", "follows_verdicts", "kept_upload",
    ],
    "kept": [
        "chosen_period_days", "chosen_period_err_days", "chosen_epoch", "chosen_epoch_err",
        "chosen_epoch_reference",
    ],
}  # fmt: skip
"""Written together, as what of them is not as in the beginning."""
_LISTS = {"hide": "hidden_classes", "where": "search_filters", "over": "laid_over"}
_WATCHED = [
    *_PLAIN.values(), *_STARS.values(), *_LISTS.values(), *_NUMBERS.values(), *THRESHOLDS,
    *_ZOOMS.values(),
    *(name for group in _GROUPS.values() for name in group),
    "recipe", "fold", "queue_filters",
]  # fmt: skip


class Permalink:
    """Keeps an address up to date with a state, and a state with an address once.

    Parameters
    ----------
    state : AppState
        As it is at the beginning, which has the empty address.
    store : AtlasStore
    write : callable
        Takes the new text of the address from the question mark on.
    """

    def __init__(self, state: AppState, store: AtlasStore, write: Callable[[str], None]) -> None:
        self.state, self.store, self._write = state, store, write
        self._beginning = {name: getattr(state, name) for name in _WATCHED}

    def follow(self) -> None:
        """Write the address whenever the state has changed, after what the change shows."""
        written = Afterwards(lambda: self._write(self.text()))
        self.state.param.watch(lambda *_: written.request(), _WATCHED)

    def text(self) -> str:
        """The address of the state, "?..." or empty."""
        state = self.state
        fields = {key: getattr(state, name) for key, name in _PLAIN.items() if self._changed(name)}
        for key, name in _STARS.items():
            if self._changed(name) and getattr(state, name) >= 0:
                fields[key] = str(self.store.source_id[getattr(state, name)])
        if self._changed("fold"):
            fields["fold"] = "no"
        for key, name in _NUMBERS.items():
            if self._changed(name):
                fields[key] = str(getattr(state, name)).removesuffix(".0")
        for key, name in _LISTS.items():
            if getattr(state, name):
                fields[key] = json.dumps(getattr(state, name))
        for key, name in _ZOOMS.items():
            if part := getattr(state, name):
                fields[key] = " ".join(map(repr, part))
        for key, names in _GROUPS.items():
            if changed := {name: getattr(state, name) for name in names if self._changed(name)}:
                fields[key] = json.dumps(changed)
        if moved := {name: getattr(state, name) for name in THRESHOLDS if self._changed(name)}:
            fields["flags"] = json.dumps(moved)
        if state.queue_filters:
            fields["queue"] = json.dumps(state.queue_filters)
        if state.n_selected and not _is_untold(state.recipe):
            fields["sel"] = pack(state.recipe)
        text = "?" + urlencode(fields) if fields else ""
        if len(text) > MAX_LENGTH:
            fields.pop("sel", None)
            text = "?" + urlencode(fields)
        return text

    def restore(self, text: str) -> None:
        """Set the state from an address; say in `state.notice` what was not understood."""
        given = {key: values[-1] for key, values in parse_qs(text.lstrip("?")).items()}
        readers: dict[str, Callable[[str], None]] = {
            **{key: self._reader(name) for key, name in _PLAIN.items()},
            **{key: partial(self._read_star, name) for key, name in _STARS.items()},
            **{key: partial(self._read_number, name) for key, name in _NUMBERS.items()},
            **{key: partial(self._read_zoom, name) for key, name in _ZOOMS.items()},
            **{key: partial(self._read_group, key) for key in _GROUPS},
            "fold": self._read_fold,
            "hide": self._read_hidden, "where": self._read_filters, "over": self._read_laid_over,
            "flags": self._read_thresholds, "queue": self._read_queue, "sel": self._read_selection,
        }  # fmt: skip
        problems = []
        for key, read in readers.items():
            if key in given:
                try:
                    read(given[key])
                except (InputError, ValueError, TypeError, KeyError, AttributeError) as error:
                    problems.append(f"{key}: {error}")
        if problems:
            told = str(problems[0]).strip().rstrip(".")
            told = told if len(told) <= _MAX_TOLD else f"{told[:_MAX_TOLD]}…"
            self.state.notice = f"Part of the address was not understood ({told})."

    def _changed(self, name: str) -> bool:
        return getattr(self.state, name) != self._beginning[name]

    def _reader(self, name: str) -> Callable[[str], None]:
        def read(value: str) -> None:
            if not self._is_known(name, value):
                raise InputError(f"there is no {value[:40]!r} here")
            setattr(self.state, name, value)

        return read

    def _is_known(self, name: str, value: Any) -> bool:
        """Whether the atlas has what a plain field names."""
        modalities = self.store.modalities
        match name:
            case "map_modality" | "neighbor_modality":
                return value in modalities
            case "diagram":
                return self.store.diagram(value) is not None
            case "color_by":
                return any(value in group for group in self.store.colorings.choices.values())
            case "line_set":
                return value in line_choices().values()
            case "hidden_bands":
                return set(value) <= set(self.store.survey.bands)
            case "cluster_modality":
                return value in modalities
            case "part_names":
                return all(isinstance(x, str) and len(x) <= MAX_CALLED for x in value.values())
            case "chosen_period_days" | "chosen_epoch":
                return math.isfinite(value)
            case "cluster_class":
                return value in (*self.store.classes, "", SELECTION)
            case "search_by":
                return value in (*modalities, "place")
            case "search_among":
                return value in ("", *modalities)
            case "search_but":
                return value in (
                    "",
                    "unlike:star",
                    "unlike:selection",
                    *(f"far:{m}" for m in modalities),
                )
        return True

    def _read_star(self, name: str, value: str) -> None:
        row = self.store.row(int(value)) if value.isdigit() and int(value) < 2**63 else -1
        if row < 0:
            raise InputError(f"no star {value[:40]!r} in this atlas")
        setattr(self.state, name, row)

    def _read_group(self, key: str, value: str) -> None:
        given = json.loads(value)
        if not isinstance(given, dict) or not set(given) <= set(_GROUPS[key]):
            raise InputError(f"this is not about the {key}: {value[:60]!r}")
        for name, one in given.items():
            if not self._is_known(name, one):
                raise InputError(f"there is no {str(one)[:40]!r} here")
        self._take_all(given)

    def _take_all(self, given: dict[str, Any]) -> None:
        """Set several parameters, or none where one of them cannot be."""
        before = {name: getattr(self.state, name) for name in given}
        try:
            self.state.param.update(given)
        except ValueError:
            self.state.param.update(before)
            raise

    def _read_fold(self, value: str) -> None:
        self.state.fold = value != "no"

    def _read_number(self, name: str, value: str) -> None:
        if not math.isfinite(float(value)):
            raise InputError(f"{value[:40]!r} is no number")
        setattr(self.state, name, float(value))

    def _read_zoom(self, name: str, value: str) -> None:
        part = [float(end) for end in value.split()]
        is_part = len(part) == 4 and part[0] < part[1] and part[2] < part[3]
        if not is_part or not all(map(math.isfinite, part)):
            raise InputError(f"{value[:40]!r} is no part of a map")
        setattr(self.state, name, part)

    def _read_hidden(self, value: str) -> None:
        labels = self.store.coloring(self.state.color_by).labels
        self.state.hidden_classes = [label for label in json.loads(value) if label in labels]

    def _read_filters(self, value: str) -> None:
        self.state.search_filters = [key for key in json.loads(value) if key in FILTERS]

    def _read_laid_over(self, value: str) -> None:
        self.state.laid_over = [c for c in json.loads(value) if c in self.store.classes]

    def _read_thresholds(self, value: str) -> None:
        given = json.loads(value)
        if not isinstance(given, dict) or not set(given) <= set(THRESHOLDS):
            raise InputError(f"these are no thresholds: {value[:60]!r}")
        if given.get("ranking", self.state.ranking) not in self.store.flags.rankings:
            raise InputError(f"there is no ranking {str(given['ranking'])[:40]!r} here any more")
        numbers = [number for name, number in given.items() if name != "ranking"]
        if not all(isinstance(x, int | float) and math.isfinite(x) for x in numbers):
            raise InputError(f"these are no numbers: {value[:60]!r}")
        self._take_all(given)

    def _read_queue(self, value: str) -> None:
        given = json.loads(value)
        if not isinstance(given, dict):
            raise InputError(f"these are no filters: {value[:60]!r}")
        self.state.queue_filters = read_choice(given, self.store).told()

    def _read_selection(self, value: str) -> None:
        steps = unpack(value)
        self.state.restore_selection(selection.replay(steps, self.store), steps)


def pack(steps: list[dict[str, Any]]) -> str:
    """Write a recipe in the letters of an address."""
    plain = json.dumps(steps, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode().rstrip("=")


def unpack(text: str) -> list[dict[str, Any]]:
    """Read a recipe that `pack` wrote, or raise `InputError`."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        steps = json.loads(zlib.decompressobj().decompress(packed, 1_000_000))
    except (binascii.Error, zlib.error, ValueError) as error:
        raise InputError("the selection is damaged") from error
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise InputError("the selection is damaged")
    return steps


def _is_untold(steps: list[dict[str, Any]]) -> bool:
    return any(step.get("kind") == "untold" for step in steps)
