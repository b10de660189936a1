"""A Firefox without a window, driven by the protocol it speaks itself (WebDriver BiDi)."""

import asyncio
import base64
import json
import subprocess
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from browsing import free_port
from numpy.typing import NDArray
from PIL import Image
from tornado.websocket import WebSocketClientConnection, websocket_connect

START_S = 60


class Firefox:
    """One page of one Firefox; use it as an asynchronous context.

    Parameters
    ----------
    program : str
        Path of the Firefox.
    profile : Path
        An empty directory.

    Attributes
    ----------
    errors : list of str
        What the page's scripts complained of.
    """

    def __init__(self, program: str, profile: Path) -> None:
        self.port, self.errors, self._n_sent = free_port(), [], 0
        self._command = [
            program, "--headless", "--no-remote", "--profile", str(profile),
            "--remote-debugging-port", str(self.port), "about:blank",
        ]  # fmt: skip

    async def __aenter__(self) -> "Firefox":
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdout=quiet, stderr=quiet)
        self._socket = await self._connect()
        await self.ask("session.new", capabilities={})
        tree = await self.ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.ask("session.subscribe", events=["log.entryAdded"])
        size = {"width": 1440, "height": 900}
        await self.ask("browsingContext.setViewport", context=self._context, viewport=size)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=30)

    async def open(self, address: str) -> None:
        """Go to an address."""
        await self.ask(
            "browsingContext.navigate", context=self._context, url=address, wait="complete"
        )

    async def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression: a number, a text or a truth."""
        target = {"context": self._context}
        found = await self.ask(
            "script.evaluate", expression=expression, target=target, awaitPromise=True
        )
        return found["result"].get("value")

    async def pixels(self) -> NDArray[np.uint8]:
        """What the page shows, shape (height, width, 3)."""
        shot = await self.ask("browsingContext.captureScreenshot", context=self._context)
        image = Image.open(BytesIO(base64.b64decode(shot["data"])))
        return np.asarray(image.convert("RGB"))

    async def click(self, x: int, y: int) -> None:
        """Click a place of the page."""
        acts = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "actions": acts}
        await self.ask("input.performActions", context=self._context, actions=[mouse])

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events that come before it are noted."""
        self._n_sent += 1
        asked = {"id": self._n_sent, "method": method, "params": params}
        await self._socket.write_message(json.dumps(asked))
        while True:
            told = json.loads(await self._socket.read_message() or '{"type": "error", "id": 0}')
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.errors.append(str(told["params"]["text"]))
            if told["type"] == "error":
                raise RuntimeError(f"{method}: {told.get('message', 'Firefox has gone')}")
            if told.get("id") == self._n_sent:
                return dict(told["result"])

    async def _connect(self) -> WebSocketClientConnection:
        end = time.monotonic() + START_S
        while True:
            try:
                return await websocket_connect(
                    f"ws://127.0.0.1:{self.port}/session", max_message_size=2**28
                )
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                await asyncio.sleep(0.2)
