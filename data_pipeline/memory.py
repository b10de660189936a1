"""How the C library keeps memory, where large arrays are made again for each of many stars."""

import ctypes
import sys
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_TRIM_BYTES, _MMAP_BYTES = 256 << 20, 4 << 20


@cache
def settle_malloc() -> None:
    """Set the thresholds of glibc's malloc for this process; elsewhere there is nothing to do.

    Freed memory is kept for the next star (Dask's workers would give it back each time, and
    getting it anew took twice as long as the search of a period). Arrays above 4 MB lie apart from
    the heap, where the small objects that stay would leave holes between them: 9 MB a star.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
