"""Memory that nobody uses goes back to the system.

Arrays of all sizes come and go between the little that every trial leaves behind, and the C library keeps the holes for
later: several KB a trial. glibc gives them back when asked; other libraries do by themselves, or cannot be asked.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def trim_heap() -> None:
    """Give back what is free; takes a few milliseconds."""
    if (trim := _malloc_trim()) is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """glibc's ``malloc_trim``, where there is one."""
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; no library of the program itself
        return None
    return found
