"""What no mapping of a layer costs less than on any design of a box, alone or in any group of layers.

A layer that cannot run tile by tile, whatever it reads, as one that pools a whole plane, costs what it costs alone. Of
any other, in a group, only the weights must come from DRAM. What it makes in all of its tiles is the layer again, or
more where overlaps are made twice, and every term of :mod:`mappings.corner_bounds` for a whole layer is at most the
sum of the same terms for such parts: products of parallel dims round up in each, and words and MACs add up. So the
terms that are left when activations neither pass DRAM nor are filled into the shared memory bound the layer in a group;
they are some of those that bound it alone. A group's DRAM works while its layers compute, so none of its time is among
them.

Layers of which a reader steps over rows may make fewer in a group: :func:`why_less` and :func:`steps_over` find these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.axis import GroupArrays, axis_tiles
from accel_models.fusion.group import AXES, Grouper, stands_alone
from cosearch.bounds.directed import Directed
from cosearch.bounds.grid import DesignGrid
from cosearch.evaluation.region import Direction
from mappings.corner_bounds import ShapeArrays, least_costs
from mappings.group_bounds import least_costs_in_groups
from nets.layer import Layer
from nets.network import Network

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class GroupLayerBounds(Directed):
    """See :class:`cosearch.bounds.boxes.BoundsOfLayers`: what every mapping pays, without a search.

    Args:
        grid: of the designs.
        layers: different shapes.
        direction: (p, q) of the cost p E + q T that is bounded; p is 1, or 0 with q = 1.
    """

    searches = False

    def __init__(self, grid: DesignGrid, layers: Sequence[Layer], direction: Direction) -> None:
        super().__init__(direction)
        self._grid, self._arrays = grid, ShapeArrays.of(list(layers))
        self._walls = [place for place, layer in enumerate(layers) if stands_alone(layer)]
        self._alone = ShapeArrays.of([layers[place] for place in self._walls])
        self.mac: NDArray[np.bool_] = self._arrays.mac.astype(bool)

    def crude(self, boxes: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        corners = self._grid.corners(boxes)
        energy, cycles = least_costs_in_groups(self._arrays, *corners)
        if self._walls:
            energy[:, self._walls], cycles[:, self._walls] = least_costs(self._alone, *corners)
        return energy, cycles / self._grid.clock_hz

    def roots(self, boxes: Ints, chosen: Ints) -> Floats:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        least: Floats = self.weighted(*self.crude(boxes))[:, chosen]
        return least

    def alone(self, box: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        energy, latency = self.crude(box[None])
        return energy[0, chosen], latency[0, chosen]

    def searched(self, box: Ints, chosen: Ints, cuts: int) -> Floats:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`: nothing is, so that what all pay stands."""
        found: Floats = self.roots(box[None], chosen)[0]
        return found


def why_less(networks: Sequence[Network]) -> str:
    """Which layer of some networks may make less in a group than alone; empty where all that they make is read."""
    for network in networks:
        grouper = Grouper(network)
        for end, first in enumerate(grouper.firsts, 1):
            group = grouper.group(first, end)
            arrays = GroupArrays.of(group)
            for axis in AXES:
                sizes = arrays.sizes[axis]
                made = axis_tiles(arrays, axis, int(sizes[arrays.writes[-1]]), keep=True).lengths()
                for step in group.steps:
                    if made[step.writes] < sizes[step.writes]:
                        return f"what {step.layer.name!r} of {network.name} makes is not all read"
    return ""


def steps_over(layer: Layer) -> bool:
    """Whether windows of a layer of which the network is not known may leave out some of what they run over.

    Windows no further apart than they are wide leave nothing between them; padded evenly by no less than a step less
    one, nothing at the end either. Pooling to a single position runs alone, so that all it may read is made.
    """
    if not layer.is_mac and (layer.kind != "pool" or layer.P == layer.Q == 1):
        return False
    axes = (layer.R, layer.stride[0], layer.padding[0]), (layer.S, layer.stride[1], layer.padding[2])
    return any(
        step > 1 and (layer.dilation != (1, 1) or kernel < step or padding != kernel // 2 or padding < step - 1)
        for kernel, step, padding in axes
    )
