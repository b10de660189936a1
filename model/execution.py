"""Where and how a command runs; nothing here changes what it computes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Execution:
    """Options that every command of the model shares."""

    device: str = "auto"
    """auto, cpu or cuda."""
    cache: str | Path | None = None
    """Directory for the prepared inputs; by default SURVEY.tensors beside the survey."""
    workers: int | None = None
    """Processes that prepare the inputs; by default all cores for large surveys."""
    compile: bool = False
    """Let torch.compile fuse the encoders: minutes once, then faster; for long runs on a GPU."""
    restart: bool = False
    """Drop the state of a killed training instead of continuing it."""
    overwrite: bool = False
    """Set an existing target aside instead of refusing."""
    command: str | None = None
    """The command line, for the provenance; by default that of the process."""


DEFAULT = Execution()
