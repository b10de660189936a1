"""Simulate a whole survey and write it: `make_demo`.

The stars are made in blocks by parallel processes. Star number i draws from a generator seeded by
(seed, i) alone, and blocks have a fixed size, so the result depends on neither the number of
workers nor the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.cli import progress
from data_pipeline.demo import columns as demo_columns
from data_pipeline.demo.classes import PROPORTIONS, kind_list
from data_pipeline.demo.faults import plan_faults
from data_pipeline.demo.simulate import SimulatedStar, StarOrder, simulate_block
from data_pipeline.directories import provenance
from data_pipeline.errors import InputError
from data_pipeline.ids import stable_id
from data_pipeline.splits import standard_splits
from data_pipeline.survey_writer import SurveyWriter

BLOCK = 40
MIN_STARS = 40
NAME = "Demo sky (simulated)"


def make_demo(
    path: str | os.PathLike[str],
    n_stars: int = 4000,
    seed: int = 42,
    proportions: str = "balanced",
    spectra_fraction: float | None = None,
    periods: str = "catalog",
    workers: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Simulate a survey of variable stars and write it to a new directory.

    Parameters
    ----------
    path : path
        The survey directory to make.
    n_stars : int
        At least 40.
    seed : int
        Same arguments, same stars, byte for byte.
    proportions : "balanced" or "paper"
        Balanced has at least 40 stars of every class at 4,000; paper follows the paper's sample.
    spectra_fraction : float, optional
        Share of the stars with a spectrum; None leaves it to the simulated spectrograph.
    periods : "catalog" or "search"
        Whether `period_days` is the catalog's (planted mistakes included) or searched for.
    workers : int, optional
        Parallel processes; the number of cores by default.
    overwrite : bool
        Set an existing directory aside instead of refusing.

    Returns
    -------
    Path of the survey.
    """
    _check(n_stars, proportions, spectra_fraction, periods)
    orders = simulation_orders(n_stars, seed, proportions, spectra_fraction, periods == "search")
    arguments = {"n_stars": n_stars, "seed": seed, "proportions": proportions,
                 "spectra_fraction": spectra_fraction, "periods": periods}  # fmt: skip
    writer = SurveyWriter(
        path,
        NAME,
        bands=demo_columns.BANDS,
        columns=demo_columns.COLUMNS,
        is_synthetic=True,
        overwrite=overwrite,
        provenance=provenance(f"make_demo {arguments}", seed=seed),
    )
    with writer:
        _write(writer, orders, seed, workers)
    return Path(path)


def _check(n_stars: int, proportions: str, spectra_fraction: float | None, periods: str) -> None:
    problems = []
    if n_stars < MIN_STARS:
        problems.append(f"n_stars must be at least {MIN_STARS}, found {n_stars}")
    if proportions not in PROPORTIONS:
        problems.append(f"proportions must be one of {sorted(PROPORTIONS)}, found {proportions!r}")
    if spectra_fraction is not None and not 0.0 <= spectra_fraction <= 1.0:
        problems.append(f"spectra_fraction must lie in 0 .. 1, found {spectra_fraction}")
    if periods not in ("catalog", "search"):
        problems.append(f"periods must be 'catalog' or 'search', found {periods!r}")
    if problems:
        raise InputError("demo: " + "; ".join(problems) + ".")


def simulation_orders(
    n_stars: int,
    seed: int,
    proportions: str = "balanced",
    spectra_fraction: float | None = None,
    search_periods: bool = False,
) -> list[StarOrder]:
    """One order per star, in the survey's row order, which is shuffled."""
    rng = np.random.default_rng([seed, 0])
    kinds = kind_list(n_stars, proportions)
    kinds = [kinds[i] for i in rng.permutation(n_stars)]
    faults = plan_faults(kinds, rng)
    return [
        StarOrder(index, seed, kind, fault, spectra_fraction, search_periods)
        for index, (kind, fault) in enumerate(zip(kinds, faults, strict=True))
    ]


def _simulated(blocks: list[list[StarOrder]], workers: int | None) -> Iterator[list[SimulatedStar]]:
    """Blocks in order, made by parallel processes (in this one where one worker is asked for)."""
    workers = min(workers or os.cpu_count() or 1, len(blocks))
    if workers <= 1:
        yield from map(simulate_block, blocks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(simulate_block, blocks)


def _write(writer: SurveyWriter, orders: list[StarOrder], seed: int, workers: int | None) -> None:
    blocks = [orders[i : i + BLOCK] for i in range(0, len(orders), BLOCK)]
    rows: list[dict[str, Any]] = []
    truth: list[dict[str, Any]] = []
    n_spectra = 0
    stars = (star for block in _simulated(blocks, workers) for star in block)
    for star in progress(stars, "simulating stars", total=len(orders)):
        source_id = stable_id("demo", f"{seed} {star.name}")
        rows.append({"source_id": source_id, "name": star.name, **star.row})
        truth.append({"source_id": source_id, **star.truth})
        writer.add_light_curve(source_id, star.light_curve)
        for spectrum in star.spectra(first_id=n_spectra):
            writer.add_spectrum(source_id, spectrum)
            n_spectra += 1
    objects = pd.DataFrame(rows).dropna(axis=1, how="all")
    writer.write_objects(objects)
    writer.write_truth(pd.DataFrame(truth))
    writer.write_splits(standard_splits(objects["source_id"], objects["class_label"], seed))
