"""Work off the event loop, the newest request only: gestures come faster than pictures.

Inside a server the work runs in a thread and its result is applied on the event loop with the
document locked; a result that a newer request has overtaken is dropped. Without a server (tests,
notebooks) both happen at once.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

import panel as pn

Result = TypeVar("Result")


class Latest(Generic[Result]):
    """Runs `work` for the newest request and hands its result to `apply`.

    Parameters
    ----------
    apply : callable taking a result
        Called with the document locked; may change models.
    delay_s : float
        Pause before the work starts, so that a burst of requests costs one run.
    """

    def __init__(self, apply: Callable[[Result], None], delay_s: float = 0.0) -> None:
        self._apply = apply
        self._delay_s = delay_s
        self._generation = 0
        self._running = False
        self._waiting: Callable[[], Result] | None = None

    def request(self, work: Callable[[], Result]) -> None:
        """Ask for `work`, which takes no arguments and must not touch models."""
        self._generation += 1
        document = pn.state.curdoc
        if document is None or document.session_context is None or not pn.state.loaded:
            self._apply(work())
            return
        self._waiting = work
        if not self._running:
            self._running = True
            pn.state.execute(partial(self._run, document))

    def cancel(self) -> None:
        """Forget whatever is under way."""
        self._generation += 1
        self._waiting = None

    async def _run(self, document: "pn.io.document.Document") -> None:
        try:
            while self._waiting is not None:
                await asyncio.sleep(self._delay_s)
                work, self._waiting = self._waiting, None
                if work is None:
                    break
                generation = self._generation
                result = await asyncio.to_thread(work)
                if generation == self._generation and document.session_context is not None:
                    document.add_next_tick_callback(partial(self._apply, result))
        finally:
            self._running = False
