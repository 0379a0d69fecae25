"""A problem of the hunt, and how many mappings it has."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from accel_models import Accelerator
from accel_models.cost import Convention
from mappings.mappers.mapper import Objective
from mappings.mapspace import MapSpace, Tiles
from nets import Layer
from nets.layer import DIMS

CAP: Final = 20_000
"""Mappings that brute force may price for one problem."""
# Tensors of every level inside the outermost.
STRUCTURES: Final = (
    "W I|O|W", "W I O|O|W", "W I O|O|W|I", "W I O|W|O", "W I O|W|O|I", "W I O|I|W|O", "W I O|I|O|W", "I O|I|W|O",
    "I O|I|W", "O|W|I", "W|O|I", "W|O|I|W", "I|O|W|O", "O|W I", "I|W O|O", "O|W|W I", "W|W I O", "W I|O", "W O|I|W",
    "W I O|W I O", "W I O|W I|O", "W I O|W I O|W I O",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What is drawn: a layer on a machine, what is minimised, and what is legal."""

    layer: Layer
    machine: Accelerator
    objective: Objective = "edp"
    convention: Convention = "default"
    bypass: bool = False
    constraints: tuple[str, ...] = ()
    tiles: Tiles = "perfect"

    def space(self) -> MapSpace:
        """The map space.

        Raises:
            InputError: the constraints cannot be met.
        """
        return MapSpace.of(
            [self.layer], [self.machine], tiles=self.tiles, bypass=self.bypass, convention=self.convention,
            constraints=self.constraints,
        )  # fmt: skip

    @property
    def kinds(self) -> dict[str, str]:
        """The row that it counts for in each table."""
        structure = "|".join(" ".join(level.keeps) for level in self.machine.levels[1:])
        return {
            "structure": structure if structure in STRUCTURES else f"others of {len(self.machine.levels)} levels",
            "objective": self.objective,
            "convention": self.convention,
            "choice": "constraints" if self.constraints else "bypass" if self.bypass else "none",
            "tiles": self.tiles,
        }


def most_mappings(problem: Problem, space: MapSpace) -> int:
    """How many mappings brute force may price: fewer where the axes of a level have no room for all dims together."""
    levels = space.accelerators[0].levels
    nests = {(0,) * (len(levels) - 1): 1}  # how many loops turn at each level but the innermost -> ways
    for dim, bound in zip(DIMS, problem.layer.bounds):
        widest = tuple(
            math.prod(axis.size for axis in level.fanout if not axis.dims or dim in axis.dims) for level in levels
        )
        grown: Counter[tuple[int, ...]] = Counter()
        for (turns, ways), (more, cuts) in product(nests.items(), _turns(bound, widest).items()):
            grown[tuple(map(sum, zip(turns, more)))] += ways * cuts
        nests = grown
    choices = len(space.keeps(0))
    return choices * sum(ways * math.prod(map(math.factorial, turns)) for turns, ways in nests.items())


@lru_cache(maxsize=100_000)
def _turns(bound: int, widest: tuple[int, ...]) -> Counter[tuple[int, ...]]:
    """The ways to cut a bound into trips, by the levels (but the innermost) at which it has a temporal loop."""
    if not widest:
        return Counter({(): 1}) if bound == 1 else Counter()
    out: Counter[tuple[int, ...]] = Counter()
    for temporal in (n for n in range(1, bound + 1) if bound % n == 0):
        for spatial in (n for n in range(1, widest[0] + 1) if bound // temporal % n == 0):
            for rest, ways in _turns(bound // temporal // spatial, widest[1:]).items():
                out[(int(temporal > 1), *rest) if len(widest) > 1 else rest] += ways
    return out
