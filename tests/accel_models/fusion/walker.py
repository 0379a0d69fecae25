"""A simulator of groups: walks tiles, layers and positions, moves words one position at a time, and counts.

It is the proof of the counts of groups, so it is written to be read and shares no code with them: what is on the chip
is a dictionary of positions, what a layer reads is found tap by tap, and a word goes when nothing will read it any
more.

Conventions, which are the schedule's and not a matter of counting:

- what a tile needs of a tensor is the product of the rows and the columns that some reader needs, and what it still
  needs, of those that some layer needs that has still to run: words in it that nobody reads are held too;
- a word that was made in an earlier row of tiles may be used again where rows are kept, one made in this row of tiles
  where columns are kept; any other that is needed is made (fetched) again;
- a tensor that leaves is made whole: by the tile of the same place where its plane is that of the last output, the rest
  by the last tile.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from accel_models.fusion.group import Group, Step
from accel_models.fusion.schedule import Schedule

Position = tuple[int, int]
Tile = tuple[int, int]


@dataclass
class Walk:
    """What was counted: words made of each tensor, MACs of each step, words on the chip at most."""

    made: list[int]
    macs: list[int]
    fetched_weights: int = 0
    most_alive: int = 0


def walk(group: Group, schedule: Schedule) -> Walk:
    """Run a group tile by tile."""
    return _Walker(group, schedule).run()


class _Walker:
    def __init__(self, group: Group, schedule: Schedule) -> None:
        self.group, self.schedule = group, schedule
        (height, width), (rows, columns) = group.last.plane, schedule.tile
        self.tiles = list(itertools.product(range(-(-height // rows)), range(-(-width // columns))))
        self.ran = Walk([0] * len(group.tensors), [0] * len(group.steps))
        self.plans = [self.plan(axis) for axis in (0, 1)]

    def plan(self, axis: int) -> list[tuple[list[set[int]], list[list[set[int]]]]]:
        """For every tile along one axis: what to make of each tensor, and what each step reads of each operand."""
        size, tile = self.group.last.plane[axis], self.schedule.tile[axis]
        count = -(-size // tile)
        done: list[set[int]] = [set() for _ in self.group.tensors]
        plans = []
        for number in range(count):
            share = set(range(number * tile, min(size, (number + 1) * tile)))
            needed: list[set[int]] = [set() for _ in self.group.tensors]
            make: list[set[int]] = [set() for _ in self.group.tensors]
            reads: list[list[set[int]]] = [[] for _ in self.group.steps]
            for index in reversed(range(len(self.group.steps))):
                step = self.group.steps[index]
                tensor = self.group.tensors[step.writes]
                if tensor.leaves and tensor.plane == self.group.last.plane:
                    needed[step.writes] |= share
                if tensor.leaves and number == count - 1:
                    needed[step.writes] |= set(range(tensor.plane[axis])) - done[step.writes]
                make[step.writes] = self.missing(axis, needed[step.writes], done[step.writes])
                for place in step.reads:
                    read = positions_read(step, axis, make[step.writes], self.group.tensors[place].plane[axis])
                    needed[place] |= read
                    reads[index].append(read)
            for place, tensor in enumerate(self.group.tensors):
                if tensor.outside:
                    make[place] = self.missing(axis, needed[place], done[place])
                done[place] |= needed[place]
            plans.append((make, reads))
        return plans

    def missing(self, axis: int, needed: set[int], done: set[int]) -> set[int]:
        return needed - done if self.schedule.keep[axis] else set(needed)

    def wants(self, place: int, tile: Tile, after_step: int = -1) -> set[Position]:
        """Positions of a tensor that steps after one read in a tile."""
        rows: set[int] = set()
        columns: set[int] = set()
        for index, step in enumerate(self.group.steps):
            for operand, read in enumerate(step.reads):
                if read == place and index > after_step:
                    rows |= self.plans[0][tile[0]][1][index][operand]
                    columns |= self.plans[1][tile[1]][1][index][operand]
        return set(itertools.product(rows, columns))

    def run(self) -> Walk:
        chip: list[dict[Position, int]] = [{} for _ in self.group.tensors]  # position: the row of tiles it was made in
        for tile in self.tiles:
            for index, step in enumerate(self.group.steps):
                for place in dict.fromkeys((*step.reads, step.writes)):
                    if place == step.writes or (
                        self.group.tensors[place].outside and self.first_reader(place) == index
                    ):
                        self.make(place, tile, chip[place])
                layer = step.layer
                for row, column in itertools.product(*self.made(step.writes, tile)):
                    for place in step.reads:
                        plane = self.group.tensors[place].plane
                        window = (
                            positions_read(step, axis, {at}, plane[axis]) for axis, at in enumerate((row, column))
                        )
                        assert chip[place].keys() >= set(itertools.product(*window))  # all that it reads is there
                    if layer.is_mac:
                        self.ran.macs[index] += layer.N * layer.G * layer.K * layer.C * layer.R * layer.S
                streamed = 0 if self.schedule.resident or not layer.is_mac else layer.C * layer.R * layer.S
                self.measure(chip, streamed * (1 + self.schedule.doubled))
                for place in dict.fromkeys((*step.reads, step.writes)):
                    self.drop(place, tile, index, chip[place])
            if not self.schedule.resident:
                self.ran.fetched_weights += self.group.weight_words
        if self.schedule.resident:
            self.ran.fetched_weights = self.group.weight_words
        return self.ran

    def made(self, place: int, tile: Tile) -> tuple[set[int], set[int]]:
        """Rows and columns of a tensor that a tile makes."""
        return self.plans[0][tile[0]][0][place], self.plans[1][tile[1]][0][place]

    def first_reader(self, place: int) -> int:
        return next(index for index, step in enumerate(self.group.steps) if place in step.reads)

    def make(self, place: int, tile: Tile, held: dict[Position, int]) -> None:
        for position in itertools.product(*self.made(place, tile)):
            held.setdefault(position, tile[0])
            self.ran.made[place] += self.group.tensors[place].channels

    def drop(self, place: int, tile: Tile, index: int, held: dict[Position, int]) -> None:
        """Forget what nothing reads any more."""
        wanted = self.wants(place, tile, index)
        keep_rows, keep_columns = self.schedule.keep
        for later in self.tiles[self.tiles.index(tile) + 1 :]:
            for position in self.wants(place, later):
                if position in held:
                    below = later[0] > tile[0]
                    old = held[position] < tile[0]
                    if (keep_rows and (below or old)) or (keep_columns and not below):
                        wanted.add(position)
        for position in held.keys() - wanted:
            del held[position]

    def measure(self, chip: list[dict[Position, int]], streamed: int) -> None:
        alive = sum(tensor.channels * len(held) for tensor, held in zip(self.group.tensors, chip))
        self.ran.most_alive = max(self.ran.most_alive, alive + streamed)


def positions_read(step: Step, axis: int, outputs: set[int], size: int) -> set[int]:
    """Positions of an operand under the windows of some outputs; padding is none."""
    layer = step.layer
    taps, before = (layer.R, layer.padding[0]) if axis == 0 else (layer.S, layer.padding[2])
    return {
        position
        for output in outputs
        for tap in range(taps)
        if 0 <= (position := output * layer.stride[axis] + tap * layer.dilation[axis] - before) < size
    }
