"""Inputs counted the way Timeloop counts them.

The cost model counts exactly what a sliding window needs anew. Timeloop (v3.0.3 and v0.4, ``loop-analysis``) counts
otherwise, mostly more, where windows overlap in other ways than along one loop. Its figures are met by its rules only:

- *over time* a tile sends only what the tile before it lacked while it moves by the same step as it did before; when
  the step changes (another loop advances, or a loop of other dims lies in between) it is sent whole, and the
  comparison starts anew. A loop is followed for two iterations; the second stands for all that come after it;
- *over space* a word is shared by the children of one memory whose whole tiles are equal, and by no others; memories
  without entries are memories here, so sharing across one is not seen.

Both hold for factors without remainder; weights and outputs are the same under either way of counting.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

from accel_models.accelerator import Accelerator
from accel_models.cost import Cost, Traffic
from accel_models.formats.timeloop.names import Names
from accel_models.loopnest import Loop
from nets.layer import DIMS, Layer

_Box = tuple[int, ...]
_WINDOW = {"P": 0, "R": 0, "Q": 1, "S": 1}


def count_inputs_as_timeloop(cost: Cost, names: Names) -> Cost:
    """``cost`` with the inputs' reads and fills, and the cycles and energy that follow, by Timeloop's rules.

    Args:
        cost: of a valid mapping, by the ``timeloop`` convention. One with a ragged factor is returned as it is.
        names: which axes stand below which memory of the file.
    """
    layer, accelerator, mapping = cost.layer, cost.accelerator, cost.mapping
    nest = _Nest(layer, [level.temporal for level in mapping.levels], [level.spatial for level in mapping.levels])
    if not nest.is_even:
        return cost
    order = list(cost.traffic)
    chain = [number for number, level in enumerate(order) if "I" in cost.traffic[level]]
    reads = dict.fromkeys(chain, 0)
    fills = dict.fromkeys(chain, 0)
    for parent, child in itertools.pairwise([*chain, len(order)]):
        received = nest.steps(child) if child == len(order) else nest.received(child)
        if child < len(order):
            fills[child] = received * nest.instances(child)
        distinct = math.prod(
            nest.distinct(level, [loop for loop in nest.spatial[level] if _memory(names, order[level], loop) == memory])
            for level in range(parent, child)
            for memory in names.memories
        )
        reads[parent] = received * distinct * nest.instances(parent)
    traffic = {level: dict(tensors) for level, tensors in cost.traffic.items()}
    for number in chain:
        traffic[order[number]]["I"] = Traffic(reads[number], fills[number], 0)
    used = {level: nest.instances(number) for number, level in enumerate(order)}
    level_cycles = _level_cycles(accelerator, traffic, used)
    slowest = max(level_cycles, key=lambda level: level_cycles[level])
    bound = level_cycles[slowest] > cost.compute_cycles
    extra_pj = sum(
        (traffic[level.name]["I"].reads - cost.traffic[level.name]["I"].reads) * level.read_pj
        + (traffic[level.name]["I"].fills - cost.traffic[level.name]["I"].fills) * level.write_pj
        for level in accelerator.levels
        if "I" in traffic[level.name]
    )
    return dataclasses.replace(
        cost,
        traffic=traffic,
        level_cycles=level_cycles,
        cycles=max(cost.compute_cycles, level_cycles[slowest]),
        bound_by=slowest if bound else "compute",
        energy_pj=cost.energy_pj + extra_pj,
    )


@dataclasses.dataclass(frozen=True)
class _Nest:
    """The loops of each level, outermost level first."""

    layer: Layer
    temporal: Sequence[Sequence[Loop]]
    spatial: Sequence[Sequence[Loop]]

    @property
    def is_even(self) -> bool:
        """Whether every loop divides the extent it cuts."""
        extent = dict(zip(DIMS, self.layer.bounds))
        for loop, _, _ in self.loops(len(self.temporal)):
            if extent[loop.dim] % loop.tile:
                return False
            extent[loop.dim] = loop.tile
        return True

    def instances(self, level: int) -> int:
        """Instances of a level that have work."""
        return math.prod(trips for _, trips, spatial in self.loops(level) if spatial)

    def steps(self, level: int) -> int:
        """Steps of all temporal loops outside a level."""
        return math.prod(trips for _, trips, spatial in self.loops(level) if not spatial)

    def loops(self, level: int) -> list[tuple[Loop, int, bool]]:
        """Loops outside a level, outermost first: loop, trips, whether it is spatial."""
        extent = dict(zip(DIMS, self.layer.bounds))
        found = []
        for temporal, spatial in zip(self.temporal[:level], self.spatial[:level]):
            for loops, parallel in ((temporal, False), (spatial, True)):
                for loop in loops:
                    found.append((loop, extent[loop.dim] // loop.tile, parallel))
                    extent[loop.dim] = loop.tile
        return found

    def shift(self, loop: Loop) -> _Box:
        """How far one step of a loop moves a box of inputs: along N, G, C, rows and columns."""
        moved = {"N": 0, "G": 1, "C": 2}
        box = [0] * 5
        if loop.dim in moved:
            box[moved[loop.dim]] = loop.tile
        elif loop.dim in _WINDOW:
            axis = _WINDOW[loop.dim]
            step = self.layer.stride[axis] if loop.dim in "PQ" else self.layer.dilation[axis]
            box[3 + axis] = loop.tile * step
        return tuple(box)

    def distinct(self, level: int, loops: Sequence[Loop]) -> int:
        """How many different boxes the spatial ``loops`` of one memory of a level spread out to."""
        places: set[_Box] = {(0,) * 5}
        for loop, trips, spatial in self.loops(level + 1):
            if spatial and loop in loops and loop in self.spatial[level]:
                shift = self.shift(loop)
                places = {tuple(a + i * b for a, b in zip(place, shift)) for place in places for i in range(trips)}
        return len(places)

    def received(self, level: int) -> int:
        """Words that one instance of a level receives."""
        extent = dict(zip(DIMS, self.layer.bounds))
        loops = self.loops(level)
        for loop, _, _ in loops:
            extent[loop.dim] = loop.tile
        size = (
            *(extent[dim] for dim in "NGC"),
            *(
                (extent[slide] - 1) * stride + (extent[tap] - 1) * dilation + 1
                for slide, tap, stride, dilation in zip("PQ", "RS", self.layer.stride, self.layer.dilation)
            ),
        )
        walk = [(self.shift(loop), trips) for loop, trips, spatial in loops if not spatial and trips > 1]
        words = 0
        last: _Box | None = None
        step: _Box | None = None
        for second in itertools.product((False, True), repeat=len(walk)):
            epochs = math.prod(trips - 1 for (_, trips), again in zip(walk, second) if again)
            place = tuple(sum(shift[axis] for (shift, _), again in zip(walk, second) if again) for axis in range(5))
            moved = None if last is None else tuple(a - b for a, b in zip(place, last))
            whole = math.prod(size)
            if moved is None:
                words += whole * epochs
            elif step is None or moved == step:
                shared = math.prod(max(0, length - abs(by)) for length, by in zip(size, moved))
                words += (whole - shared) * epochs
                step = moved
            else:
                words += whole * epochs
                step = None
            last = place
        return words


def _memory(names: Names, level: str, loop: Loop) -> str:
    """The file's memory (virtual ones included) below which a spatial loop of a level lies."""
    group = itertools.dropwhile(lambda memory: memory != level, names.memories)
    for memory in group:
        if memory != level and memory not in names.virtual:
            break
        if loop.axis in names.axes[memory].values():
            return memory
    return level


def _level_cycles(
    accelerator: Accelerator, traffic: dict[str, dict[str, Traffic]], used: dict[str, int]
) -> dict[str, float]:
    """Cycles that the bandwidth of each level takes: fills and updates are writes, shared evenly by the instances."""
    cycles = {}
    for level in accelerator.levels:
        counts = traffic[level.name].values()
        reads = sum(count.reads for count in counts) / used[level.name]
        writes = sum(count.fills + count.updates for count in counts) / used[level.name]
        cycles[level.name] = max(
            reads / level.read_bandwidth, writes / level.write_bandwidth, (reads + writes) / level.shared_bandwidth
        )
    return cycles
