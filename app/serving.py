"""What our server does beyond Bokeh's.

It listens to this machine only, says how it fares, sends small arrays in few pieces, and holds the
lock of a page while it works on its messages.
"""

import asyncio
import logging
from typing import Any

import bokeh.server.server
import bokeh.server.urls
import panel as pn
from bokeh.core.serialization import BytesRep, Serializer
from panel.reactive import Syncable
from tornado.web import RequestHandler

_logger = logging.getLogger(__name__)

HEALTH = r"/health"
SMALL_ARRAY = 32_768
"""Bytes up to which an array travels as letters inside its message."""


def listen_to_this_machine() -> None:
    """Without --address, bind to localhost; Bokeh would bind to every address."""
    bind = bokeh.server.server.bind_sockets
    if getattr(bind, "is_ours", False):
        return

    def bind_sockets(address: str | None, port: int) -> Any:
        return bind(address or "localhost", port)

    bind_sockets.is_ours = True  # type: ignore[attr-defined]
    bokeh.server.server.bind_sockets = bind_sockets


def serve_health() -> None:
    """Answer /app/health, for those who watch over servers."""
    pattern = (HEALTH, Health)
    if pattern not in bokeh.server.urls.per_app_patterns:
        bokeh.server.urls.per_app_patterns.append(pattern)


def send_small_arrays_inline() -> None:
    """Put small arrays inside the message that needs them.

    Bokeh sends every array in two frames of its own. A star that comes into focus has some thirty
    arrays of a few kilobytes: sending and taking their frames costs more than their letters do.
    """
    encode = Serializer._encode_bytes
    if getattr(encode, "is_ours", False):
        return

    def encode_bytes(self: Serializer, obj: bytes | memoryview) -> BytesRep:
        deferred = self._deferred
        self._deferred = deferred and memoryview(obj).nbytes > SMALL_ARRAY
        try:
            return encode(self, obj)
        finally:
            self._deferred = deferred

    # Bokeh has no setting for this, so its method is replaced, once: mypy does not like either line
    encode_bytes.is_ours = True  # type: ignore[attr-defined]
    Serializer._encode_bytes = encode_bytes  # type: ignore[method-assign]


def lock_for_messages() -> None:
    """Hold the document's lock while Panel works on a message from the browser.

    Panel does so, except where a change of the page is still waiting to be worked on: then a
    handler that sets a property of a plot raises an error, and the rest of what a click was to do
    is not done.
    """
    if not hasattr(Syncable._event_coroutine, "lock"):
        Syncable._event_coroutine = pn.io.with_lock(  # type: ignore[method-assign]
            Syncable._event_coroutine
        )


class Health(RequestHandler):
    """200 while the log of verdicts can be read, else 503. It tells nothing else."""

    def initialize(self, **_: Any) -> None:
        """Take what Bokeh hands to every handler of an application."""

    async def get(self) -> None:
        """Ask the log."""
        store: Any = pn.state.cache.get("store")
        try:
            await asyncio.wait_for(asyncio.to_thread(store.verdicts.log.last_id), timeout=5)
        except Exception:  # whatever it is, the answer is the same
            _logger.warning("the log of verdicts does not answer", exc_info=True)
            self.set_status(503)
            self.write({"status": "the log of verdicts does not answer"})
            return
        self.write({"status": "ok"})
