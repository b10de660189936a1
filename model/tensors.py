"""From a survey to the arrays that models read, prepared once and kept beside the survey.

`SURVEY.tensors/<modality>-<hash>` holds one modality; the hash covers the survey's content, the
fields of the config that matter and the version of the code that prepares. NumPy only.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from data_pipeline.cli import progress
from data_pipeline.directories import new_directory
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.encoder_config import EncoderConfig
from model.inputs.arrays import ModalityArrays

Prepare = Callable[[Survey, EncoderConfig, NDArray[np.intp]], ModalityArrays]
BLOCK = 1000  # objects per task: small enough for progress, large enough to hide its cost
PARALLEL_FROM = 4000  # below this many objects, starting processes costs more than it saves


def prepare(
    survey: Survey,
    encoders: Mapping[str, EncoderConfig],
    inputs: Mapping[str, ModuleType],
    cache: str | Path | None = None,
    workers: int | None = None,
) -> dict[str, ModalityArrays]:
    """Return the arrays of each modality, from the cache where they are there.

    Parameters
    ----------
    survey : Survey
    encoders : mapping of modality to its encoder's config
    inputs : mapping of modality to the module whose `prepare` and `VERSION` apply
    cache : path, optional
        Directory to keep the arrays in; by default `SURVEY.tensors` beside the survey.
    workers : int, optional
        Processes; by default all cores for large surveys.
    """
    home = cache_directory(survey, cache)
    return {
        name: _cached(survey, config, inputs[name], home, workers)
        for name, config in encoders.items()
    }


def cache_directory(survey: Survey, cache: str | Path | None = None) -> Path:
    """Return where the arrays of a survey are kept; a temporary place beside a read-only survey.

    A `cache` that was asked for and cannot be written is refused.
    """
    home = Path(cache) if cache else survey.path.with_name(f"{survey.path.name}.tensors")
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
    if home.is_dir() and os.access(home, os.W_OK):
        return home
    if cache:
        raise InputError(f"--cache {home} cannot be written to. Choose another directory.")
    return Path(tempfile.gettempdir()) / f"astrom3-tensors-{survey.content_hash[:16]}"


def cache_key(survey: Survey, config: EncoderConfig, version: int) -> str:
    """Return the hash that names the prepared arrays of one modality."""
    fields = {name: getattr(config, name) for name in config.prepared_by}
    what = [survey.content_hash, config.modality, config.architecture, version, fields]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def _cached(
    survey: Survey, config: EncoderConfig, inputs: ModuleType, home: Path, workers: int | None
) -> ModalityArrays:
    target = home / f"{config.modality}-{cache_key(survey, config, inputs.VERSION)}"
    if not target.is_dir():
        arrays = _prepare_blocks(survey, config, inputs.prepare, workers)
        try:
            with new_directory(target) as building:
                arrays.save(building)
        except (InputError, OSError):
            if not target.is_dir():  # else somebody finished the same arrays first
                raise
    return ModalityArrays.load(target)


def _prepare_blocks(
    survey: Survey, config: EncoderConfig, prepare_rows: Prepare, workers: int | None
) -> ModalityArrays:
    blocks = [np.arange(i, min(i + BLOCK, len(survey))) for i in range(0, len(survey), BLOCK)]
    described = f"{config.modality} inputs"
    workers = workers or (os.cpu_count() or 1 if len(survey) >= PARALLEL_FROM else 1)
    if workers == 1:
        parts = [prepare_rows(survey, config, rows) for rows in progress(blocks, described)]
        return ModalityArrays.concatenate(parts)
    tasks = [(survey.path, config, prepare_rows, rows) for rows in blocks]
    # "spawn": forking a process in which torch runs threads can hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        done = pool.map(_prepare_task, tasks)
        return ModalityArrays.concatenate(list(progress(done, described, total=len(tasks))))


def _prepare_task(task: tuple[Path, EncoderConfig, Prepare, NDArray[np.intp]]) -> ModalityArrays:
    path, config, prepare_rows, rows = task
    return prepare_rows(_opened(path), config, rows)


_surveys: dict[Path, Survey] = {}


def _opened(path: Path) -> Survey:
    if path not in _surveys:
        _surveys[path] = Survey.open(path)
    return _surveys[path]
