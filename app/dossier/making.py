"""A dossier made for the page: in a process of its own, with progress, and a way to stop it."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from data_pipeline.errors import InputError

Tell = Callable[[int, int], None]


class DossierMaker:
    """Makes one dossier at a time.

    Parameters
    ----------
    atlas : Path
    tell : callable
        Told (pages done, pages in all) as they come.
    """

    def __init__(self, atlas: Path, tell: Tell) -> None:
        self._atlas, self._tell = atlas, tell
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    @property
    def is_running(self) -> bool:
        """Whether one is being made."""
        return self._process is not None

    async def make(self, stars: bytes, title: str) -> Path | None:
        """Make a dossier of a list (Parquet, from `app.export`); None where it was stopped."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="astrom3-dossier-")
        folder = Path(self._folder.name)
        source, out = folder / "list.parquet", folder / "dossier.html"
        source.write_bytes(stars)
        self._stopped = False
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.dossier", str(self._atlas), str(source), "--out", str(out),
            "--title", title, "--progress",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        errors = asyncio.create_task(process.stderr.read())
        try:
            async for line in process.stdout:
                told = json.loads(line)
                self._tell(told["done"], told["of"])
            status = await process.wait()
        finally:
            self._process = None
        said = (await errors).decode(errors="replace").strip()
        if self._stopped:
            return None
        if status:
            raise InputError(f"the dossier could not be made: {said[-300:] or f'status {status}'}")
        return out

    def stop(self) -> None:
        """End the one being made."""
        self._stopped = True
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """End whatever runs and remove what was made."""
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
