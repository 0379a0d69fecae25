"""The arrays of a wiring, and which of them are mirror images of others.

Where rows and columns are alike in every layer, a design costs what its mirror image does, with P and Q, R and S in
each other's places: one of the two is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosearch.bounds.grid import HI, L1, DesignGrid, Ints, on_stride
from cosearch.problem.template_space import MOST_ELEMENTS, WIRED
from nets.layer import Layer

_EXCHANGED: Final = {"P": "Q", "Q": "P", "R": "S", "S": "R"}
_PLACES: Final = [WIRED.index(_EXCHANGED.get(dim, dim)) for dim in WIRED]


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
        limits = np.minimum(MOST_ELEMENTS // arrays.prod(axis=1), most[place])
        fitting = np.searchsorted(grid.lanes, limits, side="right")
        rows = np.repeat(np.arange(len(arrays)), fitting)
        first = np.repeat(fitting.cumsum() - fitting, fitting)
        arrays = arrays[rows]
        arrays[:, place] = grid.lanes[np.arange(len(rows)) - first]
        arrays = arrays[grid.has_room(arrays)]
    return arrays[on_stride(arrays)]


def are_square(layers: Sequence[Layer]) -> bool:
    """Whether rows and columns can change places in every layer on the MAC array."""
    return all(_is_square(layer) for layer in layers if layer.is_mac)


def _is_square(layer: Layer) -> bool:
    top, bottom, left, right = layer.padding
    return (
        layer.P == layer.Q
        and layer.R == layer.S
        and layer.stride[0] == layer.stride[1]
        and layer.dilation[0] == layer.dilation[1]
        and top + bottom == left + right
    )


def is_first(wiring: Sequence[str]) -> bool:
    """Whether a wiring is the one to keep of itself and its mirror image."""
    return sorted(wiring) <= sorted(mirror_of(wiring))


def mirror_of(wiring: Sequence[str]) -> tuple[str, ...]:
    """The dims of a wiring with rows and columns exchanged."""
    return tuple(_EXCHANGED.get(dim, dim) for dim in wiring)


def mirrored(box: Ints) -> Ints:
    """A box (9, 2) with rows and columns exchanged."""
    return np.concatenate([box[:L1][_PLACES], box[L1:]])


def upright(designs: Ints) -> Ints:
    """Designs (n, 9), the mirror images among them exchanged for what they are images of, see :func:`are_images`."""
    images = are_images(designs[:, :L1], designs[:, :L1])
    found = designs.copy()
    found[images, :L1] = designs[images, :L1][:, _PLACES]
    return found


def are_images(low: Ints, high: Ints) -> NDArray[np.bool_]:
    """Which boxes of arrays hold only mirror images of arrays of the same wiring: all have more rows than columns.

    Args:
        low, high: (n, 6) ranges of lanes; the same twice for arrays.
    """
    images = np.zeros(len(low), dtype=np.bool_)
    for pair in (("P", "Q"), ("R", "S")):
        rows, columns = (WIRED.index(dim) for dim in pair)
        others = [place for place, dim in enumerate(WIRED) if dim in _EXCHANGED and dim not in pair]
        both = (high[:, rows] > 1) & (high[:, columns] > 1) & (high[:, others] == 1).all(axis=1)
        images |= both & (low[:, rows] > high[:, columns])
    return images
