"""The process that embeds uploads, seen from the page: one, warm, shared by all sessions.

It speaks JSON, a line each way (model/worker.py). A request that takes too long or is given up ends
it, and the next one starts a new one; so does a crash. It ends with the server.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from data_pipeline.errors import InputError

START_S = 120.0
LIMIT_S = 60.0
_QUIET = {"ASTROM3_QUIET": "1", "OMP_NUM_THREADS": "2"}


class EmbeddingWorker:
    """Embeds stars that are not in an atlas by the atlas's own model.

    Parameters
    ----------
    atlas_path : Path
    limit_s : float
        A request that is not answered by then is given up.
    """

    def __init__(self, atlas_path: Path, limit_s: float = LIMIT_S) -> None:
        self._command = [sys.executable, "-m", "model.worker", str(atlas_path.resolve())]
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answering: threading.Event | None = None
        atexit.register(self.stop)

    def warm_up(self) -> None:
        """Start it in the background, so that the first upload need not wait for that."""
        threading.Thread(target=self._try_to_start, daemon=True).start()

    def ask(
        self, request: Mapping[str, Any], given_up: threading.Event | None = None
    ) -> dict[str, Any]:
        """Send a request and wait for its answer; `InputError` says why there is none.

        Blocks, so not for the event loop. Requests are answered one after the other.

        Parameters
        ----------
        request : mapping
        given_up : Event, optional
            What `give_up` is told to end this request, while it waits or while it is answered.
        """
        given_up = given_up or threading.Event()
        with self._lock:
            process = self._started()
            self._answering = given_up
            try:
                if given_up.is_set():
                    raise InputError("this was given up.")
                return self._exchange(process, json.dumps(request) + "\n", self._limit_s)
            finally:
                self._answering = None

    def give_up(self, given_up: threading.Event) -> None:
        """End a request that nobody waits for any more; a new process is started at once."""
        given_up.set()
        process = self._process
        if self._answering is given_up and process is not None:
            process.kill()
            self.warm_up()

    def stop(self) -> None:
        """End the process."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        self._process = None

    def _try_to_start(self) -> None:
        with self._lock, suppress(InputError):  # whoever uploads will be told
            self._started()

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, **_QUIET}, cwd=Path(__file__).resolve().parents[1],
            )  # fmt: skip
            self._exchange(self._process, "", START_S)
        return self._process

    def _exchange(
        self, process: "subprocess.Popen[str]", line: str, limit_s: float
    ) -> dict[str, Any]:
        """Write a line, read one; the process is ended where that takes too long."""
        assert process.stdin is not None
        assert process.stdout is not None
        overdue = threading.Event()

        def give_up() -> None:
            overdue.set()
            process.kill()

        timer = threading.Timer(limit_s, give_up)
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            text = process.stdout.readline()
        except BrokenPipeError:
            text = ""
        finally:
            timer.cancel()
        if not text:
            self.stop()
            raise InputError(
                f"this took longer than {limit_s:.0f} s and was given up. A shorter light curve "
                "is faster."
                if overdue.is_set()
                else "the process that embeds uploads ended by itself. Try again."
            )
        reply: dict[str, Any] = json.loads(text)
        if "error" in reply:
            raise InputError(reply["error"])
        return reply
