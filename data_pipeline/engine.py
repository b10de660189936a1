"""Work on many stars at once, by Dask: in this process, on the local cores, or on a cluster.

The caller reads and writes; workers only compute. What they need travels with each batch and what
they found comes back, so a cluster needs no file system in common with this machine. Only so many
batches are under way at a time, which bounds the memory whatever the number of stars.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from data_pipeline.directories import versions
from data_pipeline.errors import InputError
from data_pipeline.memory import settle_malloc

if TYPE_CHECKING:
    from distributed import Client

A = TypeVar("A")
B = TypeVar("B")
_PATIENCE_S = 30
_BATCHES_PER_THREAD = 3  # one computed, one on its way there, one on its way back


class Engine:
    """Applies a function to batches; made by `open_engine`, which also ends it."""

    def __init__(self, stack: ExitStack, workers: int, scheduler: str | None) -> None:
        self._stack, self._workers, self._scheduler = stack, workers, scheduler
        self._client: Client | None = None
        if scheduler is not None:  # a cluster that cannot be used is told before any work
            self._client = stack.enter_context(_cluster(scheduler))

    def map(self, function: Callable[[A], B], batches: Iterable[A]) -> Iterator[B]:
        """Yield the result of each batch as it is done, in any order.

        Processes are started with the second batch: one alone is computed here, as are all where
        one worker was asked for.
        """
        batches = iter(batches)
        if self._client is None:
            first = list(islice(batches, 2 if self._workers > 1 else 0))
            if len(first) < 2:
                for batch in chain(first, batches):
                    yield _settled(function, batch)
                return
            batches = chain(first, batches)
            self._client = self._stack.enter_context(_local(self._workers))
        yield from _computed(self._client, function, batches)


@contextmanager
def open_engine(workers: int | None = None, scheduler: str | None = None) -> Iterator[Engine]:
    """Give an engine; its processes end with the block.

    Parameters
    ----------
    workers : int, optional
        Processes on this machine, of one thread each; all processors by default.
    scheduler : str, optional
        Address of a Dask scheduler ("tcp://host:8786") whose workers do the work instead.
    """
    with ExitStack() as stack:
        yield Engine(stack, workers or os.cpu_count() or 1, scheduler)


def _settled(function: Callable[[A], B], batch: A) -> B:
    """Compute a batch in a process whose memory is settled."""
    settle_malloc()
    return function(batch)


def _computed(client: "Client", function: Callable[[A], B], batches: Iterator[A]) -> Iterator[B]:
    from distributed import as_completed

    def submitted(n: int) -> list[Any]:
        return [
            client.submit(_settled, function, batch, pure=False) for batch in islice(batches, n)
        ]

    n_threads = max(sum(client.nthreads().values()), 1)
    running = as_completed(submitted(_BATCHES_PER_THREAD * n_threads))
    for future in running:
        result = future.result()
        future.release()
        running.update(submitted(1))
        yield result


@contextmanager
def _local(workers: int) -> Iterator["Client"]:
    """Give worker processes of one thread each: their number is the only parallelism.

    They end when this process does, even when it is killed (their nannies watch the parent).
    """
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, memory_limit=None,
            dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def _cluster(address: str) -> Iterator["Client"]:
    """Connect to a scheduler, and make sure that its workers compute what this machine would."""
    import dask
    from distributed import Client

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        try:
            client = Client(address, timeout=_PATIENCE_S)
        except (OSError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler answers at {address} ({error or 'no answer'}). Start one with "
                "`dask scheduler` and workers with `dask worker ADDRESS --nthreads 1`."
            ) from None
        with client:
            _check_workers(client, address)
            yield client


def _check_workers(client: "Client", address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_S)
    except TimeoutError:
        raise InputError(
            f"the Dask scheduler at {address} has no workers. Start some with "
            f"`dask worker {address} --nthreads 1`."
        ) from None
    try:
        there = client.run(versions)
    except ImportError as error:
        raise InputError(
            f"the workers at {address} lack this program ({error}). Install it there as here."
        ) from None
    ours = versions()
    for worker, theirs in there.items():
        differ = [f"{name} {theirs[name]}" for name in ours if ours[name] != theirs[name]]
        if differ:
            expected = ", ".join(f"{name} {ours[name]}" for name in ours)
            raise InputError(
                f"the worker {worker} has {', '.join(differ)}; this machine has {expected}. "
                "Results would depend on where a star was computed: install the same versions."
            )
