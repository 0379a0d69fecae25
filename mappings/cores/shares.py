"""What cores run of a layer: shares of it, in one piece or, where its weights have no room, some filters at a time.

Weights that have no room come in *slices* while the one before is in use, so two of them lie there. The first is waited
for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mappings.fusion.members import Member, Members
from nets.layer import Layer


@dataclass(frozen=True, slots=True)
class Share:
    """What some cores run of a layer.

    Attributes:
        cores: how many of them.
        pieces: its slices as mapped, and how many are alike.
    """

    cores: int
    pieces: tuple[tuple[Member, int], ...]

    @property
    def energy_pj(self) -> float:
        """Of one core."""
        return math.fsum(runs * one.energy_pj for one, runs in self.pieces)

    @property
    def cycles(self) -> float:
        """Of one core."""
        return math.fsum(runs * one.cycles for one, runs in self.pieces)

    @property
    def bound(self) -> float:
        """What no mappings make ``E + w T`` of one core less than."""
        return math.fsum(runs * one.bound for one, runs in self.pieces)

    @property
    def finished(self) -> bool:
        """Whether every sum that goes up is finished."""
        return all(one.finished for one, _ in self.pieces)


def mapped(parts: list[Layer], cores: list[int], members: Members, cycle_pj: float, most: int | None) -> list[Share]:
    """Shares with their best mappings.

    Args:
        cores: how many run each.
        cycle_pj: price of a cycle of all these cores together.
        most: filters of a slice at most; ``None`` for all.
    """
    found = []
    for part, count in zip(parts, cores):
        pieces = [(part, 1)] if most is None else slices(part, most)
        ones = members.find([piece for piece, _ in pieces], cycle_pj / sum(cores))
        found.append(Share(count, tuple((one, runs) for one, (_, runs) in zip(ones, pieces) if one is not None)))
    return found


def slices(part: Layer, most: int) -> list[tuple[Layer, int]]:
    """The filters of a share in the fewest even slices of at most so many."""
    count = -(-part.K // most)
    size, larger = divmod(part.K, count)
    return [(replace(part, K=filters), runs) for filters, runs in ((size + 1, larger), (size, count - larger)) if runs]
