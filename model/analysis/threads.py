"""Keeps linear algebra from spreading small products over threads that then wait for each other.

On a busy machine that waiting cost the probe more than ten times its own work.
"""

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_thread() -> AbstractContextManager[object]:
    """Context in which BLAS uses one thread."""
    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits
