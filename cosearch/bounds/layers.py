"""What no mapping of a layer costs less than on any design of a box, in one look and by a search of its tilings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosearch.bounds.directed import Directed
from cosearch.bounds.grid import HI, L1, L2, DesignGrid
from cosearch.evaluation.region import Direction
from mappings.corner_bounds import STATIC_PJ, ShapeArrays, least_costs
from mappings.corner_problems import CornerProblems
from nets.layer import Layer

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CUTS: Final = (60, 600, 4000)
"""Boxes of tilings that are cut in a search of one layer, by its level: how long it takes."""


class LayerBounds(Directed):
    """Bounds on the layers of a workload.

    Args:
        grid: of the designs.
        layers: different shapes.
        direction: (p, q) of the cost p E + q T that searches are for; p is 1, or 0 with q = 1.
    """

    searches = True

    def __init__(self, grid: DesignGrid, layers: Sequence[Layer], direction: Direction) -> None:
        super().__init__(direction)
        self._grid, self._layers = grid, list(layers)
        self._arrays = ShapeArrays.of(self._layers)
        self.mac: NDArray[np.bool_] = self._arrays.mac.astype(bool)
        self._place = np.cumsum(self.mac) - 1
        self._unit = 1.0 if direction[0] else 1.0 / grid.clock_hz
        mac = [layer for layer in self._layers if layer.is_mac]
        self._problems = CornerProblems(mac, "energy" if direction[0] else "latency")
        self._alone = CornerProblems(mac, "energy"), CornerProblems(mac, "latency")

    def crude(self, boxes: Ints) -> tuple[Floats, Floats]:
        """Energy in pJ and latency in s, each (n, layers), that no mapping on any design of each box is below.

        Args:
            boxes: (n, 9, 2) of :mod:`cosearch.bounds.grid`.
        """
        energy, cycles = least_costs(self._arrays, *self._grid.corners(boxes))
        return energy, cycles / self._grid.clock_hz

    def roots(self, boxes: Ints, chosen: Ints) -> Floats:
        """Bounds (n, chosen) on the cost in the direction of layers for the MAC array, by column, without a search."""
        places = self._place[chosen]
        lanes, figures = self._weighted_corners(boxes)
        least = np.empty((len(boxes), len(chosen)))
        for row in range(len(boxes)):
            on = self._put_on(boxes[row], lanes[row], figures[row], self._problems, places)
            least[row] = on.roots(places)
        return least * self._unit

    def alone(self, box: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """Bounds on energy in pJ and latency in s of such layers on one box (9, 2), each alone, without a search."""
        places = self._place[chosen]
        lanes, figures = self._grid.corners(box[None])
        energy, cycles = (self._put_on(box, lanes[0], figures[0], of, places).roots(places) for of in self._alone)
        return energy, cycles / self._grid.clock_hz

    def searched(self, box: Ints, chosen: Ints, cuts: int) -> Floats:
        """The same of one box (9, 2), by searches of the layers' tilings that cut so many boxes of them at most."""
        places = self._place[chosen]
        lanes, figures = self._weighted_corners(box[None])
        on = self._put_on(box, lanes[0], figures[0], self._problems, places)
        return np.array([on.search(int(place), cuts) for place in places]) * self._unit

    def _weighted_corners(self, boxes: Ints) -> tuple[Ints, Floats]:
        """The corners of boxes, on which a cycle's energy stands for its weight, too."""
        lanes, figures = self._grid.corners(boxes)
        if self.direction[0]:
            figures[:, STATIC_PJ] += self.direction[1] / self._grid.clock_hz
        return lanes, figures

    def _put_on(
        self, box: Ints, lanes: Ints, figures: Floats, problems: CornerProblems, places: Ints
    ) -> CornerProblems:
        grid, word = self._grid, self._grid.space.precision.input
        l1, l2 = (float(table.size[box[at, HI]] * 8 / word) for table, at in ((grid.l1, L1), (grid.l2, L2)))
        problems.put_on(places, lanes, figures, l1, l2)
        return problems
