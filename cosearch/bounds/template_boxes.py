"""Boxes of designs of the template: what there is to begin with, how a box is cut, which share of all is proven."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accel_models.template import Template
from cosearch.bounds.arrays import are_images, are_square, is_first
from cosearch.bounds.grid import HI, L1, L2, LO, NOC, SIZES, DesignGrid, Ints, on_stride
from cosearch.bounds.share import proven_share
from nets.layer import Layer


class TemplateBoxes:
    """See :class:`cosearch.bounds.boxes.Boxes`.

    Args:
        grid: of the designs.
        layers: that run on them.

    Attributes:
        square: whether rows and columns can change places in every layer, so that one of two mirror images is enough.
    """

    sizes = len(SIZES)

    def __init__(self, grid: DesignGrid, layers: Sequence[Layer]) -> None:
        self.grid, self.square = grid, are_square(layers)

    def roots(self) -> Ints:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        wirings = [wiring for wiring in self.grid.wirings() if not self.square or is_first(wiring)]
        boxes = np.array([box for wiring in wirings for box in self.grid.whole(wiring)])
        boxes, holds = self.grid.tighten(boxes.reshape(-1, len(SIZES), 2))
        kept: Ints = boxes[holds]
        return kept

    def halves(self, box: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        pairs = np.array(self._pairs(box), dtype=np.int64).reshape(-1, len(SIZES), 2)
        boxes, holds = self.grid.tighten(pairs)
        holds &= self._counts_at_all(boxes)
        return boxes.reshape(-1, 2, len(SIZES), 2), holds.reshape(-1, 2)

    def width(self, box: Ints) -> float:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        low, high = box[[*range(L1), NOC]].T
        width = math.log(high.prod() / low.prod())
        for table, place in ((self.grid.l1, L1), (self.grid.l2, L2)):
            least, most = table.size[box[place]].tolist()
            width += math.log(most / least)
        return width

    def machine(self, box: Ints) -> Template | None:
        """See :class:`~cosearch.bounds.boxes.Boxes`: with all the L2 that fits."""
        return self.grid.largest(box)

    def point(self, machine: Template) -> Ints:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        return self.grid.point(machine)

    def holds(self, boxes: Ints) -> bool:
        """See :class:`~cosearch.bounds.boxes.Boxes`."""
        return self.grid.holds(boxes)

    def proven_share(self, left: Sequence[Ints]) -> float:
        """See :class:`~cosearch.bounds.boxes.Boxes`: of pairs of an array and a size of L2."""
        return proven_share(self.grid, left, square=self.square)

    def _pairs(self, box: Ints) -> list[tuple[Ints, Ints]]:
        """Both halves of a box by every size that can be cut; both have the rung of L2 between them."""
        pairs = []
        for place, (low, high) in enumerate(box.tolist()):
            if low == high or (place == L2 and high - low == 1):
                continue
            if place == L2:
                last = first = (low + high) // 2
            elif place == L1:
                last = min(max(math.isqrt((low + 1) * (high + 1)) - 1, low), high - 1)
                first = last + 1
            elif place == NOC:
                last = min(max(math.isqrt(low * high), low), high - 1)
                first = last + 1
            else:
                last = min(max(math.isqrt(low * high) // 2 * 2, low), high - 2)
                first = last + 2
            lower, upper = box.copy(), box.copy()
            lower[place, HI], upper[place, LO] = last, first
            pairs.append((lower, upper))
        return pairs

    def _counts_at_all(self, boxes: Ints) -> NDArray[np.bool_]:
        """Which boxes hold an array on the stride that is not only the mirror image of another."""
        low, high = boxes[:, :L1, LO], boxes[:, :L1, HI]
        keeps = (low < high).any(axis=1) | on_stride(low)
        if self.square:
            keeps &= ~are_images(low, high)
        return keeps
