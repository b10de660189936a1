"""The box for uploads at work: files are embedded, then kept where somebody asks, or forgotten."""

from functools import partial
from html import escape
from threading import Event
from typing import Any

import panel as pn

from app.atlas_store import AtlasStore
from app.background import Latest
from app.finding import parse_position
from app.kept_uploads import kept_beside
from app.state import AppState
from app.upload_box import UploadBox
from app.uploads import LACKS_MODEL, Upload, at, can_embed, embed, place_html
from data_pipeline.errors import InputError

_AS_HIGH_AS_THE_BOX = ":host { flex: none; height: auto !important; max-height: none !important; }"


class UploadControl:
    """Sets `state.upload` to what comes of the files in its `box`, which stands in `place`."""

    def __init__(self, state: AppState, store: AtlasStore, width: int) -> None:
        self.state, self.store = state, store
        self.box = UploadBox(width=width, status="empty" if can_embed(store) else "off")
        # a column is hidden, not the box: a component of its own would stay where it is
        self.place = pn.Column(
            self.box, visible=False, margin=0, width=width, stylesheets=[_AS_HIGH_AS_THE_BOX]
        )
        self.box.text_html = "" if can_embed(store) else LACKS_MODEL
        self.box.on_files, self.box.on_kept, self.box.on_place = self.take, self.keep, self.put
        self._place: tuple[float, float] | None = None
        self._embedded: Upload | None = None
        self._embedding = Latest[Upload | str](self._show)
        self._given_up = Event()
        self._kept = kept_beside(store)

    def show(self, is_wanted: bool) -> None:
        """Show the box or hide it; the process that embeds starts with the first look."""
        self.place.visible = is_wanted
        if is_wanted and can_embed(self.store):
            self.box.kept = self._kept.names(self.store)
            self.store.worker.warm_up()
            if self.state.kept_upload >= 0 and self.state.upload is None:
                self.keep("open", self.state.kept_upload)

    def take(self, request: dict[str, Any] | None) -> None:
        """Have an upload embedded; None forgets it, and ends its embedding."""
        self._embedding.cancel()
        self.store.worker.give_up(self._given_up)
        self._embedded = None
        self.state.param.update(upload=None, kept_upload=-1)
        if request is None:
            self._place = None  # it was that star's
        self.box.param.update(
            status="empty" if request is None else "busy", text_html="", kept_key=-1
        )
        if request is not None:
            self._given_up = Event()
            self._embedding.request(partial(_embedded, self.store, request, self._given_up))

    def put(self, text: str) -> None:
        """Take a place on the sky as it is typed; empty for the files' own."""
        place = parse_position(text)
        if text.strip() and place is None:
            self.state.notice = f"“{text[:40]}” is no place: give RA and Dec, in degrees or h m s."
            return
        self._place = place
        if self._embedded is not None:
            self._show(self._embedded)

    def keep(self, act: str, key: int) -> None:
        """Keep the upload, open a kept one, or remove it: "keep", "open", "remove"."""
        try:
            if act == "keep" and self.state.upload is not None:
                self._show(self._kept.keep(self.store, self.state.upload))
            elif act == "open":
                self.take(None)
                self._show(self._kept.get(key))
            elif act == "remove":
                self._kept.delete(key)
                self.box.kept = self._kept.names(self.store)
                self.take(None)
        except InputError as error:
            self.state.notice = str(error)
            self.box.kept = self._kept.names(self.store)

    def _show(self, result: Upload | str) -> None:
        if isinstance(result, str):
            self.box.param.update(status="failed", text_html=escape(result))
            return
        self._embedded = result
        if self._place is not None:
            result = at(result, self._place)
        name = f"<b>{escape(result.asked.name)}</b><br>" if result.key >= 0 else ""
        kept = self._kept.names(self.store) if result.key >= 0 else self.box.kept
        self.box.param.update(
            status="done", text_html=name + result.summary_html + place_html(result),
            kept_key=result.key, kept=kept,
        )  # fmt: skip
        self.state.param.update(upload=result, kept_upload=result.key)


def _embedded(store: AtlasStore, request: dict[str, Any], given_up: Event) -> Upload | str:
    """The upload, or why it could not be embedded."""
    try:
        return embed(store, request, given_up)
    except InputError as error:
        return str(error)
