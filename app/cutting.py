"""Cutting a class off the event loop: the newest choice only, with progress, until it is stopped.

Small classes are shown once everything is known of their parts, large ones as soon as they are cut
and again when their parts are described, so that nothing flickers and nobody waits.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import panel as pn
from bokeh.document import Document

from app.atlas_store import AtlasStore
from app.parts import ClusterChoice, Partition, cut, described, divided

PATIENCE_S = 0.05
"""So long the parts wait for their light curves and spectra before they are shown without."""
AT_ONCE = 3000
"""Parts of more stars than this do not wait: to describe them takes longer anyhow."""
TELL_S = 0.3
"""Time between two words on how far it is."""


class _Unwanted(Exception):
    """Raised inside the work to end it."""


class Cutting:
    """Cuts what is asked for last.

    Parameters
    ----------
    store : AtlasStore
    show : callable taking the partition
    tell : callable taking the share done, 0 to 1; None when it has ended
    """

    def __init__(
        self,
        store: AtlasStore,
        show: Callable[[Partition], None],
        tell: Callable[[float | None], None],
    ) -> None:
        self._store, self._show, self._tell = store, show, tell
        self._generation = 0
        self.is_running = False

    def request(self, choice: ClusterChoice) -> None:
        """Cut a class; whatever is under way is dropped."""
        self._generation += 1
        document = pn.state.curdoc
        if document is None or document.session_context is None:  # no page to keep alive: at once
            self._show(cut(self._store, choice))
            return
        self.is_running = True
        pn.state.onload(partial(self._run, document, choice, self._generation))

    def stop(self) -> None:
        """End what is under way; nothing of it is shown any more."""
        self._generation += 1
        self.is_running = False

    async def _run(self, document: Document, choice: ClusterChoice, generation: int) -> None:
        """Show the parts; then again, with what is known of them, unless another cut is wanted."""

        def apply(act: Callable[..., None], *values: object) -> None:
            self._check(generation)
            document.add_next_tick_callback(partial(self._apply, generation, act, *values))

        with suppress(_Unwanted):
            partition = await self._divided(choice, generation, partial(apply, self._tell))
            is_large = len(partition.rows) > AT_ONCE
            if is_large:
                apply(self._show, partition)
            describing = asyncio.ensure_future(self._described(partition, generation))
            if not is_large and not (await asyncio.wait({describing}, timeout=PATIENCE_S))[0]:
                apply(self._show, partition)
            apply(self._show, await describing)
            apply(self._end)

    async def _divided(
        self, choice: ClusterChoice, generation: int, tell: Callable[[float], None]
    ) -> Partition:
        """The parts, with nothing known of them but their stars."""
        done = 0.0

        def told(share: float) -> None:  # in the thread of the work
            nonlocal done
            self._check(generation)
            done = share

        work = asyncio.ensure_future(asyncio.to_thread(divided, self._store, choice, told))
        work.add_done_callback(lambda ended: ended.exception())  # nobody may wait for it any more
        while not (await asyncio.wait({work}, timeout=TELL_S))[0]:
            tell(done)
        return await work

    async def _described(self, partition: Partition, generation: int) -> Partition:
        parts = []
        for part in partition.parts:
            self._check(generation)
            parts.append(await asyncio.to_thread(described, self._store, partition, part))
        return replace(partition, parts=parts)

    def _apply(self, generation: int, act: Callable[..., None], *values: object) -> None:
        """Change what is shown, with the document locked, unless another cut is wanted by now."""
        if generation == self._generation:
            with pn.io.hold():
                act(*values)

    def _end(self) -> None:
        self.is_running = False
        self._tell(None)

    def _check(self, generation: int) -> None:
        if generation != self._generation:
            raise _Unwanted
