"""How long the server takes over a click while twenty people use one process: median and worst.

Each user is a connection that speaks the page's own protocol and clicks a star every second or two;
a click lasts until the whole answer has come. No browsers: twenty on one machine would measure
themselves.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.client.util import websocket_url_for_server_url
from bokeh.util.token import generate_jwt_token, generate_session_id
from tornado.websocket import WebSocketClientConnection, websocket_connect

sys.path.append(str(Path(__file__).resolve().parents[1] / "app"))
from browsing import serving

from app.atlas_store import AtlasStore
from model.atlas import Atlas

N_USERS = 20
N_CLICKS = 12
PAUSE_S = (1.0, 2.5)


def measure(atlas_path: str | Path, n_users: int = N_USERS) -> dict[str, float]:
    """Serve an atlas to users who click at random, and return seconds by name."""
    store = AtlasStore(Atlas.open(atlas_path))
    key = next(iter(store.diagrams))
    places = store.points(f"diagram:{key}").xy
    places = places[np.isfinite(places).all(axis=1)]
    with tempfile.TemporaryDirectory() as directory:
        verdicts = f"sqlite:///{directory}/verdicts.sqlite"
        log = Path(directory) / "log"
        with serving(str(atlas_path), "--verdicts", verdicts, log=log) as address:
            found = asyncio.run(_use(address, places, n_users))
    return {"click, 20 users": statistics.median(found), "worst click, 20 users": max(found)}


async def _use(address: str, places: np.ndarray, n_users: int) -> list[float]:
    users = [User(address, places, seed) for seed in range(n_users)]
    for user in users:
        await user.arrive()
    return [seconds for clicks in await asyncio.gather(*(u.click() for u in users))
            for seconds in clicks]  # fmt: skip


class User:
    """One connection to one session of the page."""

    def __init__(self, address: str, places: np.ndarray, seed: int) -> None:
        self.url = websocket_url_for_server_url(address)
        self.places, self.rng = places, np.random.default_rng(seed)
        self.n_sent = self.n_changes = 0
        self.socket: WebSocketClientConnection

    async def arrive(self) -> None:
        """Open the page and let it build what it builds once it is seen."""
        token = generate_jwt_token(generate_session_id())
        self.socket = await websocket_connect(
            self.url, subprotocols=["bokeh", token], max_message_size=2**28
        )
        await self._answer("ACK")
        await self._send("PULL-DOC-REQ", {})
        document = await self._answer("PULL-DOC-REPLY")
        self.figure = next(
            node["id"] for node in _nodes(document)
            if node.get("name") == "Figure" and '"scatter-pan"' in json.dumps(node)
        )  # fmt: skip
        await self._event("document_ready", [])

    async def click(self) -> list[float]:
        """Click stars with pauses; return how long each took [s]."""
        times = []
        for _ in range(N_CLICKS):
            await asyncio.sleep(self.rng.uniform(*PAUSE_S))
            x, y = self.places[self.rng.integers(len(self.places))]
            start = time.perf_counter()
            place = [["x", float(x)], ["y", float(y)], ["sx", 0], ["sy", 0]]
            await self._event("tap", [["model", {"id": self.figure}], *place])
            times.append(time.perf_counter() - start)
        assert self.n_changes > N_CLICKS, "clicks changed nothing"
        return times

    async def _event(self, name: str, values: list[Any]) -> None:
        told = {"type": "event", "name": name, "values": {"type": "map", "entries": values}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": told}
        await self._send("PATCH-DOC", {"events": [event]})
        await self._answer("OK")  # it comes after all changes that the event made

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        self.n_sent += 1
        for part in ({"msgid": str(self.n_sent), "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))

    async def _answer(self, kind: str) -> Any:
        """Take messages up to one of this kind, and return its content."""
        while True:
            header, _, content = [await self.socket.read_message() for _ in range(3)]
            if header is None:
                raise ConnectionError("the server has closed the connection")
            told = json.loads(header)
            for _ in range(2 * told.get("num_buffers", 0)):
                await self.socket.read_message()
            self.n_changes += told["msgtype"] == "PATCH-DOC"
            if told["msgtype"] == "ERROR":
                raise RuntimeError(json.loads(content)["text"])
            if told["msgtype"] == kind:
                return json.loads(content)


def _nodes(tree: Any) -> Any:
    """Every object of a JSON tree."""
    if isinstance(tree, dict):
        yield tree
    if isinstance(tree, dict | list):
        for child in tree.values() if isinstance(tree, dict) else tree:
            yield from _nodes(child)


if __name__ == "__main__":
    for what, seconds in measure(sys.argv[1]).items():
        print(f"{what:28} {seconds:.3f} s")
