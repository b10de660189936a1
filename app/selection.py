"""Recipes of selections: steps of plain JSON that make the same mask again from the atlas.

A step says what was enclosed, {"kind": "polygon" | "box" | "classes" | "ids" | "rows" | "nothing"},
and with "mode" how it joins the steps before it. "rows" holds any mask, for this very atlas only.
Stars whose class was switched off in the legend are left out by "without" and "by".
"""

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.atlas_store import AtlasStore
from app.picking import decimals_for, simplify
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


def mask_of(step: Step, store: AtlasStore) -> Mask:
    """Make the mask (N,) of one step, or raise `InputError` that says what is wrong with it."""
    try:
        mask = _MAKERS[step["kind"]](step, store)
        return mask & ~_without(step, store)
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


def _ids(step: Step, store: AtlasStore) -> Mask:
    mask = np.zeros(store.n, dtype=bool)
    rows = np.array([store.row(int(text)) for text in step["ids"]], dtype=int)
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
