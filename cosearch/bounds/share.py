"""Which share of the designs inside a budget is proven to hold no better design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cosearch.bounds.arrays import arrays_of, mirrored
from cosearch.bounds.grid import HI, L1, L2, LO, DesignGrid, Ints
from cosearch.problem.template_space import WIRED


def proven_share(grid: DesignGrid, left: Sequence[Ints], *, square: bool) -> float:
    """The share of all pairs of an array and a size of L2 none of whose designs lie in a box that is left.

    An array is which dims run in parallel, and their widths. Counted are pairs on the strides, of L2 on the ladder,
    that the budget has room for with the smallest L1; where rows and columns can change places, a pair counts as left
    if its mirror image is.
    """
    total = still = 0
    for wiring in grid.wirings():
        arrays = arrays_of(grid, wiring)
        sizes = grid.l2_that_fit(arrays)
        total += int(sizes.sum())
        boxes = [turned for box in left for turned in ((box, mirrored(box)) if square else (box,))]
        boxes = [box for box in boxes if {WIRED[at] for at in np.flatnonzero(box[:L1, HI] > 1)} == set(wiring)]
        still += _pairs_in(boxes, arrays, sizes)
    return 1.0 - still / total if total else 1.0


def _pairs_in(boxes: Sequence[Ints], arrays: Ints, sizes: Ints) -> int:
    """How many pairs of an array and one of its first ``sizes`` sizes of L2 lie in some box."""
    if not boxes or not len(arrays):
        return 0
    marked = np.zeros((len(arrays), int(sizes.max())), dtype=np.bool_)
    first = next(place for place in range(L1) if boxes[0][place, HI] > 1)  # by which arrays ascend
    for box in boxes:
        low = np.searchsorted(arrays[:, first], box[first, LO])
        high = np.searchsorted(arrays[:, first], box[first, HI], side="right")
        some = arrays[low:high]
        inside = ((some >= box[:L1, LO]) & (some <= box[:L1, HI])).all(axis=1)
        marked[low:high][inside, box[L2, LO] : box[L2, HI] + 1] = True
    return int((marked & (np.arange(marked.shape[1]) < sizes[:, None])).sum())
