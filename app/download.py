"""A download whose file is written while the page goes on, and that may end without one."""

import io
from collections.abc import Awaitable, Callable
from typing import cast

import panel as pn

Content = Callable[[], Awaitable[io.BytesIO | None]]


class Download(pn.widgets.FileDownload):
    """A `FileDownload` whose callback is a coroutine; where that gives None nothing is saved."""

    async def _async_sync_data(self) -> None:
        content = await cast(Content, self.callback)()
        if content is not None:
            self._sync_data(content)
