"""Which share of the arrays inside a budget is proven to hold no better design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accel_models.template import ARRAY_STRIDE
from cosearch.bounds.grid import HI, L1, LO, WIRED, DesignGrid, on_stride
from cosearch.problem.template_space import MOST_ELEMENTS

Ints = NDArray[np.int64]


def array_shares(grid: DesignGrid, left: Sequence[Ints], *, mirrored: bool) -> float:
    """The share of all arrays (dims run in parallel, and their widths) none of whose designs lie in a box that is left.

    Counted are arrays on the strides that the budget has room for with the smallest memories; where rows and columns
    can change places, an array counts as left when its mirror image is.
    """
    total = open_ = 0
    for wiring in grid.wirings():
        arrays = arrays_of(grid, wiring)
        total += len(arrays)
        marked = np.zeros(len(arrays), dtype=np.bool_)
        for box in left:
            for lanes in (box[:L1], _mirrored(box[:L1])) if mirrored else (box[:L1],):
                if {WIRED[place] for place in np.flatnonzero(lanes[:, HI] > 1)} == set(wiring):
                    marked |= ((arrays >= lanes[:, LO]) & (arrays <= lanes[:, HI])).all(axis=1)
        open_ += int(marked.sum())
    return 1.0 - open_ / total if total else 1.0


def arrays_of(grid: DesignGrid, wiring: Sequence[str]) -> Ints:
    """(n, 6) all arrays of a wiring that the budget has room for."""
    boxes, holds = grid.tighten(np.array(grid.whole(wiring)))
    if not holds.any():
        return np.empty((0, L1), dtype=np.int64)
    most = boxes[holds][:, :L1, HI].max(axis=0)
    arrays = np.ones((1, L1), dtype=np.int64)
    for dim in wiring:
        # Each array so far with every width of one more dim that leaves room for the others at their least.
        place = WIRED.index(dim)
        widths = np.arange(ARRAY_STRIDE, most[place] + 1, ARRAY_STRIDE)
        fitting = np.minimum(MOST_ELEMENTS // arrays.prod(axis=1), most[place]) // ARRAY_STRIDE
        rows = np.repeat(np.arange(len(arrays)), fitting)
        first = np.repeat(fitting.cumsum() - fitting, fitting)
        arrays = arrays[rows]
        arrays[:, place] = widths[np.arange(len(rows)) - first]
        arrays = arrays[grid.has_room(arrays)]
    return arrays[on_stride(arrays)]


def _mirrored(lanes: Ints) -> Ints:
    """Ranges of lanes with rows and columns exchanged."""
    order = [WIRED.index({"P": "Q", "Q": "P", "R": "S", "S": "R"}.get(dim, dim)) for dim in WIRED]
    return lanes[order]
