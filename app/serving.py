"""What our server does beyond Bokeh's: it listens to this machine only, and says how it fares."""

import asyncio
import logging
from typing import Any

import bokeh.server.server
import bokeh.server.urls
import panel as pn
from tornado.web import RequestHandler

_logger = logging.getLogger(__name__)

HEALTH = r"/health"


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
