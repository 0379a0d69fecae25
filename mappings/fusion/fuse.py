"""Which layers of a network run together on a machine, in which tiles, with which mappings: least energy, latency or
their product, with a bound that no choice of groups, schedules and mappings goes below.

For a price of a cycle the network's ``E + w T`` is a sum over groups, and

    f(j) = min over i < j of f(i) + c(i, j)                                                              (1)

as for words (:mod:`mappings.fusion.partition`), with ``c(i, j)`` the least over all ways to run the group that fit. The
same recurrence over bounds of ``c`` bounds ``f``. The product of energy and latency follows from several prices, as for
mappings of a network (:mod:`mappings.network_search`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.fusion.group import Grouper
from accel_models.fusion.inside import SHARED, inside, require_shared, static_pj
from accel_models.fusion.tails import Ending
from accel_models.loopnest import Mapping
from accel_models.mapping_arrays import from_arrays
from mappings.fusion.best_schedule import Rules
from mappings.fusion.kernel import LEAST, SCORE
from mappings.fusion.members import Member, Members
from mappings.fusion.price import Priced, PriceList
from mappings.fusion.ways import Way, Ways
from mappings.mappers.mapper import OBJECTIVES, Objective
from mappings.network_join import chord_bound
from nets.errors import unknown
from nets.network import Network

ROUNDS: Final = 4
"""Prices tried at most for the product of energy and latency, usually."""
CLOSE: Final = 1e-3
"""A gap that no further price is tried for."""


@dataclass(frozen=True, slots=True)
class Part:
    """Layers ``begin`` to ``end - 1`` of a network, as a group or, one of them, alone."""

    begin: int
    end: int
    cost: Priced


@dataclass(frozen=True, slots=True)
class Fused:
    """A network cut into groups, and what it costs.

    Attributes:
        network, accelerator: what was mapped on what.
        objective: what was minimised.
        parts: in order.
        energy_pj, cycles: of the whole network, static power included.
        score, lower_bound: cycles, pJ or their product, and a bound on that of every choice.
        alone_energy_pj, alone_cycles: with every layer alone, at its best for the same objective.
        pieces: how many pieces were mapped, once for every price.
        seconds: wall time.
    """

    network: Network
    accelerator: Accelerator
    objective: Objective
    parts: tuple[Part, ...]
    energy_pj: float
    cycles: float
    score: float
    lower_bound: float
    alone_energy_pj: float
    alone_cycles: float
    pieces: int
    seconds: float

    def mapping(self, member: Member, *, whole: bool) -> Mapping | None:
        """The loop nest of a layer alone (``whole``) or of a piece of a group, from the shared memory inwards."""
        if member.mapping is None:
            return None
        machine = self.accelerator if whole else inside(self.accelerator)
        return from_arrays(member.layer, machine, member.mapping, 0)

    @property
    def gap(self) -> float:
        """How far the choice may be from the best possible: score / lower bound - 1."""
        return max(self.score / self.lower_bound - 1, 0.0) if self.lower_bound > 0 else math.inf


def fuse(
    network: Network,
    accelerator: Accelerator,
    *,
    objective: Objective = "edp",
    rules: Rules | None = None,
    rounds: int = ROUNDS,
) -> Fused:
    """Choose groups, schedules and mappings of a network.

    Args:
        rules: which schedules are allowed; all of full rows, usually. Ends have second buffers where the shared memory
            is double-buffered.
        rounds: prices tried at most for the product of energy and latency.

    Raises:
        InputError: an unknown objective, or a machine without a memory that all tensors share.
        InfeasibleError: a layer fits nowhere.
    """
    began = time.perf_counter()
    if objective not in OBJECTIVES:
        raise unknown("objective", objective, OBJECTIVES)
    require_shared(accelerator)
    cutter = _Cutter(network, accelerator, rules or Rules())
    static = static_pj(accelerator)
    if objective == "edp":
        best, bound = _least_product(cutter, static, rounds)
    else:
        best = cutter.cut(math.inf if objective == "latency" else static)
        bound = best.bound
    energy_pj = best.energy_pj + static * best.cycles
    score = {"edp": energy_pj * best.cycles, "energy": energy_pj, "latency": best.cycles}[objective]
    alone = [cutter.alone(place, best.cycle_pj) for place in range(len(network.layers))]
    alone_cycles = math.fsum(one.cycles for one in alone)
    return Fused(
        network, accelerator, objective, best.parts, energy_pj, best.cycles, score, min(bound, score),
        math.fsum(one.energy_pj for one in alone) + static * alone_cycles, alone_cycles, cutter.pieces,
        time.perf_counter() - began,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cut:
    """A network cut for one price of a cycle: energies without static power, and a bound on ``E + w T``."""

    cycle_pj: float
    parts: tuple[Part, ...]
    energy_pj: float
    cycles: float
    bound: float


def _least_product(cutter: _Cutter, static: float, rounds: int) -> tuple[_Cut, float]:
    """The cut of least energy times latency over several prices, and a bound on the product."""

    def product(cut: _Cut) -> float:
        return (cut.energy_pj + static * cut.cycles) * cut.cycles

    known = {0.0: cutter.bound(static)}
    least_cycles = cutter.bound(math.inf)
    weight, bound = known[0.0] / least_cycles, 0.0
    best: _Cut | None = None
    while len(known) <= rounds and weight not in known and 0 < weight < math.inf:
        cut = cutter.cut(static + weight)
        known[weight] = cut.bound
        best = cut if best is None else min(best, cut, key=product)
        bound, weight = chord_bound(known, least_cycles)
        if product(best) <= bound * (1 + CLOSE):
            break
    return best or cutter.cut(static), bound


class _Cutter:
    """Cuts one network for any price of a cycle; ways to run groups are found once."""

    def __init__(self, network: Network, accelerator: Accelerator, rules: Rules) -> None:
        self._layers = network.layers
        self._whole, self._inside = Members(accelerator), Members(inside(accelerator))
        grouper, ways = Grouper(network), list[Way]()
        # By end: the first layer of a group, its first way, and behind its last way.
        self._groups: list[list[tuple[int, int, int]]] = []
        for end in range(1, len(self._layers) + 1):
            self._groups.append([])
            for begin, found in groups_of(grouper, end, accelerator, rules):
                self._groups[-1].append((begin, len(ways), len(ways) + len(found)))
                ways += found
        self._prices = PriceList(ways, accelerator, self._inside)

    @property
    def pieces(self) -> int:
        """Pieces mapped so far, once for every price."""
        return self._inside.solved

    def cut(self, cycle_pj: float) -> _Cut:
        """The cut of least ``E + w T``; of least ``T`` at an infinite price."""
        costs = self._prices.costs(cycle_pj)
        scores, bounds = [0.0], [0.0]
        last: list[tuple[int, int | None]] = []  # first layer of the last group, and its way; none for a layer alone
        for end, groups in enumerate(self._groups, 1):
            one = self.alone(end - 1, cycle_pj)
            best: tuple[int, int | None] = (end - 1, None)
            score, bound = scores[-1] + one.score, bounds[-1] + one.bound
            for begin, first, behind in groups:
                way = first + int(costs[first:behind, SCORE].argmin())
                bound = min(bound, bounds[begin] + float(costs[first:behind, LEAST].min()))
                if scores[begin] + costs[way, SCORE] < score:
                    best, score = (begin, way), scores[begin] + float(costs[way, SCORE])
            last.append(best)
            scores.append(score)
            bounds.append(bound)
        parts: list[Part] = []
        end = len(self._layers)
        while end:
            begin, chosen = last[end - 1]
            if chosen is None:
                parts.append(Part(begin, end, self.alone(begin, cycle_pj)))
            else:
                parts.append(Part(begin, end, self._prices.priced(chosen, costs[chosen], cycle_pj)))
            end = begin
        parts.reverse()
        energy_pj, cycles = (math.fsum(getattr(part.cost, name) for part in parts) for name in ("energy_pj", "cycles"))
        return _Cut(cycle_pj, tuple(parts), energy_pj, cycles, bounds[-1])

    def bound(self, cycle_pj: float) -> float:
        """What no cut goes below: quick, and often loose."""
        ways = self._prices.bounds(cycle_pj)
        alone = self._whole.bounds(self._layers, cycle_pj)
        bounds = [0.0]
        for end, groups in enumerate(self._groups, 1):
            bounds.append(bounds[-1] + alone[end - 1] * self._layers[end - 1].times)
            for begin, first, behind in groups:
                bounds[-1] = min(bounds[-1], bounds[begin] + float(ways[first:behind].min()))
        return bounds[-1]

    def alone(self, place: int, cycle_pj: float) -> Priced:
        """A layer by itself, from DRAM to DRAM, as often as it runs."""
        layer = self._layers[place]
        (found,) = self._whole.find([layer], cycle_pj)
        assert found is not None
        score = found.cycles if math.isinf(cycle_pj) else found.energy_pj + cycle_pj * found.cycles
        times = layer.times
        return Priced(
            times * found.energy_pj, times * found.cycles, times * score, times * found.bound, members=((found,),)
        )


def groups_of(grouper: Grouper, end: int, accelerator: Accelerator, rules: Rules) -> Iterator[tuple[int, list[Way]]]:
    """Where groups of several layers begin that end there and fit in some way, and their ways; the shortest first."""
    first, length = grouper.firsts[end - 1], 16
    if first > end - 2:
        return
    doubled = accelerator.levels[SHARED].double_buffered
    while True:
        begin = max(first, end - length)
        ways = Ways(Ending(grouper.group(begin, end), accelerator), rules, doubled=doubled)
        if begin == first or not ways.may_be_longer:
            break
        length *= 2
    yield from ((begin + step, found) for step, found in ways.groups())
