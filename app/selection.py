"""Recipes of selections: steps of plain JSON that make the same mask again from the atlas.

A step says what was enclosed, {"kind": "polygon" | "box" | "classes" | "where" | "ids" | "rows" |
"nothing"}, and with "mode" how it joins the steps before it. "where" is a condition as it was
typed, "rows" holds any mask, for this very atlas only. Stars whose class was switched off in the
legend are left out by "without" and "by".
"""

import base64
import binascii
import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.picking import decimals_for, simplify
from app.predicate import Condition
from data_pipeline.errors import InputError

Mask = NDArray[np.bool_]
Step = dict[str, Any]


def step_from_geometry(
    view: str, geometry: dict[str, Any], units_per_pixel: tuple[float, float]
) -> Step | None:
    """Make a step from a Bokeh selection geometry; None when it encloses nothing.

    Parameters
    ----------
    view : str
        "map:<modality>" or "diagram:<key>".
    geometry : dict
        Of a SelectionGeometry event, type "poly" or "rect".
    units_per_pixel : (float, float)
        The outline is thinned to about a pixel.
    """
    if geometry["type"] == "rect":
        places = [decimals_for(unit) for unit in units_per_pixel for _ in range(2)]
        ends = [geometry[name] for name in ("x0", "x1", "y0", "y1")]
        rounded = [round(float(end), n) for end, n in zip(ends, places, strict=True)]
        return {"kind": "box", "view": view, "ends": rounded}
    x, y = _values(geometry["x"]), _values(geometry["y"])
    if len(x) < 3:
        return None
    outline = simplify(x, y, units_per_pixel).tolist()
    return {"kind": "polygon", "view": view, "outline": outline}


def step_from_rows(store: AtlasStore, mask: Mask) -> Step:
    """Make a step of any mask (N,); it holds for this very atlas only."""
    packed = base64.urlsafe_b64encode(zlib.compress(np.packbits(mask).tobytes(), 9))
    return {"kind": "rows", "atlas": store.atlas.hash[:12], "bits": packed.decode()}


def step_from_names(store: AtlasStore, text: str) -> tuple[Step, list[str]]:
    """Make a step from pasted identifiers or names; also return those that are not here.

    One a line, or several separated by commas, semicolons or tabs; a line of a CSV file counts
    by its first field. Without any that is found, `InputError` says so.
    """
    lines = [line.strip().strip("\"'") for line in re.split(r"[\n,;\t]", text) if line.strip()]
    if len(lines) == 1 and " " in lines[0] and store.finder.exact(lines[0]) < 0:
        lines = lines[0].split()
    rows = {line: store.finder.exact(line) for line in lines}
    found = sorted({row for row in rows.values() if row >= 0})
    if not found:
        raise InputError("None of these is an identifier or a name of a star in this atlas.")
    step = {"kind": "ids", "ids": [str(store.source_id[row]) for row in found]}
    return step, [line for line, row in rows.items() if row < 0]


def told(steps: Sequence[Step], store: AtlasStore) -> list[str]:
    """Write the steps of a recipe as an astronomer would say them."""
    return [
        f"{_JOINED[step.get('mode', 'replace')]} {_told_step(step, store)}{_told_without(step)}"
        for step in steps
    ]


def _told_step(step: Step, store: AtlasStore) -> str:
    def place() -> str:
        kind, _, key = str(step["view"]).partition(":")
        if kind == "map":
            return f"the map of {MODALITY_NAMES.get(key, key)}"
        return store.diagrams[key].title.lower() if key in store.diagrams else key

    match step["kind"]:
        case "polygon":
            return f"a lasso of {len(step['outline'])} corners on {place()}"
        case "box":
            x0, x1, y0, y1 = step["ends"]
            return f"a box on {place()}: {x0:g} to {x1:g}, {y0:g} to {y1:g}"
        case "classes":
            title = store.coloring(str(step.get("by", "class_label"))).title
            return f"{title.lower()} {' or '.join(step['classes'])}"
        case "where":
            return f"stars with {step['text']}"
        case "ids":
            return f"{len(step['ids']):,} stars by identifier"
        case "rows":
            return str(step.get("what", "stars picked on this atlas"))
        case "nothing":
            return "nothing"
    return "stars chosen in a way that is not told"


def _told_without(step: Step) -> str:
    return f", without {', '.join(step['without'])}" if step.get("without") else ""


_JOINED = {"replace": "", "add": "and also", "subtract": "but not", "intersect": "and in"}


def mask_of(step: Step, store: AtlasStore) -> Mask:
    """Make the mask (N,) of one step, or raise `InputError` that says what is wrong with it."""
    try:
        mask = _MAKERS[step["kind"]](step, store)
        return mask & ~_without(step, store)
    except InputError:  # it says what is wrong with a condition that somebody types just now
        raise
    except (KeyError, TypeError, ValueError, IndexError, zlib.error, binascii.Error) as error:
        raise InputError(f"this selection cannot be made again ({error}).") from error


def replay(steps: Sequence[Step], store: AtlasStore) -> Mask:
    """Make the mask (N,) of all steps in turn."""
    mask = np.zeros(store.n, dtype=bool)
    for step in steps:
        part = mask_of(step, store)
        match step.get("mode", "replace"):
            case "replace":
                mask = part
            case "add":
                mask = mask | part
            case "subtract":
                mask = mask & ~part
            case "intersect":
                mask = mask & part
            case other:
                raise InputError(f"a selection cannot be joined by {other!r}.")
    return mask


def _polygon(step: Step, store: AtlasStore) -> Mask:
    outline = np.asarray(step["outline"], dtype=np.float64).reshape(-1, 2)
    return store.points(step["view"]).in_polygon(outline[:, 0], outline[:, 1])


def _box(step: Step, store: AtlasStore) -> Mask:
    x0, x1, y0, y1 = (float(end) for end in step["ends"])
    return store.points(step["view"]).in_box(x0, x1, y0, y1)


def _classes(step: Step, store: AtlasStore) -> Mask:
    coloring = store.coloring(str(step.get("by", "class_label")))
    return np.isin(coloring.labels, step["classes"])[coloring.code]


def _where(step: Step, store: AtlasStore) -> Mask:
    return Condition(str(step["text"])).mask(store.objects)


def _ids(step: Step, store: AtlasStore) -> Mask:
    mask = np.zeros(store.n, dtype=bool)
    rows = store.finder.rows(np.array([int(text) for text in step["ids"]], dtype=np.int64))
    mask[rows[rows >= 0]] = True
    return mask


def _rows(step: Step, store: AtlasStore) -> Mask:
    if step["atlas"] != store.atlas.hash[:12]:
        raise InputError("this selection was made on another version of the atlas.")
    packed = zlib.decompress(base64.urlsafe_b64decode(step["bits"]))
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=store.n).astype(bool)


def _nothing(_: Step, store: AtlasStore) -> Mask:
    return np.zeros(store.n, dtype=bool)


def _untold(_: Step, __: AtlasStore) -> Mask:
    raise InputError("this selection has no recipe.")


_MAKERS = {
    "polygon": _polygon,
    "box": _box,
    "classes": _classes,
    "where": _where,
    "ids": _ids,
    "rows": _rows,
    "nothing": _nothing,
    "untold": _untold,
}


def _without(step: Step, store: AtlasStore) -> Mask:
    """Stars (N,) whose class was switched off when the step was made."""
    if not step.get("without"):
        return np.zeros(store.n, dtype=bool)
    coloring = store.coloring(str(step.get("by", "class_label")))
    return np.isin(coloring.labels, step["without"])[coloring.code]


def _values(of_event: ArrayLike | dict[Any, float]) -> NDArray[np.float64]:
    """Coordinates as Bokeh sends them: a list, an array, or a mapping of places to values."""
    values = list(of_event.values()) if isinstance(of_event, dict) else of_event
    return np.asarray(values, dtype=np.float64)
