"""Work off the event loop, the newest request only: gestures come faster than pictures.

Inside a server the work runs in a thread and its result is applied on the event loop with the
document locked; a result that a newer request has overtaken is dropped. Without a server (tests,
notebooks) both happen at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, TypeVar

import panel as pn

Result = TypeVar("Result")


class Afterwards:
    """Does something once what is under way has been sent; asked for twice, it is done once.

    Parameters
    ----------
    act : callable
        Called with the document locked.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._is_due = False

    def request(self) -> None:
        """Do it after this message; at once where no server is running."""
        document = pn.state.curdoc
        if document is None or document.session_context is None or not pn.state.loaded:
            self._act()
        elif not self._is_due:
            self._is_due = True
            document.add_next_tick_callback(self._run)

    def _run(self) -> None:
        self._is_due = False
        self._act()


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


class Stepwise(Generic[Result]):
    """Works through the newest request step by step, tells how far it is, and can be ended.

    Parameters
    ----------
    apply : callable taking the result, or None where the steps end without one
    progress : callable taking the share done, 0 to 1
        Both are called with the document locked; they may change models.
    """

    def __init__(
        self, apply: Callable[[Result | None], None], progress: Callable[[float], None]
    ) -> None:
        self._apply, self._progress = apply, progress
        self._generation = 0

    def request(self, steps: Iterator[tuple[float, Result | None]]) -> None:
        """Ask for steps that yield (share done, result or None); earlier ones are dropped."""
        self._generation += 1
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            self._apply(deque([(1.0, None), *steps], maxlen=1).pop()[1])
            return
        pn.state.execute(partial(self._run, document, steps, self._generation))

    def cancel(self) -> None:
        """End what is under way; nothing more is told or applied."""
        self._generation += 1

    async def _run(
        self,
        document: "pn.io.document.Document",
        steps: Iterator[tuple[float, Result | None]],
        generation: int,
    ) -> None:
        share, result = 0.0, None
        while generation == self._generation and share < 1.0:
            share, result = await asyncio.to_thread(next, steps, (1.0, None))
            document.add_next_tick_callback(partial(self._tell, generation, share, result))

    def _tell(self, generation: int, share: float, result: Result | None) -> None:
        if generation != self._generation:
            return
        if share < 1.0:
            self._progress(share)
        else:
            self._apply(result)
