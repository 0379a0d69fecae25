"""Divisors of loop bounds, and the tiles that a number of trips leaves, in steps of a square root."""

from __future__ import annotations

import math
from functools import lru_cache


@lru_cache(maxsize=4096)
def divisors(n: int) -> tuple[int, ...]:
    """The divisors of a number, in order."""
    small = [m for m in range(1, math.isqrt(n) + 1) if n % m == 0]
    return (*small, *(n // m for m in reversed(small) if m * m < n))


def ragged_tiles(extent: int) -> list[int]:
    """The smallest tiles of every number of trips, in order: all different ``ceil(extent / trips)``."""
    below = extent - 1
    return sorted({1} | {size + 1 for n in range(1, math.isqrt(below) + 1) for size in (n, below // n)})
