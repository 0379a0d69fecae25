"""Cuts a network into groups for one price of a cycle: the cut of least ``E + w T`` over all ways to run every group,
and a bound on it.

With ``c(i, j)`` the least over the ways to run layers ``i`` to ``j - 1``, a layer by itself among them,

    f(j) = min over i < j of f(i) + c(i, j)                                                              (1)

is exact, and over bounds of ``c`` it bounds ``f``. Every way has a bound that needs no mapping; ways are mapped where
the least sum of what is known leads through them, and no others: no cut with another way in it costs less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.fusion.group import Grouper
from accel_models.fusion.inside import inside
from mappings.fusion.best_schedule import Rules
from mappings.fusion.kernel import LEAST, SCORE
from mappings.fusion.members import Members
from mappings.fusion.price import Floats, Priced, PriceList
from mappings.fusion.ways import Way, groups_of
from nets.network import Network


@dataclass(frozen=True, slots=True)
class Part:
    """Layers ``begin`` to ``end - 1`` of a network, as a group or, one of them, alone."""

    begin: int
    end: int
    cost: Priced


@dataclass(frozen=True, slots=True)
class Cut:
    """A network cut for one price of a cycle: energies without static power, and a bound on ``E + w T``."""

    cycle_pj: float
    parts: tuple[Part, ...]
    energy_pj: float
    cycles: float
    bound: float


Chosen = list[tuple[int, int, int]]
"""Parts of a cut: first layer, behind the last one, and what it is of all choices."""


class Cutter:
    """Cuts one network for any price of a cycle; ways to run groups are found once.

    *Choices* are all ways to run all groups, those of a group one after the other, and behind them each layer alone.

    Raises:
        InputError: see :func:`accel_models.fusion.inside.require_shared`.
    """

    def __init__(self, network: Network, accelerator: Accelerator, rules: Rules) -> None:
        self._layers = network.layers
        self._whole, self._inside = Members(accelerator), Members(inside(accelerator))
        grouper, ways = Grouper(network), list[Way]()
        # By end: the first layer of each part, and its place in `_first`; the first choice of every part.
        self._parts: list[list[tuple[int, int]]] = []
        first: list[int] = []
        for end in range(1, len(self._layers) + 1):
            self._parts.append([])
            for begin, found in groups_of(grouper, end, accelerator, rules):
                self._parts[-1].append((begin, len(first)))
                first.append(len(ways))
                ways += found
        for end, parts in enumerate(self._parts, 1):
            parts.insert(0, (end - 1, len(first)))
            first.append(len(ways) + end - 1)
        self._first, self._ways = np.array(first, dtype=np.int64), len(ways)
        self._prices = PriceList(ways, accelerator, self._inside)

    @property
    def pieces(self) -> int:
        """Pieces mapped so far, once for every price."""
        return self._inside.solved

    def cut(self, cycle_pj: float) -> Cut:
        """The cut of least ``E + w T``; of least ``T`` at an infinite price.

        Raises:
            InfeasibleError: a layer fits nowhere.
        """
        least = self._bounds(cycle_pj)
        scores, costs = least.copy(), np.zeros((self._ways, 5))
        known: dict[int, Priced | None] = {}  # of a layer alone what it costs; the others' rows are in `costs`
        while True:
            (_, chosen), (bound, sound) = self._shortest(scores), self._shortest(least)
            fresh = sorted({choice for _, _, choice in chosen + sound} - known.keys())
            if not fresh:
                break
            if ways := [choice for choice in fresh if choice < self._ways]:
                costs[ways] = rows = self._prices.costs(cycle_pj, ways)
                scores[ways], proven = rows[:, SCORE], rows[:, LEAST]
                least[ways] = np.minimum(np.maximum(least[ways], proven), scores[ways])
                known |= dict.fromkeys(ways)
            for choice in fresh[len(ways) :]:
                known[choice] = one = self.alone(choice - self._ways, cycle_pj)
                scores[choice], least[choice] = one.score, min(max(least[choice], one.bound), one.score)
        parts = tuple(
            Part(begin, end, known[choice] or self._prices.priced(choice, costs[choice], cycle_pj))
            for begin, end, choice in chosen
        )
        energy_pj, cycles = (math.fsum(getattr(part.cost, name) for part in parts) for name in ("energy_pj", "cycles"))
        return Cut(cycle_pj, parts, energy_pj, cycles, bound)

    def bound(self, cycle_pj: float) -> float:
        """What no cut goes below: quick, and often loose."""
        return self._shortest(self._bounds(cycle_pj))[0]

    def alone(self, place: int, cycle_pj: float) -> Priced:
        """A layer by itself, from DRAM to DRAM, as often as it runs.

        Raises:
            InfeasibleError: it fits nowhere.
        """
        layer = self._layers[place]
        (found,) = self._whole.find([layer], cycle_pj)
        assert found is not None
        score = found.cycles if math.isinf(cycle_pj) else found.energy_pj + cycle_pj * found.cycles
        times = layer.times
        return Priced(
            times * found.energy_pj, times * found.cycles, times * score, times * found.bound, members=((found,),)
        )

    def _bounds(self, cycle_pj: float) -> Floats:
        """(choices,) what no mappings go below."""
        alone = self._whole.bounds(self._layers, cycle_pj)
        times = [layer.times for layer in self._layers]
        return np.concatenate([self._prices.bounds(cycle_pj), np.multiply(times, alone)])

    def _shortest(self, costs: Floats) -> tuple[float, Chosen]:
        """The least sum of a cost (choices,) over a cut, and its parts: equation (1)."""
        of_part = np.minimum.reduceat(costs, self._first).tolist()
        sums, last = [0.0], list[tuple[int, int]]()
        for parts in self._parts:
            best, least = parts[0], sums[parts[0][0]] + of_part[parts[0][1]]
            for begin, part in parts:
                if (total := sums[begin] + of_part[part]) < least:
                    best, least = (begin, part), total
            sums.append(least)
            last.append(best)
        chosen: Chosen = []
        end = len(self._parts)
        while end:
            begin, part = last[end - 1]
            chosen.append((begin, end, self._cheapest(costs, part)))
            end = begin
        return sums[-1], chosen[::-1]

    def _cheapest(self, costs: Floats, part: int) -> int:
        """The choice of least cost for a part."""
        first = int(self._first[part])
        behind = int(self._first[part + 1]) if part + 1 < len(self._first) else len(costs)
        return first + int(costs[first:behind].argmin())
