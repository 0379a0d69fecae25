"""What no mapping of a layer costs less than on any machine of a box of a family.

The box's corner (:meth:`accel_models.family.Family.corner`) is a machine at least as good as all of them: what bounds a
layer there bounds it on each. Of every machine is known what all mappings pay (:mod:`mappings.bounds`); those like the
template's are searched, too (:mod:`mappings.corner_problems`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.family import Family, corner_of
from accel_models.vector import VectorLayers
from cosearch.bounds.directed import Directed
from cosearch.evaluation.region import Direction
from cosearch.problem.machine_space import MachineSpace
from mappings.bounds import LayersToBound
from mappings.corner_problems import CornerProblems
from mappings.mappers.optimal.boxes import speaks_of
from nets.layer import Layer

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CORNERS_KEPT: Final = 2048
"""Boxes are halved in every direction before one is chosen: most of their corners are asked for again."""


def bounds_on_machines(space: MachineSpace, layers: Sequence[Layer], direction: Direction) -> PaidByAll:
    """Bounds on layers, searched where that speaks of every machine of a space."""
    return (Searched if can_search(space) else PaidByAll)(space.family, layers, direction)


def can_search(space: MachineSpace) -> bool:
    """Whether layers can be searched on every machine of a space, see :mod:`mappings.corner_problems`."""
    return all(speaks_of(space.machine(places).accelerator()) for places in space.alternatives())


class PaidByAll(Directed):
    """See :class:`cosearch.bounds.boxes.BoundsOfLayers`: what every mapping pays.

    Args:
        family: of the machines.
        layers: different shapes.
        direction: (p, q) of the cost p E + q T that searches are for; p is 1, or 0 with q = 1.
    """

    searches = False

    def __init__(self, family: Family, layers: Sequence[Layer], direction: Direction) -> None:
        super().__init__(direction)
        least = LeastOfLayers(layers)
        self.mac: NDArray[np.bool_] = least.mac
        built = lru_cache(CORNERS_KEPT)(lambda places: family.machine(places).accelerator())
        self._on = lru_cache(CORNERS_KEPT)(lambda low, high: least.on(corner_of(built(low), built(high))))

    def crude(self, boxes: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        found = [self._corner(box) for box in boxes]
        return np.array([at.energy_pj for at in found]), np.array([at.latency_s for at in found])

    def roots(self, boxes: Ints, chosen: Ints) -> Floats:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        least: Floats = self.weighted(*self.crude(boxes))[:, chosen]
        return least

    def alone(self, box: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        at = self._corner(box)
        return at.energy_pj[chosen], at.latency_s[chosen]

    def searched(self, box: Ints, chosen: Ints, cuts: int) -> Floats:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`: nothing is, so that what all pay stands."""
        found: Floats = self.roots(box[None], chosen)[0]
        return found

    def _corner(self, box: Ints) -> LeastOnMachine:
        found: LeastOnMachine = self._on(*map(tuple, box.T.tolist()))
        return found


class Searched(PaidByAll):
    """Of machines like the template's: by searches of the layers' tilings."""

    searches = True

    def __init__(self, family: Family, layers: Sequence[Layer], direction: Direction) -> None:
        super().__init__(family, layers, direction)
        mac = [layer for layer in layers if layer.is_mac]
        self._place = np.cumsum(self.mac) - 1
        self._problems = CornerProblems(mac, "energy" if direction[0] else "latency")
        self._alone = CornerProblems(mac, "energy"), CornerProblems(mac, "latency")

    def roots(self, boxes: Ints, chosen: Ints) -> Floats:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        return np.array([self._on_corner(box, chosen).roots(self._place[chosen]) * self._unit(box) for box in boxes])

    def alone(self, box: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        machine, places = self._corner(box).machine, self._place[chosen]
        for problems in self._alone:
            problems.put_on_machine(places, machine)
        energy, cycles = (problems.roots(places) for problems in self._alone)
        return energy, cycles / machine.clock_hz

    def searched(self, box: Ints, chosen: Ints, cuts: int) -> Floats:
        """See :class:`~cosearch.bounds.boxes.BoundsOfLayers`."""
        on = self._on_corner(box, chosen)
        return np.array([on.search(int(place), cuts) for place in self._place[chosen]]) * self._unit(box)

    def _on_corner(self, box: Ints, chosen: Ints) -> CornerProblems:
        """The layers on the corner of a box, where a cycle's energy stands for its weight, too."""
        machine, (per_pj, per_s) = self._corner(box).machine, self.direction
        if per_pj:
            machine = replace(machine, static_mw=machine.static_mw + per_s / 1e9)
        self._problems.put_on_machine(self._place[chosen], machine)
        return self._problems

    def _unit(self, box: Ints) -> float:
        """What a search counts in the direction: pJ, or the seconds of a cycle."""
        return 1.0 if self.direction[0] else 1.0 / self._corner(box).machine.clock_hz


@dataclass(frozen=True, slots=True)
class LeastOnMachine:
    """What layers cost on a machine at least, without a search.

    Attributes:
        machine: where.
        energy_pj, latency_s: (layers,).
    """

    machine: Accelerator
    energy_pj: Floats
    latency_s: Floats


class LeastOfLayers:
    """What all mappings of layers pay, on one machine after the other.

    Attributes:
        mac: (layers,) whether each runs on the MAC array.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.mac: NDArray[np.bool_] = np.array([layer.is_mac for layer in layers], dtype=np.bool_)
        self._mapped = LayersToBound.of([layer for layer in layers if layer.is_mac])
        self._moved = VectorLayers([layer for layer in layers if not layer.is_mac])

    def on(self, machine: Accelerator) -> LeastOnMachine:
        """On a machine."""
        energy_pj, cycles = np.empty(len(self.mac)), np.empty(len(self.mac))
        cycles[self.mac], energy_pj[self.mac] = self._mapped.on(machine)
        energy_pj[~self.mac], cycles[~self.mac] = self._moved.cost(machine)
        return LeastOnMachine(machine, energy_pj, cycles / machine.clock_hz)
