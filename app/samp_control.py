"""The SAMP button: grey with a reason, or connect, send the table, and follow one another."""

from collections.abc import Callable
from functools import partial
from html import escape
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn

from app.atlas_store import AtlasStore
from app.background import Latest
from app.export.formats import to_votable
from app.export.lists import CandidateList
from app.samp_place import why_not_local
from app.selection import step_from_rows
from app.star_facts import number
from app.state import AppState
from app.styles import CONTROLS, WORDS
from data_pipeline.errors import InputError

if TYPE_CHECKING:
    from app.samp_link import SampLink

_OFFER = "To TOPCAT, Aladin and others on this machine, and back."
_SEND, _STOP = "Send table", "Stop"


class SampControl(pn.viewable.Viewer):
    """Sends the list and the star in focus; takes rows and positions.

    Parameters
    ----------
    state, store
    listed : callable
        The list to send.
    write : callable
        From a list to its table and provenance.
    """

    def __init__(
        self,
        state: AppState,
        store: AtlasStore,
        listed: Callable[[], CandidateList],
        write: Callable[[CandidateList], tuple[Any, Any]],
    ) -> None:
        super().__init__()
        self.state, self.store, self._listed, self._write = state, store, listed, write
        self.link: SampLink | None = None
        self.sent: dict[str, Any] = {}
        """Atlas rows of each table that was sent, by its id."""
        self._sending, self._stopped = Latest[str](self._end_sending), Event()
        self._document = pn.state.curdoc
        self._taking = False
        self.why_not = _why_not()
        look: dict[str, Any] = {"css_classes": ["download"], "sizing_mode": "stretch_width"}
        self.toggle = pn.widgets.Button(
            label="Connect SAMP", disabled=bool(self.why_not), **look, **CONTROLS
        )
        self.send = pn.widgets.Button(label=_SEND, disabled=True, **look, **CONTROLS)
        self.words = pn.pane.HTML(_muted(self.why_not or _OFFER), **WORDS)
        self.toggle.on_click(self._on_toggle)
        self.send.on_click(self._on_send)
        state.param.watch(self._on_focus, "focus")
        if self._document is not None:
            pn.state.on_session_destroyed(lambda _: self.close())

    def __panel__(self) -> pn.viewable.Viewable:
        buttons = pn.Row(
            self.toggle, self.send, sizing_mode="stretch_width", margin=0,
            css_classes=["card-bar"], stylesheets=CONTROLS["stylesheets"],
        )  # fmt: skip
        return pn.Column(buttons, self.words, sizing_mode="stretch_width", margin=0)

    def _on_toggle(self, _: Any) -> None:
        if self.link is not None and self.link.is_connected:
            self.close()
            self._show(_OFFER)
            return
        from app.samp_link import SampLink  # only who connects waits for the library

        self.link = SampLink(partial(self._later, self.take_rows),
                             partial(self._later, self.take_position))  # fmt: skip
        try:
            self._show(_heard_by(self.link.connect()))
        except InputError as error:
            self.close()
            self._show(str(error))

    def close(self) -> None:
        """Leave the hub."""
        if self.link is not None:
            self.link.close()
        self.link, self.sent = None, {}

    def _on_send(self, _: Any) -> None:
        """Send the list, or stop what is being sent."""
        if self.send.label == _STOP:
            self._stopped.set()
            self._sending.cancel()
            self.send.label = _SEND
            self._show("Stopped; nothing was sent.")
        elif self.link is not None:
            stars, self._stopped = self._listed(), Event()
            self.send.label = _STOP
            self.words.object = _muted(f"Writing {len(stars):,} stars…")
            self._sending.request(partial(self.send_list, self.link, stars, self._stopped))

    def send_list(self, link: "SampLink", stars: CandidateList, stopped: Event) -> str:
        """Write a list as a VOTable and send it unless `stopped` meanwhile; returns what was done.

        Seconds for many stars, so not for the event loop.
        """
        table_id = f"astrom3-{self.store.atlas.hash[:8]}-{len(self.sent) + 1}"
        name = f"{self.store.atlas.name}: {stars.what}, {len(stars):,} stars"
        votable = to_votable(*self._write(stars))
        if stopped.is_set():
            return "Stopped; nothing was sent."
        self.sent[table_id] = stars.rows
        try:
            n = link.send_table(votable, table_id, name)
        except InputError as error:
            return str(error)
        return f"{len(stars):,} stars sent to {n} program{'' if n == 1 else 's'}."

    def _end_sending(self, words: str) -> None:
        self.send.label = _SEND
        self._show(words)

    def _on_focus(self, event: Any) -> None:
        """Tell the others which star is in focus, unless they told us."""
        if self.link is None or not self.link.is_connected or self._taking or event.new < 0:
            return
        star = self.store.objects.iloc[event.new]
        ra, dec = number(star, "ra_deg"), number(star, "dec_deg")
        try:
            for table_id, rows in list(self.sent.items())[-1:]:
                place = np.flatnonzero(rows == event.new)
                if len(place):
                    self.link.send_row(table_id, int(place[0]))
            if np.isfinite(ra) and np.isfinite(dec):
                self.link.send_position(ra, dec)
        except InputError as error:
            self._show(str(error))

    def take_rows(self, table_id: str, places: list[int]) -> None:
        """Rows of a table that was sent: one comes into focus, several are selected."""
        rows = self.sent.get(table_id)
        if rows is None:
            return
        taken = [int(rows[place]) for place in places if place < len(rows)]
        self._taking = True
        try:
            if len(taken) == 1:
                self.state.focus = taken[0]
            elif taken:
                mask = np.zeros(self.store.n, dtype=bool)
                mask[taken] = True
                self.state.select(mask, recipe=step_from_rows(self.store, mask))
                self.state.notice = f"{len(taken):,} stars selected by another program (SAMP)."
        finally:
            self._taking = False

    def take_position(self, ra_deg: float, dec_deg: float) -> None:
        """A place on the sky: the nearest star comes into focus where one is near."""
        found = self.store.find(f"{ra_deg:.7f} {dec_deg:+.7f}")
        self._taking = True
        try:
            if found.row >= 0:
                self.state.focus = found.row
            self.state.notice = found.note.replace("you typed", "another program points at")
        finally:
            self._taking = False

    def _later(self, act: Callable[..., None], *arguments: Any) -> None:
        """Do it on the page's own thread: messages arrive in threads of the client."""
        if self._document is None:
            act(*arguments)
        else:
            self._document.add_next_tick_callback(partial(act, *arguments))

    def _show(self, words: str) -> None:
        connected = self.link is not None and self.link.is_connected
        self.toggle.label = "Disconnect SAMP" if connected else "Connect SAMP"
        self.send.disabled = not connected
        self.words.object = _muted(words)


def _why_not() -> str:
    """Why this session has no SAMP; empty where it has."""
    document = pn.state.curdoc
    context = document.session_context if document is not None else None
    if context is None:
        return ""
    request = getattr(context, "request", None)
    if request is None:
        return why_not_local({})
    return why_not_local(dict(request.headers), getattr(request, "remote_ip", None))


def _heard_by(names: list[str]) -> str:
    if not names:
        return "Connected; no other program listens yet."
    return f"Connected with {', '.join(names)}."


def _muted(words: str) -> str:
    return f'<span class="muted">{escape(words)}</span>'
