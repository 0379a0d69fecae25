"""Limits on a sum of peaks along a path, such as memory of several buffers, each as large as its largest user asks.

A peak is no sum, but leaving arcs out bounds it. So it is branched and bounded: where the best path breaks the limit,
any path that keeps it lies lower in one of the peaks.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """Arcs by number, and what they lose together."""

    arcs: NDArray[np.int64]
    loss: float


def best_under_peaks(solve: Callable[[Bools], Path | None], peaks: Floats, most: float) -> Path | None:
    """The path of least loss whose peaks add up to no more than ``most``; ``None`` where there is none.

    Args:
        solve: the path of least loss over the arcs that are allowed; ``None`` where none leads to the end.
        peaks: of each arc; shape (arcs, peaks).
    """
    order, waiting = count(), list[tuple[float, int, Path, Floats]]()
    met = set[tuple[float, ...]]()

    def open_below(caps: Floats) -> None:
        if tuple(caps) not in met:
            met.add(tuple(caps))
            if found := solve((peaks <= caps).all(1) & (peaks.sum(1) <= most)):
                heapq.heappush(waiting, (found.loss, next(order), found, caps))

    open_below(np.full(peaks.shape[1], np.inf))
    while waiting:
        _, _, path, caps = heapq.heappop(waiting)
        highest = peaks[path.arcs].max(0)
        if highest.sum() <= most:
            return path
        for column, height in enumerate(highest):
            lower = caps.copy()
            lower[column] = np.nextafter(height, -np.inf)
            open_below(lower)
    return None
