"""The demo atlas: found where it was built before, else built by the project's own commands.

It lives in a cache directory (ASTROM3_DEMO_DIR, else the user's cache) under a name that says what
it was made of, so that a newer demo is built anew. A build appears under its name only when it is
whole; one that cannot be opened is built again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import data_pipeline.demo
import model
from data_pipeline.errors import InputError
from model.atlas import Atlas

Say = Callable[[str], None]
SMALLEST_SKY = 200
"""Fewer stars than this do not make a map worth looking at."""


@dataclass(frozen=True)
class Demo:
    """Which simulated sky, and the run that embeds it."""

    n_stars: int = 4000
    seed: int = 42
    run: Path = Path(model.__file__).parent / "demo_run"

    def key(self) -> str:
        """Short hash of everything the demo atlas is made of."""
        digest = hashlib.sha256(repr(astuple(self)[:2]).encode())
        for folder in (Path(data_pipeline.demo.__file__).parent, self.run):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()[:12]


def demo_directory() -> Path:
    """Where demo atlases are kept: ASTROM3_DEMO_DIR, else the user's cache."""
    if chosen := os.environ.get("ASTROM3_DEMO_DIR"):
        return Path(chosen)
    home = Path.home()
    caches = {
        "darwin": home / "Library" / "Caches",
        "win32": Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")),
    }
    cache = caches.get(sys.platform, Path(os.environ.get("XDG_CACHE_HOME", home / ".cache")))
    return cache / "astrom3-explorer"


def _demo_stars() -> int:
    """How many stars to simulate: ASTROM3_DEMO_STARS, else as many as `Demo` says."""
    text = os.environ.get("ASTROM3_DEMO_STARS", str(Demo.n_stars))
    if not text.isdecimal() or int(text) < SMALLEST_SKY:
        raise InputError(
            f"ASTROM3_DEMO_STARS must be a number of at least {SMALLEST_SKY}, found {text!r}."
        )
    return int(text)


def demo_atlas(say: Say, demo: Demo | None = None, directory: Path | None = None) -> Path:
    """Return the path of the demo atlas, building it first where it is missing or broken.

    Parameters
    ----------
    say : callable
        Told in a sentence what is being done.
    demo : Demo, optional
    directory : Path, optional
        By default `demo_directory()`.
    """
    demo = demo or Demo(n_stars=_demo_stars())
    whole = (directory or demo_directory()) / f"demo-{demo.key()}"
    if whole.exists():
        try:
            Atlas.open(whole / "atlas")
            return whole / "atlas"
        except (InputError, OSError, ValueError) as error:
            say(f"The demo atlas in {whole} cannot be opened ({error}) and is built again.")
            shutil.rmtree(whole)
    _build(demo, whole, say)
    return whole / "atlas"


def _build(demo: Demo, whole: Path, say: Say) -> None:
    if not demo.run.is_dir():
        raise InputError(f"the shipped model is missing at {demo.run}. Install the project again.")
    part = whole.with_name(f"{whole.name}.part-{os.getpid()}")
    part.mkdir(parents=True)
    say(f"Building the demo atlas of {demo.n_stars:,} simulated stars in {whole} (once).")
    survey, embeddings, atlas = part / "survey", part / "embeddings", part / "atlas"
    stars = ["--n-stars", str(demo.n_stars), "--seed", str(demo.seed)]
    try:
        say("1 of 3: simulating stars, light curves and spectra")
        run_command("data_pipeline", "demo", "--out", survey, *stars)
        say("2 of 3: embedding them with the shipped model")
        run_command("model", "embed", survey, "--run", demo.run, "--out", embeddings)
        say("3 of 3: neighbours, maps and flags")
        run_command("model", "atlas", survey, embeddings, "--out", atlas)
        if not whole.exists():  # else another process was faster, with the same result
            part.rename(whole)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def run_command(module: str, *arguments: str | Path) -> None:
    """Run one of the project's commands; its progress goes to this terminal's stderr."""
    command: Sequence[str] = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise InputError(
            f"the atlas could not be built: `{' '.join(command[1:])}` ended with status "
            f"{done.returncode}; what it said stands above."
        )
