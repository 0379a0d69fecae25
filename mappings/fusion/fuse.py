"""Which layers of a network run together on a machine, in which tiles, with which mappings: least energy, latency or
their product, with a bound that no choice of groups, schedules and mappings goes below.

For a price of a cycle the network's ``E + w T`` is a sum over groups, whose least is found with a bound
(:mod:`mappings.fusion.cutter`). The product of energy and latency follows from several prices, as for mappings of a
network (:mod:`mappings.network_search`).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.fusion.inside import inside, require_shared, static_pj
from accel_models.loopnest import Mapping
from accel_models.mapping_arrays import from_arrays
from mappings.fusion.best_schedule import Rules
from mappings.fusion.cutter import Cut, Cutter, Part
from mappings.fusion.members import Member, Members
from mappings.mappers.mapper import OBJECTIVES, Objective
from mappings.network_join import chord_bound
from nets.errors import unknown
from nets.network import Network

ROUNDS: Final = 10
"""Prices tried at most for the product of energy and latency, usually."""
CLOSE: Final = 1e-3
"""A gap that no further price is tried for."""
PATIENCE: Final = 2
"""Prices in a row that need not bring anything: then the ends are tried, unless the gap is small."""
NEAR: Final = 0.05
"""A gap that is small."""


@dataclass(frozen=True, slots=True)
class Fused:
    """A network cut into groups, and what it costs.

    Attributes:
        network, accelerator: what was mapped on what.
        objective: what was minimised.
        parts: in order.
        energy_pj, cycles: of the whole network, static power included.
        score, lower_bound: cycles, pJ or their product, and a bound on that of every choice.
        cycle_pj: price of a cycle that parts and mappings are best at.
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
    cycle_pj: float
    pieces: int
    seconds: float

    def mapping(self, member: Member, *, whole: bool) -> Mapping | None:
        """The loop nest of a layer alone (``whole``) or of a piece of a group, from the shared memory inwards."""
        if member.mapping is None:
            return None
        machine = self.accelerator if whole else inside(self.accelerator)
        return from_arrays(member.layer, machine, member.mapping, 0)

    def alone(self) -> tuple[float, float]:
        """Energy in pJ, static power included, and cycles with every layer alone, mapped for the same price.

        Raises:
            InfeasibleError: a layer fits nowhere alone.
        """
        found = Members(self.accelerator).find(self.network.layers, self.cycle_pj)
        runs = [(layer.times, one) for layer, one in zip(self.network.layers, found) if one is not None]
        cycles = math.fsum(times * one.cycles for times, one in runs)
        return math.fsum(times * one.energy_pj for times, one in runs) + static_pj(self.accelerator) * cycles, cycles

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
    cutter = Cutter(network, accelerator, rules or Rules())
    static = static_pj(accelerator)
    if objective == "edp":
        best, bound = _least_product(cutter, static, rounds)
    else:
        best = cutter.cut(math.inf if objective == "latency" else static)
        bound = best.bound
    energy_pj = best.energy_pj + static * best.cycles
    score = {"edp": energy_pj * best.cycles, "energy": energy_pj, "latency": best.cycles}[objective]
    return Fused(
        network, accelerator, objective, best.parts, energy_pj, best.cycles, score, min(bound, score), best.cycle_pj,
        cutter.pieces, time.perf_counter() - began,
    )  # fmt: skip


def _least_product(cutter: Cutter, static: float, rounds: int) -> tuple[Cut, float]:
    """The cut of least energy times latency over several prices, and a bound on the product.

    Each price is the one at which the bound stands. The least energy and the least latency are only bounded to begin
    with, and searched where the bound stands at one of them.
    """

    def product(cut: Cut) -> float:
        return (cut.energy_pj + static * cut.cycles) * cut.cycles

    known, least_cycles = {0.0: cutter.bound(static)}, cutter.bound(math.inf)
    weight, gap = known[0.0] / least_cycles, math.inf
    cuts: list[Cut] = []
    searched: set[float] = set()
    bound, stale = 0.0, 0
    while len(cuts) < rounds and gap > CLOSE:
        if stale >= PATIENCE and gap <= NEAR:
            break
        if stale >= PATIENCE or not weight < math.inf or weight in searched:
            weight = next((end for end in (0.0, math.inf) if end not in searched), math.nan)
        if math.isnan(weight):
            break
        searched.add(weight)
        cuts.append(cutter.cut(static + weight))
        if math.isinf(weight):
            least_cycles = cuts[-1].bound
        else:
            known[weight] = cuts[-1].bound
        bound, weight = chord_bound(known, least_cycles)
        last, gap = gap, min(map(product, cuts)) / bound - 1 if bound > 0 else math.inf
        stale = 0 if gap < last - CLOSE else stale + 1
    return min(cuts, key=product), bound
