"""A star that somebody brings along: what the model makes of it, where it belongs on the maps.

It lives in its session only and is gone with it; nothing of it is written anywhere unless somebody
asks for it (app/kept_uploads.py).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.formats import period_text
from app.searching import Asked
from app.thumbnails import folded_thumbnail
from model.analysis import search
from model.analysis.placement import N_PLACING, place

LACKS_MODEL = (
    "This atlas does not say which model made it, so an upload cannot be embedded. Make it again "
    "with <code>python -m model embed</code> and <code>python -m model atlas</code>."
)


@dataclass(frozen=True, eq=False)
class Upload:
    """An uploaded star.

    Attributes
    ----------
    asked : Asked
        What others are compared with.
    places : dict of view to (x, y)
        Where it belongs on "map:fused" and the maps of what it has.
    summary_html : str
        Its light curve, period and what was assumed.
    key : int
        Of those that are kept; -1 for the others.
    """

    asked: Asked
    places: Mapping[str, tuple[float, float]]
    summary_html: str
    key: int = -1


def can_embed(store: AtlasStore) -> bool:
    """Whether the atlas says which model made it."""
    return "run" in store.atlas.embeddings.manifest.get("links", {})


def embed(store: AtlasStore, request: Mapping[str, Any], given_up: Event) -> Upload:
    """Have files embedded by the atlas's own model; seconds, so not on the event loop.

    Parameters
    ----------
    request : mapping
        files, period_days, is_air: see `model.worker`.
    given_up : Event
        See `EmbeddingWorker.ask`.
    """
    reply = store.worker.ask(request, given_up)
    vectors = {name: np.asarray(v, dtype=np.float32) for name, v in reply["vectors"].items()}
    vectors = {"fused": np.asarray(reply["fused"], dtype=np.float32), **vectors}
    name = ", ".join(str(one["name"]) for one in request["files"])
    known = {m: v for m, v in vectors.items() if m in store.modalities}
    ra, dec = reply["place"] or (math.nan, math.nan)
    asked = Asked(name, known, ra_deg=ra, dec_deg=dec)
    return Upload(asked, _places(store, known), _summary(store, reply, known))


def at(upload: Upload, place: tuple[float, float]) -> Upload:
    """An upload with a place on the sky [deg] that somebody typed."""
    return replace(upload, asked=replace(upload.asked, ra_deg=place[0], dec_deg=place[1]))


def place_html(upload: Upload) -> str:
    """Its place on the sky in words."""
    asked = upload.asked
    if not math.isfinite(asked.ra_deg):
        return "<br><span class='muted'>no place on the sky: type one above</span>"
    return f"<br>α {asked.ra_deg:.5f}° δ {asked.dec_deg:+.5f}°".replace("-", "−")


def _places(store: AtlasStore, vectors: Mapping[str, NDArray]) -> dict[str, tuple[float, float]]:
    """Where the stars most like it are on each map."""
    places = {}
    for modality, vector in vectors.items():
        atlas = store.atlas
        similarity = search.similarity_to(vector, atlas.vectors(modality), atlas.present(modality))
        rows = search.nearest(similarity, N_PLACING)
        maps = store.xy(modality).astype(np.float32)
        xy = place(rows[None].astype(np.int32), similarity[rows][None], maps)[0]
        if np.isfinite(xy).all():
            places[f"map:{modality}"] = (float(xy[0]), float(xy[1]))
    return places


def _summary(store: AtlasStore, reply: Mapping[str, Any], vectors: Mapping[str, NDArray]) -> str:
    has = [MODALITY_NAMES.get(m, m) for m in vectors if m != "fused"]
    lines = [f"<b>{escape(' and '.join(has))}</b>"]
    curve, period = reply["light_curve"], reply["period_days"]
    if curve is not None:
        lines.insert(0, _thumbnail(curve, period))
        words = f"P {period_text(period)} d" if period else "no period found"
        lines.append(f"{words} · {len(curve['time']):,} epochs")
    if reply["spectrum"] is not None:
        wave = reply["spectrum"]["wavelength"]
        lines.append(f"{wave[0]:.0f}–{wave[-1]:.0f} Å")
    nearest = search.nearest(_fused_similarity(store, vectors), N_PLACING)
    classes, counts = np.unique(store.labels[nearest].astype(str), return_counts=True)
    best = int(counts.argmax())
    lines.append(f"{counts[best]} of {len(nearest)} nearest are {escape(classes[best])}")
    lines += [f'<span class="muted">{escape(note)}</span>' for note in reply["notes"]]
    return "".join(lines[:1]) + "<br>".join(lines[1:]) if curve is not None else "<br>".join(lines)


def _fused_similarity(store: AtlasStore, vectors: Mapping[str, NDArray]) -> NDArray:
    atlas = store.atlas
    return search.similarity_to(vectors["fused"], atlas.vectors("fused"), atlas.present("fused"))


def _thumbnail(curve: Mapping[str, list[Any]], period_days: float | None) -> str:
    in_mag = any(value is not None for value in curve["mag"])
    values = np.array(curve["mag" if in_mag else "flux"], dtype=np.float64)
    bands = np.array(curve["band"])
    names, counts = np.unique(bands[np.isfinite(values)], return_counts=True)
    main = bands == names[counts.argmax()]
    time = np.array(curve["time"], dtype=np.float64)
    period = math.nan if period_days is None else period_days
    return folded_thumbnail(time[main], values[main], period, is_magnitude=in_mag)
